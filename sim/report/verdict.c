/* Reports say "history" and "code", never expected and actual: nobody has to remember which is which. */
#include "sim/report/verdict.h"

#include "engine/base/hash.h"
#include "engine/print.h"
#include "sim/report/lines.h"
#include "sim/report/pack.h"
#include "sim/report/visible.h"

#define VALUE_BYTES_MAX 60 /* of one value in a window */
#define SIGNATURE_DIGITS 16u
#define RANGES_MAX 20u /* of prefixes that get stuck, in one line */
#define SIDE_COLUMNS_MIN 24
#define SIDE_COLUMNS_WIDE 60

static struct wf_print_options in_window(bool hides_payloads)
{
    return (struct wf_print_options){.value_limit_bytes = VALUE_BYTES_MAX, .hides_payloads = hides_payloads};
}

/* ---- Making ---- */

static struct wf_string event_text(struct wf_arena *arena, const struct wf_event *event, bool hides_payloads)
{
    const struct wf_print_options options = in_window(hides_payloads);
    struct wf_buffer text;

    if (event == NULL) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&text, arena);
    wf_print_event(&text, event, &options);
    return wf_buffer_string(&text);
}

/* The command's kind, then its attributes on one line. */
static struct wf_string command_text(struct wf_arena *arena, const struct wf_command *command, bool hides_payloads)
{
    const struct wf_print_options options = in_window(hides_payloads);
    struct wf_buffer text;

    if (command == NULL) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&text, arena);
    wf_print_command(&text, command, &options);
    return wf_buffer_string(&text);
}

static void make_rows(struct wf_arena *arena, const struct wf_finding *finding, bool hides_payloads,
                      struct sim_verdict *verdict)
{
    struct sim_verdict_row *rows = wf_arena_take_array(arena, finding->window_count, sizeof *rows);

    for (uint32_t i = 0; rows != NULL && i < finding->window_count; i++) {
        rows[i].history = event_text(arena, finding->window[i].event, hides_payloads);
        rows[i].code = command_text(arena, finding->window[i].command, hides_payloads);
        rows[i].is_difference = finding->window[i].is_difference;
    }
    verdict->rows = rows;
    verdict->row_count = rows != NULL ? finding->window_count : 0;
}

void sim_verdict_make(struct wf_arena *arena, const struct wf_history *history, const struct wf_replay_result *result,
                      bool hides_payloads, struct sim_verdict *verdict)
{
    const struct wf_finding *finding = &result->finding;

    *verdict = (struct sim_verdict){
        .workflow_id = history->workflow_id,
        .run_id = history->run_id,
        .workflow_type = history->workflow_type,
        .verdict = result->verdict,
        .family = wf_family_name(result->family),
        .event_count = history->event_count,
        .notes = sim_notes_make(arena, history->workflow_type, &result->notes, hides_payloads),
        .notes_dropped = result->notes.dropped_count,
        .cut_count = result->sweep.cut_count,
        .stuck = result->sweep.stuck,
        .stuck_count = result->sweep.stuck_count,
    };
    verdict->note_count = verdict->notes != NULL ? result->notes.count : 0;
    if (result->verdict != WF_VERDICT_OK) {
        verdict->cause = finding->cause;
        verdict->diagnosis = finding->diagnosis;
        verdict->rule = finding->rule;
        verdict->signature = result->verdict == WF_VERDICT_NONDETERMINISM || result->verdict == WF_VERDICT_CODE_FAILED
                                 ? wf_finding_signature(arena, finding, history)
                                 : 0;
        verdict->event_id = finding->event_id;
        verdict->message = finding->message;
        verdict->official = finding->official;
        verdict->hint = finding->hint;
        verdict->code_offset = finding->code_offset;
        verdict->waits = finding->waits;
        verdict->history = event_text(arena, finding->event, hides_payloads);
        verdict->code = command_text(arena, finding->command, hides_payloads);
        make_rows(arena, finding, hides_payloads, verdict);
    }
}

