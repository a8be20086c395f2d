/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: bundle, which carries out a file of flows, groups and packet-outs, all or none. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_bundle.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_file.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_group.h"
#include "utilities/ofctl_lines.h"
#include "utilities/ofctl_names.h"
#include "utilities/ofctl_packet_out.h"

enum kind { KIND_FLOW, KIND_GROUP, KIND_PACKET_OUT };

struct packet_out {
    struct ofp_packet_out po;
    struct ofpbuf packet;
};

/* The requests of a file, each kind in a list of its own, and the order of all. */
struct contents {
    enum kind *order;
    size_t n, allocated;
    struct flow_list flows;
    struct group_list groups;
    struct packet_out *packets;
    size_t n_packets, packets_allocated;
    const struct ofp_names *names;
};

static char *add_packet(struct contents *b, char *text)
{
    if (b->n_packets == b->packets_allocated) {
        b->packets = grow_array(b->packets, &b->packets_allocated, sizeof *b->packets);
    }
    struct packet_out *p = &b->packets[b->n_packets++];
    memset(p, 0, sizeof *p);
    return ofctl_packet_out_parse(text, b->names, &p->po, &p->packet);
}

static char *add_line(void *aux, char *line)
{
    struct contents *b = aux;
    size_t n = strcspn(line, ", \t\r\n");
    char *rest = line + n + strspn(line + n, " \t\r\n");
    enum kind kind;
    char *error;

    if (n == 4 && !strncmp(line, "flow", n)) {
        kind = KIND_FLOW;
        error = flow_list_add_command(&b->flows, rest, OFPFC_ADD);
    } else if (n == 5 && !strncmp(line, "group", n)) {
        kind = KIND_GROUP;
        error = group_list_add_command(&b->groups, rest);
    } else if (n == 10 && !strncmp(line, "packet-out", n)) {
        kind = KIND_PACKET_OUT;
        error = add_packet(b, rest);
    } else {
        return xasprintf("Unsupported bundle message type: %.*s", (int) n, line);
    }
    if (b->n == b->allocated) {
        b->order = grow_array(b->order, &b->allocated, sizeof *b->order);
    }
    b->order[b->n++] = kind;
    return error;
}

static void encode(const struct contents *b, struct ofpbuf *out, enum ofp_version version,
                   uint32_t format)
{
    size_t flow = 0, group = 0, packet = 0;

    for (size_t i = 0; i < b->n; i++) {
        be32 xid = connection_xid();
        struct ofp_flow_mod fm;

        switch (b->order[i]) {
        case KIND_FLOW:
            flow_list_get(&b->flows, flow++, &fm);
            ofctl_flow_mod_encode(out, &fm, format, xid);
            break;
        case KIND_GROUP:
            group_list_encode(&b->groups, group++, out, version, xid);
            break;
        case KIND_PACKET_OUT:
            if (!ofp_encode_packet_out(out, version, &b->packets[packet++].po, xid)) {
                ofctl_fatal("the packet is too long for an OpenFlow message");
            }
            break;
        }
    }
}

static void destroy(struct contents *b)
{
    for (size_t i = 0; i < b->n_packets; i++) {
        ofpbuf_destroy(&b->packets[i].packet);
        ofpbuf_destroy(&b->packets[i].po.actions);
    }
    free(b->packets);
    free(b->order);
    flow_list_destroy(&b->flows);
    group_list_destroy(&b->groups);
}

int ofctl_bundle(int argc, char *argv[])
{
    struct contents b = { .names = ofctl_names_accepted(argv[1]) };
    struct ofpbuf requests = { NULL, 0, 0 };

    flow_list_init(&b.flows, b.names);
    group_list_init(&b.groups, b.names);
    ofctl_lines_read(argv[2], add_line, &b);
    uint32_t usable = ofctl_bundle_formats(b.flows.formats & b.groups.formats);
    ofctl_formats_check(usable);
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    uint32_t format =
        ofctl_format_for_flow_mods(c, usable, ofctl_protocol_initial(connection_version(c)));
    encode(&b, &requests, connection_version(c), format);
    ofctl_send_requests(c, &requests, true, ofctl_names_shown(argv[1]));
    ofpbuf_destroy(&requests);
    destroy(&b);
    connection_close(c);
    return 0;
}
