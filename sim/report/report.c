/* Verdicts are kept in one array that doubles; writers are loops over it. */
#include "sim/report/report.h"

#include "engine/base/assert.h"
#include "engine/base/map.h"
#include "engine/base/sort.h"
#include "sim/report/shell.h"

#define VERDICTS_FIRST 64u

void sim_report_init(struct sim_report *report, struct wf_arena *arena, struct wf_string code)
{
    *report = (struct sim_report){.arena = arena, .program = WF_STR("wfsim"), .code = code};
}

void sim_report_count(struct sim_report_counts *counts, const struct sim_verdict *verdict)
{
    WF_ASSERT((int)verdict->verdict <= WF_VERDICT_SETUP);
    if (verdict->known.size_bytes > 0) {
        counts->known++;
    } else {
        counts->by_verdict[verdict->verdict]++;
    }
    counts->events += verdict->event_count;
    counts->prefixes += verdict->cut_count;
    counts->lived += verdict->lived.count;
    counts->lived_ended += verdict->lived.ended;
    counts->lived_stuck += verdict->lived.stuck;
    counts->lived_unfinished += verdict->lived.unfinished;
    counts->not_lived += verdict->verdict == WF_VERDICT_OK && verdict->cut_count > 0 && verdict->lived.count == 0;
    counts->stuck += verdict->stuck_count > 0;
}

bool sim_report_add(struct sim_report *report, const struct sim_verdict *verdict)
{
    if (report->verdict_count == report->verdict_capacity) {
        const uint32_t capacity = report->verdict_capacity == 0 ? VERDICTS_FIRST : report->verdict_capacity * 2;
        struct sim_verdict *verdicts = wf_arena_take_array(report->arena, capacity, sizeof *verdicts);

        if (verdicts == NULL) {
            return false;
        }
        if (report->verdict_count > 0) {
            memcpy(verdicts, report->verdicts, report->verdict_count * sizeof *verdicts);
        }
        report->verdicts = verdicts;
        report->verdict_capacity = capacity;
    }
    report->verdicts[report->verdict_count++] = *verdict;
    return true;
}

static int compare_places(const void *left, const void *right, void *context)
{
    const struct sim_verdict *one = left;
    const struct sim_verdict *other = right;

    (void)context;
    if (one->file_number != other->file_number) {
        return one->file_number < other->file_number ? -1 : 1;
    }
    return one->history_number < other->history_number ? -1 : one->history_number > other->history_number;
}

bool sim_report_sort(struct sim_report *report)
{
    void *scratch = wf_arena_take_array(report->arena, report->verdict_count, sizeof *report->verdicts);

    if (scratch == NULL) {
        return false;
    }
    wf_sort(report->verdicts, report->verdict_count, sizeof *report->verdicts, scratch, compare_places, NULL);
    return true;
}

uint64_t sim_report_total(const struct sim_report_counts *counts)
{
    uint64_t total = counts->known;

    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        total += counts->by_verdict[i];
    }
    return total;
}

void sim_report_print_repeat(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out)
{
    sim_shell_path(out, report->program);
    wf_buffer_append_text(out, " replay -w ");
    sim_shell_path(out, report->code);
    if (report->options.size_bytes > 0) {
        wf_buffer_printf(out, " %S", &report->options);
    }
    wf_buffer_append_char(out, ' ');
    sim_shell_path(out, verdict->file);
}

void sim_report_print_verdict(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out)
{
    sim_verdict_print(verdict, 0, out);
    wf_buffer_append_text(out, "  repeat: ");
    sim_report_print_repeat(report, verdict, out);
    wf_buffer_append_char(out, '\n');
}

/* ---- Groups ---- */

/* The key of a group: its bytes are those of the signature and of whether a baseline accepts it. */
struct group_key {
    uint64_t signature;
    uint64_t is_known;
};

static bool add_group(struct wf_map *map, struct sim_report_group *group, const struct sim_verdict *verdict)
{
    struct group_key *key = WF_ARENA_NEW(map->arena, struct group_key);

    if (key == NULL) {
        return false;
    }
    *key = (struct group_key){verdict->signature, verdict->known.size_bytes > 0};
    *group = (struct sim_report_group){.first = verdict};
    /* What has no signature stands for itself. */
    return verdict->signature == 0 || wf_map_set(map, (struct wf_string){(const char *)key, sizeof *key}, group);
}

static struct sim_report_group *find_group(const struct wf_map *map, const struct sim_verdict *verdict)
{
    const struct group_key key = {verdict->signature, verdict->known.size_bytes > 0};

