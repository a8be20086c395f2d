/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of fields: their bits in flows, and their text. */
#include "lib/ofp/field_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* Bits of a number of some bytes, most significant byte first: from bit 'ofs' on, where bit 0 is the least significant one of the last byte. */
struct bits {
    uint8_t *bytes;
    size_t n_bytes, ofs;
};

/* As many bits as lie in one byte at both ends, at a time. */
static void copy_bits(struct bits to, const uint8_t *from, size_t from_bytes, size_t from_ofs, size_t n)
{
    for (size_t now; n; n -= now, to.ofs += now, from_ofs += now) {
        unsigned int left = to.ofs % 8, right = from_ofs % 8;
        now = MIN(n, 8u - MAX(left, right));
        unsigned int bits = (1u << now) - 1, got = from[from_bytes - 1 - from_ofs / 8] >> right & bits;
        uint8_t *byte = &to.bytes[to.n_bytes - 1 - to.ofs / 8];
        *byte = (uint8_t) ((*byte & ~(bits << left)) | got << left);
    }
}

static void fill_bits(struct bits to, size_t n, bool on)
{
    for (size_t now; n; n -= now, to.ofs += now) {
        now = MIN(n, 8u - to.ofs % 8);
        uint8_t *byte = &to.bytes[to.n_bytes - 1 - to.ofs / 8], bits = (uint8_t) (((1u << now) - 1) << to.ofs % 8);
        *byte = on ? *byte | bits : *byte & ~bits;
    }
}

static struct bits bits_of(const struct subfield *sf, union field_value *v)
{
    return (struct bits) { v->b, sf->field->n_bytes, sf->ofs };
}

bool subfield_equal(const struct subfield *a, const struct subfield *b)
{
    return a->field == b->field && a->ofs == b->ofs && a->n_bits == b->n_bits;
}

void subfield_place(const struct subfield *sf, const uint8_t *number, size_t n,
                    union field_value *value, union field_value *mask)
{
    struct bits to = bits_of(sf, value);
    size_t n_there = MIN(sf->n_bits, n * 8);

    copy_bits(to, number, n, 0, n_there);
    to.ofs += n_there;
    fill_bits(to, sf->n_bits - n_there, false);
    fill_bits(bits_of(sf, mask), sf->n_bits, true);
}

void subfield_mask(const struct subfield *sf, union field_value *mask)
{
    memset(mask, 0, sizeof *mask);
    fill_bits(bits_of(sf, mask), sf->n_bits, true);
}

uint64_t subfield_get(const struct subfield *sf, const struct flow *flow)
{
    union field_value v;
    uint8_t number[8] = { 0 };
    be64 x;

    assert(sf->n_bits <= 64);
    field_read(sf->field, flow, &v);
    copy_bits((struct bits) { number, sizeof number, 0 }, v.b, sf->field->n_bytes, sf->ofs, sf->n_bits);
    memcpy(&x, number, sizeof x);
    return be64_to_host(x);
}

void subfield_copy(const struct subfield *src, const struct flow *from, const struct subfield *dst,
                   struct flow *to)
{
    union field_value s, d;

    field_read(src->field, from, &s);
    field_read(dst->field, to, &d);
    copy_bits(bits_of(dst, &d), s.b, src->field->n_bytes, src->ofs, MIN(src->n_bits, dst->n_bits));
    field_write(dst->field, &d, to);
}

/* "[]", "[5]" or "[0..15]" for a field of 'n_bits'. */
static bool parse_bits(const char *s, unsigned int n_bits, struct subfield *sf)
{
    unsigned int first, last;
    int n = -1;

    if (!strcmp(s, "[]")) {
        first = 0;
        last = n_bits - 1;
    } else if (sscanf(s, "[%u..%u]%n", &first, &last, &n) == 2 && n >= 0 && !s[n]) {
        /* A range. */
    } else if (n = -1, sscanf(s, "[%u]%n", &first, &n) == 1 && n >= 0 && !s[n]) {
        last = first;
    } else {
        return false;
    }
    sf->ofs = (uint16_t) MIN(first, UINT16_MAX);
    sf->n_bits = (uint16_t) (last >= first ? MIN(last - first + 1, UINT16_MAX) : 0);
    return true;
}

char *subfield_parse(const char *s, struct subfield *sf)
{
    size_t name_len = strcspn(s, "[");
    char *name = xstrndup(s, name_len);
    char *error = NULL;

    sf->field = field_by_wire_name(name);
    if (!sf->field) {
        sf->field = field_by_name(name);
    }
    if (!sf->field) {
        error = xasprintf("%s: unknown field `%s'", s, name);
    } else if (!s[name_len]) {
        sf->ofs = 0;
        sf->n_bits = sf->field->n_bits;
    } else if (!parse_bits(s + name_len, sf->field->n_bits, sf)) {
        error = xasprintf("%s: syntax error expecting [] or [<bit>] or [<start>..<end>]", s);
    } else if (!sf->n_bits) {
        error = xasprintf("%s: starting bit %u is after ending bit", s, sf->ofs);
    } else if (sf->ofs >= sf->field->n_bits) {
        error = xasprintf("%s: starting bit %u is not valid because field is only %u bits wide", s,
                          sf->ofs, sf->field->n_bits);
    } else if (sf->ofs + sf->n_bits > sf->field->n_bits) {
        error = xasprintf("%s: ending bit %u is not valid because field is only %u bits wide", s,
                          sf->ofs + sf->n_bits - 1, sf->field->n_bits);
    }
    free(name);
    return error;
}

void subfield_format(struct strbuf *s, const struct subfield *sf)
{
    const char *name = field_wire_name(sf->field);

    strbuf_puts(s, name ? name : sf->field->name);
    if (sf->ofs == 0 && sf->n_bits == sf->field->n_bits) {
        strbuf_puts(s, "[]");
    } else if (sf->n_bits == 1) {
        strbuf_putf(s, "[%u]", sf->ofs);
    } else {
        strbuf_putf(s, "[%u..%u]", sf->ofs, sf->ofs + sf->n_bits - 1);
    }
}
