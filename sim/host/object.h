/*
 * What stands in a compiled object of workflow code, read from its bytes and without loading it: what it takes from outside, and
 * what it can write to between two calls.
 */
#ifndef SIM_HOST_OBJECT_H
#define SIM_HOST_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"

/* A function or variable of another object. */
struct sim_import {
    struct wf_string name; /* without its version */
    struct sim_offsets {
        uint64_t *items;
        uint32_t count;
        uint32_t capacity;
    } slots; /* pointers to it, which the dynamic linker fills in */
    struct sim_offsets places; /* of the instructions that name it, as of sim_source_place; none in an object that was linked without
                                  --emit-relocs */
};

/* A variable that the code can change. */
struct sim_global {
    struct wf_string name;
    uint64_t offset; /* from where the object is loaded; of a thread-local one: in each thread's block */
    uint64_t size_bytes;
    bool is_thread_local;
};

struct sim_object {
    struct {
        struct sim_import *items; /* in the object's order */
        uint32_t count;
        uint32_t capacity;
    } imports;
    struct {
        struct sim_global *items;
        uint32_t count;
        uint32_t capacity;
    } globals;
    struct {
        struct wf_string *items; /* libraries, as the object names them; of sim_object_read_needed alone */
        uint32_t count;
        uint32_t capacity;
    } needed;
    bool has_symbols; /* false: stripped, globals that it does not export have no names */
    bool has_module;  /* exports wf_module */
};

/*
 * Reads an ELF object of 64 bits, little-endian.
 *
 * bytes   of the object; names point into them.
 * Errors: WF_ERR_UNSUPPORTED  another kind of object
 *         WF_ERR_CORRUPT      its tables point outside of it
 *         WF_ERR_MEMORY
 */
enum wf_status sim_object_read(struct wf_arena *arena, struct wf_string bytes, struct sim_object *object,
                               struct wf_error *err);

/* Reads only which libraries an object needs. Arguments and errors as of sim_object_read. */
enum wf_status sim_object_read_needed(struct wf_arena *arena, struct wf_string bytes, struct sim_object *object,
                                      struct wf_error *err);

/* The global in which an offset lies, or NULL. */
const struct sim_global *sim_object_global_at(const struct sim_object *object, uint64_t offset);

#endif
