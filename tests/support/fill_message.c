#include "tests/support/fill_message.h"

#include "tests/support/test.h"

static uint32_t draw(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static void fill_value(struct wf_arena *arena, const struct wf_field *field, void *value, int depth,
                       uint32_t *random)
{
    static const char *const texts[] = {"one", "two words", "\"quoted\" and more", "\xe2\x82\xac", "{\"a\":1}"};
    const uint32_t number = draw(random) + 1;
    const char *text = texts[number % TEST_COUNT(texts)];

    switch (field->kind) {
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
        *(struct wf_string *)value = wf_string_of(text);
        break;
    case WF_KIND_BOOL:
        *(bool *)value = true;
        break;
    case WF_KIND_ENUM:
        *(int32_t *)value = field->enumeration->values[number % field->enumeration->value_count].number;
        break;
    case WF_KIND_INT32:
    case WF_KIND_UINT32:
    case WF_KIND_FLOAT:
        *(uint32_t *)value = number;
        break;
    case WF_KIND_INT64:
    case WF_KIND_UINT64:
    case WF_KIND_DOUBLE:
        *(uint64_t *)value = (uint64_t)number << 20;
        break;
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        *(struct wf_timestamp *)value = (struct wf_timestamp){number, (int32_t)(number % 1000000000), true};
        break;
    case WF_KIND_MESSAGE:
        fill_message(arena, field->message, value, depth - 1, random);
        break;
    }
}

static void fill_items(struct wf_arena *arena, const struct wf_field *field, struct wf_list *list, int depth,
                       uint32_t *random)
{
    static const char *const keys[] = {"encoding", "messageType"};

    for (size_t i = 0; i < TEST_COUNT(keys); i++) {
        char *item = wf_list_append(arena, list, field->item_size_bytes);

        assert_non_null(item);
        if (field->label == WF_LABEL_MAP) {
            *(struct wf_string *)(void *)item = wf_string_of(keys[i]);
            item += sizeof(struct wf_string);
        }
        fill_value(arena, field, item, depth, random);
    }
}

static void fill_field(struct wf_arena *arena, const struct wf_field *field, void *message, int depth,
                       uint32_t *random)
{
    void *member = (char *)message + field->offset;

    if (field->label != WF_LABEL_ONE) {
        if (field->kind != WF_KIND_MESSAGE || depth > 0) {
            fill_items(arena, field, member, depth, random);
        }
    } else if (field->kind != WF_KIND_MESSAGE) {
        fill_value(arena, field, member, depth, random);
    } else if (depth > 0) {
        void *sub_message = wf_message_new(arena, field->message);

        assert_non_null(sub_message);
        fill_message(arena, field->message, sub_message, depth - 1, random);
        memcpy(member, &sub_message, sizeof sub_message);
    }
}

void fill_message(struct wf_arena *arena, const struct wf_message_type *type, void *message, int depth,
                  uint32_t *random)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct wf_field *field = &type->fields[i];

        if (field->case_offset != 0) {
            uint32_t *chosen = (uint32_t *)(void *)((char *)message + field->case_offset);

            if ((field->kind == WF_KIND_MESSAGE && depth <= 0) || (*chosen != 0 && draw(random) % 3 != 0)) {
                continue;
            }
            memset((char *)message + field->offset, 0, sizeof(void *));
            *chosen = field->number;
        }
        fill_field(arena, field, message, depth, random);
    }
}

void fill_other_value(struct wf_arena *arena, const struct wf_field *field, void *message, uint32_t *random)
{
    char *member = (char *)message + field->offset;

    if (field->case_offset != 0) {
        memcpy((char *)message + field->case_offset, &field->number, sizeof field->number);
        memset(member, 0, sizeof(void *));
        fill_field(arena, field, message, 1, random);
        return;
    }
    if (field->label != WF_LABEL_ONE) {
        memset(wf_list_append(arena, member, field->item_size_bytes), 0, field->item_size_bytes);
        return;
    }
    if (field->kind == WF_KIND_MESSAGE) {
        void *sub_message = *(void **)(void *)member == NULL ? wf_message_new(arena, field->message) : NULL;

        memcpy(member, &sub_message, sizeof sub_message);
        return;
    }
    if (field->kind == WF_KIND_STRING || field->kind == WF_KIND_BYTES) {
        *(struct wf_string *)(void *)member = WF_STR("another text");
        return;
    }
    if (field->kind == WF_KIND_TIMESTAMP || field->kind == WF_KIND_DURATION) {
        ((struct wf_timestamp *)(void *)member)->nanos ^= 1;
        ((struct wf_timestamp *)(void *)member)->is_set = true;
        return;
    }
    if (field->kind == WF_KIND_BOOL) {
        *(bool *)member = !*(bool *)member;
        return;
    }
    *(uint32_t *)(void *)member ^= 1;
}
