/* SPDX-License-Identifier: Apache-2.0 */
/* MPLS label stacks as text: "label=100,tc=0,ttl=64,bos=0,label=200,...", outermost first. */
#pragma once

#include "lib/net/scan.h"

struct strbuf;

/* Prints 'n' label stack entries. A null 'mask' prints them exact; otherwise every part is printed
 * with its mask. */
void mpls_text_format(struct strbuf *, const be32 *lse, const be32 *mask, unsigned int n);

/* Parses up to 'max' entries and the closing parenthesis. A null 'mask' refuses masks. Bits that
 * are not named are 0 in 'mask'. Null, or what is wrong (the caller frees it). */
char *mpls_text_scan(struct scanner *, be32 *lse, be32 *mask, unsigned int max) WARN_UNUSED;

/* Parses the inside of "push_mpls(label=..,tc=..,ttl=..,bos=..,eth_type=0x8847)" likewise. */
char *mpls_text_scan_push(struct scanner *, be32 *lse, be16 *eth_type) WARN_UNUSED;
