/*
 * C sources of workflow code to shared objects, through a cache whose names are made of everything that the result depends on:
 * the source, the files it includes, wfsim.h, the flags, the compiler and its environment. A compiled object is put in place by one rename, so
 * that processes may share the cache, and is verified before it is used: a damaged one is compiled again.
 */
#ifndef WF_SIM_HOST_COMPILE_H
#define WF_SIM_HOST_COMPILE_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

enum sim_compile_end {
    SIM_COMPILE_OK,
    SIM_COMPILE_ABSENT,      /* no such file, or not readable */
    SIM_COMPILE_REFUSED,     /* the compiler's words are on standard error, or in err when it said none */
    SIM_COMPILE_ENVIRONMENT, /* no compiler, no place for the result, a full disk */
};

struct sim_compiled {
    const char *object_path;
    uint64_t digest; /* of source and included files, or of the object; recorded in archives */
    uint64_t verdict_digest; /* of the object and the libraries that it needs, too: all that a verdict depends on; 0: not known */
    bool is_cached;  /* it was there already */
};

/*
 * Compiles a source; a shared object is taken as it is.
 *
 * arena   holds the path.
 * err     a sentence, unless the result is OK.
 */
enum sim_compile_end sim_compile(struct wf_arena *arena, const char *path, struct sim_compiled *compiled,
                                 struct wf_error *err);

/* The folder of what can be made again: $WFSIM_CACHE, the XDG cache, or a temporary one of the user's own. NULL: there is none. */
const char *sim_cache_folder(struct wf_arena *arena);

#endif
