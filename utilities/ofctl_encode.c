/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: commands that build messages and packets without a switch: encode-hello, encode-error-reply, compose-packet,
 * parse-packet and parse-key-value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/net/csum.h"
#include "lib/net/packet.h"
#include "lib/net/parse.h"
#include "lib/ofp/key_value.h"
#include "lib/ofp/print.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_hex.h"

static void dump(const uint8_t *p, size_t n)
{
    struct strbuf s = STRBUF_INIT;

    print_hex_dump(&s, p, n, false);
    fputs(strbuf_str(&s), stdout);
    strbuf_destroy(&s);
}

int ofctl_encode_hello(int argc, char *argv[])
{
    struct ofpbuf msg = { NULL, 0, 0 };

    ofp_encode_hello(&msg, (uint32_t) strtoul(argv[1], NULL, 0), connection_xid());
    dump(msg.data, msg.size);
    ofctl_print(stdout, &msg, NULL, 0);
    ofpbuf_destroy(&msg);
    return 0;
}

int ofctl_encode_error_reply(int argc, char *argv[])
{
    enum ofp_error error = ofp_error_from_name(argv[1]);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    if (error == OFPERR_OK) {
        ofctl_fatal("unknown error \"%s\"", argv[1]);
    }
    if (*hex_parse(argv[2], &request)) {
        ofctl_fatal("Trailing garbage in hex data");
    }
    if (request.size < OFP_HEADER_LEN || ntohs(get_be16(request.data + 2)) != request.size) {
        ofctl_fatal("not the length that the message tells");
    }
    ofp_encode_error(&reply, (enum ofp_version) request.data[0], error, request.data, request.size);
    dump(reply.data, reply.size);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    return 0;
}

int ofctl_parse_key_value(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        const char *separator = "";
        struct key_value kv;
        char *text = argv[i];

        while (key_value_next(&text, &kv)) {
            printf("%s%s", separator, kv.key);
            if (*kv.value) {
                printf("=%s", kv.value);
            }
            separator = ", ";
        }
        putchar('\n');
    }
    return 0;
}

/* Counts up behind the headers where there were zeros; the checksum of TCP, UDP and ICMP takes that in. */
static void fill_payload(uint8_t *bytes, size_t n, size_t payload_len, uint8_t proto, size_t l4_ofs)
{
    size_t csum_at = proto == 6 ? 16 : proto == 17 ? 6 : proto == 1 || proto == 58 ? 2 : 0;
    uint8_t *payload = bytes + n - payload_len;

    for (size_t i = 0; i < payload_len; i++) {
        payload[i] = (uint8_t) i;
    }
    if (csum_at && l4_ofs + csum_at + 2 <= n - payload_len) {
        uint8_t *at = bytes + l4_ofs + csum_at;
        uint32_t partial = csum_continue(0, payload, payload_len);
        be16 old = (be16) ~get_be16(at);
        put_be16(at, csum_finish(csum_continue(partial, &old, sizeof old)));
    }
}

/* The protocol of an IPv4 or IPv6 packet without extension headers. */
static uint8_t protocol_of(const struct flow *flow)
{
    return flow->eth_type == htons(0x0800) || flow->eth_type == htons(0x86dd) ? flow->nw_proto : 0;
}

int ofctl_compose_packet(int argc, char *argv[])
{
    enum { PAYLOAD_LEN = 64 };
    struct ofp_flow_stats_request r;
    uint8_t bytes[4096];

    ofctl_check(ofp_flow_stats_request_parse(&r, argv[1], NULL));
    struct flow *flow = &r.match.flow;
    uint8_t proto = protocol_of(flow);
    bool has_payload = proto == 1 || proto == 6 || proto == 17 || proto == 58;
    if (r.match.mask.vlan[0].tci) {
        flow->vlan[0].tci |= htons(VLAN_CFI); /* there is a tag */
        flow->vlan[0].tpid = htons(0x8100);
    }
    size_t empty = flow_compose(flow, bytes, sizeof bytes, 0);
    size_t n = has_payload ? flow_compose(flow, bytes, sizeof bytes, PAYLOAD_LEN) : empty;
    if (!n) {
        ofctl_fatal("the packet does not fit %zu bytes", sizeof bytes);
    }
    struct packet packet = { .data = bytes, .head_len = (uint32_t) n };
    struct flow parsed;
    if (n == empty + PAYLOAD_LEN && parse_packet(&packet, &parsed) == PARSE_OK &&
        packet.l4_ofs != PACKET_NO_OFFSET) {
        fill_payload(bytes, n, PAYLOAD_LEN, proto, packet.l4_ofs);
    }
    dump(bytes, n);
    return 0;
}

int ofctl_parse_packet(int argc, char *argv[])
{
    struct strbuf s = STRBUF_INIT;
    uint8_t bytes[8192];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

    if (n < 0) {
        ofctl_fatal("failed to read packet data (%s)", strerror(errno));
    }
    print_packet(&s, bytes, (size_t) n);
    const char *text = strbuf_str(&s);
    printf("%.*s\n", (int) strcspn(text, " \n"), text); /* checksums follow */
    strbuf_destroy(&s);
    return 0;
}
