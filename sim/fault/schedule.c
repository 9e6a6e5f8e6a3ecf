/*
 * Phases and times. Each seed draws its own subset of the allowed kinds and an intensity for each (swarm testing: a seed
 * with few kinds goes deeper into them than one with all). Every kind draws as its own entity, so that leaving one out
 * moves nothing else.
 */
#include "sim/fault/kinds.h"
#include "sim/fault/schedule.h"

#include "engine/base/assert.h"

#define DURATION_NS_MIN WF_NS_PER_MS
#define CALM_FACTOR 8 /* profile calm strikes that many times more rarely than chaos */
#define INTENSITIES 4
#define TRAP_KINDS 6
#define REST_AFTER_NS (120 * WF_NS_PER_S)
#define REST_AGAIN_NS (10 * WF_NS_PER_S) /* when to look again whether a fault that lasts has ended */
#define TRAP_SKIPS 8
#define TOSSES_MAX 3u
#define FEW_KINDS 8u

static uint64_t draw(struct sim_faults *faults, enum sim_fault_kind kind, enum sim_site site, uint64_t bound)
{
    return sim_choose(sim_world_choices(faults->world), &faults->entities[kind], site, bound);
}

int64_t sim_faults_draw_duration(struct sim_faults *faults, enum sim_fault_kind kind, enum sim_site site,
                                 int64_t mean_ns)
{
    const struct sim_distribution distribution = {SIM_EXPONENTIAL, mean_ns, 0};
    const int64_t duration_ns =
        sim_draw_duration(sim_world_choices(faults->world), &faults->entities[kind], site, &distribution);

    return duration_ns < DURATION_NS_MIN ? DURATION_NS_MIN : duration_ns;
}

/* ---- One strike ---- */

static void record_fault(struct sim_faults *faults, const struct sim_fault_strike *strike, enum sim_record_kind kind)
{
    char where[128];

    sim_world_record(faults->world,
                     (struct sim_record){
                         .kind = kind,
                         .node = strike->node == SIM_NO_NODE ? (struct wf_string){NULL, 0}
                                                             : sim_world_node(faults->world, strike->node).name,
                         .subject = strike->workflow_id,
                         .a = wf_string_of(sim_fault_name(strike->kind)),
                         .b = sim_faults_where(faults, strike, where, sizeof where),
                         .x = (int64_t)strike->kind,
                     });
}

/* True when a fault of this kind already lasts at the same place: ending one would end both. */
static bool is_covered(const struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    for (uint32_t i = 0; i < SIM_FAULT_WINDOWS_MAX; i++) {
        const struct sim_fault_window *window = &faults->windows[i];

        if (window->is_active && window->strike.kind == strike->kind &&
            (strike->node == SIM_NO_NODE || window->strike.node == strike->node)) {
            return true;
        }
    }
    return false;
}

static void set_next_flap(struct sim_faults *faults, uint32_t index)
{
    struct sim_fault_window *window = &faults->windows[index];
    const enum sim_fault_kind kind = window->strike.kind;

    window->flap_ns = sim_world_loop(faults->world)->now_ns +
                      sim_faults_draw_duration(faults, kind, SIM_SITE_FAULT_FLAP, sim_fault_rows[kind].flap_ns);
    (void)sim_world_set_timer(faults->world, window->flap_ns, SIM_TIMER_FLAP + index);
}

/* Mends what is broken and breaks what is mended, at the same place. */
static void flap(struct sim_faults *faults, uint32_t index)
{
    struct sim_fault_window *window = &faults->windows[index];
    const struct sim_fault_row *row = &sim_fault_rows[window->strike.kind];

    if (!window->is_active || window->flap_ns != sim_world_loop(faults->world)->now_ns) {
        return; /* of one that was here before */
    }
    if (window->is_mended) {
        (void)row->strike(faults, &window->strike);
    } else {
        row->end(faults, &window->strike);
    }
    window->is_mended = !window->is_mended;
    set_next_flap(faults, index);
}

