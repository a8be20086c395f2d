/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: packet-out. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/ofp/key_value.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_hex.h"
#include "utilities/ofctl_names.h"
#include "utilities/ofctl_packet_out.h"
#include "utilities/ofctl_port.h"

/* Null, or what is wrong. */
static const char *parse_packet(const char *text, struct ofpbuf *packet)
{
    if (*hex_parse(text, packet)) {
        return "Trailing garbage in packet data";
    }
    return packet->size < ETH_HEADER_LEN ? "Packet data too short for Ethernet" : NULL;
}

static bool parse_port(const char *text, const struct ofp_names *names, ofp_port_t *port)
{
    return ofp_port_from_string(text, port) ||
           (names && names->port_number(names->aux, text, port));
}

/* A field that the packet comes with. Only 1.5 can say it; other versions leave it out. */
static char *parse_metadata(const struct field *f, const char *text, const struct ofp_names *names,
                            struct match *metadata)
{
    union field_value value, mask;

    if (!ofp_packet_out_has_field(f->id)) {
        return xasprintf("%s is not a valid pipeline field for PACKET_OUT", f->name);
    }
    char *error = field_parse_value(f, text, names, &value, &mask);
    if (error) {
        return error;
    }
    if (!metadata->flow.lines) {
        match_init(metadata);
    }
    field_set_match(f, metadata, &value, &mask);
    return NULL;
}

/* One word of the description, but for the actions. */
static char *parse_word(const struct key_value *kv, const struct ofp_names *names,
                        struct ofp_packet_out *po, struct ofpbuf *packet)
{
    if (!strcmp(kv->key, "in_port")) {
        if (!parse_port(kv->value, names, &po->in_port)) {
            return xasprintf("%s is not a valid OpenFlow port", kv->value);
        }
        if (po->in_port >= OFPP_MAX && po->in_port != OFPP_LOCAL && po->in_port != OFPP_NONE &&
            po->in_port != OFPP_CONTROLLER) {
            return xasprintf("%s is not a valid OpenFlow port for PACKET_OUT", kv->value);
        }
    } else if (!strcmp(kv->key, "packet")) {
        packet->size = 0;
        const char *error = parse_packet(kv->value, packet);
        if (error) {
            return xasprintf("packet: %s", error);
        }
    } else if (field_by_name(kv->key)) {
        return parse_metadata(field_by_name(kv->key), kv->value, names, &po->metadata);
    } else {
        return xasprintf("unknown keyword %s", kv->key);
    }
    return NULL;
}

char *ofctl_packet_out_parse(char *text, const struct ofp_names *names, struct ofp_packet_out *po,
                             struct ofpbuf *packet)
{
    char *actions = strstr(text, "action"), *error = NULL;
    struct key_value kv;

    memset(po, 0, sizeof *po);
    po->in_port = OFPP_CONTROLLER;
    po->buffer_id = UINT32_MAX;
    if (actions) {
        *actions = '\0';
        actions = strchr(actions + 1, '=');
        if (!actions) {
            return xstrdup("must specify an action");
        }
        actions++;
    }
    while (!error && key_value_next(&text, &kv)) {
        error = parse_word(&kv, names, po, packet);
    }
    if (!error && actions) {
        error = ofp_actions_parse(actions, names, &po->actions);
    }
    if (!error && !packet->size) {
        error = xstrdup("must specify packet");
    }
    po->packet = packet->data;
    po->packet_len = packet->size;
    return error;
}

static void send_packet(struct connection *c, const char *target, struct ofp_packet_out *po,
                        const struct ofpbuf *packet)
{
    struct ofpbuf request = { NULL, 0, 0 };

    po->packet = packet->data;
    po->packet_len = packet->size;
    po->buffer_id = UINT32_MAX;
    if (!ofp_encode_packet_out(&request, connection_version(c), po, connection_xid())) {
        ofctl_fatal("the packet is too long for an OpenFlow message");
    }
    ofctl_transact_noreply(c, &request, ofctl_names_shown(target));
    ofpbuf_destroy(&request);
}

/* All packets are checked before the first is sent. */
static void send_packets(const char *target, struct ofp_packet_out *po, int n, char *texts[])
{
    struct ofpbuf *packets = xcalloc((size_t) n, sizeof *packets);

    for (int i = 0; i < n; i++) {
        const char *error = parse_packet(texts[i], &packets[i]);
        if (error) {
            ofctl_fatal("%s", error);
        }
    }
    struct connection *c = connection_open(target, ofctl_options.versions);
    for (int i = 0; i < n; i++) {
        send_packet(c, target, po, &packets[i]);
        ofpbuf_destroy(&packets[i]);
    }
    free(packets);
    connection_close(c);
}

int ofctl_packet_out(int argc, char *argv[])
{
    const struct ofp_names *names = ofctl_names_accepted(argv[1]);
    struct ofp_packet_out po = { .in_port = OFPP_CONTROLLER };

    if (argc == 3) {
        struct ofpbuf packet = { NULL, 0, 0 };
        ofctl_check(ofctl_packet_out_parse(argv[2], names, &po, &packet));
        struct connection *c = connection_open(argv[1], ofctl_options.versions);
        send_packet(c, argv[1], &po, &packet);
        connection_close(c);
        ofpbuf_destroy(&packet);
    } else if (argc > 4) {
        po.in_port = ofctl_port_number(argv[1], argv[2]);
        ofctl_check(ofp_actions_parse(argv[3], names, &po.actions));
        send_packets(argv[1], &po, argc - 4, argv + 4);
    } else {
        ofctl_fatal("Too many arguments (%d)", argc);
    }
    ofpbuf_destroy(&po.actions);
    return 0;
}
