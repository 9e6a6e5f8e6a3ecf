/*
 * From an address in compiled workflow code to the line of its source, for reports. The debug information is read by addr2line
 * and nm, which come with the compiler.
 */
#ifndef SIM_HOST_SOURCE_PLACE_H
#define SIM_HOST_SOURCE_PLACE_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

/*
 * "scenarios/saga.c:41": the code's own file as the user named it, another by the name that it was compiled under.
 *
 * arena   holds the text.
 * path    of the code, as the user gave it.
 * offset  from where the object is loaded, as of a command (code_offset).
 * Empty when it is not known: no debug information, no addr2line, no memory.
 */
struct wf_string sim_source_place(struct wf_arena *arena, const char *path, const char *object_path, uint64_t offset);

/* The line that declares a variable, likewise. symbol: its name in the object. */
struct wf_string sim_source_of_symbol(struct wf_arena *arena, const char *path, const char *object_path,
                                      struct wf_string symbol);

#endif
