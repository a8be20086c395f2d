/* SPDX-License-Identifier: Apache-2.0 */
/* The table of fields, and how to find one by its name or its header.
 *
 * Sources: OpenFlow 1.5.1 section 7.2.3.8 (OXM), the Nicira extensions' numbers (NXM_OF, NXM_NX). */
#include "lib/ofp/field_map.h"
#include "lib/ofp/field_table.h"

#include <pthread.h>
#include <stdlib.h>

#define HEADER(CLASS, TYPE, BYTES) ((uint32_t) (CLASS) << 16 | (TYPE) << 9 | (BYTES))
#define PLACE(KIND, MEMBER, SIZE, SHIFT, BITS)                                                     \
    { PLACE_##KIND, offsetof(struct flow, MEMBER), SIZE, SHIFT, BITS }
#define ID(NAME) .id = FIELD_##NAME
#define TUN_METADATA(N)                                                                            \
    [FIELD_TUN_METADATA0 + N] = { { ID(TUN_METADATA0 + N), .name = "tun_metadata" #N,              \
        .n_bytes = 124, .n_bits = 124 * 8, .masking = MASK_ANY, .format = FORMAT_HEX,              \
        .prereq = PREREQ_NONE, .writable = true, .nxm_header = HEADER(1, 40 + N, 124) },           \
        { PLACE_NOWHERE, offsetof(struct flow, tun_opts), 0, 0, 0 }, "NXM_NX_TUN_METADATA" #N,     \
        NULL, NULL }

static const struct field_entry table[FIELD_N_IDS] = {
    [FIELD_DP_HASH] = { { ID(DP_HASH), .name = "dp_hash", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE,
        .nxm_header = HEADER(1, 35, 4) },
        PLACE(HOST, dp_hash, 4, 0, 32), "NXM_NX_DP_HASH", NULL, NULL },
    [FIELD_RECIRC_ID] = { { ID(RECIRC_ID), .name = "recirc_id", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE,
        .nxm_header = HEADER(1, 36, 4) },
        PLACE(HOST, recirc_id, 4, 0, 32), "NXM_NX_RECIRC_ID", NULL, NULL },
    [FIELD_PACKET_TYPE] = { { ID(PACKET_TYPE), .name = "packet_type", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_PACKET_TYPE, .prereq = PREREQ_NONE,
        .oxm_header = HEADER(0x8000, 44, 4), .oxm_since = OFP15 },
        PLACE(BE, packet_type, 4, 0, 32), NULL, "OXM_OF_PACKET_TYPE", NULL },
    [FIELD_CONJ_ID] = { { ID(CONJ_ID), .name = "conj_id", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE,
        .nxm_header = HEADER(1, 37, 4) },
        PLACE(HOST, conj_id, 4, 0, 32), "NXM_NX_CONJ_ID", NULL, NULL },
    [FIELD_TUN_ID] = { { ID(TUN_ID), .name = "tun_id", .alias = "tunnel_id", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 16, 8),
        .oxm_header = HEADER(0x8000, 38, 8), .oxm_since = OFP13 },
        PLACE(BE, tun_id, 8, 0, 64), "NXM_NX_TUN_ID", "OXM_OF_TUNNEL_ID", NULL },
    [FIELD_TUN_SRC] = { { ID(TUN_SRC), .name = "tun_src", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 31, 4) },
        PLACE(BE, tun_src, 4, 0, 32), "NXM_NX_TUN_IPV4_SRC", NULL, NULL },
    [FIELD_TUN_DST] = { { ID(TUN_DST), .name = "tun_dst", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 32, 4) },
        PLACE(BE, tun_dst, 4, 0, 32), "NXM_NX_TUN_IPV4_DST", NULL, NULL },
    [FIELD_TUN_IPV6_SRC] = { { ID(TUN_IPV6_SRC), .name = "tun_ipv6_src", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 109, 16) },
        PLACE(BYTES, tun_ipv6_src, 16, 0, 128), "NXM_NX_TUN_IPV6_SRC", NULL, NULL },
    [FIELD_TUN_IPV6_DST] = { { ID(TUN_IPV6_DST), .name = "tun_ipv6_dst", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 110, 16) },
        PLACE(BYTES, tun_ipv6_dst, 16, 0, 128), "NXM_NX_TUN_IPV6_DST", NULL, NULL },
    [FIELD_TUN_FLAGS] = { { ID(TUN_FLAGS), .name = "tun_flags", .n_bytes = 2, .n_bits = 1,
        .masking = MASK_ANY, .format = FORMAT_TUN_FLAGS, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 104, 2) },
        PLACE(HOST, tun_flags, 2, 0, 1), "NXM_NX_TUN_FLAGS", NULL, NULL },
    [FIELD_TUN_TTL] = { { ID(TUN_TTL), .name = "tun_ttl", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE },
        PLACE(HOST, tun_ttl, 1, 0, 8), NULL, NULL, NULL },
    [FIELD_TUN_TOS] = { { ID(TUN_TOS), .name = "tun_tos", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE },
        PLACE(HOST, tun_tos, 1, 0, 8), NULL, NULL, NULL },
    [FIELD_TUN_GBP_ID] = { { ID(TUN_GBP_ID), .name = "tun_gbp_id", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 38, 2) },
        PLACE(BE, tun_gbp_id, 2, 0, 16), "NXM_NX_TUN_GBP_ID", NULL, NULL },
    [FIELD_TUN_GBP_FLAGS] = { { ID(TUN_GBP_FLAGS), .name = "tun_gbp_flags", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 39, 1) },
        PLACE(HOST, tun_gbp_flags, 1, 0, 8), "NXM_NX_TUN_GBP_FLAGS", NULL, NULL },
    /* The 64 in a row; what a map makes of them has a width and a place. */
    TUN_METADATA(0), TUN_METADATA(1), TUN_METADATA(2), TUN_METADATA(3),
    TUN_METADATA(4), TUN_METADATA(5), TUN_METADATA(6), TUN_METADATA(7),
    TUN_METADATA(8), TUN_METADATA(9), TUN_METADATA(10), TUN_METADATA(11),
    TUN_METADATA(12), TUN_METADATA(13), TUN_METADATA(14), TUN_METADATA(15),
    TUN_METADATA(16), TUN_METADATA(17), TUN_METADATA(18), TUN_METADATA(19),
    TUN_METADATA(20), TUN_METADATA(21), TUN_METADATA(22), TUN_METADATA(23),
    TUN_METADATA(24), TUN_METADATA(25), TUN_METADATA(26), TUN_METADATA(27),
    TUN_METADATA(28), TUN_METADATA(29), TUN_METADATA(30), TUN_METADATA(31),
    TUN_METADATA(32), TUN_METADATA(33), TUN_METADATA(34), TUN_METADATA(35),
    TUN_METADATA(36), TUN_METADATA(37), TUN_METADATA(38), TUN_METADATA(39),
    TUN_METADATA(40), TUN_METADATA(41), TUN_METADATA(42), TUN_METADATA(43),
    TUN_METADATA(44), TUN_METADATA(45), TUN_METADATA(46), TUN_METADATA(47),
    TUN_METADATA(48), TUN_METADATA(49), TUN_METADATA(50), TUN_METADATA(51),
    TUN_METADATA(52), TUN_METADATA(53), TUN_METADATA(54), TUN_METADATA(55),
    TUN_METADATA(56), TUN_METADATA(57), TUN_METADATA(58), TUN_METADATA(59),
    TUN_METADATA(60), TUN_METADATA(61), TUN_METADATA(62), TUN_METADATA(63),
    [FIELD_TUN_ERSPAN_IDX] = { { ID(TUN_ERSPAN_IDX), .name = "tun_erspan_idx", .n_bytes = 4, .n_bits = 20,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NX, .exp_type = 11 },
        PLACE(HOST, tun_erspan, 4, 0, 20), NULL, NULL, "NXOXM_ET_ERSPAN_IDX" },
    [FIELD_TUN_ERSPAN_VER] = { { ID(TUN_ERSPAN_VER), .name = "tun_erspan_ver", .n_bytes = 1, .n_bits = 4,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NX, .exp_type = 12 },
        PLACE(HOST, tun_erspan, 4, 20, 4), NULL, NULL, "NXOXM_ET_ERSPAN_VER" },
    [FIELD_TUN_ERSPAN_DIR] = { { ID(TUN_ERSPAN_DIR), .name = "tun_erspan_dir", .n_bytes = 1, .n_bits = 1,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NX, .exp_type = 13 },
        PLACE(HOST, tun_erspan, 4, 24, 1), NULL, NULL, "NXOXM_ET_ERSPAN_DIR" },
    [FIELD_TUN_ERSPAN_HWID] = { { ID(TUN_ERSPAN_HWID), .name = "tun_erspan_hwid", .n_bytes = 1, .n_bits = 6,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NX, .exp_type = 14 },
        PLACE(HOST, tun_erspan, 4, 25, 6), NULL, NULL, "NXOXM_ET_ERSPAN_HWID" },
    [FIELD_METADATA] = { { ID(METADATA), .name = "metadata", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8000, 2, 8), .oxm_since = OFP12 },
        PLACE(BE, metadata, 8, 0, 64), NULL, "OXM_OF_METADATA", NULL },
    [FIELD_IN_PORT] = { { ID(IN_PORT), .name = "in_port", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_NONE, .format = FORMAT_PORT_10, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(0, 0, 2) },
        PLACE(HOST, in_port, 4, 0, 32), "NXM_OF_IN_PORT", NULL, NULL },
    [FIELD_IN_PORT_OXM] = { { ID(IN_PORT_OXM), .name = "in_port_oxm", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_PORT, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8000, 0, 4), .oxm_since = OFP12 },
        PLACE(HOST, in_port, 4, 0, 32), NULL, "OXM_OF_IN_PORT", NULL },
    [FIELD_ACTSET_OUTPUT] = { { ID(ACTSET_OUTPUT), .name = "actset_output", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_PORT, .prereq = PREREQ_NONE,
        .oxm_header = HEADER(0x8000, 43, 4), .oxm_since = OFP15, .exp_id = OXM_EXPERIMENTER_ONF, .exp_type = 43 },
        PLACE(HOST, actset_output, 4, 0, 32), NULL, "OXM_OF_ACTSET_OUTPUT", "ONFOXM_ET_ACTSET_OUTPUT" },
    [FIELD_SKB_PRIORITY] = { { ID(SKB_PRIORITY), .name = "skb_priority", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_HEX, .prereq = PREREQ_NONE },
        PLACE(HOST, skb_priority, 4, 0, 32), NULL, NULL, NULL },
    [FIELD_PKT_MARK] = { { ID(PKT_MARK), .name = "pkt_mark", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 33, 4) },
        PLACE(HOST, pkt_mark, 4, 0, 32), "NXM_NX_PKT_MARK", NULL, NULL },
    [FIELD_CT_STATE] = { { ID(CT_STATE), .name = "ct_state", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_CT_STATE, .prereq = PREREQ_NONE,
        .nxm_header = HEADER(1, 105, 4), .valid_bits = 0xff },
        PLACE(HOST, ct_state, 1, 0, 8), "NXM_NX_CT_STATE", NULL, NULL },
    [FIELD_CT_ZONE] = { { ID(CT_ZONE), .name = "ct_zone", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_NONE, .format = FORMAT_HEX, .prereq = PREREQ_NONE,
        .nxm_header = HEADER(1, 106, 2) },
        PLACE(HOST, ct_zone, 2, 0, 16), "NXM_NX_CT_ZONE", NULL, NULL },
    [FIELD_CT_MARK] = { { ID(CT_MARK), .name = "ct_mark", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 107, 4) },
        PLACE(HOST, ct_mark, 4, 0, 32), "NXM_NX_CT_MARK", NULL, NULL },
    [FIELD_CT_LABEL] = { { ID(CT_LABEL), .name = "ct_label", .alias = "ct_labels", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 108, 16) },
        PLACE(BYTES, ct_label, 16, 0, 128), "NXM_NX_CT_LABEL", NULL, NULL },
    [FIELD_CT_NW_PROTO] = { { ID(CT_NW_PROTO), .name = "ct_nw_proto", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 119, 1) },
        PLACE(HOST, ct_nw_proto, 1, 0, 8), "NXM_NX_CT_NW_PROTO", NULL, NULL },
    [FIELD_CT_NW_SRC] = { { ID(CT_NW_SRC), .name = "ct_nw_src", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 120, 4) },
        PLACE(BE, ct_nw_src, 4, 0, 32), "NXM_NX_CT_NW_SRC", NULL, NULL },
    [FIELD_CT_NW_DST] = { { ID(CT_NW_DST), .name = "ct_nw_dst", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 121, 4) },
        PLACE(BE, ct_nw_dst, 4, 0, 32), "NXM_NX_CT_NW_DST", NULL, NULL },
    [FIELD_CT_IPV6_SRC] = { { ID(CT_IPV6_SRC), .name = "ct_ipv6_src", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 122, 16) },
        PLACE(BYTES, ct_ipv6_src, 16, 0, 128), "NXM_NX_CT_IPV6_SRC", NULL, NULL },
    [FIELD_CT_IPV6_DST] = { { ID(CT_IPV6_DST), .name = "ct_ipv6_dst", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 123, 16) },
        PLACE(BYTES, ct_ipv6_dst, 16, 0, 128), "NXM_NX_CT_IPV6_DST", NULL, NULL },
    [FIELD_CT_TP_SRC] = { { ID(CT_TP_SRC), .name = "ct_tp_src", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 124, 2) },
        PLACE(BE, ct_tp_src, 2, 0, 16), "NXM_NX_CT_TP_SRC", NULL, NULL },
    [FIELD_CT_TP_DST] = { { ID(CT_TP_DST), .name = "ct_tp_dst", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_CT_VALID,
        .nxm_header = HEADER(1, 125, 2) },
        PLACE(BE, ct_tp_dst, 2, 0, 16), "NXM_NX_CT_TP_DST", NULL, NULL },
    [FIELD_REG0] = { { ID(REG0), .name = "reg0", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 0, 4) },
        PLACE(HOST, regs[0], 4, 0, 32), "NXM_NX_REG0", NULL, NULL },
    [FIELD_REG0 + 1] = { { ID(REG0 + 1), .name = "reg1", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 1, 4) },
        PLACE(HOST, regs[1], 4, 0, 32), "NXM_NX_REG1", NULL, NULL },
    [FIELD_REG0 + 2] = { { ID(REG0 + 2), .name = "reg2", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 2, 4) },
        PLACE(HOST, regs[2], 4, 0, 32), "NXM_NX_REG2", NULL, NULL },
    [FIELD_REG0 + 3] = { { ID(REG0 + 3), .name = "reg3", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 3, 4) },
        PLACE(HOST, regs[3], 4, 0, 32), "NXM_NX_REG3", NULL, NULL },
    [FIELD_REG0 + 4] = { { ID(REG0 + 4), .name = "reg4", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 4, 4) },
        PLACE(HOST, regs[4], 4, 0, 32), "NXM_NX_REG4", NULL, NULL },
    [FIELD_REG0 + 5] = { { ID(REG0 + 5), .name = "reg5", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 5, 4) },
        PLACE(HOST, regs[5], 4, 0, 32), "NXM_NX_REG5", NULL, NULL },
    [FIELD_REG0 + 6] = { { ID(REG0 + 6), .name = "reg6", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 6, 4) },
        PLACE(HOST, regs[6], 4, 0, 32), "NXM_NX_REG6", NULL, NULL },
    [FIELD_REG0 + 7] = { { ID(REG0 + 7), .name = "reg7", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 7, 4) },
        PLACE(HOST, regs[7], 4, 0, 32), "NXM_NX_REG7", NULL, NULL },
    [FIELD_REG0 + 8] = { { ID(REG0 + 8), .name = "reg8", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 8, 4) },
        PLACE(HOST, regs[8], 4, 0, 32), "NXM_NX_REG8", NULL, NULL },
    [FIELD_REG0 + 9] = { { ID(REG0 + 9), .name = "reg9", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 9, 4) },
        PLACE(HOST, regs[9], 4, 0, 32), "NXM_NX_REG9", NULL, NULL },
    [FIELD_REG0 + 10] = { { ID(REG0 + 10), .name = "reg10", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 10, 4) },
        PLACE(HOST, regs[10], 4, 0, 32), "NXM_NX_REG10", NULL, NULL },
    [FIELD_REG0 + 11] = { { ID(REG0 + 11), .name = "reg11", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 11, 4) },
        PLACE(HOST, regs[11], 4, 0, 32), "NXM_NX_REG11", NULL, NULL },
    [FIELD_REG0 + 12] = { { ID(REG0 + 12), .name = "reg12", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 12, 4) },
        PLACE(HOST, regs[12], 4, 0, 32), "NXM_NX_REG12", NULL, NULL },
    [FIELD_REG0 + 13] = { { ID(REG0 + 13), .name = "reg13", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 13, 4) },
        PLACE(HOST, regs[13], 4, 0, 32), "NXM_NX_REG13", NULL, NULL },
    [FIELD_REG0 + 14] = { { ID(REG0 + 14), .name = "reg14", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 14, 4) },
        PLACE(HOST, regs[14], 4, 0, 32), "NXM_NX_REG14", NULL, NULL },
    [FIELD_REG0 + 15] = { { ID(REG0 + 15), .name = "reg15", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 15, 4) },
        PLACE(HOST, regs[15], 4, 0, 32), "NXM_NX_REG15", NULL, NULL },
    [FIELD_XREG0] = { { ID(XREG0), .name = "xreg0", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 0, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[0], 8, 0, 64), NULL, "OXM_OF_PKT_REG0", NULL },
    [FIELD_XREG0 + 1] = { { ID(XREG0 + 1), .name = "xreg1", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 1, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[2], 8, 0, 64), NULL, "OXM_OF_PKT_REG1", NULL },
    [FIELD_XREG0 + 2] = { { ID(XREG0 + 2), .name = "xreg2", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 2, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[4], 8, 0, 64), NULL, "OXM_OF_PKT_REG2", NULL },
    [FIELD_XREG0 + 3] = { { ID(XREG0 + 3), .name = "xreg3", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 3, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[6], 8, 0, 64), NULL, "OXM_OF_PKT_REG3", NULL },
    [FIELD_XREG0 + 4] = { { ID(XREG0 + 4), .name = "xreg4", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 4, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[8], 8, 0, 64), NULL, "OXM_OF_PKT_REG4", NULL },
    [FIELD_XREG0 + 5] = { { ID(XREG0 + 5), .name = "xreg5", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 5, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[10], 8, 0, 64), NULL, "OXM_OF_PKT_REG5", NULL },
    [FIELD_XREG0 + 6] = { { ID(XREG0 + 6), .name = "xreg6", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 6, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[12], 8, 0, 64), NULL, "OXM_OF_PKT_REG6", NULL },
    [FIELD_XREG0 + 7] = { { ID(XREG0 + 7), .name = "xreg7", .n_bytes = 8, .n_bits = 64,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8001, 7, 8), .oxm_since = OFP13 },
        PLACE(REGS, regs[14], 8, 0, 64), NULL, "OXM_OF_PKT_REG7", NULL },
    [FIELD_XXREG0] = { { ID(XXREG0), .name = "xxreg0", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 111, 16) },
        PLACE(REGS, regs[0], 16, 0, 128), "NXM_NX_XXREG0", NULL, NULL },
    [FIELD_XXREG0 + 1] = { { ID(XXREG0 + 1), .name = "xxreg1", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 112, 16) },
        PLACE(REGS, regs[4], 16, 0, 128), "NXM_NX_XXREG1", NULL, NULL },
    [FIELD_XXREG0 + 2] = { { ID(XXREG0 + 2), .name = "xxreg2", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 113, 16) },
        PLACE(REGS, regs[8], 16, 0, 128), "NXM_NX_XXREG2", NULL, NULL },
    [FIELD_XXREG0 + 3] = { { ID(XXREG0 + 3), .name = "xxreg3", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(1, 114, 16) },
        PLACE(REGS, regs[12], 16, 0, 128), "NXM_NX_XXREG3", NULL, NULL },
    [FIELD_ETH_SRC] = { { ID(ETH_SRC), .name = "eth_src", .alias = "dl_src", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(0, 2, 6),
        .oxm_header = HEADER(0x8000, 4, 6), .oxm_since = OFP12 },
        PLACE(BYTES, eth_src, 6, 0, 48), "NXM_OF_ETH_SRC", "OXM_OF_ETH_SRC", NULL },
    [FIELD_ETH_DST] = { { ID(ETH_DST), .name = "eth_dst", .alias = "dl_dst", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(0, 1, 6),
        .oxm_header = HEADER(0x8000, 3, 6), .oxm_since = OFP12 },
        PLACE(BYTES, eth_dst, 6, 0, 48), "NXM_OF_ETH_DST", "OXM_OF_ETH_DST", NULL },
    [FIELD_ETH_TYPE] = { { ID(ETH_TYPE), .name = "eth_type", .alias = "dl_type", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_NONE, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(0, 3, 2),
        .oxm_header = HEADER(0x8000, 5, 2), .oxm_since = OFP12 },
        PLACE(BE, eth_type, 2, 0, 16), "NXM_OF_ETH_TYPE", "OXM_OF_ETH_TYPE", NULL },
    [FIELD_VLAN_TCI] = { { ID(VLAN_TCI), .name = "vlan_tci", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NONE, .writable = true,
        .nxm_header = HEADER(0, 4, 2) },
        PLACE(BE, vlan[0].tci, 2, 0, 16), "NXM_OF_VLAN_TCI", NULL, NULL },
    [FIELD_DL_VLAN] = { { ID(DL_VLAN), .name = "dl_vlan", .n_bytes = 2, .n_bits = 12,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true },
        PLACE(BE, vlan[0].tci, 2, 0, 12), NULL, NULL, NULL },
    [FIELD_VLAN_VID] = { { ID(VLAN_VID), .name = "vlan_vid", .n_bytes = 2, .n_bits = 12,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true,
        .oxm_header = HEADER(0x8000, 6, 2), .oxm_since = OFP12, .valid_bits = 0x1fff },
        PLACE(BE, vlan[0].tci, 2, 0, 13), NULL, "OXM_OF_VLAN_VID", NULL },
    [FIELD_DL_VLAN_PCP] = { { ID(DL_VLAN_PCP), .name = "dl_vlan_pcp", .n_bytes = 1, .n_bits = 3,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NONE, .writable = true },
        PLACE(BE, vlan[0].tci, 2, 13, 3), NULL, NULL, NULL },
    [FIELD_VLAN_PCP] = { { ID(VLAN_PCP), .name = "vlan_pcp", .n_bytes = 1, .n_bits = 3,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_VLAN, .writable = true,
        .oxm_header = HEADER(0x8000, 7, 1), .oxm_since = OFP12 },
        PLACE(BE, vlan[0].tci, 2, 13, 3), NULL, "OXM_OF_VLAN_PCP", NULL },
    [FIELD_MPLS_LABEL] = { { ID(MPLS_LABEL), .name = "mpls_label", .n_bytes = 4, .n_bits = 20,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_MPLS, .writable = true,
        .oxm_header = HEADER(0x8000, 34, 4), .oxm_since = OFP12 },
        PLACE(BE, mpls_lse[0], 4, 12, 20), NULL, "OXM_OF_MPLS_LABEL", NULL },
    [FIELD_MPLS_TC] = { { ID(MPLS_TC), .name = "mpls_tc", .n_bytes = 1, .n_bits = 3,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_MPLS, .writable = true,
        .oxm_header = HEADER(0x8000, 35, 1), .oxm_since = OFP12 },
        PLACE(BE, mpls_lse[0], 4, 9, 3), NULL, "OXM_OF_MPLS_TC", NULL },
    [FIELD_MPLS_BOS] = { { ID(MPLS_BOS), .name = "mpls_bos", .n_bytes = 1, .n_bits = 1,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_MPLS, .writable = true,
        .oxm_header = HEADER(0x8000, 36, 1), .oxm_since = OFP13 },
        PLACE(BE, mpls_lse[0], 4, 8, 1), NULL, "OXM_OF_MPLS_BOS", NULL },
    [FIELD_MPLS_TTL] = { { ID(MPLS_TTL), .name = "mpls_ttl", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_MPLS, .writable = true,
        .nxm_header = HEADER(1, 30, 1) },
        PLACE(BE, mpls_lse[0], 4, 0, 8), "NXM_NX_MPLS_TTL", NULL, NULL },
    [FIELD_PBB_ISID] = { { ID(PBB_ISID), .name = "pbb_isid", .n_bytes = 3, .n_bits = 24,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_PBB, .writable = true,
        .oxm_header = HEADER(0x8000, 37, 3), .oxm_since = OFP13 },
        PLACE(BE, pbb_isid, 4, 0, 24), NULL, "OXM_OF_PBB_ISID", NULL },
    [FIELD_PBB_UCA] = { { ID(PBB_UCA), .name = "pbb_uca", .n_bytes = 1, .n_bits = 1,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_PBB, .writable = true,
        .oxm_header = HEADER(0x8000, 41, 1), .oxm_since = OFP14 },
        PLACE(HOST, pbb_uca, 1, 0, 1), NULL, "OXM_OF_PBB_UCA", NULL },
    [FIELD_IPV4_SRC] = { { ID(IPV4_SRC), .name = "ip_src", .alias = "nw_src", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_IPV4, .writable = true,
        .nxm_header = HEADER(0, 7, 4),
        .oxm_header = HEADER(0x8000, 11, 4), .oxm_since = OFP12 },
        PLACE(BE, nw_src, 4, 0, 32), "NXM_OF_IP_SRC", "OXM_OF_IPV4_SRC", NULL },
    [FIELD_IPV4_DST] = { { ID(IPV4_DST), .name = "ip_dst", .alias = "nw_dst", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_IPV4, .writable = true,
        .nxm_header = HEADER(0, 8, 4),
        .oxm_header = HEADER(0x8000, 12, 4), .oxm_since = OFP12 },
        PLACE(BE, nw_dst, 4, 0, 32), "NXM_OF_IP_DST", "OXM_OF_IPV4_DST", NULL },
    [FIELD_IPV6_SRC] = { { ID(IPV6_SRC), .name = "ipv6_src", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_IPV6, .writable = true,
        .nxm_header = HEADER(1, 19, 16),
        .oxm_header = HEADER(0x8000, 26, 16), .oxm_since = OFP12 },
        PLACE(BYTES, ipv6_src, 16, 0, 128), "NXM_NX_IPV6_SRC", "OXM_OF_IPV6_SRC", NULL },
    [FIELD_IPV6_DST] = { { ID(IPV6_DST), .name = "ipv6_dst", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_IPV6, .writable = true,
        .nxm_header = HEADER(1, 20, 16),
        .oxm_header = HEADER(0x8000, 27, 16), .oxm_since = OFP12 },
        PLACE(BYTES, ipv6_dst, 16, 0, 128), "NXM_NX_IPV6_DST", "OXM_OF_IPV6_DST", NULL },
    [FIELD_IPV6_LABEL] = { { ID(IPV6_LABEL), .name = "ipv6_label", .n_bytes = 4, .n_bits = 20,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_IPV6, .writable = true,
        .nxm_header = HEADER(1, 27, 4),
        .oxm_header = HEADER(0x8000, 28, 4), .oxm_since = OFP12 },
        PLACE(BE, ipv6_label, 4, 0, 20), "NXM_NX_IPV6_LABEL", "OXM_OF_IPV6_FLABEL", NULL },
    [FIELD_IPV6_EXTHDR] = { { ID(IPV6_EXTHDR), .name = "ipv6_exthdr", .n_bytes = 2, .n_bits = 9,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_IPV6,
        .oxm_header = HEADER(0x8000, 39, 2), .oxm_since = OFP13 },
        PLACE(HOST, ipv6_exthdr, 2, 0, 9), NULL, "OXM_OF_IPV6_EXTHDR", NULL },
    [FIELD_IP_PROTO] = { { ID(IP_PROTO), .name = "nw_proto", .alias = "ip_proto", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_IP_ANY, .writable = true,
        .nxm_header = HEADER(0, 6, 1),
        .oxm_header = HEADER(0x8000, 10, 1), .oxm_since = OFP12 },
        PLACE(HOST, nw_proto, 1, 0, 8), "NXM_OF_IP_PROTO", "OXM_OF_IP_PROTO", NULL },
    [FIELD_IP_DSCP] = { { ID(IP_DSCP), .name = "nw_tos", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_IP_ANY, .writable = true,
        .nxm_header = HEADER(0, 5, 1), .valid_bits = 0xfc },
        PLACE(HOST, nw_tos, 1, 0, 8), "NXM_OF_IP_TOS", NULL, NULL },
    [FIELD_IP_DSCP_SHIFTED] = { { ID(IP_DSCP_SHIFTED), .name = "ip_dscp", .n_bytes = 1, .n_bits = 6,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_IP_ANY, .writable = true,
        .oxm_header = HEADER(0x8000, 8, 1), .oxm_since = OFP12 },
        PLACE(HOST, nw_tos, 1, 2, 6), NULL, "OXM_OF_IP_DSCP", NULL },
    [FIELD_IP_ECN] = { { ID(IP_ECN), .name = "nw_ecn", .alias = "ip_ecn", .n_bytes = 1, .n_bits = 2,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_IP_ANY, .writable = true,
        .nxm_header = HEADER(1, 28, 1),
        .oxm_header = HEADER(0x8000, 9, 1), .oxm_since = OFP12 },
        PLACE(HOST, nw_tos, 1, 0, 2), "NXM_NX_IP_ECN", "OXM_OF_IP_ECN", NULL },
    [FIELD_IP_TTL] = { { ID(IP_TTL), .name = "nw_ttl", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_IP_ANY, .writable = true,
        .nxm_header = HEADER(1, 29, 1) },
        PLACE(HOST, nw_ttl, 1, 0, 8), "NXM_NX_IP_TTL", NULL, NULL },
    [FIELD_IP_FRAG] = { { ID(IP_FRAG), .name = "ip_frag", .alias = "nw_frag", .n_bytes = 1, .n_bits = 2,
        .masking = MASK_ANY, .format = FORMAT_FRAG, .prereq = PREREQ_IP_ANY,
        .nxm_header = HEADER(1, 26, 1) },
        PLACE(HOST, nw_frag, 1, 0, 2), "NXM_NX_IP_FRAG", NULL, NULL },
    [FIELD_ARP_OP] = { { ID(ARP_OP), .name = "arp_op", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ARP, .writable = true,
        .nxm_header = HEADER(0, 15, 2),
        .oxm_header = HEADER(0x8000, 21, 2), .oxm_since = OFP12, .valid_bits = 0xff },
        PLACE(HOST, nw_proto, 1, 0, 8), "NXM_OF_ARP_OP", "OXM_OF_ARP_OP", NULL },
    [FIELD_ARP_SPA] = { { ID(ARP_SPA), .name = "arp_spa", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_ARP, .writable = true,
        .nxm_header = HEADER(0, 16, 4),
        .oxm_header = HEADER(0x8000, 22, 4), .oxm_since = OFP12 },
        PLACE(BE, nw_src, 4, 0, 32), "NXM_OF_ARP_SPA", "OXM_OF_ARP_SPA", NULL },
    [FIELD_ARP_TPA] = { { ID(ARP_TPA), .name = "arp_tpa", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_IPV4, .prereq = PREREQ_ARP, .writable = true,
        .nxm_header = HEADER(0, 17, 4),
        .oxm_header = HEADER(0x8000, 23, 4), .oxm_since = OFP12 },
        PLACE(BE, nw_dst, 4, 0, 32), "NXM_OF_ARP_TPA", "OXM_OF_ARP_TPA", NULL },
    [FIELD_ARP_SHA] = { { ID(ARP_SHA), .name = "arp_sha", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_ARP, .writable = true,
        .nxm_header = HEADER(1, 17, 6),
        .oxm_header = HEADER(0x8000, 24, 6), .oxm_since = OFP12 },
        PLACE(BYTES, arp_sha, 6, 0, 48), "NXM_NX_ARP_SHA", "OXM_OF_ARP_SHA", NULL },
    [FIELD_ARP_THA] = { { ID(ARP_THA), .name = "arp_tha", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_ARP, .writable = true,
        .nxm_header = HEADER(1, 18, 6),
        .oxm_header = HEADER(0x8000, 25, 6), .oxm_since = OFP12 },
        PLACE(BYTES, arp_tha, 6, 0, 48), "NXM_NX_ARP_THA", "OXM_OF_ARP_THA", NULL },
    [FIELD_TCP_SRC] = { { ID(TCP_SRC), .name = "tcp_src", .alias = "tp_src", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_TCP, .writable = true,
        .nxm_header = HEADER(0, 9, 2),
        .oxm_header = HEADER(0x8000, 13, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_src, 2, 0, 16), "NXM_OF_TCP_SRC", "OXM_OF_TCP_SRC", NULL },
    [FIELD_TCP_DST] = { { ID(TCP_DST), .name = "tcp_dst", .alias = "tp_dst", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_TCP, .writable = true,
        .nxm_header = HEADER(0, 10, 2),
        .oxm_header = HEADER(0x8000, 14, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_dst, 2, 0, 16), "NXM_OF_TCP_DST", "OXM_OF_TCP_DST", NULL },
    [FIELD_TCP_FLAGS] = { { ID(TCP_FLAGS), .name = "tcp_flags", .n_bytes = 2, .n_bits = 12,
        .masking = MASK_ANY, .format = FORMAT_TCP_FLAGS, .prereq = PREREQ_TCP,
        .nxm_header = HEADER(1, 34, 2),
        .oxm_header = HEADER(0x8000, 42, 2), .oxm_since = OFP15, .exp_id = OXM_EXPERIMENTER_ONF, .exp_type = 42 },
        PLACE(BE, tcp_flags, 2, 0, 12), "NXM_NX_TCP_FLAGS", "OXM_OF_TCP_FLAGS", "ONFOXM_ET_TCP_FLAGS" },
    [FIELD_UDP_SRC] = { { ID(UDP_SRC), .name = "udp_src", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_UDP, .writable = true,
        .nxm_header = HEADER(0, 11, 2),
        .oxm_header = HEADER(0x8000, 15, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_src, 2, 0, 16), "NXM_OF_UDP_SRC", "OXM_OF_UDP_SRC", NULL },
    [FIELD_UDP_DST] = { { ID(UDP_DST), .name = "udp_dst", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_UDP, .writable = true,
        .nxm_header = HEADER(0, 12, 2),
        .oxm_header = HEADER(0x8000, 16, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_dst, 2, 0, 16), "NXM_OF_UDP_DST", "OXM_OF_UDP_DST", NULL },
    [FIELD_SCTP_SRC] = { { ID(SCTP_SRC), .name = "sctp_src", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_SCTP, .writable = true,
        .oxm_header = HEADER(0x8000, 17, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_src, 2, 0, 16), NULL, "OXM_OF_SCTP_SRC", NULL },
    [FIELD_SCTP_DST] = { { ID(SCTP_DST), .name = "sctp_dst", .n_bytes = 2, .n_bits = 16,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_SCTP, .writable = true,
        .oxm_header = HEADER(0x8000, 18, 2), .oxm_since = OFP12 },
        PLACE(BE, tp_dst, 2, 0, 16), NULL, "OXM_OF_SCTP_DST", NULL },
    [FIELD_ICMPV4_TYPE] = { { ID(ICMPV4_TYPE), .name = "icmp_type", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ICMPV4, .writable = true,
        .nxm_header = HEADER(0, 13, 1),
        .oxm_header = HEADER(0x8000, 19, 1), .oxm_since = OFP12 },
        PLACE(BE, tp_src, 2, 0, 8), "NXM_OF_ICMP_TYPE", "OXM_OF_ICMPV4_TYPE", NULL },
    [FIELD_ICMPV4_CODE] = { { ID(ICMPV4_CODE), .name = "icmp_code", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ICMPV4, .writable = true,
        .nxm_header = HEADER(0, 14, 1),
        .oxm_header = HEADER(0x8000, 20, 1), .oxm_since = OFP12 },
        PLACE(BE, tp_dst, 2, 0, 8), "NXM_OF_ICMP_CODE", "OXM_OF_ICMPV4_CODE", NULL },
    [FIELD_ICMPV6_TYPE] = { { ID(ICMPV6_TYPE), .name = "icmpv6_type", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ICMPV6, .writable = true,
        .nxm_header = HEADER(1, 21, 1),
        .oxm_header = HEADER(0x8000, 29, 1), .oxm_since = OFP12 },
        PLACE(BE, tp_src, 2, 0, 8), "NXM_NX_ICMPV6_TYPE", "OXM_OF_ICMPV6_TYPE", NULL },
    [FIELD_ICMPV6_CODE] = { { ID(ICMPV6_CODE), .name = "icmpv6_code", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ICMPV6, .writable = true,
        .nxm_header = HEADER(1, 22, 1),
        .oxm_header = HEADER(0x8000, 30, 1), .oxm_since = OFP12 },
        PLACE(BE, tp_dst, 2, 0, 8), "NXM_NX_ICMPV6_CODE", "OXM_OF_ICMPV6_CODE", NULL },
    [FIELD_ND_TARGET] = { { ID(ND_TARGET), .name = "nd_target", .n_bytes = 16, .n_bits = 128,
        .masking = MASK_ANY, .format = FORMAT_IPV6, .prereq = PREREQ_ND, .writable = true,
        .nxm_header = HEADER(1, 23, 16),
        .oxm_header = HEADER(0x8000, 31, 16), .oxm_since = OFP12 },
        PLACE(BYTES, nd_target, 16, 0, 128), "NXM_NX_ND_TARGET", "OXM_OF_IPV6_ND_TARGET", NULL },
    [FIELD_ND_SLL] = { { ID(ND_SLL), .name = "nd_sll", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_ND_SOLICIT, .writable = true,
        .nxm_header = HEADER(1, 24, 6),
        .oxm_header = HEADER(0x8000, 32, 6), .oxm_since = OFP12 },
        PLACE(BYTES, arp_sha, 6, 0, 48), "NXM_NX_ND_SLL", "OXM_OF_IPV6_ND_SLL", NULL },
    [FIELD_ND_TLL] = { { ID(ND_TLL), .name = "nd_tll", .n_bytes = 6, .n_bits = 48,
        .masking = MASK_ANY, .format = FORMAT_ETHERNET, .prereq = PREREQ_ND_ADVERT, .writable = true,
        .nxm_header = HEADER(1, 25, 6),
        .oxm_header = HEADER(0x8000, 33, 6), .oxm_since = OFP12 },
        PLACE(BYTES, arp_tha, 6, 0, 48), "NXM_NX_ND_TLL", "OXM_OF_IPV6_ND_TLL", NULL },
    [FIELD_ND_RESERVED] = { { ID(ND_RESERVED), .name = "nd_reserved", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_NONE, .format = FORMAT_HEX, .prereq = PREREQ_ND, .writable = true,
        .oxm_header = HEADER(0x1000, 1, 4), .oxm_since = OFP15 },
        PLACE(BE, nd_reserved, 4, 0, 32), NULL, "ERICOXM_OF_ICMPV6_ND_RESERVED", NULL },
    [FIELD_ND_OPTIONS_TYPE] = { { ID(ND_OPTIONS_TYPE), .name = "nd_options_type", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_ND, .writable = true,
        .oxm_header = HEADER(0x1000, 2, 1), .oxm_since = OFP15 },
        PLACE(HOST, nd_options_type, 1, 0, 8), NULL, "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", NULL },
    [FIELD_NSH_FLAGS] = { { ID(NSH_FLAGS), .name = "nsh_flags", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_ANY, .format = FORMAT_DECIMAL, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 1 },
        PLACE(HOST, nsh_flags, 1, 0, 8), NULL, NULL, "NXOXM_NSH_FLAGS" },
    [FIELD_NSH_TTL] = { { ID(NSH_TTL), .name = "nsh_ttl", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 10 },
        PLACE(HOST, nsh_ttl, 1, 0, 8), NULL, NULL, "NXOXM_NSH_TTL" },
    [FIELD_NSH_MDTYPE] = { { ID(NSH_MDTYPE), .name = "nsh_mdtype", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NSH,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 2 },
        PLACE(HOST, nsh_mdtype, 1, 0, 8), NULL, NULL, "NXOXM_NSH_MDTYPE" },
    [FIELD_NSH_NP] = { { ID(NSH_NP), .name = "nsh_np", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NSH,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 3 },
        PLACE(HOST, nsh_np, 1, 0, 8), NULL, NULL, "NXOXM_NSH_NP" },
    [FIELD_NSH_SPI] = { { ID(NSH_SPI), .name = "nsh_spi", .n_bytes = 4, .n_bits = 24,
        .masking = MASK_NONE, .format = FORMAT_HEX, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 4 },
        PLACE(BE, nsh_path_hdr, 4, 8, 24), NULL, NULL, "NXOXM_NSH_SPI" },
    [FIELD_NSH_SI] = { { ID(NSH_SI), .name = "nsh_si", .n_bytes = 1, .n_bits = 8,
        .masking = MASK_NONE, .format = FORMAT_DECIMAL, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 5 },
        PLACE(BE, nsh_path_hdr, 4, 0, 8), NULL, NULL, "NXOXM_NSH_SI" },
    [FIELD_NSH_C1] = { { ID(NSH_C1), .name = "nsh_c1", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 6 },
        PLACE(BE, nsh_context[0], 4, 0, 32), NULL, NULL, "NXOXM_NSH_C1" },
    [FIELD_NSH_C1 + 1] = { { ID(NSH_C1 + 1), .name = "nsh_c2", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 7 },
        PLACE(BE, nsh_context[1], 4, 0, 32), NULL, NULL, "NXOXM_NSH_C2" },
    [FIELD_NSH_C1 + 2] = { { ID(NSH_C1 + 2), .name = "nsh_c3", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 8 },
        PLACE(BE, nsh_context[2], 4, 0, 32), NULL, NULL, "NXOXM_NSH_C3" },
    [FIELD_NSH_C1 + 3] = { { ID(NSH_C1 + 3), .name = "nsh_c4", .n_bytes = 4, .n_bits = 32,
        .masking = MASK_ANY, .format = FORMAT_HEX, .prereq = PREREQ_NSH, .writable = true,
        .exp_id = OXM_EXPERIMENTER_NSH, .exp_type = 9 },
        PLACE(BE, nsh_context[3], 4, 0, 32), NULL, NULL, "NXOXM_NSH_C4" },
};

/* Indexes over the table, made once: names in alphabetical order, and ids by header. */
enum { N_CLASSES = 5, N_TYPES = 128 };
#define NO_FIELD 255
static_assert(FIELD_N_IDS < (int) NO_FIELD, "ids fit a byte");

struct name_index {
    const char *name;
    uint8_t id;
};

static struct {
    struct name_index names[FIELD_N_IDS * 2], wire_names[FIELD_N_IDS * 3];
    size_t n_names, n_wire_names;
    uint8_t headers[N_CLASSES][N_TYPES];
} indexes;

/* The row of indexes.headers for an OXM class, or -1. */
static int class_row(uint32_t class)
{
    switch (class) {
    case 0:
        return 0; /* NXM_OF */
    case 1:
        return 1; /* NXM_NX */
    case 0x8000:
        return 2; /* OXM_OF */
    case 0x8001:
        return 3; /* OXM_OF_PKT_REG */
    case 0x1000:
        return 4; /* ERICOXM_OF */
    default:
        return -1;
    }
}

static int compare_names(const void *a_, const void *b_)
{
    const struct name_index *a = a_, *b = b_;

    return strcmp(a->name, b->name);
}

static void add_name(struct name_index *index, size_t *n, const char *name, size_t id)
{
    if (name) {
        index[(*n)++] = (struct name_index) { name, (uint8_t) id };
    }
}

static void add_header(uint32_t header, size_t id)
{
    if (header) {
        indexes.headers[class_row(header >> 16)][header >> 9 & 127] = (uint8_t) id;
    }
}

static void build_indexes(void)
{
    memset(indexes.headers, NO_FIELD, sizeof indexes.headers);
    for (size_t i = 0; i < FIELD_N_IDS; i++) {
        const struct field_entry *e = &table[i];

        add_name(indexes.names, &indexes.n_names, e->f.name, i);
        add_name(indexes.names, &indexes.n_names, e->f.alias, i);
        add_name(indexes.wire_names, &indexes.n_wire_names, e->nxm_name, i);
        add_name(indexes.wire_names, &indexes.n_wire_names, e->oxm_name, i);
        add_name(indexes.wire_names, &indexes.n_wire_names, e->exp_name, i);
        add_header(e->f.nxm_header, i);
        add_header(e->f.oxm_header, i);
    }
    qsort(indexes.names, indexes.n_names, sizeof *indexes.names, compare_names);
    qsort(indexes.wire_names, indexes.n_wire_names, sizeof *indexes.wire_names, compare_names);
}

static void need_indexes(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, build_indexes);
}

static const struct field *find_name(const struct name_index *index, size_t n, const char *name)
{
    struct name_index key = { .name = name };
    const struct name_index *found = bsearch(&key, index, n, sizeof *index, compare_names);

    return found ? &table[found->id].f : NULL;
}

/* What the thread's map, if it uses one, makes of a field; 'f' may be null. */
static const struct field *in_map(const struct field *f)
{
    return f && field_is_variable(f) ? field_in_map(f) : f;
}

const struct field *field_get(enum field_id id)
{
    return &table[id].f;
}

const struct field *field_by_name(const char *name)
{
    need_indexes();
    return in_map(find_name(indexes.names, indexes.n_names, name));
}

const struct field *field_by_wire_name(const char *name)
{
    need_indexes();
    return in_map(find_name(indexes.wire_names, indexes.n_wire_names, name));
}

const struct field *field_by_header(uint32_t header)
{
    int row = class_row(header >> 16);

    if (row < 0) {
        return NULL;
    }
    need_indexes();
    uint8_t id = indexes.headers[row][header >> 9 & 127];
    return id == NO_FIELD ? NULL : in_map(&table[id].f);
}

const struct field *field_by_experimenter(uint32_t experimenter, uint8_t type)
{
    for (size_t i = 0; i < FIELD_N_IDS && experimenter; i++) {
        if (table[i].f.exp_id == experimenter && table[i].f.exp_type == type) {
            return &table[i].f;
        }
    }
    return NULL;
}

const char *field_wire_name(const struct field *f)
{
    const struct field_entry *e = field_entry(f);

    return e->nxm_name ? e->nxm_name : e->oxm_name ? e->oxm_name : e->exp_name;
}
