/*
 * Loading compiled workflow code: one exported symbol, wf_module; everything it calls comes from this program. Its writable
 * memory is found, so that every simulated worker can have its own.
 */
#ifndef WF_SIM_HOST_MODULE_H
#define WF_SIM_HOST_MODULE_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sim/code.h"

/*
 * Loads an object and takes a picture of its writable memory. An object that is loaded already is loaded again from a copy, so
 * that two versions never share globals. It stays loaded until the process ends.
 *
 * arena    holds the picture.
 * Errors:  WF_ERR_INVALID  not loadable, or without wf_module: the message says which symbol is missing
 *          WF_ERR_LIMIT    more stretches of writable memory than SIM_SEGMENTS_MAX
 *          WF_ERR_MEMORY
 */
enum wf_status sim_module_load(struct wf_arena *arena, const char *path, const char *object_path, struct sim_code *code,
                               struct wf_error *err);

#endif
