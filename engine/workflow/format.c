/*
 * printf for workflow code, without the C library: no locale, no floating point, the same text everywhere.
 */
#include "engine/workflow/workflow_run.h"

#define WIDTH_MAX ((size_t)1 << 20)

struct conversion {
    struct wf_number_layout layout;
    size_t precision;
    bool has_precision;
    char length; /* 0, 'l', 'L' for ll, 'z', 'j' */
    char letter;
};

static const char *read_number(const char *at, size_t *number)
{
    *number = 0;
    for (; wf_is_digit(*at); at++) {
        *number = *number > WIDTH_MAX / 10 ? WIDTH_MAX : *number * 10 + (size_t)(*at - '0');
    }
    return at;
}

static const char *read_length(const char *at, char *length)
{
    *length = '\0';
    if (*at == 'l' && at[1] == 'l') {
        *length = 'L';
        return at + 2;
    }
    if (*at == 'l' || *at == 'z' || *at == 'j') {
        *length = *at;
        return at + 1;
    }
    return at;
}

/* Reads what follows a percent sign. A %.*s takes its precision from the arguments. */
static const char *read_conversion(const char *at, struct conversion *conversion, va_list *arguments)
{
    *conversion = (struct conversion){0};
    if (*at == '0') {
        conversion->layout.pads_with_zeros = true;
        at++;
    }
    at = read_number(at, &conversion->layout.width);
    if (*at == '.') {
        conversion->has_precision = true;
        if (at[1] == '*') {
            const int precision = va_arg(*arguments, int);

            conversion->precision = precision < 0 ? 0 : (size_t)precision;
            at += 2;
        } else {
            at = read_number(at + 1, &conversion->precision);
        }
    }
    at = read_length(at, &conversion->length);
    conversion->letter = *at;
    conversion->layout.is_hexadecimal = *at == 'x';
    return *at == '\0' ? at : at + 1;
}

static void append_signed(struct wf_buffer *text, const struct conversion *conversion, va_list *arguments)
{
    int64_t value = 0;

    if (conversion->length == 'L') {
        value = va_arg(*arguments, long long);
    } else if (conversion->length == 'l') {
        value = va_arg(*arguments, long);
    } else if (conversion->length == 'j') {
        value = va_arg(*arguments, intmax_t);
    } else if (conversion->length == 'z') {
        value = va_arg(*arguments, ptrdiff_t);
    } else {
        value = va_arg(*arguments, int);
    }
    wf_buffer_append_number(text, conversion->layout, wf_magnitude(value), value < 0);
}

static void append_unsigned(struct wf_buffer *text, const struct conversion *conversion, va_list *arguments)
{
    uint64_t value = 0;

    if (conversion->length == 'L') {
        value = va_arg(*arguments, unsigned long long);
    } else if (conversion->length == 'l') {
        value = va_arg(*arguments, unsigned long);
    } else if (conversion->length == 'j') {
        value = va_arg(*arguments, uintmax_t);
    } else if (conversion->length == 'z') {
        value = va_arg(*arguments, size_t);
    } else {
        value = va_arg(*arguments, unsigned);
    }
    wf_buffer_append_number(text, conversion->layout, value, false);
}

static void append_text(struct wf_buffer *text, const struct conversion *conversion, va_list *arguments)
{
    const char *value = va_arg(*arguments, const char *);
    size_t size_bytes = 0;

    value = value == NULL ? "(null)" : value;
    while ((!conversion->has_precision || size_bytes < conversion->precision) && value[size_bytes] != '\0') {
        size_bytes++;
    }
    wf_buffer_append_padded(text, conversion->layout.width, (struct wf_string){value, size_bytes});
}

/* False when the conversion is not one of ours. */
static bool append_conversion(struct wf_buffer *text, const struct conversion *conversion, va_list *arguments)
{
    switch (conversion->letter) {
    case '%':
        wf_buffer_append_char(text, '%');
        return true;
    case 'c':
        wf_buffer_append_char(text, (char)va_arg(*arguments, int));
        return true;
    case 's':
        append_text(text, conversion, arguments);
        return true;
    case 'd':
    case 'i':
        append_signed(text, conversion, arguments);
        return true;
    case 'u':
    case 'x':
        append_unsigned(text, conversion, arguments);
        return true;
    default:
        return false;
    }
}

struct wf_string wf_format(struct wf *wf, const char *format, va_list arguments)
{
    struct wf_buffer text;
    struct conversion conversion;
    const char *at = format;
    va_list rest;

    wf_buffer_init(&text, &wf->arena);
    va_copy(rest, arguments);
    while (*at != '\0') {
        const char *literal = at;

        while (*at != '\0' && *at != '%') {
            at++;
        }
        wf_buffer_append(&text, literal, (size_t)(at - literal));
        if (*at == '\0') {
            break;
        }
        at = read_conversion(at + 1, &conversion, &rest);
        if (!append_conversion(&text, &conversion, &rest)) {
            wf_run_break(wf, "the format \"%s\" has a conversion that workflow code cannot use", format);
        }
    }
    va_end(rest);
    wf_buffer_append_char(&text, '\0');
    if (text.is_full) {
        wf_run_break(wf, "the run's memory is exhausted: the limit is %zu bytes",
                     wf->host->config.instance_size_bytes_max);
    }
    return (struct wf_string){text.data, text.size_bytes - 1};
}
