/* SPDX-License-Identifier: Apache-2.0 */
/* Packets: moving their edges, and paying the checksum debt. */
#include "lib/net/packet.h"

#include "lib/net/csum.h"

/* An offset in front of which 'n' bytes were put, or from in front of which -n were taken. */
static uint16_t shift(uint16_t ofs, int n)
{
    int moved = ofs + n;
    return ofs == PACKET_NO_OFFSET || moved < 0 || moved >= PACKET_NO_OFFSET ? PACKET_NO_OFFSET
                                                                             : moved;
}

static void shift_all(struct packet *p, int n)
{
    p->l2_5_ofs = shift(p->l2_5_ofs, n);
    p->l3_ofs = shift(p->l3_ofs, n);
    p->l4_ofs = shift(p->l4_ofs, n);
    p->hdr_len = p->hdr_len + n > 0 ? p->hdr_len + n : 0;
    if (unlikely(p->n_encaps)) {
        p->inner_l3_ofs = shift(p->inner_l3_ofs, n);
        for (unsigned int i = 0; i < p->n_encaps; i++) {
            p->encap_ofs[i] = shift(p->encap_ofs[i], n);
        }
    }
    if (p->offload & PACKET_NEEDS_CSUM) {
        /* A start that left the packet stays outside it: packet_complete_csum() then refuses it. */
        p->csum_start = shift(p->csum_start, n);
    }
}

bool packet_push(struct packet *p, uint32_t n)
{
    if (n > packet_headroom(p)) {
        return false;
    }
    p->data -= n;
    p->head_len += n;
    shift_all(p, n);
    return true;
}

bool packet_pull(struct packet *p, uint32_t n)
{
    if (n > p->head_len) {
        return false;
    }
    p->data += n;
    p->head_len -= n;
    shift_all(p, -(int)n);
    return true;
}

static void forget_outside(uint16_t *ofs, uint32_t len)
{
    if (*ofs > len) {
        *ofs = PACKET_NO_OFFSET;
    }
}

void packet_truncate(struct packet *p, uint32_t len)
{
    uint32_t old_len = packet_len(p);
    if (len >= old_len) {
        return;
    }
    if (len <= p->head_len) {
        p->head_len = len;
        p->tail = NULL;
        p->pieces = NULL;
        p->tail_len = 0;
    } else {
        p->tail_len = len - p->head_len;
    }
    forget_outside(&p->l2_5_ofs, len);
    forget_outside(&p->l3_ofs, len);
    forget_outside(&p->l4_ofs, len);
    p->l2_pad = p->l2_pad > old_len - len ? p->l2_pad - (old_len - len) : 0;

    /* What is left of a super-packet may need no segmentation, and may have lost its checksum
     * field. */
    if (len <= (uint32_t)p->hdr_len + p->gso_size) {
        p->gso_type = PACKET_GSO_NONE;
        p->gso_size = 0;
    }
    if ((uint32_t)p->csum_start + p->csum_offset + sizeof(be16) > len) {
        p->offload &= ~PACKET_NEEDS_CSUM;
    }
}

/* Calls 'use' with each part of 'n' bytes of the tail from 'ofs' on. */
static void walk_tail(const struct packet *p, uint32_t ofs, uint32_t n,
                      void (*use)(void *aux, const uint8_t *bytes, uint32_t n), void *aux)
{
    const struct packet_piece whole = {p->tail, p->tail_len};
    for (const struct packet_piece *piece = p->pieces ? p->pieces : &whole; n; piece++) {
        if (ofs < piece->len) {
            uint32_t part = MIN(n, piece->len - ofs);
            use(aux, piece->base + ofs, part);
            n -= part;
            ofs = 0;
        } else {
            ofs -= piece->len;
        }
    }
}

static void copy_part(void *to_, const uint8_t *bytes, uint32_t n)
{
    uint8_t **to = to_;
    memcpy(*to, bytes, n);
    *to += n;
}

bool packet_read(const struct packet *p, uint32_t ofs, void *to, uint32_t n)
{
    uint32_t len = packet_len(p);
    if (ofs > len || n > len - ofs) {
        return false;
    }
    uint32_t from_head = ofs < p->head_len ? MIN(n, p->head_len - ofs) : 0;
    if (from_head) {
        memcpy(to, p->data + ofs, from_head);
    }
    if (n > from_head) {
        uint8_t *rest = (uint8_t *)to + from_head;
        walk_tail(p, ofs + from_head - p->head_len, n - from_head, copy_part, &rest);
    }
    return true;
}

/* A running sum, and whether an odd number of bytes went into it. */
struct sum {
    uint32_t value;
    bool odd;
};

static void sum_part(void *sum_, const uint8_t *bytes, uint32_t n)
{
    struct sum *sum = sum_;
    if (!sum->odd) {
        sum->value = csum_continue(sum->value, bytes, n);
    } else {
        /* These bytes sit at odd places: their sum counts with its bytes swapped. */
        be16 part = ~csum_finish(csum_continue(0, bytes, n));
        be16 swapped = part << 8 | part >> 8;
        sum->value = csum_continue(sum->value, &swapped, sizeof swapped);
    }
    sum->odd ^= n % 2;
}

uint32_t packet_sum(const struct packet *p, uint32_t start, uint32_t end)
{
    struct sum sum = {0, false};
    uint32_t in_head = MIN(end, p->head_len) - start;
    sum_part(&sum, p->data + start, in_head);
    if (end > p->head_len) {
        walk_tail(p, 0, end - p->head_len, sum_part, &sum);
    }
    return sum.value;
}

bool packet_complete_csum(struct packet *p)
{
    if (!(p->offload & PACKET_NEEDS_CSUM)) {
        return true;
    }
    p->offload &= ~PACKET_NEEDS_CSUM;
    uint32_t field = (uint32_t)p->csum_start + p->csum_offset;
    uint32_t end = packet_len(p) - MIN(p->l2_pad, packet_len(p));
    if (field + sizeof(be16) > p->head_len || field + sizeof(be16) > end) {
        return false;
    }
    be16 sum = csum_finish(packet_sum(p, p->csum_start, end));
    /* 0 would mean "none" in UDP, and is the same number as 0xffff everywhere else. */
    put_be16(p->data + field, sum ? sum : BE16_MAX);
    return true;
}
