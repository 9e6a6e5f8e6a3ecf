/* MD5 (RFC 1321), for the name-based UUIDs of the Java SDK; not for anything that must resist people. */
#ifndef WF_ENGINE_BASE_MD5_H
#define WF_ENGINE_BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

void wf_md5(const void *data, size_t size_bytes, uint8_t digest[16]);

#endif
