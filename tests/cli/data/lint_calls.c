/* One call of each kind that workflow code must not make, none of them in the workflow function itself. */
#define _GNU_SOURCE
#include "wfsim.h"

#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int price_of(const char *order); /* of no library that lint knows */

static int order_count = 3;
static _Thread_local int depth;
static const char *const names[] = {"a", "b"};
static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND};

static int outside(char *text, size_t size)
{
    int sum = (int)time(NULL);
    sum += rand();
    sum += getenv("MODE") != NULL;
    sum += (int)write(1, text, size);
    sum += puts(text);
    sum += socket(AF_INET, SOCK_STREAM, 0);
    sum += (int)pthread_self();
    sum += system("true");
    sum += setlocale(LC_ALL, "") != NULL;
    sum += raise(SIGUSR1);
    sum += (int)sleep(1);
    sum += strtok(text, ",") != NULL;
    sum += order_count++;
    sum += depth++;
    sum += price_of(text);
    return sum;
}

/* What is pure, and what is noted. */
static char *inside(const char *text)
{
    char *copy = malloc(64);

    snprintf(copy, 64, "%s %zu %s %ld", text, strlen(text), names[strlen(text) % 2], strtol(text, NULL, 10));
    return copy;
}

static wf_error run(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    char *text = inside(wf_as_text(wf, wf_arg(args, 0)));

    (void)state;
    if (!wf_unsafe_is_replaying(wf)) {
        return wf_sleep(wf, WF_MINUTE);
    }
    if (outside(text, strlen(text)) > 0) {
        return wf_sleep(wf, WF_SECOND);
    }
    return wf_activity(wf, "charge_payment", args, &bank, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Order", .run = run}, {.name = NULL}}};