static bool open_window(struct sim_faults *faults, const struct sim_fault_strike *strike)
{
    const wf_time_ns now_ns = sim_world_loop(faults->world)->now_ns;

    for (uint32_t i = 0; i < SIM_FAULT_WINDOWS_MAX; i++) {
        if (!faults->windows[i].is_active) {
            faults->windows[i] = (struct sim_fault_window){.is_active = true, .strike = *strike};
            /* What it points to may not live as long as the window. */
            faults->windows[i].strike.workflow_id = (struct wf_string){NULL, 0};
            if (sim_fault_rows[strike->kind].flap_ns > 0) {
                set_next_flap(faults, i);
            }
            return sim_world_set_timer(faults->world, now_ns + strike->duration_ns, SIM_TIMER_WINDOW + i);
        }
    }
    return false;
}

bool sim_faults_do(struct sim_faults *faults, struct sim_fault_strike *strike)
{
    const struct sim_fault_row *row = &sim_fault_rows[strike->kind];

    if (strike->duration_ns == 0) {
        strike->duration_ns =
            sim_faults_draw_duration(faults, strike->kind, SIM_SITE_FAULT_DURATION, row->duration_ns);
    }
    if (row->class == SIM_FAULT_CLASS_RATED) {
        /* The world records it when it finds its victim. */
        return sim_world_strike_next(faults->world, strike->kind,
                                     sim_fault_reach(strike->kind) == SIM_REACH_PROCESS ? (struct wf_string){NULL, 0}
                                                                                        : strike->workflow_id);
    }
    if ((row->end != NULL && is_covered(faults, strike)) || !row->strike(faults, strike)) {
        return false;
    }
    if (!sim_fault_crashes(strike->kind)) {
        record_fault(faults, strike, SIM_RECORD_FAULT);
    }
    if (row->end != NULL && !open_window(faults, strike)) {
        row->end(faults, strike);
    }
    return true;
}

static void end_window(struct sim_faults *faults, uint32_t index)
{
    struct sim_fault_window *window = &faults->windows[index];

    if (!window->is_active) {
        return;
    }
    window->is_active = false;
    sim_fault_rows[window->strike.kind].end(faults, &window->strike);
    record_fault(faults, &window->strike, SIM_RECORD_FAULT_END);
}

/* ---- Traps: a crash at a chosen step of a task's life rather than at a chosen time ---- */

static bool set_trap(struct sim_faults *faults)
{
    static const enum sim_record_kind kinds[TRAP_KINDS] = {
        SIM_RECORD_COUNT, /* none: now */
        SIM_RECORD_TASK_GIVEN,  SIM_RECORD_TASK_ANSWERED, SIM_RECORD_ATTEMPT_STARTED,
        SIM_RECORD_EFFECT,      SIM_RECORD_ATTEMPT_ENDED,
    };
    const enum sim_fault_kind crash = SIM_FAULT_WORKER_CRASH;
    const enum sim_record_kind kind = kinds[draw(faults, crash, SIM_SITE_FAULT_KIND, TRAP_KINDS)];
    const uint64_t skip_count = draw(faults, crash, SIM_SITE_ACTIVITY_FAULT, TRAP_SKIPS);
    const int64_t duration_ns = sim_faults_draw_duration(faults, crash, SIM_SITE_RESTART_DELAY,
                                                         sim_fault_rows[crash].duration_ns);

    for (uint32_t i = 0; kind != SIM_RECORD_COUNT && i < SIM_FAULT_TRAPS_MAX; i++) {
        if (!faults->traps[i].is_armed) {
            faults->traps[i] = (struct sim_trap){true, kind, (uint32_t)skip_count, duration_ns};
            return true;
        }
    }
    return false;
}

static void spring_traps(struct sim_faults *faults, const struct sim_record *record)
{
    for (uint32_t i = 0; i < SIM_FAULT_TRAPS_MAX; i++) {
        struct sim_trap *trap = &faults->traps[i];

        if (!trap->is_armed || trap->kind != record->kind || faults->trapped_node != SIM_NO_NODE) {
            continue;
        }
        if (trap->skip_count > 0) {
            trap->skip_count--;
            continue;
        }
        faults->trapped_node = sim_faults_find_node(faults, record->node);
        faults->trapped_kind = SIM_FAULT_WORKER_CRASH;
        faults->trapped_duration_ns = trap->duration_ns;
        trap->is_armed = false;
    }
}

