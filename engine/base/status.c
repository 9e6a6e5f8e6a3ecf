/* Errors are formatted into their own fixed buffer by the formatter of wf_buffer, so that failing needs no memory. */
#include "engine/base/status.h"

#include <stdarg.h>

#include "engine/base/assert.h"
#include "engine/base/bytes.h"

static enum wf_status fail(struct wf_error *err, enum wf_status status, int64_t byte_offset, const char *format,
                           va_list arguments)
{
    struct wf_buffer message = {0};

    WF_ASSERT(status != WF_OK);
    if (err == NULL) {
        return status;
    }
    err->status = status;
    err->event_id = 0;
    err->byte_offset = byte_offset;
    wf_buffer_init_fixed(&message, err->message, sizeof err->message - 1);
    wf_buffer_vprintf(&message, format, arguments);
    err->message[message.size_bytes] = '\0';
    return status;
}

enum wf_status wf_fail_status(struct wf_error *err, enum wf_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(err, status, WF_ERROR_NO_OFFSET, format, arguments);
    va_end(arguments);
    return status;
}

enum wf_status wf_fail_at(struct wf_error *err, enum wf_status status, int64_t byte_offset, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail(err, status, byte_offset, format, arguments);
    va_end(arguments);
    return status;
}

const char *wf_status_name(enum wf_status status)
{
    switch (status) {
    case WF_OK:
        return "ok";
    case WF_ERR_INVALID:
        return "invalid";
    case WF_ERR_CORRUPT:
        return "corrupt";
    case WF_ERR_LIMIT:
        return "limit";
    case WF_ERR_MEMORY:
        return "memory";
    case WF_ERR_UNSUPPORTED:
        return "unsupported";
    case WF_ERR_NOT_FOUND:
        return "not found";
    }
    WF_UNREACHABLE();
}
