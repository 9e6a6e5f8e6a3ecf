/*
 * How functions fail: a status, and an error that says what is wrong and where. Findings are not errors; see replay.h.
 */
#ifndef WF_ENGINE_BASE_STATUS_H
#define WF_ENGINE_BASE_STATUS_H

#include <stdint.h>
#include <stddef.h>

enum wf_status {
    WF_OK = 0,
    WF_ERR_INVALID,     /* well-formed, but a value breaks a rule */
    WF_ERR_CORRUPT,     /* cannot be decoded */
    WF_ERR_LIMIT,       /* a named maximum was reached */
    WF_ERR_MEMORY,      /* an arena is full */
    WF_ERR_UNSUPPORTED, /* recognised, and not something we read (a Cadence history, a newer archive) */
    WF_ERR_NOT_FOUND,
};

#define WF_ERROR_MESSAGE_BYTES 512
#define WF_ERROR_NO_OFFSET INT64_C(-1)

/* Fixed size, so that failing needs no memory. Filled by wf_fail only. */
struct wf_error {
    enum wf_status status;
    int64_t event_id;    /* the event concerned; 0: none */
    int64_t byte_offset; /* into the input; WF_ERROR_NO_OFFSET: not known */
    char message[WF_ERROR_MESSAGE_BYTES];
};

/* Fills err (which may be NULL) and returns status. The only maker of errors: break here to find where one comes from.
 * Conversions as wf_buffer_printf. Sets event_id to 0 and byte_offset to WF_ERROR_NO_OFFSET. */
enum wf_status wf_fail_status(struct wf_error *err, enum wf_status status, const char *format, ...);

/* As wf_fail_status, with the place in the input. */
enum wf_status wf_fail_at(struct wf_error *err, enum wf_status status, int64_t byte_offset, const char *format, ...);

/* "invalid", "corrupt", ... */
const char *wf_status_name(enum wf_status status);

/* Returns early when the expression fails. */
#define WF_TRY(expression)                                                                                             \
    do {                                                                                                               \
        const enum wf_status wf_try_status = (expression);                                                             \
        if (wf_try_status != WF_OK) {                                                                                  \
            return wf_try_status;                                                                                      \
        }                                                                                                              \
    } while (0)

#endif
