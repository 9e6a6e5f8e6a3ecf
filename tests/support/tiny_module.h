/* Workflow code for tests of the simulated world, linked in instead of loaded. */
#ifndef WF_TESTS_SUPPORT_TINY_MODULE_H
#define WF_TESTS_SUPPORT_TINY_MODULE_H

struct wf_module;

/*
 * Pay      charges, then ships
 * Saga     charges with an undo registered before, then ships; a failure refunds
 * Approve  waits for signal "approve" for an hour; query "state" says {"approved":...}
 * Count    charges once and returns how many runs this process has begun: a module global, as workflow code must not use
 * Slow     runs the activity in C "walk", which beats
 */
extern const struct wf_module tiny_module;

/* The writable memory of the module. */
extern int tiny_runs;

#endif
