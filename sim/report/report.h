/*
 * The report of a batch of replays: its verdicts in input order and what they add up to, and what CI systems read of it. A
 * format is a row of writers.def and one function; every one writes the same report, with no date in it.
 */
#ifndef WF_SIM_REPORT_REPORT_H
#define WF_SIM_REPORT_REPORT_H

#include "sim/report/verdict.h"

struct sim_report_counts {
    uint64_t by_verdict[WF_VERDICT_SETUP + 1]; /* without those that a baseline accepts */
    uint64_t known;                            /* which are here */
    uint64_t events;
    uint64_t skipped; /* histories that --sample left out */
    uint64_t prefixes; /* judged by --prefixes */
    uint64_t lived; /* prefixes that --live went on from */
    uint64_t lived_ended;
    uint64_t lived_stuck;
    uint64_t lived_unfinished;
    uint64_t not_lived; /* histories that replay, none of whose prefixes it could go on from */
    uint64_t stuck;    /* histories with prefixes at which open runs get stuck */
    uint64_t cached;  /* verdicts of an earlier run */
    int64_t elapsed_ns;
};

/* An entry of a baseline that matched nothing. */
struct sim_report_stale {
    uint32_t line; /* of the baseline */
    struct wf_string entry;
    struct wf_string reason;
};

/* What makes two shards parts of one batch, besides the options; the same on every machine. */
struct sim_report_batch {
    uint64_t code;     /* digest of source and included files, or of the object; 0: none of these is known */
    uint64_t policy;   /* of what --strict or --policy make of each rule; 0: nothing */
    uint64_t inputs;   /* of names and sizes of all files, in order */
    uint64_t sample;   /* of --sample; 0: none */
};

struct sim_report {
    struct wf_arena *arena; /* holds everything below */
    struct wf_string program; /* as it was called; "wfsim" until it is set */
    struct wf_string code;  /* as the user gave it */
    struct wf_string options; /* that decide verdicts, as the command line has them, --live last: "--strict"; empty: none */
    struct sim_report_counts counts;
    struct sim_verdict *verdicts; /* in input order */
    uint32_t verdict_count;
    uint32_t verdict_capacity;
    struct sim_report_batch batch;
    uint32_t shard; /* from 1; 0: not one of several */
    uint32_t shard_count;
    struct wf_string incomplete; /* why the batch ended early; empty: it did not */
    const struct sim_report_stale *stale;
    uint32_t stale_count;
};

void sim_report_init(struct sim_report *report, struct wf_arena *arena, struct wf_string code);

/* Counts a verdict. */
void sim_report_count(struct sim_report_counts *counts, const struct sim_verdict *verdict);

/* Keeps a verdict; its texts are borrowed for as long as the report. False when the arena is full. */
bool sim_report_add(struct sim_report *report, const struct sim_verdict *verdict);

/* Puts the verdicts into input order, for reports of several shards. */
bool sim_report_sort(struct sim_report *report);

/* Of all histories that were replayed. */
uint64_t sim_report_total(const struct sim_report_counts *counts);

/* The command that repeats a verdict, without a line end. */
void sim_report_print_repeat(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out);

/* The verdict with window and hint as plain lines, then the command that repeats it. */
void sim_report_print_verdict(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out);

/* One change of the code shows in every history alike, so pages for people say it once. */
struct sim_report_group {
    const struct sim_verdict *first;
    uint32_t *others; /* indices of verdicts with the same signature */
    uint32_t other_count;
};

/* Groups of the verdicts that are not ok, in input order. NULL when the arena is full. */
const struct sim_report_group *sim_report_group(const struct sim_report *report, struct wf_arena *arena, uint32_t *count);

/* A kind of note: the first of it, and in how many more histories it is. */
struct sim_report_note_group {
    const struct sim_verdict *verdict;
    const struct sim_note *note;
    struct wf_string text; /* the note in words, without a line end */
    uint32_t other_count;
    const struct sim_verdict *last; /* that was counted */
};

/* Groups of the notes from the warnings up, in input order. NULL when the arena is full. */
const struct sim_report_note_group *sim_report_group_notes(const struct sim_report *report, struct wf_arena *arena,
                                                           uint32_t *count);

/* The note in words, and in how many more histories it is: for pages that say no more of it. */
void sim_report_print_note(const struct sim_report_note_group *group, struct wf_buffer *out);

/* Writes the members of `summary`, as an object. */
void sim_report_json_summary(const struct sim_report *report, struct wf_json_writer *writer);

/* `{"summary": ..., "results": [...], "stale": [...]}`, the verdicts as they are in `results`, JSON already. */
void sim_report_json(const struct sim_report *report, struct wf_string results, struct wf_json_writer *writer);

/*
 * Reads what sim_report_write_json wrote.
 *
 * report  initialised; texts are slices of the bytes or live in its arena.
 * Errors: WF_ERR_CORRUPT, WF_ERR_INVALID (not a report), WF_ERR_MEMORY.
 */
enum wf_status sim_report_read_json(struct sim_report *report, struct wf_string bytes, struct wf_error *err);

/* A row of writers.def. */
struct sim_report_writer {
    const char *flag;
    bool takes_file;
    void (*write)(const struct sim_report *report, struct wf_buffer *out);
};
extern const struct sim_report_writer sim_report_writers[];
extern const size_t sim_report_writer_count;

#define SIM_REPORT_WRITER(name, flag, target, help) \
    void sim_report_write_##name(const struct sim_report *report, struct wf_buffer *out);
#include "sim/report/writers.def"

#endif
