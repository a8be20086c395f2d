/* SPDX-License-Identifier: Apache-2.0 */
/* The naive twin: slow and simple on purpose. */
#include "tests/unit/net/naive.h"

#include <stdlib.h>
#include <string.h>

uint16_t naive_get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

void naive_put16(uint8_t *p, uint16_t x)
{
    p[0] = x >> 8;
    p[1] = x;
}

uint16_t naive_csum(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < a_len; i++) {
        sum += (uint64_t)a[i] << (i % 2 ? 0 : 8);
    }
    for (size_t i = 0; i < b_len; i++) {
        sum += (uint64_t)b[i] << (i % 2 ? 0 : 8);
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum;
}

uint32_t naive_crc32c(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }
    return ~crc;
}

static bool is_extension(int proto)
{
    return proto == 0 || proto == 43 || proto == 44 || proto == 51 || proto == 60;
}

/* The OpenFlow bits of 'n' extension headers and what follows them. */
static int extension_bits(const int *kinds, int n, int proto)
{
    static const int order[] = {[0] = 1, [43] = 3, [44] = 4, [51] = 5, [50] = 6};
    static const int bits[] = {[0] = 64, [43] = 32, [44] = 16, [51] = 4, [50] = 2, [60] = 8};
    int seen = proto == 59 ? 1 : 0, count[64] = {0};
    bool last_dest = false;
    for (int i = 0; i < n; i++) {
        count[kinds[i]]++;
        if (kinds[i] == 60) {
            bool in_front = i == 0 || (i == 1 && kinds[0] == 0);
            last_dest |= !in_front;
            seen |= count[60] > 2 ? 128 : 0;
        } else {
            seen |= count[kinds[i]] > 1 ? 128 : 0;
            seen |= last_dest || (kinds[i] == 0 && i) ? 256 : 0;
        }
        for (int j = 0; j < i && kinds[i] != 60; j++) {
            seen |= kinds[j] != 60 && order[kinds[j]] > order[kinds[i]] ? 256 : 0;
        }
        seen |= kinds[i] || !i ? bits[kinds[i]] : 0;
    }
    return seen;
}

static void dissect_ip(const uint8_t *p, struct dissection *d)
{
    const uint8_t *ip = p + d->ip;
    if (d->version == 4) {
        d->proto = ip[9];
        d->next = d->ip + 9;
        d->ip_end = d->ip + naive_get16(ip + 2);
        d->l4 = d->ip + (ip[0] & 15) * 4;
        d->first_fragment = (naive_get16(ip + 6) & 0x3fff) == 0x2000;
        if (naive_get16(ip + 6) & 0x1fff) {
            d->l4 = -1;
        }
        return;
    }
    d->proto = ip[6];
    d->ip_end = d->ip + 40 + naive_get16(ip + 4);
    d->l4 = d->ip + 40;
    d->next = d->ip + 6;
    int kinds[9], n = 0;
    while (is_extension(d->proto)) {
        const uint8_t *h = p + d->l4;
        d->next = d->l4;
        kinds[n++] = d->proto;
        if (d->proto == 43 && h[3]) {
            d->rerouted = true;
        }
        if (d->proto == 44) {
            d->first_fragment = (naive_get16(h + 2) & 0xfff9) == 1;
            if (naive_get16(h + 2) & 0xfff8) {
                d->exthdr = extension_bits(kinds, n, -1);
                d->l4 = -1;
                return;
            }
        }
        d->l4 += d->proto == 44 ? 8 : d->proto == 51 ? (h[1] + 2) * 4 : (h[1] + 1) * 8;
        d->proto = h[0];
    }
    if (d->proto == 50) {
        kinds[n++] = 50;
    }
    d->exthdr = extension_bits(kinds, n, d->proto);
}

