/*
 * The protobuf wire format, as far as reader and writer share it.
 */
#ifndef WF_ENGINE_CODEC_WIRE_FORMAT_H
#define WF_ENGINE_CODEC_WIRE_FORMAT_H

#include <stdint.h>

#include "engine/schema.h"

/* The low three bits of a tag; the field number is above them. */
enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_SIZED = 2, /* a size, then that many bytes: strings, messages, packed lists */
    WIRE_GROUP = 3,
    WIRE_GROUP_END = 4,
    WIRE_FIXED32 = 5,
};

#define WIRE_TYPE_BITS 3
#define WIRE_TYPE_MASK 7u
#define WIRE_VARINT_BYTES_MAX 10

/* How one value of each kind is written. A packed list and a map are WIRE_SIZED whatever they hold.
 */
static const uint8_t wire_types_of_kinds[] = {
    [WF_KIND_STRING] = WIRE_SIZED,   [WF_KIND_BYTES] = WIRE_SIZED,
    [WF_KIND_BOOL] = WIRE_VARINT,    [WF_KIND_INT32] = WIRE_VARINT,
    [WF_KIND_INT64] = WIRE_VARINT,   [WF_KIND_UINT32] = WIRE_VARINT,
    [WF_KIND_UINT64] = WIRE_VARINT,  [WF_KIND_FLOAT] = WIRE_FIXED32,
    [WF_KIND_DOUBLE] = WIRE_FIXED64, [WF_KIND_ENUM] = WIRE_VARINT,
    [WF_KIND_MESSAGE] = WIRE_SIZED,  [WF_KIND_TIMESTAMP] = WIRE_SIZED,
    [WF_KIND_DURATION] = WIRE_SIZED,
};

#endif
