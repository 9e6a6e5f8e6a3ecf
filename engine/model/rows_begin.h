/* Opens a schema table: rows that the reader did not ask for expand to nothing. Closed by rows_end.h. No include guard:
 * every table opens and closes itself. */
#ifndef WF_MESSAGE
#define WF_MESSAGE(name, full_name)
#endif
#ifndef WF_MESSAGE_END
#define WF_MESSAGE_END(name)
#endif
/* The attributes of an event or a command are a message like any other. */
#ifndef WF_EVENT
#define WF_EVENT(number, NAME, name, oneof_number, buffering, pascal)                                                  \
    WF_MESSAGE(event_##name, "temporal.api.history.v1." pascal "EventAttributes")
#endif
#ifndef WF_COMMAND
#define WF_COMMAND(number, NAME, name, oneof_number, EVENT, pascal)                                                    \
    WF_MESSAGE(command_##name, "temporal.api.command.v1." pascal "CommandAttributes")
#endif
#ifndef WF_FIELD
#define WF_FIELD(message, number, KIND, type, name, json)
#endif
#ifndef WF_LIST
#define WF_LIST(message, number, KIND, type, name, json)
#endif
#ifndef WF_MAP
#define WF_MAP(message, number, VALUE, name, json)
#endif
#ifndef WF_ONEOF
#define WF_ONEOF(message, oneof)
#endif
#ifndef WF_CHOICE
#define WF_CHOICE(message, oneof, number, KIND, type, name, json)
#endif
#ifndef WF_ONEOF_END
#define WF_ONEOF_END(message, oneof)
#endif
#ifndef WF_ENUM
#define WF_ENUM(name, prefix)
#endif
#ifndef WF_ENUM_VALUE
#define WF_ENUM_VALUE(name, number, NAME)
#endif
#ifndef WF_ENUM_END
#define WF_ENUM_END(name)
#endif
