/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: description, status, modification. OpenFlow 1.0 section 5.2.1, 1.3 section 7.2.1, 1.4 section 7.2.1. */
#include "lib/ofp/port.h"

#include "lib/ofp/codec.h"
#include "lib/ofp/prop.h"

enum { NAME_LEN = 16 };

/* Since 1.1 there are no STP bits in config, and state has only these. */
enum { CONFIG_11 = OFPPC_PORT_DOWN | OFPPC_NO_RECV | OFPPC_NO_FWD | OFPPC_NO_PACKET_IN };
enum { STATE_11 = OFPPS_LINK_DOWN | OFPPS_BLOCKED | OFPPS_LIVE };
enum { CONFIG_10 = 0x7f };

/* The property of Ethernet ports: of descriptions, and of port-mods. */
enum { PROP_ETHERNET = 0, DESC_ETHERNET_LEN = 32, MOD_ETHERNET_LEN = 8 };

/* Features: 1.0 has the speeds up to 10 Gb/s in bits 0 to 6 and then COPPER, FIBER, AUTONEG, PAUSE,
 * PAUSE_ASYM; 1.1 has more speeds in bits 7 to 10. */
enum { SPEEDS_10 = 0x7f, LINK_SHIFT_10 = 4, LINK_BITS_10 = 0xf80, FEATURES_11 = 0xffff };

enum ofp_error port_number_decode(const uint8_t *p, ofp_port_t *port)
{
    uint16_t port10;

    *port = get_u32(p);
    return ofp_port_to_10(*port, &port10) ? OFPERR_OK : OFPBRC_BAD_PORT;
}

static uint32_t features_from_10(uint32_t f)
{
    return (f & SPEEDS_10) | (f & LINK_BITS_10) << LINK_SHIFT_10;
}

static uint32_t features_to_10(uint32_t f)
{
    return (f & SPEEDS_10) | (f >> LINK_SHIFT_10 & LINK_BITS_10);
}

/* The speed of the fastest bit, kb/s. */
static uint32_t speed_of(uint32_t features)
{
    static const struct {
        uint32_t bits;
        uint32_t kbps;
    } speeds[] = {
        { 1 << 9, 1000000000 }, { 1 << 8, 100000000 }, { 1 << 7, 40000000 },
        { 1 << 6, 10000000 },   { 3 << 4, 1000000 },   { 3 << 2, 100000 },
        { 3 << 0, 10000 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (features & speeds[i].bits) {
            return speeds[i].kbps;
        }
    }
    return 0;
}

static void decode_name(const uint8_t *mac, const uint8_t *name, struct ofp_phy_port *port)
{
    memcpy(&port->mac, mac, sizeof port->mac);
    memcpy(port->name, name, NAME_LEN);
    port->name[NAME_LEN - 1] = '\0';
}

static void decode_features(const uint8_t *p, struct ofp_phy_port *port)
{
    port->curr = get_u32(p) & FEATURES_11;
    port->advertised = get_u32(p + 4) & FEATURES_11;
    port->supported = get_u32(p + 8) & FEATURES_11;
    port->peer = get_u32(p + 12) & FEATURES_11;
}

static void decode_10(const uint8_t *p, struct ofp_phy_port *port)
{
    port->no = ofp_port_from_10(get_u16(p));
    decode_name(p + 2, p + 8, port);
    port->config = get_u32(p + 24) & CONFIG_10;
    port->state = get_u32(p + 28) & (OFPPS_LINK_DOWN | OFPPS_STP_MASK);
    decode_features(p + 32, port);
    port->curr = features_from_10(port->curr);
    port->advertised = features_from_10(port->advertised);
    port->supported = features_from_10(port->supported);
    port->peer = features_from_10(port->peer);
    port->curr_speed = speed_of(port->curr);
    port->max_speed = speed_of(port->supported);
}

static enum ofp_error decode_11(const uint8_t *p, struct ofp_phy_port *port)
{
    decode_name(p + 8, p + 16, port);
    port->config = get_u32(p + 32) & CONFIG_11;
    port->state = get_u32(p + 36) & STATE_11;
    decode_features(p + 40, port);
    port->curr_speed = get_u32(p + 56);
    port->max_speed = get_u32(p + 60);
    return port_number_decode(p, &port->no);
}

/* Kinds of ports that are not known have properties that are passed over. */
static enum ofp_error decode_props(const uint8_t *p, size_t n, struct ofp_phy_port *port)
{
    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (error) {
            return error;
        }
        if (prop.type == PROP_ETHERNET) {
            if (prop.n != DESC_ETHERNET_LEN) {
                return OFPBPC_BAD_LEN;
            }
            decode_features(prop.p + 8, port);
            port->curr_speed = get_u32(prop.p + 24);
            port->max_speed = get_u32(prop.p + 28);
        } else if (prop.type == PORT_PROP_OPTICAL) {
            error = port_props_get_optics(&prop, &port->optics);
            if (error) {
                return error;
            }
        }
    }
    return OFPERR_OK;
}

