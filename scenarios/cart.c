/*
 * A cart is filled by updates: each is checked before it is taken, reserves its item, and answers with what the cart then
 * holds. The first `check_out` pays; an update that comes later is told no.
 */
#include "wfsim.h"

#define ITEMS_MAX 3

struct cart {
    int64_t items; /* reserved or being reserved */
    int64_t reserved;
    bool is_checked_out;
};

static const struct wf_options stock = {.start_to_close = 10 * WF_SECOND};

static wf_error validate_add(struct wf *wf, const void *state, struct wf_args args)
{
    const struct cart *cart = state;

    if (cart->is_checked_out) {
        return wf_fail(wf, "CheckedOut", NULL, "the cart is paid");
    }
    if (wf_as_integer(wf_arg(args, 1), 0) <= 0) {
        return wf_fail(wf, "BadQuantity", NULL, "nothing to add");
    }
    return cart->items == ITEMS_MAX ? wf_fail(wf, "CartFull", NULL, "the cart holds %d items", ITEMS_MAX) : NULL;
}

static wf_error add(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct cart *cart = state;
    wf_error error = NULL;

    cart->items++;
    error = wf_activity(wf, "reserve_item", args, &stock, NULL);
    if (error) {
        cart->items--;
        return error;
    }
    cart->reserved++;
    *result = wf_object(wf, WF_PAIRS({"reserved", wf_integer(wf, cart->reserved)}));
    return NULL;
}

static wf_error check_out(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct cart *cart = state;

    (void)args;
    cart->is_checked_out = true;
    *result = wf_object(wf, WF_PAIRS({"items", wf_integer(wf, cart->items)}));
    return NULL;
}

static wf_error validate_check_out(struct wf *wf, const void *state, struct wf_args args)
{
    (void)args;
    return ((const struct cart *)state)->is_checked_out ? wf_fail(wf, "CheckedOut", NULL, "the cart is paid") : NULL;
}

static wf_error count(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    (void)args;
    *result = wf_object(wf, WF_PAIRS({"items", wf_integer(wf, ((const struct cart *)state)->items)}));
    return NULL;
}

static bool is_checked_out(const void *state)
{
    return ((const struct cart *)state)->is_checked_out;
}

static wf_error shopping_cart(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct cart *cart = state;
    bool is_late = false;
    wf_error error = wf_wait(wf, is_checked_out, cart, 1 * WF_HOUR, &is_late);

    /* Handlers that are still at work hold their callers' answers. */
    if (!error) {
        error = wf_wait_for_handlers(wf);
    }
    if (!error && cart->reserved > 0 && !is_late) {
        error = wf_activity(wf, "charge_card", args, &stock, NULL);
    }
    *result = is_late ? wf_text(wf, "abandoned") : wf_text(wf, "paid");
    return error;
}

static const struct wf_update updates[] = {
    {"add", validate_add, add}, {"check_out", validate_check_out, check_out}, {.name = NULL}};
static const struct wf_query queries[] = {{"count", count}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "ShoppingCart", .run = shopping_cart, .state_size_bytes = sizeof(struct cart),
     .updates = updates, .queries = queries},
    {.name = NULL},
}};
