/* Closes a schema table: undefines every row macro, unless schema.def is reading several tables in one pass. */
#ifndef WF_ROWS_KEEP
#undef WF_EVENT
#undef WF_COMMAND
#undef WF_MESSAGE
#undef WF_MESSAGE_END
#undef WF_FIELD
#undef WF_LIST
#undef WF_MAP
#undef WF_ONEOF
#undef WF_CHOICE
#undef WF_ONEOF_END
#undef WF_ENUM
#undef WF_ENUM_VALUE
#undef WF_ENUM_END
#endif