static enum ofp_error pull_14(const uint8_t **p, size_t *n, struct ofp_phy_port *port)
{
    const uint8_t *base = *p;
    size_t len = *n >= PORT_14_LEN ? get_u16(base + 4) : 0;

    if (len < PORT_14_LEN || len > *n) {
        return OFPBRC_BAD_LEN;
    }
    *p += len;
    *n -= len;
    decode_name(base + 8, base + 16, port);
    port->config = get_u32(base + 32) & CONFIG_11;
    port->state = get_u32(base + 36) & STATE_11;
    enum ofp_error error = port_number_decode(base, &port->no);
    return error ? error : decode_props(base + PORT_14_LEN, len - PORT_14_LEN, port);
}

enum ofp_error port_pull(const uint8_t **p, size_t *n, enum ofp_version version,
                         struct ofp_phy_port *port)
{
    const uint8_t *base = *p;
    size_t len = version == OFP10 ? PORT_10_LEN : PORT_11_LEN;

    memset(port, 0, sizeof *port);
    if (version >= OFP14) {
        return pull_14(p, n, port);
    }
    if (*n < len) {
        return OFPBRC_BAD_LEN;
    }
    *p += len;
    *n -= len;
    if (version >= OFP11) {
        return decode_11(base, port);
    }
    decode_10(base, port);
    return OFPERR_OK;
}

uint16_t port_to_10_or_none(ofp_port_t port)
{
    uint16_t port10;

    return ofp_port_to_10(port, &port10) ? port10 : (uint16_t) OFPP_NONE;
}

static void encode_10(struct ofpbuf *out, const struct ofp_phy_port *port, const char *name)
{
    put_u16(out, port_to_10_or_none(port->no));
    ofpbuf_put(out, &port->mac, sizeof port->mac);
    ofpbuf_put(out, name, NAME_LEN);
    put_u32(out, port->config & CONFIG_10);
    put_u32(out, port->state & (OFPPS_LINK_DOWN | OFPPS_STP_MASK));
    put_u32(out, features_to_10(port->curr));
    put_u32(out, features_to_10(port->advertised));
    put_u32(out, features_to_10(port->supported));
    put_u32(out, features_to_10(port->peer));
}

static void encode_features(struct ofpbuf *out, const struct ofp_phy_port *port)
{
    put_u32(out, port->curr & FEATURES_11);
    put_u32(out, port->advertised & FEATURES_11);
    put_u32(out, port->supported & FEATURES_11);
    put_u32(out, port->peer & FEATURES_11);
    put_u32(out, port->curr_speed);
    put_u32(out, port->max_speed);
}

static void encode_14(struct ofpbuf *out, size_t start, const struct ofp_phy_port *port)
{
    size_t prop = prop_begin(out, PROP_ETHERNET);

    put_zeros(out, 4);
    encode_features(out, port);
    prop_end(out, prop);
    port_props_put_optics(out, &port->optics);
    put_be16(out->data + start + 4, htons((uint16_t) (out->size - start)));
}

void port_encode(struct ofpbuf *out, enum ofp_version version, const struct ofp_phy_port *port)
{
    size_t start = out->size;
    char name[NAME_LEN] = "";

    memcpy(name, port->name, MIN(strlen(port->name), NAME_LEN - 1));
    if (version == OFP10) {
        encode_10(out, port, name);
        return;
    }
    put_u32(out, port->no);
    put_zeros(out, 4); /* since 1.4 the length is in there */
    ofpbuf_put(out, &port->mac, sizeof port->mac);
    put_zeros(out, 2);
    ofpbuf_put(out, name, NAME_LEN);
    put_u32(out, port->config & CONFIG_11);
    put_u32(out, port->state & STATE_11);
    if (version >= OFP14) {
        encode_14(out, start, port);
    } else {
        encode_features(out, port);
    }
}

