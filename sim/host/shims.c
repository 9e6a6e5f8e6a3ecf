/*
 * The pointers are read-only once the linker has filled them in, so their pages are opened for the change. Calls are noted in one
 * array for the process, since a function of the C library is given nothing that could lead to another.
 */
#define _GNU_SOURCE /* dladdr */
#include "sim/host/shims.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/host.h"
#include "engine/time.h"

#define CALLS_MAX 4096u /* noted of one run; of further ones the last stays */
#define HOST_NAME "elsewhere"
#define VARIABLE_BYTES 32

struct call {
    const char *name;
    enum wf_diagnosis_number diagnosis;
    const void *caller;
    uint64_t activation_index;
};

static struct {
    struct sim_shim_world world;
    const struct wf_watch *watch;
    uint64_t activations_before;
    uint64_t clock_looks;
    uint64_t draws;
    struct call calls[CALLS_MAX];
    uint32_t call_count;
    char variable[VARIABLE_BYTES];
} now;

static void note(const char *name, enum wf_diagnosis_number diagnosis, const void *caller)
{
    const uint64_t activation = now.watch == NULL ? 0 : now.watch->activation_count - now.activations_before;
    const struct call call = {name, diagnosis, caller, activation == 0 ? 0 : activation - 1};

    now.call_count += now.call_count < CALLS_MAX ? 1 : 0;
    now.calls[now.call_count - 1] = call;
}

#define NOTE(function, diagnosis) note(#function, WF_DIAGNOSIS_##diagnosis, __builtin_return_address(0))

/* ---- The clock ---- */

static int64_t look_at_clock(void)
{
    return now.world.clock_from_s + (int64_t)now.clock_looks++ * now.world.clock_step_s;
}

static time_t shim_time(time_t *out)
{
    NOTE(time, DIFFERS_BY_CLOCK);
    const time_t seconds = (time_t)look_at_clock();
    if (out != NULL) {
        *out = seconds;
    }
    return seconds;
}

static clock_t shim_clock(void)
{
    NOTE(clock, DIFFERS_BY_CLOCK);
    return (clock_t)look_at_clock();
}

static int shim_gettimeofday(struct timeval *out, void *zone)
{
    NOTE(gettimeofday, DIFFERS_BY_CLOCK);
    (void)zone;
    *out = (struct timeval){.tv_sec = (time_t)look_at_clock()};
    return 0;
}

static int shim_clock_gettime(clockid_t clock_id, struct timespec *out)
{
    NOTE(clock_gettime, DIFFERS_BY_CLOCK);
    (void)clock_id;
    *out = (struct timespec){.tv_sec = (time_t)look_at_clock()};
    return 0;
}

static int shim_timespec_get(struct timespec *out, int base)
{
    NOTE(timespec_get, DIFFERS_BY_CLOCK);
    *out = (struct timespec){.tv_sec = (time_t)look_at_clock()};
    return base;
}

/* ---- Chance ---- */

static uint64_t draw(void)
{
    return wf_hash_mix(now.draws++, 1) ^ now.world.chance;
}

static void draw_bytes(void *out, size_t size_bytes)
{
    char *bytes = out;

    for (size_t i = 0; i < size_bytes; i++) {
        bytes[i] = (char)draw();
    }
}

static int shim_rand(void)
{
    NOTE(rand, DIFFERS_BY_CHANCE);
    return (int)(draw() & RAND_MAX);
}

static long shim_random(void)
{
    NOTE(random, DIFFERS_BY_CHANCE);
    return (long)(draw() & RAND_MAX);
}

static long shim_lrand48(void)
{
    NOTE(lrand48, DIFFERS_BY_CHANCE);
    return (long)(draw() & RAND_MAX);
}

static long shim_mrand48(void)
{
    NOTE(mrand48, DIFFERS_BY_CHANCE);
    return (long)(int32_t)(uint32_t)draw();
}

static double shim_drand48(void)
{
    NOTE(drand48, DIFFERS_BY_CHANCE);
    return (double)(draw() >> 11) / (double)(UINT64_C(1) << 53);
}

static uint32_t shim_arc4random(void)
{
    NOTE(arc4random, DIFFERS_BY_CHANCE);
    return (uint32_t)draw();
}

static uint32_t shim_arc4random_uniform(uint32_t bound)
{
    NOTE(arc4random_uniform, DIFFERS_BY_CHANCE);
    return bound < 2 ? 0 : (uint32_t)(draw() % bound);
}

