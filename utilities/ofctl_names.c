/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a switch's ports and tables. */
#include "utilities/ofctl_names.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_multipart.h"

/* More than OpenFlow 1.0 has numbers for; a bound on what a switch can make us keep. */
enum { MAX_PORTS = 1 << 17 };

static struct {
    const char *target;
    bool have_ports, have_tables;
    struct ofp_phy_port *ports;
    size_t n_ports, allocated_ports;
    char tables[256][33];
} cache;

static void add_ports(struct ofp_stats_iter iter)
{
    struct ofp_phy_port port;

    while (iter.n) {
        if (ofp_phy_port_next(&iter, &port) || cache.n_ports >= MAX_PORTS) {
            ofctl_fatal("%s: cannot understand the switch's ports", cache.target);
        }
        if (cache.n_ports == cache.allocated_ports) {
            cache.ports = grow_array(cache.ports, &cache.allocated_ports, sizeof *cache.ports);
        }
        cache.ports[cache.n_ports++] = port;
    }
}

static void add_ports_reply(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    add_ports(iter);
}

/* Since 1.3 ports have a message of their own; before, they come with the features. Of those there
 * may be more than fit one message: then the switch, if it can, is asked for their description. */
static void fetch_ports(void)
{
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };
    struct connection *c = connection_open(cache.target, ofctl_options.versions);
    struct ofp_stats_iter iter;

    if (connection_version(c) < OFP13) {
        ofp_encode_empty(&request, connection_version(c), OFPMSG_FEATURES_REQUEST,
                         connection_xid());
        connection_transact(c, &request, &reply);
        if (!ofp_features_ports(&iter, reply.data, reply.size)) {
            ofctl_fatal("%s: the switch did not tell its ports", cache.target);
        }
        add_ports(iter);
    } else {
        ofp_port_t all = OFPP_NONE;
        ofp_encode_stats_request(&request, connection_version(c), OFPMSG_PORT_DESC_REQUEST, &all,
                                 false, connection_xid());
        ofctl_multipart(c, &request, OFPMSG_PORT_DESC_REPLY, add_ports_reply, NULL);
    }
    cache.have_ports = true;
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    connection_close(c);
}

static void add_tables_reply(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct ofp_stats_iter iter;
    struct ofp_table_stats ts;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        if (ofp_table_stats_next(&iter, &ts)) {
            ofctl_fatal("%s: cannot understand the switch's tables", cache.target);
        }
        snprintf(cache.tables[ts.id], sizeof cache.tables[ts.id], "%s", ts.name);
    }
}

static void add_features_reply(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct ofp_stats_iter iter;
    struct ofp_table_features tf;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        if (ofp_table_features_next(&iter, &tf)) {
            ofctl_fatal("%s: cannot understand the switch's tables", cache.target);
        }
        snprintf(cache.tables[tf.id], sizeof cache.tables[tf.id], "%s", tf.name);
    }
}

static void fetch_tables(void)
{
    struct ofpbuf request = { NULL, 0, 0 };
    struct connection *c = connection_open(cache.target, ofctl_options.versions);

    if (connection_version(c) < OFP13) {
        ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_STATS_REQUEST, NULL,
                                 false, connection_xid());
        ofctl_multipart(c, &request, OFPMSG_TABLE_STATS_REPLY, add_tables_reply, NULL);
    } else {
        ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_FEATURES_REQUEST,
                                 NULL, false, connection_xid());
        ofctl_multipart(c, &request, OFPMSG_TABLE_FEATURES_REPLY, add_features_reply, NULL);
    }
    cache.have_tables = true;
    ofpbuf_destroy(&request);
    connection_close(c);
}

static void need_ports(void)
{
    if (!cache.have_ports) {
        fetch_ports();
    }
}

static const char *port_name(void *aux, ofp_port_t number)
{
    need_ports();
    for (size_t i = 0; i < cache.n_ports; i++) {
        if (cache.ports[i].no == number) {
            return cache.ports[i].name;
        }
    }
    return NULL;
}

static bool port_number(void *aux, const char *name, ofp_port_t *number)
{
    need_ports();
    for (size_t i = 0; i < cache.n_ports; i++) {
        if (!strcmp(cache.ports[i].name, name)) {
            *number = cache.ports[i].no;
            return true;
        }
    }
    return false;
}

static void need_tables(void)
{
    if (!cache.have_tables) {
        fetch_tables();
    }
}

static const char *table_name(void *aux, uint8_t id)
{
    need_tables();
    return cache.tables[id][0] ? cache.tables[id] : NULL;
}

static bool table_number(void *aux, const char *name, uint8_t *id)
{
    need_tables();
    for (size_t i = 0; i < ARRAY_SIZE(cache.tables); i++) {
        if (*name && !strcmp(cache.tables[i], name)) {
            *id = (uint8_t) i;
            return true;
        }
    }
    return false;
}

static const struct ofp_names names = { port_name, port_number, table_name, table_number, NULL };

const struct ofp_names *ofctl_names_accepted(const char *target)
{
    cache.target = target;
    return ofctl_options.names ? &names : NULL;
}

const struct ofp_names *ofctl_names_shown(const char *target)
{
    bool wanted = ofctl_options.names < 0 ? isatty(STDOUT_FILENO) : ofctl_options.names;

    cache.target = target;
    return wanted ? &names : NULL;
}

bool ofctl_port_find(const char *target, ofp_port_t number, const char *name,
                     struct ofp_phy_port *port)
{
    cache.target = target;
    need_ports();
    for (size_t i = 0; i < cache.n_ports; i++) {
        if (number != OFPP_NONE ? cache.ports[i].no == number
                                : !strcmp(cache.ports[i].name, name)) {
            *port = cache.ports[i];
            return true;
        }
    }
    return false;
}

bool ofctl_port_at(const char *target, size_t i, struct ofp_phy_port *port)
{
    cache.target = target;
    need_ports();
    if (i < cache.n_ports) {
        *port = cache.ports[i];
    }
    return i < cache.n_ports;
}
