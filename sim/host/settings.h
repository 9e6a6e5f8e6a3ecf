/*
 * Limits of workflow code that the environment may set.
 */
#ifndef SIM_HOST_SETTINGS_H
#define SIM_HOST_SETTINGS_H

#include "engine/base/status.h"

/* Before any batch. Errors: WF_ERR_INVALID with what is allowed. */
enum wf_status sim_settings_check(struct wf_error *err);

/* WFSIM_WATCHDOG_SECONDS, of one activation; and WFSIM_CODE_MIB, that code may take in one activation or one history. Asserts that
 * they can be read. */
long sim_setting_watchdog_seconds(void);
long sim_setting_code_mib(void);

#endif