static void shim_arc4random_buf(void *out, size_t size_bytes)
{
    NOTE(arc4random_buf, DIFFERS_BY_CHANCE);
    draw_bytes(out, size_bytes);
}

static ssize_t shim_getrandom(void *out, size_t size_bytes, unsigned int flags)
{
    NOTE(getrandom, DIFFERS_BY_CHANCE);
    (void)flags;
    draw_bytes(out, size_bytes);
    return (ssize_t)size_bytes;
}

static int shim_getentropy(void *out, size_t size_bytes)
{
    NOTE(getentropy, DIFFERS_BY_CHANCE);
    draw_bytes(out, size_bytes);
    return 0;
}

/* ---- The environment ---- */

static bool is_elsewhere(void)
{
    return now.world.environment == NULL || now.world.environment[0] != '\0';
}

static char *variable(const char *name)
{
    if (!is_elsewhere()) {
        return getenv(name);
    }
    if (now.world.environment == NULL) {
        return NULL;
    }
    (void)snprintf(now.variable, sizeof now.variable, "%s", now.world.environment); /* code may have written to it */
    return now.variable;
}

static char *shim_getenv(const char *name)
{
    NOTE(getenv, DIFFERS_BY_ENVIRONMENT);
    return variable(name);
}

static char *shim_secure_getenv(const char *name)
{
    NOTE(secure_getenv, DIFFERS_BY_ENVIRONMENT);
    return variable(name);
}

static int shim_gethostname(char *name, size_t size_bytes)
{
    NOTE(gethostname, DIFFERS_BY_ENVIRONMENT);
    if (!is_elsewhere()) {
        return gethostname(name, size_bytes);
    }
    if (size_bytes < sizeof HOST_NAME) {
        return -1;
    }
    memcpy(name, HOST_NAME, sizeof HOST_NAME);
    return 0;
}

static pid_t shim_getpid(void)
{
    NOTE(getpid, DIFFERS_BY_ENVIRONMENT);
    return is_elsewhere() ? getpid() + 1 : getpid();
}

/* ---- Putting them in ---- */

typedef void (*function)(void);

static const struct {
    const char *name;
    function stand_in;
} shims[] = {
#define SIM_SHIM(name, DIAGNOSIS) {#name, (function)shim_##name},
#include "sim/host/shims.def"
};

static bool write_pointer(uintptr_t at, function stand_in)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t from = at & ~(page - 1);

    if (mprotect((void *)from, at + sizeof stand_in - from, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    memcpy((void *)at, &stand_in, sizeof stand_in);
    return true;
}

static bool install(const struct sim_import *import, uintptr_t base)
{
    for (size_t i = 0; i < sizeof shims / sizeof *shims; i++) {
        for (uint32_t slot = 0; wf_string_is(import->name, shims[i].name) && slot < import->slots.count; slot++) {
            if (!write_pointer(base + import->slots.items[slot], shims[i].stand_in)) {
                return false;
            }
        }
    }
    return true;
}

enum wf_status sim_shims_install(const struct sim_object *object, const struct sim_code *code, struct wf_error *err)
{
    for (uint32_t i = 0; i < object->imports.count; i++) {
        if (!install(&object->imports.items[i], code->base)) {
            return wf_fail_status(err, WF_ERR_INVALID, "%S: its calls of the C library cannot be redirected", &code->path);
        }
    }
    return WF_OK;
}

void sim_shims_begin(const struct sim_shim_world *world, const struct wf_watch *watch)
{
    now.world = *world;
    now.watch = watch;
    now.activations_before = watch->activation_count;
    now.clock_looks = 0;
    now.draws = 0;
    now.call_count = 0;
}

/* Where in its module the call stands; it returns to the byte behind. */
static uint64_t offset_of(const void *caller)
{
    Dl_info info;

    return dladdr(caller, &info) == 0 ? 0 : (uint64_t)((const char *)caller - (const char *)info.dli_fbase) - 1;
}

struct sim_shim_call sim_shims_call_before(enum wf_diagnosis_number diagnosis, uint64_t activation_index)
{
    for (uint32_t i = now.call_count; i > 0; i--) {
        const struct call *call = &now.calls[i - 1];

        if (call->diagnosis == diagnosis && call->activation_index <= activation_index) {
            return (struct sim_shim_call){call->name, offset_of(call->caller)};
        }
    }
    return (struct sim_shim_call){NULL, 0};
}
