/* Makes the rows of one machine's table the cases of a switch over WF_MACHINE_KEY(state, input), in a function with the
 * parameters of wf_machine_step. A row that is there twice does not compile. The table is included right after this. */
#define WF_ON_EVENT(MACHINE, FROM, EVENT, TO, action)                                                                  \
    case WF_MACHINE_KEY(WF_##MACHINE##_##FROM, WF_EVENT_TYPE_##EVENT):                                                 \
        machine->state = WF_##MACHINE##_##TO;                                                                          \
        action(run, machine, in);                                                                                      \
        return true;
#define WF_ON_REQUEST(MACHINE, FROM, REQUEST, TO, action)                                                              \
    case WF_MACHINE_KEY(WF_##MACHINE##_##FROM, WF_REQUEST_##REQUEST):                                                  \
        machine->state = WF_##MACHINE##_##TO;                                                                          \
        action(run, machine, in);                                                                                      \
        return true;
