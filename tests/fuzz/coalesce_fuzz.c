/* SPDX-License-Identifier: Apache-2.0 */
/* Packets one behind the other, each behind two bytes for its length and one that says how it lies in memory and what it owes. What can be put together is,
 * and cut again: the same packets come out, but for the two forms of a checksum of zero. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/coalesce.h"
#include "lib/net/headers.h"
#include "lib/net/parse.h"
#include "lib/net/segment.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PACKETS = 40, MAX_LEN = 2000, ROOM = 65536 };

static struct packet *next_packet(const uint8_t **data, size_t *size)
{
    if (*size < 3 || *size - 3 < ETH_HEADER_LEN) {
        return NULL;
    }
    uint32_t wanted = (*data)[0] << 8 | (*data)[1];
    uint8_t how = (*data)[2];
    uint32_t n = MIN(MIN(MAX(wanted, ETH_HEADER_LEN), *size - 3), MAX_LEN), head = how & 1 ? MAX(n / 2, ETH_HEADER_LEN) : n;
    struct packet *p = xzalloc(sizeof *p);
    packet_use(p, xmemdup(*data + 3, head), head, 0, head);
    if (head < n) {
        p->tail = xmemdup(*data + 3 + head, n - head);
        p->tail_len = n - head;
    }
    uint32_t start = ETH_HEADER_LEN + (how & 4 ? IPV6_HEADER_LEN : IP_HEADER_LEN);
    if (how & 2 && start + 18 <= head) {
        p->offload = PACKET_NEEDS_CSUM;
        p->csum_start = start;
        p->csum_offset = 16;
    }
    *data += 3 + n;
    *size -= 3 + n;
    return p;
}

static void discard(struct packet *p)
{
    free(p->frame);
    free(p->tail);
    free(p);
}

static void require_same(const struct packet *a, const struct packet *b, uint32_t csum_ofs)
{
    uint8_t bytes[2][MAX_LEN];
    uint32_t n = packet_len(a);
    require(packet_len(b) == n && packet_read(a, 0, bytes[0], n) && packet_read(b, 0, bytes[1], n));
    if (a->offload & PACKET_NEEDS_CSUM) {
        put_be16(bytes[0] + csum_ofs, get_be16(bytes[1] + csum_ofs)); /* what is in the field says nothing */
    } else if (!get_be16(bytes[0] + csum_ofs)) {
        put_be16(bytes[0] + csum_ofs, BE16_MAX);
    }
    require(!memcmp(bytes[0], bytes[1], n));
}

/* 'whole' was put together from 'n' packets. */
static void cut(struct packet *whole, struct packet *const *from, unsigned int n)
{
    static uint8_t frame[MAX_LEN] __attribute__((aligned(2)));
    struct segmenter segmenter;
    struct packet piece;
    struct flow key;
    require(parse_packet(whole, &key) == PARSE_OK);
    require(segment_start(&segmenter, whole) == DROP_NONE && segmenter.count == n);
    for (unsigned int i = 0; i < n; i++) {
        require(segment_next(&segmenter, frame, sizeof frame, 0, &piece));
        uint32_t csum_ofs = piece.csum_start + piece.csum_offset;
        require(packet_complete_csum(&piece));
        require_same(from[i], &piece, csum_ofs);
    }
}

/* Puts together what can be from the first packet on; returns how many those are. */
static unsigned int run(struct packet *const *packets, unsigned int n_packets)
{
    struct packet first = *packets[0];
    first.frame = first.data = xmemdup(first.frame, first.head_len);
    struct coalescer c;
    uint8_t *room = xmalloc(ROOM);
    unsigned int n = 1;
    if (coalesce_start(&c, &first)) {
        while (n < n_packets && coalesce_suits(&c, packets[n]) && (c.room || coalesce_use_room(&c, room, ROOM)) &&
               coalesce_add(&c, packets[n])) {
            n++;
        }
        coalesce_finish(&c);
    }
    if (n > 1) {
        cut(&first, packets, n);
    }
    free(first.frame);
    free(room);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet *packets[MAX_PACKETS], *p;
    unsigned int n = 0;
    while (n < MAX_PACKETS && (p = next_packet(&data, &size))) {
        packets[n++] = p;
    }
    for (unsigned int i = 0; i < n;) {
        i += run(&packets[i], n - i);
    }
    for (unsigned int i = 0; i < n; i++) {
        discard(packets[i]);
    }
    return 0;
}
