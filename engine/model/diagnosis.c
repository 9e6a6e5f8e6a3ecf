/* The table of diagnoses, and finding one in it. */
#include "engine/diagnosis.h"

#include "engine/base/assert.h"

const struct wf_diagnosis wf_diagnoses[] = {
#define WF_DIAGNOSIS(number, NAME, title, also, cause, fix, example)                                                   \
    {WF_DIAGNOSIS_##NAME, "WF" #number, title, also, cause, fix, example},
#include "engine/model/diagnoses.def"
};

const size_t wf_diagnosis_count = sizeof wf_diagnoses / sizeof wf_diagnoses[0];

const struct wf_diagnosis *wf_diagnosis_of(enum wf_diagnosis_number number)
{
    for (size_t i = 0; i < wf_diagnosis_count; i++) {
        if (wf_diagnoses[i].number == number) {
            return &wf_diagnoses[i];
        }
    }
    WF_UNREACHABLE();
}

const char *wf_diagnosis_code(enum wf_diagnosis_number number)
{
    return wf_diagnosis_of(number)->code;
}

/* Compares without regard to the case of ASCII letters. */
static bool is_same_word(struct wf_string text, const char *word)
{
    if (text.size_bytes != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        const char c = text.data[i];

        if ((c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) != word[i]) {
            return false;
        }
    }
    return true;
}

const struct wf_diagnosis *wf_diagnosis_find(struct wf_string text)
{
    if (text.size_bytes == 0) {
        return NULL;
    }
    for (size_t i = 0; i < wf_diagnosis_count; i++) {
        const struct wf_diagnosis *diagnosis = &wf_diagnoses[i];

        if (is_same_word(text, diagnosis->code) || is_same_word(text, diagnosis->code + strlen("WF")) ||
            is_same_word(text, diagnosis->also)) {
            return diagnosis;
        }
    }
    return NULL;
}

enum wf_diagnosis_number wf_diagnosis_of_cause(enum wf_cause cause)
{
    switch (cause) {
    case WF_CAUSE_INSERTED:
        return WF_DIAGNOSIS_INSERTED;
    case WF_CAUSE_REMOVED:
        return WF_DIAGNOSIS_REMOVED;
    case WF_CAUSE_MOVED:
        return WF_DIAGNOSIS_MOVED;
    case WF_CAUSE_RENAMED:
        return WF_DIAGNOSIS_RENAMED;
    case WF_CAUSE_KIND_CHANGED:
        return WF_DIAGNOSIS_KIND_CHANGED;
    case WF_CAUSE_PATCH_MISSING:
        return WF_DIAGNOSIS_PATCH_MISSING;
    case WF_CAUSE_CLOSED_EARLY:
        return WF_DIAGNOSIS_CLOSED_EARLY;
    case WF_CAUSE_DETAILS_CHANGED:
        return WF_DIAGNOSIS_DETAILS_CHANGED;
    case WF_CAUSE_NONE:
        break;
    }
    WF_UNREACHABLE();
}
