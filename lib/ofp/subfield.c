/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of fields: their bits in flows, and their text. */
#include "lib/ofp/field_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* Bit 'i' of a value of 'n_bytes' bytes; bit 0 is the least significant one of the last byte. */
static bool get_bit(const union field_value *v, size_t n_bytes, size_t i)
{
    return v->b[n_bytes - 1 - i / 8] >> i % 8 & 1;
}

static void set_bit(union field_value *v, size_t n_bytes, size_t i, bool on)
{
    uint8_t *byte = &v->b[n_bytes - 1 - i / 8];
    uint8_t bit = (uint8_t) (1u << i % 8);

    *byte = on ? *byte | bit : *byte & ~bit;
}

bool subfield_equal(const struct subfield *a, const struct subfield *b)
{
    return a->field == b->field && a->ofs == b->ofs && a->n_bits == b->n_bits;
}

void subfield_place(const struct subfield *sf, const uint8_t *number, size_t n,
                    union field_value *value, union field_value *mask)
{
    for (size_t i = 0; i < sf->n_bits; i++) {
        bool on = i < n * 8 && number[n - 1 - i / 8] >> i % 8 & 1;

        set_bit(value, sf->field->n_bytes, sf->ofs + i, on);
        set_bit(mask, sf->field->n_bytes, sf->ofs + i, true);
    }
}

uint64_t subfield_get(const struct subfield *sf, const struct flow *flow)
{
    union field_value v;
    uint64_t x = 0;

    assert(sf->n_bits <= 64);
    field_read(sf->field, flow, &v);
    for (size_t i = sf->n_bits; i-- > 0;) {
        x = x << 1 | get_bit(&v, sf->field->n_bytes, sf->ofs + i);
    }
    return x;
}

void subfield_copy(const struct subfield *src, const struct flow *from, const struct subfield *dst,
                   struct flow *to)
{
    union field_value s, d;

    field_read(src->field, from, &s);
    field_read(dst->field, to, &d);
    for (size_t i = 0; i < MIN(src->n_bits, dst->n_bits); i++) {
        set_bit(&d, dst->field->n_bytes, dst->ofs + i,
                get_bit(&s, src->field->n_bytes, src->ofs + i));
    }
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
