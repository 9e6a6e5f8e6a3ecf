#include "fuzz/fuzz_input.h"

#include "engine/base/hash.h"
#include "engine/codec/archive_frame.h"

void fuzz_mend_archive(char *file, size_t size_bytes)
{
    struct wf_frame_head head;
    size_t at = WF_ARCHIVE_HEADER_BYTES;

    if (size_bytes < WF_ARCHIVE_HEADER_BYTES) {
        return;
    }
    wf_store_u64(file + 16, wf_hash_bytes(file, 16));
    while (wf_frame_head_read((struct wf_string){file + at, size_bytes - at}, &head) &&
           wf_frame_bytes(&head) <= size_bytes - at) {
        at += (size_t)wf_frame_bytes(&head) - WF_FRAME_TAIL_BYTES;
        wf_store_u64(file + at, wf_hash_bytes(file + at - WF_FRAME_HEAD_BYTES - head.body_bytes,
                                              WF_FRAME_HEAD_BYTES + (size_t)head.body_bytes));
        at += WF_FRAME_TAIL_BYTES;
    }
}