/* A mishap of a task's life ends its process: the world said so, and holds back what the process did not live to do. */
static void catch_crash(struct sim_faults *faults, const struct sim_record *record)
{
    const enum sim_fault_kind kind = (enum sim_fault_kind)record->x;

    if (sim_fault_rows[kind].class == SIM_FAULT_CLASS_RATED && sim_fault_crashes(kind)) {
        faults->trapped_node = sim_faults_find_node(faults, record->node);
        faults->trapped_kind = kind;
    }
}

static void crash_trapped(struct sim_faults *faults)
{
    struct sim_fault_strike strike = {.kind = faults->trapped_kind,
                                      .node = faults->trapped_node,
                                      .other_node = SIM_NO_NODE,
                                      .duration_ns = faults->trapped_duration_ns};

    faults->trapped_node = SIM_NO_NODE;
    if (strike.kind == SIM_FAULT_WORKER_CRASH) {
        (void)sim_faults_do(faults, &strike);
        return;
    }
    (void)sim_world_crash_node(faults->world, strike.node,
                               sim_faults_draw_duration(faults, strike.kind, SIM_SITE_RESTART_DELAY,
                                                        sim_fault_rows[SIM_FAULT_WORKER_CRASH].duration_ns));
}

/* ---- Times ---- */

static void set_next_strike(struct sim_faults *faults, enum sim_fault_kind kind)
{
    const wf_time_ns now_ns = sim_world_loop(faults->world)->now_ns;
    const int64_t wait_ns =
        sim_faults_draw_duration(faults, kind, SIM_SITE_FAULT_INTERVAL, faults->interval_ns[kind]);

    (void)sim_world_set_timer(faults->world, now_ns + wait_ns, SIM_TIMER_STRIKE + (uint32_t)kind);
}

/*
 * Timed kinds rest while nothing happens to any workflow: a week in which all of them wait for a signal is one moment, and
 * striking it a hundred thousand times shows nothing.
 */
static bool rests(struct sim_faults *faults, enum sim_fault_kind kind)
{
    faults->is_resting[kind] = sim_world_loop(faults->world)->now_ns - faults->active_ns > REST_AFTER_NS;
    return faults->is_resting[kind];
}

static bool is_striking(const struct sim_faults *faults)
{
    for (uint32_t i = 0; i < SIM_FAULT_WINDOWS_MAX; i++) {
        if (faults->windows[i].is_active) {
            return true;
        }
    }
    for (uint32_t i = 0; i < sim_world_node_count(faults->world); i++) {
        if (!sim_world_node(faults->world, i).is_up) {
            return true;
        }
    }
    /* What was placed by hand and waits for its victim must not be forgotten. */
    return faults->placed_count > 0;
}

static void watch_for_rest(struct sim_faults *faults, int64_t wait_ns)
{
    (void)sim_world_set_timer(faults->world, sim_world_loop(faults->world)->now_ns + wait_ns, SIM_TIMER_REST);
}

/* Rates rest as well: a world in which nothing can go wrong waits for days in a few steps. Those of clients stay, because a
 * client may end the rest. */
static void rest_if_idle(struct sim_faults *faults)
{
    const int64_t idle_ns = sim_world_loop(faults->world)->now_ns - faults->active_ns;
    const struct sim_rates of_clients = sim_rates_of_sends(&faults->rates);

    if (idle_ns < REST_AFTER_NS) {
        watch_for_rest(faults, REST_AFTER_NS - idle_ns);
    } else if (is_striking(faults)) {
        watch_for_rest(faults, REST_AGAIN_NS);
    } else {
        faults->is_calm = true;
        sim_world_heal(faults->world);
        sim_world_set_rates(faults->world, &of_clients);
    }
}

static void wake(struct sim_faults *faults)
{
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if (faults->is_resting[kind] && !faults->is_healed) {
            set_next_strike(faults, (enum sim_fault_kind)kind);
        }
        faults->is_resting[kind] = false;
    }
    if (faults->is_calm && !faults->is_healed) {
        faults->is_calm = false;
        sim_world_set_rates(faults->world, &faults->rates);
        watch_for_rest(faults, REST_AFTER_NS);
    }
    faults->is_waking = false;
}

