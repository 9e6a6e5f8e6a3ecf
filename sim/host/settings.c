/* Tests do not wait as long as people, and some code needs more. */
#include "sim/host/settings.h"

#include <stdlib.h>

#include "engine/base/assert.h"

struct setting {
    const char *name;
    const char *what;
    long most;
    long otherwise;
};

static const struct setting watchdog = {"WFSIM_WATCHDOG_SECONDS", "how many seconds an activation is waited for", 3600, 5};
static const struct setting code = {"WFSIM_CODE_MIB", "how many MiB workflow code may take", 1024 * 1024, 512};

/* 0: what it says is not allowed. */
static long read_setting(const struct setting *setting)
{
    const char *text = getenv(setting->name);
    char *end = NULL;

    if (text == NULL || *text == '\0') {
        return setting->otherwise;
    }
    const long number = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    return number > 0 && number <= setting->most && *end == '\0' ? number : 0;
}

enum wf_status sim_settings_check(struct wf_error *err)
{
    const struct setting *const settings[] = {&watchdog, &code};

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (read_setting(settings[i]) == 0) {
            return wf_fail_status(err, WF_ERR_INVALID,
                                  "%s=%s: give a whole number from 1 to %lld, %s; %lld when it is not set",
                                  settings[i]->name, getenv(settings[i]->name), (long long)settings[i]->most,
                                  settings[i]->what, (long long)settings[i]->otherwise);
        }
    }
    return WF_OK;
}

long sim_setting_watchdog_seconds(void)
{
    const long seconds = read_setting(&watchdog);

    WF_ASSERT(seconds > 0);
    return seconds;
}

long sim_setting_code_mib(void)
{
    const long mib = read_setting(&code);

    WF_ASSERT(mib > 0);
    return mib;
}
