/* Opens a table of transitions: rows that the reader did not ask for expand to nothing. Closed by machine_rows_end.h. */
#ifndef WF_MACHINE
#define WF_MACHINE(MACHINE, name, official_name, official_type, what)
#endif
#ifndef WF_STATE
#define WF_STATE(MACHINE, STATE, official_state)
#endif
#ifndef WF_MACHINE_ROWS
#define WF_MACHINE_ROWS(MACHINE)
#endif
#ifndef WF_ON_EVENT
#define WF_ON_EVENT(MACHINE, FROM, EVENT, TO, action)
#endif
#ifndef WF_ON_REQUEST
#define WF_ON_REQUEST(MACHINE, FROM, REQUEST, TO, action)
#endif
#ifndef WF_MACHINE_END
#define WF_MACHINE_END(MACHINE)
#endif