static void strike_kind(struct sim_faults *faults, enum sim_fault_kind kind)
{
    struct sim_fault_strike strike = {.kind = kind, .node = SIM_NO_NODE, .other_node = SIM_NO_NODE};

    if (rests(faults, kind)) {
        return;
    }
    if (kind != SIM_FAULT_WORKER_CRASH || !set_trap(faults)) {
        (void)sim_faults_do(faults, &strike);
    }
    set_next_strike(faults, kind);
}

static void on_timer(void *context, uint32_t id)
{
    struct sim_faults *faults = context;

    if (id == SIM_TIMER_HEAL) {
        sim_faults_heal(faults);
    } else if (id >= SIM_TIMER_PLACED) {
        sim_placed_time(faults, id - SIM_TIMER_PLACED);
    } else if (id >= SIM_TIMER_FLAP) {
        flap(faults, id - SIM_TIMER_FLAP);
    } else if (id >= SIM_TIMER_WINDOW) {
        end_window(faults, id - SIM_TIMER_WINDOW);
    } else if (faults->is_healed) {
        return; /* what else there is belongs to the chaos phase */
    } else if (id == SIM_TIMER_REST) {
        rest_if_idle(faults);
    } else {
        strike_kind(faults, (enum sim_fault_kind)(id - SIM_TIMER_STRIKE));
    }
}

void sim_faults_heal(struct sim_faults *faults)
{
    if (faults->is_healed) {
        return;
    }
    faults->is_healed = true;
    memset(faults->windows, 0, sizeof faults->windows);
    faults->trapped_node = SIM_NO_NODE;
    memset(faults->traps, 0, sizeof faults->traps);
    memset(&faults->rates, 0, sizeof faults->rates);
    sim_world_record(faults->world, (struct sim_record){.kind = SIM_RECORD_PHASE, .a = WF_STR("heal")});
    sim_world_heal(faults->world);
}

/* ---- The seed's own subset ---- */

/* Intensity 0 is the mildest. Each step doubles how often a kind strikes; 2 is the table's own. */
static int64_t scale_interval(int64_t interval_ns, uint64_t intensity)
{
    return interval_ns * 4 >> intensity;
}

static struct sim_ratio scale_rate(struct sim_ratio rate, uint64_t intensity, uint32_t factor)
{
    return (struct sim_ratio){rate.numerator << intensity, rate.denominator * 4 * factor};
}

static void set_rate(struct sim_faults *faults, enum sim_fault_kind kind, struct sim_ratio rate)
{
    memcpy((char *)&faults->rates + sim_fault_rows[kind].rate_offset, &rate, sizeof rate);
}

/* How many coins must fall right for a kind to be in: some seeds have many kinds, and some go deep into few. */
static uint64_t draw_tosses(struct sim_faults *faults, uint32_t allowed_count)
{
    const uint64_t tosses = TOSSES_MAX - sim_choose(sim_world_choices(faults->world), &faults->swarm,
                                                    SIM_SITE_SWARM_SUBSET, TOSSES_MAX);

    return allowed_count > FEW_KINDS ? tosses : 1; /* a scenario that allows few kinds wants them */
}

/* A kind is in when all its coins fall right; when the scenario gives its time, or allows nothing else, always. */
static void draw_kind(struct sim_faults *faults, enum sim_fault_kind kind, uint32_t allowed_count, uint64_t tosses)
{
    const struct sim_fault_config *config = &faults->config->faults;
    const struct sim_fault_row *row = &sim_fault_rows[kind];
    bool is_drawn = true;
    const uint64_t intensity = draw(faults, kind, SIM_SITE_SWARM_INTENSITY, INTENSITIES);
    const bool is_calm = wf_string_is(config->profile, "calm");
    const uint32_t factor = is_calm ? CALM_FACTOR : 1;

    for (uint64_t i = 0; i < tosses; i++) {
        const uint64_t side = draw(faults, kind, SIM_SITE_SWARM_SUBSET, 2);

        is_drawn = is_drawn && side == 1;
    }
    faults->is_on[kind] =
        config->has_rate[kind] || (config->allowed[kind] && (is_drawn || allowed_count == 1));
    if (!faults->is_on[kind]) {
        return;
    }
    if (config->has_rate[kind]) {
        faults->interval_ns[kind] = config->mean_interval_ns[kind];
    } else if (row->class == SIM_FAULT_CLASS_RATED) {
        set_rate(faults, kind, scale_rate(row->rate, intensity, factor));
        return;
    } else {
        faults->interval_ns[kind] = scale_interval(row->interval_ns, intensity) * factor;
    }
    set_next_strike(faults, kind);
}

