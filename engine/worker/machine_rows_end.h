/* Closes a table of transitions. machines.def keeps the macros until its own end. */
#ifndef WF_MACHINE_ROWS_KEEP
#undef WF_MACHINE
#undef WF_STATE
#undef WF_MACHINE_ROWS
#undef WF_ON_EVENT
#undef WF_ON_REQUEST
#undef WF_MACHINE_END
#endif
