/*
 * What happened in a history, of the things that `wfsim corpus` looks for.
 */
#ifndef SIM_CLI_CORPUS_FACTS_H
#define SIM_CLI_CORPUS_FACTS_H

#include "engine/history.h"

enum cli_trait {
#define CLI_TRAIT(NAME, group, needs, words, json) CLI_TRAIT_##NAME,
#include "sim/cli/corpus_traits.def"
    CLI_TRAIT_COUNT
};

enum cli_trait_group { CLI_TRAIT_GROUP_STEP, CLI_TRAIT_GROUP_OUTCOME, CLI_TRAIT_GROUP_FAULT };

struct cli_trait_row {
    enum cli_trait_group group;
    enum cli_trait needs;
    const char *words;
    const char *json_name;
};

extern const struct cli_trait_row cli_trait_rows[CLI_TRAIT_COUNT];

/* A bit a trait. Events may be of any kind, in any order, with any attributes. */
uint64_t cli_traits_of(const struct wf_history *history);

#endif
