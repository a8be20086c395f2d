/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels' outer headers and Geneve options as text, for actions and flows. */
#pragma once

#include "lib/net/scan.h"
#include "lib/net/tunnel_header.h"

struct strbuf;

/* "size=50,type=4,eth(...),ipv4(...),udp(...),vxlan(...)", what stands in OVS's header(...). */
void tunnel_text_format(struct strbuf *, const struct tunnel_header *);

/* Reads that, with the closing parenthesis. Null, or what is wrong (the caller frees it). */
char *tunnel_text_scan(struct scanner *, struct tunnel_header *) WARN_UNUSED;

/* Fields of a struct flow, for lib/net/field_text.h: the inside of "vxlan(gbp(id=5,flags=0x48))", or of "geneve(..)" with
 * options. A mask may be null. */
struct field_text;
bool tunnel_text_is_zero(const struct field_text *, const void *flow);
void tunnel_text_format_field(struct strbuf *, const struct field_text *, const void *flow, const void *mask);
char *tunnel_text_scan_field(struct scanner *, const struct field_text *, void *flow, void *mask) WARN_UNUSED;

/* "{class=0x102,type=0x80,len=4,0xa/0xff}" for each option in the 'n' valid bytes at 'options'. The bytes at
 * 'mask', if it is not null, belong to the data only where they are not all ones. */
void tunnel_text_format_options(struct strbuf *, const uint8_t *options, const uint8_t *mask, size_t n);

/* Reads options with the closing parenthesis; a null 'mask' refuses masks. Sets '*n', at most GENEVE_OPTIONS_MAX. */
char *tunnel_text_scan_options(struct scanner *, uint8_t *options, uint8_t *mask, size_t *n) WARN_UNUSED;
