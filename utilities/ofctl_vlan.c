/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: check-vlan, a match on a VLAN tag in the forms of all versions and back. */
#include <stdlib.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/match_text.h"
#include "lib/ofp/msg_header.h"
#include "lib/ofp/nxm.h"
#include "utilities/ofctl.h"

/* Where 1.0 and 1.1 have the tag in their matches, and their wildcard bits. */
enum {
    WILDCARDS_10 = 0, VID_10 = 18, PCP_10 = 20, WILD_VID_10 = 1 << 1, WILD_PCP_10 = 1 << 20,
    WILDCARDS_11 = 8, VID_11 = 36, PCP_11 = 38, WILD_VID_11 = 1 << 1, WILD_PCP_11 = 1 << 2,
    PCP_BITS = 0xe000, VID_BITS = 0x1fff, /* the bit that there is a tag among them */
};

static uint16_t tci_of(const struct flow *flow)
{
    return ntohs(flow->vlan[0].tci);
}

static void print_entries(const char *name, const struct ofpbuf *entries)
{
    struct strbuf s = STRBUF_INIT;

    ofctl_format_entries(entries->data, entries->size, &s);
    printf("%s: %s -> ", name, s.length ? strbuf_str(&s) : "<any>");
    strbuf_destroy(&s);
}

/* The match after a way through the entries of 'version'. */
static void through_entries(const char *name, const struct match *match, int version, struct match *back)
{
    struct ofpbuf entries = { NULL, 0, 0 };

    nxm_encode_match(&entries, match, version, NULL);
    print_entries(name, &entries);
    enum ofp_error error = nxm_decode_match(entries.data, entries.size, true, back, NULL);
    if (error) {
        ofctl_fatal("%s: %s", name, ofp_error_name(error));
    }
    ofpbuf_destroy(&entries);
}

static void through_fixed(const char *name, const uint8_t *wildcards, uint32_t wild_vid, uint32_t wild_pcp, const uint8_t *vid,
                          const uint8_t *pcp, const struct match *back)
{
    uint32_t wild = get_u32(wildcards);

    printf("%s: %04x/%d,%02x/%d -> %04x/%04x\n", name, get_u16(vid), (wild & wild_vid) != 0, *pcp, (wild & wild_pcp) != 0,
           tci_of(&back->flow), tci_of(&back->mask));
}

/* As matches without lines of the flow in use have it. */
static void know_tag(struct match *match)
{
    flow_use_line(&match->flow, FLOW_LINE_L2);
    flow_use_line(&match->mask, FLOW_LINE_L2);
}

static uint16_t parse_tci(const char *text)
{
    return (uint16_t) strtoul(text, NULL, 16);
}

int ofctl_check_vlan(int argc, char *argv[])
{
    struct match match, back;
    struct strbuf s = STRBUF_INIT;
    struct ofpbuf wire = { NULL, 0, 0 };

    match_init(&match);
    know_tag(&match);
    match.mask.vlan[0].tci = htons(parse_tci(argv[2]));
    match.flow.vlan[0].tci = htons(parse_tci(argv[1])) & match.mask.vlan[0].tci;
    match_normalize(&match);
    match_format(&s, &match, NULL);
    know_tag(&match);
    printf("%s -> %04x/%04x\n", strbuf_str(&s), tci_of(&match.flow), tci_of(&match.mask));
    strbuf_destroy(&s);

    through_entries("NXM", &match, NXM_VERSION, &back);
    know_tag(&back);
    printf("%04x/%04x\n", tci_of(&back.flow), tci_of(&back.mask));

    through_entries("OXM", &match, OFP12, &back);
    know_tag(&back);
    printf("%04x/%04x,", tci_of(&back.flow) & VID_BITS, tci_of(&back.mask) & VID_BITS);
    if (tci_of(&back.mask) & PCP_BITS) {
        printf("%02x\n", tci_of(&back.flow) >> 13);
    } else {
        puts("--");
    }

    match10_encode(&wire, &match);
    match10_decode(wire.data, &back);
    know_tag(&back);
    through_fixed("OF1.0", wire.data + WILDCARDS_10, WILD_VID_10, WILD_PCP_10, wire.data + VID_10, wire.data + PCP_10, &back);

    wire.size = 0;
    match11_encode(&wire, &match);
    enum ofp_error error = match11_decode(wire.data, &back);
    if (error) {
        ofctl_fatal("OF1.1: %s", ofp_error_name(error));
    }
    know_tag(&back);
    through_fixed("OF1.1", wire.data + WILDCARDS_11, WILD_VID_11, WILD_PCP_11, wire.data + VID_11, wire.data + PCP_11, &back);
    ofpbuf_destroy(&wire);
    return 0;
}
