/*
 * The ledger of a run in words: how often each effect happened, and every entry of a short one with its virtual time.
 */
#ifndef WF_SIM_REPORT_EFFECTS_H
#define WF_SIM_REPORT_EFFECTS_H

#include "engine/base/bytes.h"
#include "sim/world/ledger.h"

/* Entries are listed one by one up to this many; beyond it only counted. */
#define SIM_EFFECTS_LISTED_MAX 24

/* Appends the part of the report; nothing when the ledger is empty. */
void sim_effects_print(const struct sim_ledger *ledger, struct wf_buffer *out);

#endif
