/* SPDX-License-Identifier: Apache-2.0 */
/* Optics of ports, and the counters of RFC 2819: on the wire and as text. */
#include "lib/ofp/port_props.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/print.h"
#include "lib/ofp/prop.h"

enum { OPTICS_LEN = 40, OPTICS_MOD_LEN = 24, OPTICS_STATS_LEN = 44, RFC2819_LEN = 16 + 8 * RFC2819_N };

/* The property of the counters: whose it is, and which of his. */
enum { RFC2819_EXPERIMENTER = 0xaa01, RFC2819_EXP_TYPE = 1 };

/* Optics. */

void port_props_put_optics(struct ofpbuf *out, const struct ofp_optics *o)
{
    if (o->present) {
        size_t start = prop_begin(out, PORT_PROP_OPTICAL);
        const uint32_t words[] = { 0, o->supported, o->tx_min, o->tx_max, o->tx_grid, o->rx_min, o->rx_max, o->rx_grid };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            put_u32(out, words[i]);
        }
        put_u16(out, o->tx_pwr_min);
        put_u16(out, o->tx_pwr_max);
        prop_end(out, start);
    }
}

enum ofp_error port_props_get_optics(const struct prop *prop, struct ofp_optics *o)
{
    const uint8_t *p = prop->p;

    if (prop->n != OPTICS_LEN) {
        return OFPBPC_BAD_LEN;
    }
    *o = (struct ofp_optics) {
        .present = true,
        .supported = get_u32(p + 8),
        .tx_min = get_u32(p + 12),
        .tx_max = get_u32(p + 16),
        .tx_grid = get_u32(p + 20),
        .rx_min = get_u32(p + 24),
        .rx_max = get_u32(p + 28),
        .rx_grid = get_u32(p + 32),
        .tx_pwr_min = get_u16(p + 36),
        .tx_pwr_max = get_u16(p + 38),
    };
    return OFPERR_OK;
}

void port_props_put_optics_mod(struct ofpbuf *out, const struct ofp_optics_mod *o)
{
    if (o->present) {
        size_t start = prop_begin(out, PORT_PROP_OPTICAL);

        put_u32(out, o->configure);
        put_u32(out, o->freq_lmda);
        put_u32(out, (uint32_t) o->fl_offset);
        put_u32(out, o->grid_span);
        put_u32(out, o->tx_pwr);
        prop_end(out, start);
    }
}

enum ofp_error port_props_get_optics_mod(const struct prop *prop, struct ofp_optics_mod *o)
{
    const uint8_t *p = prop->p;

    if (prop->n != OPTICS_MOD_LEN) {
        return OFPBPC_BAD_LEN;
    }
    *o = (struct ofp_optics_mod) {
        .present = true,
        .configure = get_u32(p + 4),
        .freq_lmda = get_u32(p + 8),
        .fl_offset = (int32_t) get_u32(p + 12),
        .grid_span = get_u32(p + 16),
        .tx_pwr = get_u32(p + 20),
    };
    return OFPERR_OK;
}

void port_props_put_optics_stats(struct ofpbuf *out, const struct ofp_optics_stats *o)
{
    if (o->present) {
        size_t start = prop_begin(out, PORT_PROP_OPTICAL);
        const uint32_t words[] = { 0, o->flags, o->tx_freq_lmda, o->tx_offset, o->tx_grid_span, o->rx_freq_lmda, o->rx_offset,
                                   o->rx_grid_span };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            put_u32(out, words[i]);
        }
        put_u16(out, o->tx_pwr);
        put_u16(out, o->rx_pwr);
        put_u16(out, o->bias_current);
        put_u16(out, o->temperature);
        prop_end(out, start);
    }
}

enum ofp_error port_props_get_optics_stats(const struct prop *prop, struct ofp_optics_stats *o)
{
    const uint8_t *p = prop->p;

    if (prop->n != OPTICS_STATS_LEN) {
        return OFPBPC_BAD_LEN;
    }
    *o = (struct ofp_optics_stats) {
        .present = true,
        .flags = get_u32(p + 8),
        .tx_freq_lmda = get_u32(p + 12),
        .tx_offset = get_u32(p + 16),
        .tx_grid_span = get_u32(p + 20),
        .rx_freq_lmda = get_u32(p + 24),
        .rx_offset = get_u32(p + 28),
        .rx_grid_span = get_u32(p + 32),
        .tx_pwr = get_u16(p + 36),
        .rx_pwr = get_u16(p + 38),
        .bias_current = get_u16(p + 40),
        .temperature = get_u16(p + 42),
    };
    return OFPERR_OK;
}

static const struct bit_name features[] = {
    { OFPOPF_RX_TUNE, "RX_TUNE" }, { OFPOPF_TX_TUNE, "TX_TUNE" }, { OFPOPF_TX_PWR, "TX_PWR" }, { OFPOPF_USE_FREQ, "USE_FREQ" },
};

static const struct bit_name told[] = {
    { OFPOSF_RX_TUNE, "RX_TUNE" }, { OFPOSF_TX_TUNE, "TX_TUNE" }, { OFPOSF_TX_PWR, "TX_PWR" },
    { OFPOSF_RX_PWR, "RX_PWR" },   { OFPOSF_TX_BIAS, "TX_BIAS" }, { OFPOSF_TX_TEMP, "TX_TEMP" },
};

