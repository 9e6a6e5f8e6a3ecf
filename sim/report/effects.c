/* Effects in the order in which they first happened. */
#include "sim/report/effects.h"

#include "engine/print.h"
#include "sim/report/visible.h"

static const char *result_name(enum sim_ledger_result result)
{
    switch (result) {
    case SIM_LEDGER_DONE:
        return "done";
    case SIM_LEDGER_REPEATED:
        return "recognised as done before";
    case SIM_LEDGER_REFUSED:
        return "refused: undone before";
    case SIM_LEDGER_UNDONE:
        return "undone";
    case SIM_LEDGER_NOTHING:
        return "undone: there was nothing";
    }
    return "";
}

static bool is_first_of_effect(const struct sim_ledger *ledger, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (wf_string_equal(ledger->entries[i].effect, ledger->entries[index].effect)) {
            return false;
        }
    }
    return true;
}

static uint32_t count(const struct sim_ledger *ledger, struct wf_string effect, enum sim_ledger_result result)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < ledger->count; i++) {
        found += ledger->entries[i].result == result && wf_string_equal(ledger->entries[i].effect, effect) ? 1 : 0;
    }
    return found;
}

static void print_totals(const struct sim_ledger *ledger, struct wf_buffer *out)
{
    const size_t start = out->size_bytes;
    const char *head = "  ledger     ";

    for (uint32_t i = 0; i < ledger->count; i++) {
        const struct wf_string effect = ledger->entries[i].effect;

        if (!is_first_of_effect(ledger, i)) {
            continue;
        }
        wf_buffer_printf(out, "%s%S %u", head, &effect, count(ledger, effect, SIM_LEDGER_DONE));
        head = ", ";
        const struct {
            const char *name;
            uint32_t count;
        } others[] = {{"undone", count(ledger, effect, SIM_LEDGER_UNDONE)},
                      {"recognised", count(ledger, effect, SIM_LEDGER_REPEATED)},
                      {"refused", count(ledger, effect, SIM_LEDGER_REFUSED)}};
        const char *separator = " (";
        for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
            if (others[o].count > 0) {
                wf_buffer_printf(out, "%s%u %s", separator, others[o].count, others[o].name);
                separator = ", ";
            }
        }
        wf_buffer_append_text(out, separator[0] == ',' ? ")" : "");
    }
    sim_make_visible(out, start);
    wf_buffer_append_char(out, '\n');
}

void sim_effects_print(const struct sim_ledger *ledger, struct wf_buffer *out)
{
    if (ledger->count == 0) {
        return;
    }
    print_totals(ledger, out);
    for (uint32_t i = 0; i < ledger->count && ledger->count <= SIM_EFFECTS_LISTED_MAX; i++) {
        const struct sim_ledger_entry *entry = &ledger->entries[i];
        const size_t start = out->size_bytes;

        wf_buffer_append_text(out, "             ");
        wf_print_duration(out, wf_duration_of(entry->time_ns));
        wf_buffer_printf(out, "  %S %S, attempt %d on %S: %s", &entry->effect, &entry->key, (int)entry->attempt,
                         &entry->node, result_name(entry->result));
        sim_make_visible(out, start);
        wf_buffer_append_char(out, '\n');
    }
}
