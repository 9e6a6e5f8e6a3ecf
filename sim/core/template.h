/*
 * Templates of scenarios: "order-${n}", "T-${input[0]}", "${input[0].field}", and JSON values made of them. ${n} is the
 * number of a start; ${input} is the JSON array of arguments; [i] and .name step into it. "${input[2]?}" is empty where the
 * input has no such part; without the mark that is an error.
 */
#ifndef WF_SIM_CORE_TEMPLATE_H
#define WF_SIM_CORE_TEMPLATE_H

#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "sim/config.h"
#include "sim/core/choice.h"

/* What placeholders stand for, and who draws. */
struct sim_template_values {
    uint64_t n;
    struct wf_string input;      /* JSON array; empty: no input */
    struct sim_choices *choices; /* NULL: nothing may be drawn */
    struct sim_entity *entity;
    enum sim_site site;
};

/*
 * Appends the text with its placeholders replaced: strings without their quotes, everything else as its JSON text.
 *
 * Errors: WF_ERR_INVALID  the placeholder is not known, or the input has no such part (named in the message)
 *         WF_ERR_MEMORY
 */
enum wf_status sim_template_expand(struct sim_template text, const struct sim_template_values *values,
                                   struct wf_buffer *out, struct wf_error *err);

/*
 * Appends the JSON value: strings are templates, and one that is a placeholder alone keeps its type ("${input[1]}" may be a
 * number); {"$uniform": [low, high]} is an integer, both ends included; {"$choice": [...]} one of the items. An empty
 * template is null. Draws in the order of the text.
 *
 * Errors: as sim_template_expand; WF_ERR_CORRUPT when the text is not JSON.
 */
enum wf_status sim_value_expand(struct sim_value_template value, const struct sim_template_values *values,
                                struct wf_buffer *out, struct wf_error *err);

/*
 * Verifies the form of the placeholders of a text, for the scenario loader. has_input: ${input} has a meaning there.
 *
 * Errors: WF_ERR_INVALID with what is wrong and the placeholders that there are.
 */
enum wf_status sim_template_verify(struct wf_string text, bool has_input, struct wf_error *err);

#endif