    return wf_map_get(map, (struct wf_string){(const char *)&key, sizeof key});
}

/* Counts first, so that each group's list has its size. */
static bool fill_others(const struct sim_report *report, const struct wf_map *map, struct sim_report_group *groups,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        groups[i].others = wf_arena_take_array(map->arena, groups[i].other_count, sizeof *groups[i].others);
        if (groups[i].others == NULL) {
            return false;
        }
        groups[i].other_count = 0;
    }
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        struct sim_report_group *group = find_group(map, &report->verdicts[i]);

        if (report->verdicts[i].verdict != WF_VERDICT_OK && group != NULL && group->first != &report->verdicts[i]) {
            group->others[group->other_count++] = i;
        }
    }
    return true;
}

const struct sim_report_group *sim_report_group(const struct sim_report *report, struct wf_arena *arena, uint32_t *count)
{
    struct sim_report_group *groups = wf_arena_take_array(arena, report->verdict_count, sizeof *groups);
    struct wf_map map;

    *count = 0;
    wf_map_init(&map, arena);
    for (uint32_t i = 0; groups != NULL && i < report->verdict_count; i++) {
        const struct sim_verdict *verdict = &report->verdicts[i];
        struct sim_report_group *group = find_group(&map, verdict);

        if (verdict->verdict == WF_VERDICT_OK) {
            continue;
        }
        if (group != NULL) {
            group->other_count++;
        } else if (!add_group(&map, &groups[(*count)++], verdict)) {
            return NULL;
        }
    }
    return groups != NULL && fill_others(report, &map, groups, *count) ? groups : NULL;
}

/* ---- Notes ---- */

static bool add_note_group(struct wf_map *map, struct sim_report_note_group *group, const struct sim_verdict *verdict,
                           const struct sim_note *note)
{
    struct wf_buffer text;

    wf_buffer_init(&text, map->arena);
    sim_note_print(note, &text);
    *group = (struct sim_report_note_group){
        .verdict = verdict, .last = verdict, .note = note, .text = wf_buffer_string(&text)};
    return !text.is_full && wf_map_set(map, (struct wf_string){(const char *)&note->signature, sizeof note->signature}, group);
}

static uint32_t count_notes(const struct sim_report *report)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < report->verdict_count; i++) {
        count += report->verdicts[i].note_count;
    }
    return count;
}

/* Counts a verdict once for each kind of note that it has. */
static bool group_notes_of(const struct sim_verdict *verdict, struct wf_map *map, struct sim_report_note_group *groups,
                           uint32_t *count)
{
    for (uint32_t i = 0; i < verdict->note_count; i++) {
        const struct sim_note *note = &verdict->notes[i];
        const struct wf_string key = {(const char *)&note->signature, sizeof note->signature};
        struct sim_report_note_group *group = note->level == WF_RULE_INFO ? NULL : wf_map_get(map, key);

        if (note->level == WF_RULE_INFO) {
            continue;
        }
        if (group == NULL && !add_note_group(map, &groups[(*count)++], verdict, note)) {
            return false;
        }
        if (group != NULL && group->last != verdict) {
            group->other_count++;
            group->last = verdict;
        }
    }
    return true;
}

const struct sim_report_note_group *sim_report_group_notes(const struct sim_report *report, struct wf_arena *arena,
                                                           uint32_t *count)
{
    struct sim_report_note_group *groups = wf_arena_take_array(arena, count_notes(report), sizeof *groups);
    struct wf_map map;

    *count = 0;
    wf_map_init(&map, arena);
    for (uint32_t i = 0; groups != NULL && i < report->verdict_count; i++) {
        if (!group_notes_of(&report->verdicts[i], &map, groups, count)) {
            return NULL;
        }
    }
    return groups;
}

void sim_report_print_note(const struct sim_report_note_group *group, struct wf_buffer *out)
{
    wf_buffer_append_string(out, group->text);
    if (group->other_count > 0) {
        wf_buffer_printf(out, "\nthe same in %u more", group->other_count);
    }
}

/* ---- The table of writers ---- */

#define WRITER_FILE true
#define WRITER_STDOUT false
#define SIM_REPORT_WRITER(name, flag, target, help) {flag, WRITER_##target, sim_report_write_##name},

const struct sim_report_writer sim_report_writers[] = {
#include "sim/report/writers.def"
};
const size_t sim_report_writer_count = sizeof sim_report_writers / sizeof *sim_report_writers;