static void draw_swarm(struct sim_faults *faults)
{
    uint32_t allowed_count = 0;
    uint64_t tosses = 0;

    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        allowed_count += faults->config->faults.allowed[kind] ? 1 : 0;
    }
    tosses = draw_tosses(faults, allowed_count);
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        draw_kind(faults, (enum sim_fault_kind)kind, allowed_count, tosses);
    }
    sim_world_set_rates(faults->world, &faults->rates);
}

static void name_entities(struct sim_faults *faults)
{
    sim_entity_init(&faults->swarm, WF_STR("faults"));
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        char text[64];
        struct wf_buffer name;

        wf_buffer_init_fixed(&name, text, sizeof text);
        wf_buffer_printf(&name, "fault %s", sim_fault_name((enum sim_fault_kind)kind));
        sim_entity_init(&faults->entities[kind], wf_buffer_string(&name));
    }
}

enum wf_status sim_faults_new(struct sim_world *world, const struct sim_config *config, bool is_enabled,
                              struct sim_faults **faults, struct wf_error *err)
{
    struct sim_faults *made = WF_ARENA_NEW(sim_world_arena(world), struct sim_faults);

    if (made == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the fault schedule");
    }
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) { /* a row of faults.def without one in the table of actions */
        WF_ASSERT(sim_fault_rows[kind].class == SIM_FAULT_CLASS_RATED ? sim_fault_rows[kind].rate.denominator > 0
                                                                      : sim_fault_rows[kind].strike != NULL);
    }
    made->world = world;
    made->config = config;
    made->trapped_node = SIM_NO_NODE;
    name_entities(made);
    *faults = made;
    sim_world_set_timer_handler(world, on_timer, made);
    if (!is_enabled || !config->faults.is_enabled) {
        made->is_healed = true;
        return WF_OK;
    }
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_PHASE, .a = WF_STR("chaos")});
    WF_TRY(sim_placed_new(made, err));
    draw_swarm(made);
    watch_for_rest(made, REST_AFTER_NS);
    if (!sim_world_set_timer(world, config->faults.for_ns, SIM_TIMER_HEAL)) {
        return wf_fail_status(err, WF_ERR_LIMIT, "the event queue has no room for the fault schedule");
    }
    return WF_OK;
}

/* ---- Records ---- */

void sim_faults_record(struct sim_faults *faults, const struct sim_record *record)
{
    if (record->kind == SIM_RECORD_FAULT) {
        WF_ASSERT(record->x >= 0 && record->x < SIM_FAULT_COUNT);
        faults->counts[record->x]++;
        catch_crash(faults, record);
        return;
    }
    if (record->kind == SIM_RECORD_EVENT || record->kind == SIM_RECORD_SENT || record->kind == SIM_RECORD_START_SENT ||
        record->kind == SIM_RECORD_ATTEMPT_STARTED) {
        faults->active_ns = record->time_ns;
        faults->is_waking = true;
    }
    spring_traps(faults, record);
    sim_placed_record(faults, record);
}

void sim_faults_strike(struct sim_faults *faults)
{
    if (faults->is_waking) {
        wake(faults);
    }
    if (faults->trapped_node != SIM_NO_NODE) {
        crash_trapped(faults);
    }
    sim_placed_strike(faults);
}

bool sim_faults_is_healed(const struct sim_faults *faults)
{
    return faults->is_healed;
}

const uint64_t *sim_faults_counts(const struct sim_faults *faults)
{
    return faults->counts;
}
