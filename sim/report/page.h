/*
 * A summary as one HTML page that needs nothing but itself: no script, no file or address elsewhere, no date. The same batch
 * gives the same bytes on every machine.
 */
#ifndef WF_SIM_REPORT_PAGE_H
#define WF_SIM_REPORT_PAGE_H

#include "engine/base/bytes.h"
#include "sim/report/summary.h"

struct sim_page {
    const struct sim_summary *summary;
    const struct sim_repeat *repeat; /* for the page, which is read on other machines; in place of the summary's */
    struct wf_string ledger;         /* sim_effects_print, of a batch of one seed; else empty */
};

void sim_page_print(const struct sim_page *page, struct wf_buffer *out);

#endif
