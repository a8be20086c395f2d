/* SPDX-License-Identifier: Apache-2.0 */
/* BFD control packets and the frames that carry them. */
#include "lib/net/bfd.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/net/csum.h"

/* RFC 5880 section 4.1. */
struct wire {
    uint8_t vers_diag; /* version (3 bits), diagnostic (5 bits) */
    uint8_t flags;     /* state (2 bits), flags */
    uint8_t mult;
    uint8_t length;
    be16 my_disc[2], your_disc[2]; /* use get_be32(), as for what follows */
    be16 min_tx[2], min_rx[2], min_rx_echo[2];
} NET_PACKED;
static_assert(sizeof(struct wire) == BFD_CONTROL_LEN, "RFC 5880 section 4.1");

enum { AUTH_MIN_LEN = 26, STATE_SHIFT = 6, DIAG_MASK = 0x1f, VERSION_SHIFT = 5, FLAGS_MASK = 0x3f };

void bfd_control_encode(const struct bfd_control *control, uint8_t to[BFD_CONTROL_LEN])
{
    struct wire wire = {
        .vers_diag = BFD_VERSION << VERSION_SHIFT | (control->diag & DIAG_MASK),
        .flags = (uint8_t) (control->state << STATE_SHIFT | (control->flags & FLAGS_MASK)),
        .mult = control->mult,
        .length = BFD_CONTROL_LEN,
    };
    put_be32(wire.my_disc, htonl(control->my_disc));
    put_be32(wire.your_disc, htonl(control->your_disc));
    put_be32(wire.min_tx, htonl(control->min_tx_us));
    put_be32(wire.min_rx, htonl(control->min_rx_us));
    put_be32(wire.min_rx_echo, htonl(control->min_rx_echo_us));
    memcpy(to, &wire, sizeof wire);
}

const char *bfd_control_decode(const uint8_t *data, size_t n, struct bfd_control *control)
{
    struct wire wire;
    if (n < sizeof wire) {
        return "the packet is too short";
    }
    memcpy(&wire, data, sizeof wire);
    *control = (struct bfd_control) {
        .diag = wire.vers_diag & DIAG_MASK,
        .state = wire.flags >> STATE_SHIFT,
        .flags = wire.flags & FLAGS_MASK,
        .mult = wire.mult,
        .my_disc = ntohl(get_be32(wire.my_disc)),
        .your_disc = ntohl(get_be32(wire.your_disc)),
        .min_tx_us = ntohl(get_be32(wire.min_tx)),
        .min_rx_us = ntohl(get_be32(wire.min_rx)),
        .min_rx_echo_us = ntohl(get_be32(wire.min_rx_echo)),
    };
    if (wire.vers_diag >> VERSION_SHIFT != BFD_VERSION) {
        return "the version is not 1";
    }
    if (wire.length < (control->flags & BFD_AUTH ? AUTH_MIN_LEN : BFD_CONTROL_LEN)) {
        return "the length field is too small";
    }
    if (wire.length > n) {
        return "the length field is larger than the packet";
    }
    if (!control->mult) {
        return "the detection multiplier is 0";
    }
    if (control->flags & BFD_MULTIPOINT) {
        return "the multipoint flag is set";
    }
    if (!control->my_disc) {
        return "the sender's discriminator is 0";
    }
    if (!control->your_disc && control->state != BFD_DOWN && control->state != BFD_ADMIN_DOWN) {
        return "there is no receiver's discriminator, although the session is not down";
    }
    if (control->flags & BFD_AUTH) {
        return "there is authentication, which is not in use";
    }
    return NULL;
}

/* Frames. */

