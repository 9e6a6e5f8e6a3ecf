/* The text of a tape: one choice a line, "<entity> <SITE> <draw> = <value>", blank lines and # comments between. */
#include "engine/base/hash.h"
#include "sim/core/choice.h"

#define TAPE_ENTRIES_MAX ((size_t)1 << 20)

struct line {
    const char *next;
    const char *end;
    unsigned number;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct wf_string next_word(struct line *line)
{
    struct wf_string word = {NULL, 0};

    while (line->next < line->end && is_blank(*line->next)) {
        line->next++;
    }
    word.data = line->next;
    while (line->next < line->end && !is_blank(*line->next)) {
        line->next++;
    }
    word.size_bytes = (size_t)(line->next - word.data);
    return word;
}

static bool read_number(struct wf_string word, uint64_t limit, uint64_t *number)
{
    uint64_t value = 0;

    for (size_t i = 0; i < word.size_bytes; i++) {
        const char digit = word.data[i];

        if (digit < '0' || digit > '9' || value > (limit - (uint64_t)(digit - '0')) / 10) {
            return false;
        }
        value = value * 10 + (uint64_t)(digit - '0');
    }
    *number = value;
    return word.size_bytes > 0;
}

static bool find_site(struct wf_string name, uint32_t *site)
{
    for (uint32_t i = 0; i < SIM_SITE_COUNT; i++) {
        if (wf_string_is(name, sim_site_name((enum sim_site)i))) {
            *site = i;
            return true;
        }
    }
    return false;
}

static enum wf_status read_line(struct line *line, struct wf_string entity, struct sim_tape_entry *entry,
                                struct wf_error *err)
{
    const struct wf_string site = next_word(line);
    const struct wf_string draw = next_word(line);
    const struct wf_string equals = next_word(line);
    const struct wf_string value = next_word(line);
    const struct wf_string rest = next_word(line);
    uint64_t draw_number = 0;

    if (!find_site(site, &entry->site)) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "tape line %u: there is no site \"%S\"", line->number, &site);
    }
    if (!read_number(draw, UINT32_MAX, &draw_number) || !wf_string_is(equals, "=") ||
        !read_number(value, UINT64_MAX, &entry->value)) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "tape line %u: it must read \"entity SITE draw = value\"",
                              line->number);
    }
    if (rest.size_bytes > 0 && rest.data[0] != '#') {
        return wf_fail_status(err, WF_ERR_CORRUPT, "tape line %u: \"%S\" after the value", line->number, &rest);
    }
    entry->entity = wf_hash_bytes(entity.data, entity.size_bytes);
    entry->draw = (uint32_t)draw_number;
    return WF_OK;
}

static size_t count_lines(struct wf_string text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.size_bytes; i++) {
        count += text.data[i] == '\n' ? 1 : 0;
    }
    return count;
}

enum wf_status sim_tape_read(struct wf_arena *arena, struct wf_string text, struct sim_tape *tape, struct wf_error *err)
{
    const size_t line_count = count_lines(text);
    const char *end = text.data + text.size_bytes;
    const char *next = text.data;
    struct sim_tape_entry *entries = NULL;
    size_t count = 0;

    if (line_count > TAPE_ENTRIES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "a tape has at most %zu lines", TAPE_ENTRIES_MAX);
    }
    entries = wf_arena_take_array(arena, line_count, sizeof *entries);
    if (entries == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a tape of %zu lines", line_count);
    }
    for (unsigned number = 1; number <= line_count; number++) {
        struct line line = {next, next, number};
        struct wf_string entity = {NULL, 0};

        while (line.end < end && *line.end != '\n') {
            line.end++;
        }
        next = line.end < end ? line.end + 1 : end;
        entity = next_word(&line);
        if (entity.size_bytes == 0 || entity.data[0] == '#') {
            continue;
        }
        WF_TRY(read_line(&line, entity, &entries[count], err));
        count++;
    }
    return sim_tape_sort(arena, entries, count, tape, err);
}
