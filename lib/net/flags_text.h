/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of named bits as text: "syn|ack" where every bit counts, "+syn-ack" where some do. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"

struct strbuf;

/* The names of bits 0 up. */
struct flags_text {
    const char *const *names;
    unsigned int n;
};

extern const struct flags_text flags_text_tcp, flags_text_ct_state, flags_text_tunnel;

void flags_text_format(struct strbuf *, const struct flags_text *,
                       uint32_t value); /* "0" for none */
void flags_text_format_masked(struct strbuf *, const struct flags_text *, uint32_t value,
                              uint32_t mask);

/* Reads either form, or NUMBER or NUMBER/MASK. False if 'word' is none of these. */
bool flags_text_scan(const struct flags_text *, const char *word, uint32_t *value,
                     uint32_t *mask) WARN_UNUSED;