void bfd_frame_encode(const struct bfd_frame *frame, const struct bfd_control *control, uint8_t to[BFD_FRAME_LEN])
{
    struct eth_header eth = { .dst = frame->dst_mac, .src = frame->src_mac, .type = htons(ETH_TYPE_IP) };
    struct ip_header ip = {
        .ihl_ver = 0x45,
        .tos = frame->tos,
        .tot_len = htons(BFD_FRAME_LEN - ETH_HEADER_LEN),
        .frag_off = htons(IP_DONT_FRAGMENT),
        .ttl = BFD_TTL,
        .proto = IPPROTO_UDP,
    };
    struct udp_header udp = {
        .src = htons(frame->src_port),
        .dst = htons(BFD_UDP_PORT),
        .len = htons(UDP_HEADER_LEN + BFD_CONTROL_LEN),
    };
    uint8_t *payload = to + BFD_FRAME_LEN - BFD_CONTROL_LEN;
    bfd_control_encode(control, payload);
    put_be32(ip.src, frame->src_ip);
    put_be32(ip.dst, frame->dst_ip);
    ip.csum = csum(&ip, sizeof ip);
    uint32_t sum = csum_pseudo_ipv4(frame->src_ip, frame->dst_ip, IPPROTO_UDP, UDP_HEADER_LEN + BFD_CONTROL_LEN);
    sum = csum_continue(csum_continue(sum, &udp, sizeof udp), payload, BFD_CONTROL_LEN);
    udp.csum = csum_finish(sum);
    if (!udp.csum) {
        udp.csum = htons(0xffff);
    }
    memcpy(to, &eth, sizeof eth);
    memcpy(to + ETH_HEADER_LEN, &ip, sizeof ip);
    memcpy(to + ETH_HEADER_LEN + IP_HEADER_LEN, &udp, sizeof udp);
}

/* The offset of what is behind Ethernet and tags, 0 if that is not IPv4. */
static size_t find_ipv4(const uint8_t *data, size_t n)
{
    size_t ofs = ETH_HEADER_LEN;
    for (int tags = 0; n >= ofs + VLAN_HEADER_LEN && tags < 2; tags++) {
        be16 type = get_be16(data + ofs - 2);
        if (type != htons(ETH_TYPE_VLAN_8021Q) && type != htons(ETH_TYPE_VLAN_8021AD)) {
            break;
        }
        ofs += VLAN_HEADER_LEN;
    }
    return n >= ofs && get_be16(data + ofs - 2) == htons(ETH_TYPE_IP) ? ofs : 0;
}

const char *bfd_frame_decode(const uint8_t *data, size_t n, struct bfd_frame *frame, struct bfd_control *control)
{
    size_t ofs = n >= ETH_HEADER_LEN ? find_ipv4(data, n) : 0;
    struct ip_header ip;
    struct udp_header udp;
    if (!ofs || n - ofs < sizeof ip + sizeof udp) {
        return "it is not in IPv4";
    }
    memcpy(&ip, data + ofs, sizeof ip);
    size_t header_len = IP_IHL(ip.ihl_ver) * 4u, ip_len = ntohs(ip.tot_len);
    if (IP_VER(ip.ihl_ver) != 4 || header_len < sizeof ip || ip_len < header_len + sizeof udp || ip_len > n - ofs
        || csum(data + ofs, header_len)) {
        return "the IP header is not valid";
    }
    if (ip.frag_off & htons(IP_MORE_FRAGMENTS | IP_FRAG_OFF_MASK) || ip.proto != IPPROTO_UDP) {
        return "it is not in a whole UDP packet";
    }
    if (ip.ttl != BFD_TTL) {
        return "the TTL is not 255: it comes from further away than one hop";
    }
    memcpy(&udp, data + ofs + header_len, sizeof udp);
    size_t udp_len = ntohs(udp.len);
    if (udp.dst != htons(BFD_UDP_PORT) || udp_len < sizeof udp || udp_len > ip_len - header_len) {
        return "the UDP header is not valid";
    }
    *frame = (struct bfd_frame) {
        .src_ip = get_be32(ip.src),
        .dst_ip = get_be32(ip.dst),
        .src_port = ntohs(udp.src),
        .tos = ip.tos,
    };
    memcpy(&frame->dst_mac, data, sizeof frame->dst_mac);
    memcpy(&frame->src_mac, data + sizeof frame->dst_mac, sizeof frame->src_mac);
    return bfd_control_decode(data + ofs + header_len + sizeof udp, udp_len - sizeof udp, control);
}

/* Words. */

const char *bfd_state_name(enum bfd_state state)
{
    static const char *const names[] = { "admin_down", "down", "init", "up" };
    return names[state & 3];
}

const char *bfd_diag_name(uint8_t diag)
{
    static const char *const names[] = {
        "No Diagnostic",           "Control Detection Time Expired",
        "Echo Function Failed",    "Neighbor Signaled Session Down",
        "Forwarding Plane Reset",  "Path Down",
        "Concatenated Path Down",  "Administratively Down",
        "Reverse Concatenated Path Down",
    };
    return diag < ARRAY_SIZE(names) ? names[diag] : "Unknown Diagnostic";
}