void naive_dissect(const uint8_t *p, size_t len, struct dissection *d)
{
    *d = (struct dissection){.mpls = -1, .pbb = -1, .arp = -1, .ip = -1, .l4 = -1, .proto = -1};
    int ofs = 12;
    while (naive_get16(p + ofs) == 0x8100 || naive_get16(p + ofs) == 0x88a8) {
        d->n_vlans++;
        ofs += 4;
    }
    int type = naive_get16(p + ofs);
    d->type = ofs;
    ofs += 2;
    if (type == 0x8847 || type == 0x8848) {
        d->mpls = ofs;
    } else if (type == 0x88e7) {
        d->pbb = ofs;
    } else if (type == 0x0806 || type == 0x8035) {
        d->arp = ofs;
    } else if (type == 0x0800 || type == 0x86dd) {
        d->ip = ofs;
        d->version = type == 0x0800 ? 4 : 6;
        dissect_ip(p, d);
    }
}

/* The pseudo-header's bytes; returns their number. The final destination of a source-routed packet
 * is the last address of its routing header, which in tests is all ones. */
static size_t pseudo_header(const uint8_t *p, const struct dissection *d, uint8_t out[40])
{
    size_t l4_len = d->ip_end - d->l4;
    memset(out, 0, 40);
    if (d->version == 4) {
        memcpy(out, p + d->ip + 12, 8);
        out[9] = d->proto;
        naive_put16(out + 10, l4_len);
        return 12;
    }
    memcpy(out, p + d->ip + 8, 32);
    if (d->rerouted) {
        memset(out + 16, 0xff, 16);
    }
    naive_put16(out + 34, l4_len);
    out[39] = d->proto;
    return 40;
}

static void fix_sum(uint8_t *p, const struct dissection *d, int field_ofs, bool pseudo, bool udp)
{
    uint8_t header[40];
    size_t header_len = pseudo ? pseudo_header(p, d, header) : 0;
    uint8_t *field = p + d->l4 + field_ofs;
    if (udp && !naive_get16(field)) {
        return;
    }
    naive_put16(field, 0);
    uint16_t sum = naive_csum(header, header_len, p + d->l4, d->ip_end - d->l4);
    naive_put16(field, udp && !sum ? 0xffff : sum);
}

void naive_fix(uint8_t *p, size_t len)
{
    struct dissection d;
    naive_dissect(p, len, &d);
    if (d.version == 4) {
        naive_put16(p + d.ip + 10, 0);
        naive_put16(p + d.ip + 10, naive_csum(NULL, 0, p + d.ip, (p[d.ip] & 15) * 4));
    }
    if (d.l4 < 0) {
        return;
    }
    if (d.proto == 6) {
        fix_sum(p, &d, 16, true, false);
    } else if (d.proto == 17 || d.proto == 33 || d.proto == 136) {
        fix_sum(p, &d, 6, true, true);
    } else if (d.proto == 58 && d.version == 6) {
        fix_sum(p, &d, 2, true, false);
    } else if ((d.proto == 1 || d.proto == 2) && d.version == 4) {
        fix_sum(p, &d, 2, false, false);
    } else if (d.proto == 132) {
        memset(p + d.l4 + 8, 0, 4);
        uint32_t crc = naive_crc32c(p + d.l4, d.ip_end - d.l4);
        for (int i = 0; i < 4; i++) {
            p[d.l4 + 8 + i] = crc >> (8 * i);
        }
    }
}

static void fill_random(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = random() % 4 ? random() : random() % 2 ? 0 : 0xff;
    }
}

static uint8_t *append(uint8_t **end, size_t n)
{
    uint8_t *p = *end;
    fill_random(p, n);
    *end += n;
    return p;
}

static void append_nd(uint8_t **end)
{
    uint8_t *nd = append(end, 24);
    nd[0] = 135 + random() % 2;
    nd[1] = 0;
    for (int type = 1 + random() % 2, n = random() % 4; n > 0; n--, type = 3 - type) {
        uint8_t *option = append(end, n == 3 ? 16 : 8);
        option[0] = n == 3 ? 5 : type; /* an option of another kind and size comes first at times */
        option[1] = n == 3 ? 2 : 1;
    }
}