enum ofp_error port_status_decode(const struct msg_header *h, struct ofp_message *msg)
{
    uint8_t reason = h->body[0];
    const uint8_t *p = h->body + 8;
    size_t n = h->body_len - 8;

    msg->u.port_status.reason = (enum ofp_port_reason) reason;
    if (reason > OFPPR_MODIFY) {
        return NXBRC_BAD_REASON;
    }
    enum ofp_error error = port_pull(&p, &n, h->version, &msg->u.port_status.port);
    return !error && n ? OFPBRC_BAD_LEN : error;
}

void ofp_encode_port_status(struct ofpbuf *out, enum ofp_version version,
                            enum ofp_port_reason reason, const struct ofp_phy_port *port)
{
    size_t start = msg_begin(out, OFPMSG_PORT_STATUS, version, false, 0);

    put_u8(out, (uint8_t) reason);
    put_zeros(out, 7);
    port_encode(out, version, port);
    msg_end(out, start);
}

enum ofp_error port_mod_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_port_mod *pm = &msg->u.port_mod;

    pm->no = ofp_port_from_10(get_u16(h->body));
    memcpy(&pm->mac, h->body + 2, sizeof pm->mac);
    pm->mask = get_u32(h->body + 12);
    pm->config = get_u32(h->body + 8) & pm->mask;
    pm->advertise = features_from_10(get_u32(h->body + 16));
    return pm->mask & ~(uint32_t) CONFIG_10 ? OFPPMFC_BAD_CONFIG : OFPERR_OK;
}

enum ofp_error port_mod_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_port_mod *pm = &msg->u.port_mod;

    memcpy(&pm->mac, h->body + 8, sizeof pm->mac);
    pm->mask = get_u32(h->body + 20);
    pm->config = get_u32(h->body + 16) & pm->mask;
    pm->advertise = get_u32(h->body + 24) & FEATURES_11;
    if (port_number_decode(h->body, &pm->no)) {
        return OFPPMFC_BAD_PORT;
    }
    return pm->mask & ~(uint32_t) CONFIG_11 ? OFPPMFC_BAD_CONFIG : OFPERR_OK;
}

enum ofp_error port_mod_decode_14(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_port_mod *pm = &msg->u.port_mod;
    const uint8_t *p = h->body + 24;
    size_t n = h->body_len - 24;

    memcpy(&pm->mac, h->body + 8, sizeof pm->mac);
    pm->mask = get_u32(h->body + 20);
    pm->config = get_u32(h->body + 16) & pm->mask;
    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (!error && prop.type == PORT_PROP_OPTICAL) {
            error = port_props_get_optics_mod(&prop, &pm->optics);
        } else if (!error && prop.type != PROP_ETHERNET) {
            error = prop_unknown(&prop);
        } else if (!error && prop.n != MOD_ETHERNET_LEN) {
            error = OFPBPC_BAD_LEN;
        } else if (!error) {
            pm->advertise = get_u32(prop.p + 4) & FEATURES_11;
        }
        if (error) {
            return error;
        }
    }
    if (port_number_decode(h->body, &pm->no)) {
        return OFPPMFC_BAD_PORT;
    }
    return pm->mask & ~(uint32_t) CONFIG_11 ? OFPPMFC_BAD_CONFIG : OFPERR_OK;
}

void ofp_encode_port_mod(struct ofpbuf *out, enum ofp_version version,
                         const struct ofp_port_mod *pm, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_PORT_MOD, version, false, xid);

    if (version == OFP10) {
        put_u16(out, port_to_10_or_none(pm->no));
        ofpbuf_put(out, &pm->mac, sizeof pm->mac);
        put_u32(out, pm->config & pm->mask & CONFIG_10);
        put_u32(out, pm->mask & CONFIG_10);
        put_u32(out, features_to_10(pm->advertise));
    } else {
        put_u32(out, pm->no);
        put_zeros(out, 4);
        ofpbuf_put(out, &pm->mac, sizeof pm->mac);
        put_zeros(out, 2);
        put_u32(out, pm->config & pm->mask & CONFIG_11);
        put_u32(out, pm->mask & CONFIG_11);
        if (version >= OFP14) {
            if (pm->advertise & FEATURES_11) {
                prop_put_u32(out, PROP_ETHERNET, pm->advertise & FEATURES_11);
            }
            port_props_put_optics_mod(out, &pm->optics);
            msg_end(out, start);
            return;
        }
        put_u32(out, pm->advertise & FEATURES_11);
    }
    put_zeros(out, 4);
    msg_end(out, start);
}
