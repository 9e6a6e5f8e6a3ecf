/*
 * Diagnoses by their stable codes: what is wrong, why, what to do, and an example.
 */
#ifndef WF_ENGINE_DIAGNOSIS_H
#define WF_ENGINE_DIAGNOSIS_H

#include <stddef.h>

#include "engine/base/bytes.h"
#include "engine/finding.h"

/* WF_DIAGNOSIS_PATCH_MISSING is 203. */
enum wf_diagnosis_number {
#define WF_DIAGNOSIS(number, NAME, title, also, cause, fix, example) WF_DIAGNOSIS_##NAME = (number),
#include "engine/model/diagnoses.def"
};

struct wf_diagnosis {
    enum wf_diagnosis_number number;
    const char *code;    /* "WF203" */
    const char *title;   /* what is wrong, as a clause */
    const char *also;    /* the code that Temporal prints for it, "TMPRL1100"; "" for none */
    const char *cause;
    const char *fix;
    const char *example; /* a few lines: what is seen, and often the code that mends it */
};

/* Ascending numbers. */
extern const struct wf_diagnosis wf_diagnoses[];
extern const size_t wf_diagnosis_count;

/* The diagnosis with this number. Asserts that there is one. */
const struct wf_diagnosis *wf_diagnosis_of(enum wf_diagnosis_number number);

/* "WF203". Static text, for findings. */
const char *wf_diagnosis_code(enum wf_diagnosis_number number);

/* The diagnosis that a person means by "WF203", "wf203", "203" or, the first that it also names, "TMPRL1100"; or NULL. */
const struct wf_diagnosis *wf_diagnosis_find(struct wf_string text);

/* The diagnosis of a nondeterminism with this cause, which is not NONE. */
enum wf_diagnosis_number wf_diagnosis_of_cause(enum wf_cause cause);

#endif
