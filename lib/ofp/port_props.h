/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenFlow 1.4 and later may tell of a port beyond its Ethernet: its optics (1.4 sections 7.2.1, 7.3.4.3 and 7.3.5.6), and the counters of
 * RFC 2819 in a property of an experimenter that Open vSwitch knows.
 *
 * A port that has none of this has no such property. This switch has no optics; the counters are those that a device may tell. */
#pragma once

#include "lib/ofp/ofp.h"

struct strbuf;

/* Frequencies and wavelengths, in MHz or nm*100 as OFPOPF_USE_FREQ has it; powers in dBm*10. */
enum { OFPOPF_RX_TUNE = 1, OFPOPF_TX_TUNE = 2, OFPOPF_TX_PWR = 4, OFPOPF_USE_FREQ = 8 };
struct ofp_optics {
    bool present;
    uint32_t supported; /* OFPOPF_* */
    uint32_t tx_min, tx_max, tx_grid, rx_min, rx_max, rx_grid;
    uint16_t tx_pwr_min, tx_pwr_max;
};

struct ofp_optics_mod {
    bool present;
    uint32_t configure; /* OFPOPF_* */
    uint32_t freq_lmda;
    int32_t fl_offset;
    uint32_t grid_span, tx_pwr;
};

enum { OFPOSF_RX_TUNE = 1, OFPOSF_TX_TUNE = 2, OFPOSF_TX_PWR = 4, OFPOSF_RX_PWR = 16, OFPOSF_TX_BIAS = 32, OFPOSF_TX_TEMP = 64 };
struct ofp_optics_stats {
    bool present;
    uint32_t flags; /* OFPOSF_*: what is told */
    uint32_t tx_freq_lmda, tx_offset, tx_grid_span, rx_freq_lmda, rx_offset, rx_grid_span;
    uint16_t tx_pwr, rx_pwr, bias_current, temperature;
};

/* In the order of the wire: received by size of frame, sent by size of frame, then the others. */
enum {
    RFC2819_RX_SIZES = 0,
    RFC2819_TX_SIZES = 7,
    RFC2819_TX_MULTICAST = 14,
    RFC2819_RX_BROADCAST,
    RFC2819_TX_BROADCAST,
    RFC2819_RX_UNDERSIZED,
    RFC2819_RX_OVERSIZE,
    RFC2819_RX_FRAGMENTED,
    RFC2819_RX_JABBER,
    RFC2819_N,
};
struct ofp_rfc2819 {
    bool present;
    uint64_t counters[RFC2819_N]; /* UINT64_MAX: not known */
};

/* Appends the property, unless it is not present. */
void port_props_put_optics(struct ofpbuf *, const struct ofp_optics *);
void port_props_put_optics_mod(struct ofpbuf *, const struct ofp_optics_mod *);
void port_props_put_optics_stats(struct ofpbuf *, const struct ofp_optics_stats *);
void port_props_put_rfc2819(struct ofpbuf *, const struct ofp_rfc2819 *);

/* Of a property whose type is PORT_PROP_OPTICAL. OFPBPC_BAD_LEN. */
struct prop;
enum { PORT_PROP_OPTICAL = 1 };
enum ofp_error port_props_get_optics(const struct prop *, struct ofp_optics *);
enum ofp_error port_props_get_optics_mod(const struct prop *, struct ofp_optics_mod *);
enum ofp_error port_props_get_optics_stats(const struct prop *, struct ofp_optics_stats *);

/* Of an experimenter's property; those of others are passed over. */
enum ofp_error port_props_get_rfc2819(const struct prop *, struct ofp_rfc2819 *);

/* Lines of text, or nothing if it is not present. */
void port_props_format_optics(struct strbuf *, const struct ofp_optics *);
void port_props_format_optics_mod(struct strbuf *, const struct ofp_optics_mod *);
void port_props_format_optics_stats(struct strbuf *, const struct ofp_optics_stats *);
void port_props_format_rfc2819(struct strbuf *, const struct ofp_rfc2819 *);