bool sim_signature_read(struct wf_string text, uint64_t *signature)
{
    uint64_t value = 0;

    if (text.size_bytes != SIGNATURE_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        const char c = text.data[i];

        if (!wf_is_digit(c) && (c < 'a' || c > 'f')) {
            return false;
        }
        value = value << 4 | (uint64_t)(wf_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *signature = value;
    return true;
}

uint64_t sim_verdict_crash_signature(const struct sim_verdict *verdict)
{
    const struct wf_string diagnosis = wf_string_of(verdict->diagnosis != NULL ? verdict->diagnosis : "");
    uint64_t digest = wf_hash_bytes(verdict->workflow_type.data, verdict->workflow_type.size_bytes);

    digest = wf_hash_mix(digest, wf_hash_bytes(diagnosis.data, diagnosis.size_bytes));
    return digest != 0 ? digest : 1;
}

struct sim_verdict_place sim_verdict_place(const struct sim_verdict *verdict)
{
    size_t at = verdict->source.size_bytes;

    while (at > 0 && wf_is_digit(verdict->source.data[at - 1])) {
        at--;
    }
    if (at < 2 || at == verdict->source.size_bytes || verdict->source.data[at - 1] != ':') {
        return (struct sim_verdict_place){verdict->file, WF_STR("1")};
    }
    return (struct sim_verdict_place){{verdict->source.data, at - 1},
                                      {verdict->source.data + at, verdict->source.size_bytes - at}};
}

bool sim_verdict_fails(const struct sim_verdict *verdict)
{
    return verdict->verdict != WF_VERDICT_OK && verdict->known.size_bytes == 0;
}

/* ---- Carrying: in the order of the struct's members, without what the receiver knows ---- */

void sim_verdict_pack(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    sim_pack_number(out, verdict->history_number);
    sim_pack_text(out, verdict->workflow_id);
    sim_pack_text(out, verdict->run_id);
    sim_pack_text(out, verdict->workflow_type);
    sim_pack_number(out, verdict->verdict);
    sim_pack_number(out, verdict->cause);
    sim_pack_code(out, verdict->diagnosis);
    sim_pack_code(out, verdict->rule);
    sim_pack_code(out, verdict->family);
    sim_pack_number(out, verdict->signature);
    sim_pack_number(out, (uint64_t)verdict->event_id);
    sim_pack_number(out, verdict->event_count);
    sim_pack_text(out, verdict->message);
    sim_pack_text(out, verdict->official);
    sim_pack_text(out, verdict->hint);
    sim_pack_text(out, verdict->history);
    sim_pack_text(out, verdict->code);
    sim_pack_number(out, verdict->code_offset);
    sim_pack_text(out, verdict->waits);
    sim_pack_number(out, verdict->row_count);
    for (uint32_t i = 0; i < verdict->row_count; i++) {
        sim_pack_text(out, verdict->rows[i].history);
        sim_pack_text(out, verdict->rows[i].code);
        sim_pack_number(out, verdict->rows[i].is_difference);
    }
    sim_notes_pack(verdict->notes, verdict->note_count, out);
    sim_pack_number(out, verdict->notes_dropped);
    sim_pack_number(out, verdict->cut_count);
    sim_pack_number(out, verdict->lived.count);
    sim_pack_number(out, verdict->lived.ended);
    sim_pack_number(out, verdict->lived.stuck);
    sim_pack_number(out, verdict->lived.unfinished);
    sim_pack_number(out, verdict->stuck_count);
    for (uint32_t i = 0; i < verdict->stuck_count; i++) {
        sim_pack_number(out, (uint64_t)verdict->stuck[i].first_event_id);
        sim_pack_number(out, (uint64_t)verdict->stuck[i].last_event_id);
    }
}

bool sim_verdict_unpack(struct wf_arena *arena, struct wf_string bytes, struct sim_verdict *verdict)
{
    struct sim_unpacker unpacker = {.arena = arena, .rest = bytes};

    *verdict = (struct sim_verdict){0};
    verdict->history_number = (uint32_t)sim_unpack_number(&unpacker);
    verdict->workflow_id = sim_unpack_text(&unpacker);
    verdict->run_id = sim_unpack_text(&unpacker);
    verdict->workflow_type = sim_unpack_text(&unpacker);
    verdict->verdict = (enum wf_verdict)sim_unpack_number(&unpacker);
    verdict->cause = (enum wf_cause)sim_unpack_number(&unpacker);
    verdict->diagnosis = sim_unpack_code(&unpacker);
    verdict->rule = sim_unpack_code(&unpacker);
    verdict->family = sim_unpack_code(&unpacker);
    verdict->signature = sim_unpack_number(&unpacker);
    verdict->event_id = (int64_t)sim_unpack_number(&unpacker);
    verdict->event_count = (uint32_t)sim_unpack_number(&unpacker);
    verdict->message = sim_unpack_text(&unpacker);
    verdict->official = sim_unpack_text(&unpacker);
    verdict->hint = sim_unpack_text(&unpacker);
    verdict->history = sim_unpack_text(&unpacker);
    verdict->code = sim_unpack_text(&unpacker);
    verdict->code_offset = sim_unpack_number(&unpacker);
    verdict->waits = sim_unpack_text(&unpacker);
    struct sim_verdict_row *rows = sim_unpack_array(&unpacker, &verdict->row_count, sizeof *rows, 3);
    for (uint32_t i = 0; i < verdict->row_count; i++) {
        rows[i].history = sim_unpack_text(&unpacker);
        rows[i].code = sim_unpack_text(&unpacker);
        rows[i].is_difference = sim_unpack_number(&unpacker) != 0;
    }
    verdict->rows = rows;
    verdict->notes = sim_notes_unpack(&unpacker, &verdict->note_count);
    verdict->notes_dropped = (uint32_t)sim_unpack_number(&unpacker);
    verdict->cut_count = (uint32_t)sim_unpack_number(&unpacker);
    verdict->lived.count = (uint32_t)sim_unpack_number(&unpacker);
    verdict->lived.ended = (uint32_t)sim_unpack_number(&unpacker);
    verdict->lived.stuck = (uint32_t)sim_unpack_number(&unpacker);
    verdict->lived.unfinished = (uint32_t)sim_unpack_number(&unpacker);
    struct wf_cut_range *stuck = sim_unpack_array(&unpacker, &verdict->stuck_count, sizeof *stuck, 2);
    for (uint32_t i = 0; i < verdict->stuck_count; i++) {
        stuck[i].first_event_id = (int64_t)sim_unpack_number(&unpacker);
        stuck[i].last_event_id = (int64_t)sim_unpack_number(&unpacker);
    }
    verdict->stuck = stuck;
    return sim_unpack_is_whole(&unpacker);
}

/* ---- Text ---- */

static size_t longest(const struct sim_verdict *verdict, bool is_history)
{
    size_t columns = SIDE_COLUMNS_MIN;

    for (uint32_t i = 0; i < verdict->row_count; i++) {
        const struct wf_string text = is_history ? verdict->rows[i].history : verdict->rows[i].code;
        columns = text.size_bytes > columns ? text.size_bytes : columns;
    }
    return columns;
}

static void print_window(const struct sim_verdict *verdict, uint32_t width, struct wf_buffer *out)
{
    const size_t limit = width > 2 * SIDE_COLUMNS_MIN + 8 ? (width - 8) / 2 : SIDE_COLUMNS_WIDE;
    size_t left = longest(verdict, true);
    size_t right = longest(verdict, false);

    left = left < limit ? left : limit;
    right = right < limit ? right : limit;
    wf_buffer_append_text(out, "\n    ");
    sim_append_column(out, WF_STR("history"), left);
    wf_buffer_append_text(out, "  code\n");
    for (uint32_t i = 0; i < verdict->row_count; i++) {
        const struct sim_verdict_row *row = &verdict->rows[i];

        wf_buffer_append_text(out, row->is_difference ? "  > " : "    ");
        if (row->code.size_bytes == 0) {
            sim_append_visible(out, row->history, left);
        } else {
            sim_append_column(out, row->history, left);
            wf_buffer_append_text(out, "  ");
            sim_append_visible(out, row->code, right);
        }
        wf_buffer_append_char(out, '\n');
    }
    wf_buffer_append_char(out, '\n');
}

/* Ids, types, messages and values are out of a history, which anybody may have made. */
static void print_part(struct wf_buffer *out, const char *before, struct wf_string text, const char *after)
{
    if (text.size_bytes > 0) {
        wf_buffer_append_text(out, before);
        sim_append_visible(out, text, 0);
        wf_buffer_append_text(out, after);
    }
}

static void print_head(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    wf_buffer_printf(out, "%s%s", verdict->known.size_bytes > 0 ? "known " : "", wf_verdict_name(verdict->verdict));
    print_part(out, ": ", verdict->file, "");
    print_part(out, ", workflow ", verdict->workflow_id, "");
    print_part(out, " (", verdict->workflow_type, ")");
    if (verdict->diagnosis != NULL) {
        wf_buffer_printf(out, " [%s%s%s]", verdict->diagnosis, verdict->cause != WF_CAUSE_NONE ? ", " : "",
                         verdict->cause != WF_CAUSE_NONE ? wf_cause_name(verdict->cause) : "");
    }
}

void sim_verdict_print_stuck(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < verdict->stuck_count && i < RANGES_MAX; i++) {
        const struct wf_cut_range *range = &verdict->stuck[i];

        wf_buffer_printf(out, "%s%lld", i == 0 ? "" : ", ", (long long)range->first_event_id);
        if (range->last_event_id != range->first_event_id) {
            wf_buffer_printf(out, "..%lld", (long long)range->last_event_id);
        }
    }
    if (verdict->stuck_count > RANGES_MAX) {
        wf_buffer_printf(out, " and %u ranges more", verdict->stuck_count - RANGES_MAX);
    }
}

static void print_prefixes(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    if (verdict->stuck_count > 0) {
        wf_buffer_append_text(out, "  open runs whose last event is ");
        sim_verdict_print_stuck(verdict, out);
        wf_buffer_append_text(out, " get stuck\n");
    } else if (verdict->cut_count > 0) {
        wf_buffer_append_text(out, "  no open run gets stuck on it\n");
    }
}

void sim_verdict_print_again(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    print_head(verdict, out);
    wf_buffer_append_text(out, ": the same");
    if (verdict->stuck_count > 0) {
        wf_buffer_append_text(out, "; open runs whose last event is ");
        sim_verdict_print_stuck(verdict, out);
        wf_buffer_append_text(out, " get stuck");
    }
    wf_buffer_append_char(out, '\n');
}

void sim_verdict_print_known(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    print_head(verdict, out);
    print_part(out, ": ", verdict->known, "\n");
}

/* A note that a policy made the finding. */
static bool is_finding(const struct sim_verdict *verdict, const struct sim_note *note)
{
    return verdict->rule != NULL && note->event_id == verdict->event_id &&
           wf_string_is(wf_string_of(note->rule), verdict->rule);
}

static void print_values(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < verdict->note_count; i++) {
        const struct sim_note *note = &verdict->notes[i];

        if (is_finding(verdict, note) && note->field.size_bytes > 0) {
            wf_buffer_append_text(out, "  ");
            sim_append_visible(out, note->field, 0);
            wf_buffer_append_char(out, ':');
            sim_note_print_values(note, out);
            wf_buffer_append_char(out, '\n');
        }
    }
}