void port_props_format_optics(struct strbuf *s, const struct ofp_optics *o)
{
    if (o->present) {
        strbuf_puts(s, "     optical:    ");
        print_bits(s, o->supported, features, ARRAY_SIZE(features), "0");
        strbuf_putf(s, "\n     optical tx: min=%u, max=%u, grid=%u, power min=%u, max=%u\n", o->tx_min, o->tx_max, o->tx_grid,
                    o->tx_pwr_min, o->tx_pwr_max);
        strbuf_putf(s, "     optical rx: min=%u, max=%u, grid=%u\n", o->rx_min, o->rx_max, o->rx_grid);
    }
}

void port_props_format_optics_mod(struct strbuf *s, const struct ofp_optics_mod *o)
{
    if (o->present) {
        strbuf_puts(s, "     optical: ");
        print_bits(s, o->configure, features, ARRAY_SIZE(features), "0");
        strbuf_putf(s, ", center=%u, offset=%d, span=%u, tx_power=%u\n", o->freq_lmda, o->fl_offset, o->grid_span, o->tx_pwr);
    }
}

void port_props_format_optics_stats(struct strbuf *s, const struct ofp_optics_stats *o)
{
    if (o->present) {
        strbuf_puts(s, "           optical ");
        print_bits(s, o->flags, told, ARRAY_SIZE(told), "0");
        strbuf_putf(s, "\n           optical rx center=%u, offset=%u, span=%u, power=%u\n", o->rx_freq_lmda, o->rx_offset,
                    o->rx_grid_span, o->rx_pwr);
        strbuf_putf(s, "           optical tx center=%u, offset=%u, span=%u, power=%u, bias=%u, temperature=%u\n", o->tx_freq_lmda,
                    o->tx_offset, o->tx_grid_span, o->tx_pwr, o->bias_current, o->temperature);
    }
}

/* RFC 2819. */

void port_props_put_rfc2819(struct ofpbuf *out, const struct ofp_rfc2819 *rfc)
{
    if (rfc->present) {
        size_t start = prop_begin(out, PROP_EXPERIMENTER);

        put_u32(out, RFC2819_EXPERIMENTER);
        put_u32(out, RFC2819_EXP_TYPE);
        put_zeros(out, 4);
        for (size_t i = 0; i < RFC2819_N; i++) {
            put_u64(out, rfc->counters[i]);
        }
        prop_end(out, start);
    }
}

enum ofp_error port_props_get_rfc2819(const struct prop *prop, struct ofp_rfc2819 *rfc)
{
    if (prop->experimenter != RFC2819_EXPERIMENTER || prop->exp_type != RFC2819_EXP_TYPE) {
        return OFPERR_OK;
    }
    if (prop->n != RFC2819_LEN) {
        return OFPBPC_BAD_LEN;
    }
    rfc->present = true;
    for (size_t i = 0; i < RFC2819_N; i++) {
        rfc->counters[i] = get_u64(prop->p + 16 + 8 * i);
    }
    return OFPERR_OK;
}

struct named_counter {
    uint8_t counter;
    const char *name;
};

/* What is known, in one line; nothing if that is nothing. */
static void put_line(struct strbuf *s, const struct ofp_rfc2819 *rfc, const char *title, uint8_t sizes, const struct named_counter *others,
                     size_t n)
{
    static const char *const by_size[] = { "1_to_64", "65_to_127", "128_to_255", "256_to_511", "512_to_1023", "1024_to_1522",
                                           "1523_to_max" };
    bool any = false;

    for (size_t i = 0; i < ARRAY_SIZE(by_size) + n; i++) {
        bool is_size = i < ARRAY_SIZE(by_size);
        const struct named_counter *other = is_size ? NULL : &others[i - ARRAY_SIZE(by_size)];
        uint64_t count = rfc->counters[is_size ? sizes + i : other->counter];

        if (count != UINT64_MAX) {
            strbuf_puts(s, any ? "" : title);
            strbuf_putf(s, "%s%s=%llu, ", is_size ? by_size[i] : other->name, is_size ? "_packets" : "", (unsigned long long) count);
            any = true;
        }
    }
    strbuf_puts(s, any ? "\n" : "");
}

/* The words and their order are those of ovs-ofctl. */
void port_props_format_rfc2819(struct strbuf *s, const struct ofp_rfc2819 *rfc)
{
    static const struct named_counter rx[] = {
        { RFC2819_RX_BROADCAST, "broadcast_packets" }, { RFC2819_RX_UNDERSIZED, "undersized_errors" },
        { RFC2819_RX_OVERSIZE, "oversize_errors" },    { RFC2819_RX_FRAGMENTED, "rx_fragmented_errors" },
        { RFC2819_RX_JABBER, "rx_jabber_errors" },
    };
    static const struct named_counter tx[] = {
        { RFC2819_TX_MULTICAST, "multicast_packets" }, { RFC2819_TX_BROADCAST, "broadcast_packets" },
    };

    if (rfc->present) {
        put_line(s, rfc, "           rx rfc2819 ", RFC2819_RX_SIZES, rx, ARRAY_SIZE(rx));
        put_line(s, rfc, "           tx rfc2819 ", RFC2819_TX_SIZES, tx, ARRAY_SIZE(tx));
    }
}
