/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: ports and queues: dump-ports, dump-ports-desc, mod-port and queue-stats. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/ofp/queue_config.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"
#include "utilities/ofctl_port.h"

ofp_port_t ofctl_port_number(const char *target, const char *name)
{
    struct ofp_phy_port port;
    ofp_port_t number;

    if (ofp_port_from_string(name, &number)) {
        return number;
    }
    if (!ofctl_port_find(target, OFPP_NONE, name, &port)) {
        ofctl_fatal("%s: unknown port `%s'", target, name);
    }
    return port.no;
}

static void dump(const char *target, enum ofp_msg_type request_type, enum ofp_msg_type reply_type,
                 const void *body)
{
    struct connection *c = connection_open(target, ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_stats_request(&request, connection_version(c), request_type, body, false,
                             connection_xid());
    ofctl_multipart_dump(c, &request, reply_type, ofctl_names_shown(target));
    ofpbuf_destroy(&request);
    connection_close(c);
}

int ofctl_dump_ports(int argc, char *argv[])
{
    ofp_port_t port = argc > 2 ? ofctl_port_number(argv[1], argv[2]) : OFPP_NONE;

    dump(argv[1], OFPMSG_PORT_STATS_REQUEST, OFPMSG_PORT_STATS_REPLY, &port);
    return 0;
}

int ofctl_dump_ports_desc(int argc, char *argv[])
{
    ofp_port_t port = argc > 2 ? ofctl_port_number(argv[1], argv[2]) : OFPP_NONE;

    dump(argv[1], OFPMSG_PORT_DESC_REQUEST, OFPMSG_PORT_DESC_REPLY, &port);
    return 0;
}

static uint32_t parse_queue(const char *text)
{
    char *end;
    unsigned long queue = strtoul(text, &end, 10);

    if (*end || queue > UINT32_MAX) {
        ofctl_fatal("%s: not the number of a queue", text);
    }
    return (uint32_t) queue;
}

int ofctl_queue_stats(int argc, char *argv[])
{
    struct ofp_queue_stats_request body = { OFPP_ALL, OFPQ_ALL };

    if (argc > 2 && argv[2][0] && strcasecmp(argv[2], "all")) {
        body.port = ofctl_port_number(argv[1], argv[2]);
    }
    if (argc > 3 && argv[3][0] && strcasecmp(argv[3], "all")) {
        body.queue = parse_queue(argv[3]);
    }
    dump(argv[1], OFPMSG_QUEUE_STATS_REQUEST, OFPMSG_QUEUE_STATS_REPLY, &body);
    return 0;
}

static void ask_queue_config(struct connection *c, const struct ofp_queue_config_request *body,
                             const struct ofp_names *names)
{
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    ofp_encode_queue_config_request(&request, connection_version(c), body, connection_xid());
    if (connection_version(c) >= OFP14) {
        ofctl_multipart_dump(c, &request, OFPMSG_QUEUE_GET_CONFIG_REPLY, names);
    } else {
        connection_transact(c, &request, &reply);
        ofctl_print(stdout, &reply, names, 1);
    }
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
}

int ofctl_queue_get_config(int argc, char *argv[])
{
    struct ofp_queue_config_request body = { OFPP_NONE, OFPQ_ALL };
    const struct ofp_names *names = ofctl_names_shown(argv[1]);
    struct ofp_phy_port port;

    if (argc > 2 && strcasecmp(argv[2], "any")) {
        body.port = ofctl_port_number(argv[1], argv[2]);
    }
    if (argc > 3 && argv[3][0] && strcasecmp(argv[3], "all")) {
        body.queue = parse_queue(argv[3]);
    }
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    if (connection_version(c) > OFP10 || body.port != OFPP_NONE) {
        ask_queue_config(c, &body, names);
    } else {
        /* 1.0 cannot ask for all ports at once. */
        for (size_t i = 0; ofctl_port_at(argv[1], i, &port); i++) {
            if (port.no < OFPP_MAX) {
                body.port = port.no;
                ask_queue_config(c, &body, names);
            }
        }
    }
    connection_close(c);
    return 0;
}

/* What a word after mod-port does to which bit; the bits are negative, so "no-" sets them. */
struct port_setting {
    const char *name;
    uint32_t bit;
    bool set;
};

static void parse_setting(const char *word, struct ofp_port_mod *pm)
{
    static const struct port_setting settings[] = {
        { "up", OFPPC_PORT_DOWN, false },
        { "down", OFPPC_PORT_DOWN, true },
        { "stp", OFPPC_NO_STP, false },
        { "receive", OFPPC_NO_RECV, false },
        { "receive-stp", OFPPC_NO_RECV_STP, false },
        { "flood", OFPPC_NO_FLOOD, false },
        { "forward", OFPPC_NO_FWD, false },
        { "packet-in", OFPPC_NO_PACKET_IN, false },
    };
    bool negated = !strncasecmp(word, "no-", 3);

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (!strcasecmp(word + (negated ? 3 : 0), settings[i].name)) {
            pm->mask = settings[i].bit;
            pm->config = settings[i].set != negated ? settings[i].bit : 0;
            return;
        }
    }
    ofctl_fatal("unknown mod-port command '%s'", word);
}

int ofctl_mod_port(int argc, char *argv[])
{
    struct ofp_phy_port port;
    struct ofp_port_mod pm = { .no = OFPP_NONE };
    struct ofpbuf request = { NULL, 0, 0 };
    ofp_port_t number;

    if (!ofp_port_from_string(argv[2], &number)) {
        number = OFPP_NONE;
    }
    if (!ofctl_port_find(argv[1], number, argv[2], &port)) {
        ofctl_fatal("%s: couldn't find port `%s'", argv[1], argv[2]);
    }
    pm.no = port.no;
    pm.mac = port.mac;
    parse_setting(argv[3], &pm);

    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    ofp_encode_port_mod(&request, connection_version(c), &pm, connection_xid());
    ofctl_transact_noreply(c, &request, ofctl_names_shown(argv[1]));
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}