void sim_verdict_print_notes(const struct sim_verdict *verdict, bool (*is_new)(void *context, uint64_t signature),
                             void *context, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < verdict->note_count; i++) {
        const struct sim_note *note = &verdict->notes[i];

        if (note->level == WF_RULE_INFO || is_finding(verdict, note) || !is_new(context, note->signature)) {
            continue;
        }
        wf_buffer_append_text(out, "note");
        print_part(out, ": ", verdict->file, "");
        print_part(out, ", workflow ", verdict->workflow_id, "");
        print_part(out, " (", verdict->workflow_type, ")");
        print_part(out, " [", wf_string_of(note->rule), "]\n  ");
        sim_note_print(note, out);
        wf_buffer_append_char(out, '\n');
    }
}

/* A line a strand. */
static void print_waits(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    struct wf_string rest = verdict->waits;

    while (rest.size_bytes > 0) {
        print_part(out, "  the code waits for ", sim_take_line(&rest), "\n");
    }
}

void sim_verdict_print(const struct sim_verdict *verdict, uint32_t width, struct wf_buffer *out)
{
    print_head(verdict, out);
    wf_buffer_append_char(out, '\n');
    print_part(out, "  ", verdict->message, "\n");
    print_values(verdict, out);
    print_part(out, "  known: ", verdict->known, "\n");
    if (verdict->row_count > 0) {
        print_window(verdict, width, out);
    }
    print_part(out, "  code: ", verdict->source, "\n");
    print_waits(verdict, out);
    print_part(out, "  hint: ", verdict->hint, "\n");
    print_prefixes(verdict, out);
    if (verdict->verdict == WF_VERDICT_NONDETERMINISM) {
        print_part(out, "  the official replayer says: ", verdict->official, "\n");
        if (verdict->official.size_bytes == 0) {
            wf_buffer_append_text(out, "  the official replayer passes this history\n");
        }
    }
    if (verdict->signature != 0) {
        wf_buffer_printf(out, "  signature: %016llx\n", (unsigned long long)verdict->signature);
    }
}
