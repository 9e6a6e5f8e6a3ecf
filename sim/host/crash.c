/* What the ends of workflow code are called. */
#include <signal.h>

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "sim/host/contained.h"

const char *sim_crash_name(enum sim_crash_kind kind)
{
    switch (kind) {
    case SIM_CRASH_SEGMENTATION:
        return "segmentation fault";
    case SIM_CRASH_STACK:
        return "stack overflow";
    case SIM_CRASH_BUS:
        return "bus error";
    case SIM_CRASH_ARITHMETIC:
        return "arithmetic fault";
    case SIM_CRASH_ABORT:
        return "call of abort";
    case SIM_CRASH_ILLEGAL:
        return "illegal instruction";
    case SIM_CRASH_BUDGET:
        return "a loop that does not give way";
    case SIM_CRASH_HUNG:
        return "a call that does not return";
    case SIM_CRASH_MEMORY:
        return "more memory taken than code may (WFSIM_CODE_MIB)";
    case SIM_CRASH_EXIT:
        return "call of exit";
    case SIM_CRASH_KILLED:
        return "its process killed twice";
    }
    WF_UNREACHABLE();
}

static enum wf_diagnosis_number diagnosis(enum sim_crash_kind kind)
{
    switch (kind) {
    case SIM_CRASH_SEGMENTATION:
        return WF_DIAGNOSIS_CODE_CRASHED;
    case SIM_CRASH_STACK:
        return WF_DIAGNOSIS_STACK_OVERFLOW;
    case SIM_CRASH_BUDGET:
        return WF_DIAGNOSIS_BUDGET_EXCEEDED;
    case SIM_CRASH_HUNG:
        return WF_DIAGNOSIS_CODE_HUNG;
    case SIM_CRASH_MEMORY:
        return WF_DIAGNOSIS_MEMORY_EXCEEDED;
    case SIM_CRASH_ABORT:
    case SIM_CRASH_EXIT:
    case SIM_CRASH_KILLED:
        return WF_DIAGNOSIS_CODE_ABORTED;
    case SIM_CRASH_BUS:
    case SIM_CRASH_ARITHMETIC:
    case SIM_CRASH_ILLEGAL:
        return WF_DIAGNOSIS_CODE_FAULTED;
    }
    WF_UNREACHABLE();
}

const char *sim_crash_diagnosis(enum sim_crash_kind kind)
{
    return wf_diagnosis_code(diagnosis(kind));
}

bool sim_crash_of_signal(int signal_number, enum sim_crash_kind *kind)
{
    static const struct {
        int signal_number;
        enum sim_crash_kind kind;
    } rows[] = {
        {SIGSEGV, SIM_CRASH_SEGMENTATION},
        {SIGBUS, SIM_CRASH_BUS},
        {SIGFPE, SIM_CRASH_ARITHMETIC},
        {SIGABRT, SIM_CRASH_ABORT},
        {SIGILL, SIM_CRASH_ILLEGAL},
        {SIGTRAP, SIM_CRASH_ILLEGAL}, /* what clang makes of code that cannot be reached */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].signal_number == signal_number) {
            *kind = rows[i].kind;
            return true;
        }
    }
    return false;
}
