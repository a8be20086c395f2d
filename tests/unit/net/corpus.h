/* SPDX-License-Identifier: Apache-2.0 */
/* The packets that are checked in, for tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct corpus_packet {
    char *name;
    uint8_t *data; /* exactly 'size' bytes from the heap, so that the address sanitizer sees a read
                      past the end */
    size_t size;
};

/* The packets of tests/fuzz/corpus/parse_fuzz below $srcdir (or "..") that are made by packets.py,
 * in the order of their names. Aborts if there are none. */
struct corpus_packet *corpus_read(size_t *n);
void corpus_free(struct corpus_packet *, size_t n);