/* The L4 header of 'proto', without its checksum, and some payload. */
static void append_l4(uint8_t **end, int version, int proto)
{
    uint8_t *h;
    size_t payload = random() % 60;
    if (proto == 6) {
        int options = random() % 11;
        h = append(end, 20 + options * 4);
        h[12] = (5 + options) << 4 | (h[12] & 15);
    } else if (proto == 17 || proto == 33 || proto == 136) {
        h = append(end, 8);
        naive_put16(h + 4, 8 + payload);
        if (random() % 4 == 0) {
            naive_put16(h + 6, 0);
        } else {
            naive_put16(h + 6, 1);
        }
    } else if (proto == 58 && version == 6 && random() % 2) {
        append_nd(end);
        return;
    } else if (proto == 58 && version == 6) {
        h = append(end, 8);
        h[0] |= 128;
        h[1] = 1 + random() % 5; /* not neighbour discovery */
    } else {
        append(end, proto == 132 ? 12 : 8);
    }
    append(end, payload);
}

static int random_proto(void)
{
    static const uint8_t protos[] = {6, 6, 17, 17, 132, 1, 2, 58, 58, 47, 255, 33, 136, 50, 59};
    return protos[random() % sizeof protos];
}

static void append_ipv4(uint8_t **end)
{
    int proto = random_proto();
    int options = random() % 3 ? 0 : random() % 11;
    uint8_t *ip = append(end, 20 + options * 4);
    ip[0] = 0x40 | (5 + options);
    naive_put16(ip + 6, random() % 2 ? 0x4000 : 0);
    ip[9] = proto;
    append_l4(end, 4, proto);
    naive_put16(ip + 2, *end - ip);
}

static void append_ipv6(uint8_t **end)
{
    static const uint8_t kinds[] = {0, 60, 43, 51, 44};
    int proto = random_proto();
    uint8_t *ip = append(end, 40);
    ip[0] = 0x60 | (ip[0] & 15);
    uint8_t *next = ip + 6;
    for (int n = random() % 3 ? 0 : random() % 5; n > 0; n--) {
        int kind = kinds[random() % sizeof kinds];
        int units = kind == 44 ? 1 : kind == 43 ? 3 : 1 + random() % 2;
        uint8_t *h = append(end, units * 8);
        *next = kind;
        next = h;
        h[1] = kind == 51 ? units * 2 - 2 : units - 1;
        if (kind == 43) {
            h[2] = 0;
            h[3] = random() % 2;
            memset(h + 8, 0xff, 16);
        } else if (kind == 44) {
            naive_put16(h + 2, 0);
        }
    }
    *next = proto;
    append_l4(end, 6, proto);
    naive_put16(ip + 4, *end - ip - 40);
}

static void append_arp(uint8_t **end)
{
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0};
    uint8_t *arp = append(end, 28);
    memcpy(arp, ethernet_ipv4, sizeof ethernet_ipv4);
}

static void append_type(uint8_t **end, uint16_t type)
{
    naive_put16(append(end, 2), type);
}

size_t naive_random_packet(uint8_t *p, size_t size)
{
    uint8_t *end = p;
    append(&end, 12);
    p[0] &= 0xfe;
    for (int n = random() % 3; n > 0; n--) {
        append_type(&end, random() % 2 ? 0x8100 : 0x88a8);
        append(&end, 2);
    }
    switch (random() % 12) {
    case 0:
        append_type(&end, random() % 2 ? 0x0806 : 0x8035);
        append_arp(&end);
        break;
    case 1:
        append_type(&end, random() % 2 ? 0x8847 : 0x8848);
        for (int n = 1 + random() % 4; n > 0; n--) {
            uint8_t *lse = append(&end, 4);
            lse[2] = (lse[2] & 0xfe) | (n == 1);
        }
        append(&end, random() % 40);
        break;
    case 2:
        append_type(&end, 0x1234);
        append(&end, random() % 40);
        break;
    case 7:
        append_type(&end, 0x88e7);
        append(&end, 16);
        append_type(&end, 0x1234);
        append(&end, random() % 40);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        append_type(&end, 0x86dd);
        append_ipv6(&end);
        break;
    default:
        append_type(&end, 0x0800);
        append_ipv4(&end);
        break;
    }
    append(&end, random() % 5 ? 0 : random() % 30); /* padding */
    naive_fix(p, end - p);
    return end - p;
}
