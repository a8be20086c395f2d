/* SPDX-License-Identifier: Apache-2.0 */
/* Records the calls that vswitchd makes. */
#include "tests/unit/vswitchd/fake_ofproto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"

enum { MAX_PORTS = 32 };

struct ofproto {
    char *name;
    uint64_t datapath_id;
    char *ports[MAX_PORTS]; /* index: port number, 0 for the local port */
};

struct strbuf fake_log = STRBUF_INIT;
bool fake_connected = true;
unsigned int fake_n_counted;
static char *failing_port;

void fake_fail_port(const char *name)
{
    free(failing_port);
    failing_port = name ? xstrdup(name) : NULL;
}

void fake_reset(void)
{
    fake_fail_port(NULL);
    fake_connected = true;
    fake_n_counted = 0;
    strbuf_destroy(&fake_log);
}

bool ofprotos_connected(void)
{
    return fake_connected;
}

void ofprotos_complete(void)
{
    strbuf_puts(&fake_log, "complete\n");
}

void ofprotos_set_options(const struct smap *options)
{
}

static void put_config(const struct ofproto_config *config)
{
    strbuf_putf(&fake_log, " dpid=%016" PRIx64 " secure=%d versions=%x aging=%u\n", config->datapath_id,
                config->fail_secure, config->versions, config->mac_aging_time);
}

struct ofproto *ofproto_create(const char *name, const struct ofproto_config *config, char **errorp)
{
    struct ofproto *ofproto = xzalloc(sizeof *ofproto);
    ofproto->name = xstrdup(name);
    ofproto->datapath_id = config->datapath_id;
    strbuf_putf(&fake_log, "create %s", name);
    put_config(config);
    return ofproto;
}

const char *ofproto_name(const struct ofproto *ofproto)
{
    return ofproto->name;
}

void ofproto_configure_table(struct ofproto *ofproto, uint8_t table, const struct ofproto_table_config *config)
{
}

void ofproto_destroy(struct ofproto *ofproto, bool delete_ports)
{
    strbuf_putf(&fake_log, "destroy %s%s\n", ofproto->name, delete_ports ? " with ports" : "");
    for (size_t i = 0; i < MAX_PORTS; i++) {
        free(ofproto->ports[i]);
    }
    free(ofproto->name);
    free(ofproto);
}

void ofproto_configure(struct ofproto *ofproto, const struct ofproto_config *config)
{
    ofproto->datapath_id = config->datapath_id;
}

uint64_t ofproto_datapath_id(const struct ofproto *ofproto)
{
    return ofproto->datapath_id;
}

static size_t find_port(const struct ofproto *ofproto, const char *name)
{
    for (size_t i = 0; i < MAX_PORTS; i++) {
        if (ofproto->ports[i] && !strcmp(ofproto->ports[i], name)) {
            return i;
        }
    }
    return MAX_PORTS;
}

int ofproto_port_set(struct ofproto *ofproto, const struct ofproto_port_config *config, ofp_port_t *no,
                     char **errorp)
{
    if (failing_port && !strcmp(config->name, failing_port)) {
        *errorp = xasprintf("%s: no such device", config->name);
        return ENODEV;
    }
    size_t i = find_port(ofproto, config->name);
    if (i == MAX_PORTS) {
        i = !strcmp(config->name, ofproto->name) ? 0 : config->requested < MAX_PORTS ? config->requested : 1;
        while (ofproto->ports[i]) {
            i++;
        }
        ofproto->ports[i] = xstrdup(config->name);
    }
    *no = strcmp(config->name, ofproto->name) ? (ofp_port_t) i : OFPP_LOCAL;
    strbuf_putf(&fake_log, "port %s %s type=%s mtu=%u\n", ofproto->name, config->name, config->type, config->mtu);
    return 0;
}

void ofproto_port_del(struct ofproto *ofproto, const char *name)
{
    size_t i = find_port(ofproto, name);
    if (i < MAX_PORTS) {
        free(ofproto->ports[i]);
        ofproto->ports[i] = NULL;
    }
    strbuf_putf(&fake_log, "port-del %s %s\n", ofproto->name, name);
}

void ofproto_port_set_bfd(struct ofproto *ofproto, const char *name, const struct smap *settings)
{
}

void ofproto_port_bfd_status(const struct ofproto *ofproto, const char *name, struct smap *status)
{
}

void ofproto_port_details(const struct ofproto *ofproto, const char *name, struct smap *details)
{
    (void) ofproto;
    (void) name;
    (void) details;
}

bool ofproto_port_status(const struct ofproto *ofproto, const char *name, struct ofproto_port_status *status)
{
    *status = (struct ofproto_port_status) {
        .mac = { { 0x02, 0, 0, 0, 0, 0x10 } }, .mtu = 1500, .admin_up = true, .carrier = true,
        .driver = "fake",
    };
    return find_port(ofproto, name) < MAX_PORTS;
}

bool ofproto_port_counters(const struct ofproto *ofproto, const char *name, struct dp_port_stats *stats)
{
    *stats = (struct dp_port_stats) { .rx_packets = 42 };
    fake_n_counted++;
    return find_port(ofproto, name) < MAX_PORTS;
}

char *ofproto_port_set_limits(struct ofproto *ofproto, const char *name, const struct ofproto_limits *limits)
{
    if (limits->type || limits->qos.in_rate || limits->qos.in_packet_rate) {
        strbuf_putf(&fake_log, "limits %s %s %s rate=%" PRIu64 " in=%" PRIu64 "/%" PRIu64 " packets=%" PRIu64 "/%" PRIu64 "\n", ofproto->name, name,
                    limits->type ? limits->type : "-", limits->qos.rate, limits->qos.in_rate, limits->qos.in_burst,
                    limits->qos.in_packet_rate, limits->qos.in_packet_burst);
    }
    for (size_t i = 0; i < limits->n_queues; i++) {
        const struct ofproto_queue *q = &limits->queues[i];
        strbuf_putf(&fake_log, "queue %" PRIu32 " min=%" PRIu64 " max=%" PRIu64 " burst=%" PRIu64 " dscp=%d\n", q->dp.id, q->dp.min_rate, q->dp.max_rate,
                    q->dp.burst, q->dscp);
    }
    return NULL;
}

void ofproto_bundle_set(struct ofproto *ofproto, const struct ofproto_bundle_config *config)
{
    strbuf_putf(&fake_log, "bundle %s %s mode=%d vlan=%d trunks=", ofproto->name, config->name,
                config->vlan_mode, config->vlan);
    for (size_t vlan = 0; config->trunks && vlan < 4096; vlan++) {
        if (config->trunks[vlan / 64] >> vlan % 64 & 1) {
            strbuf_putf(&fake_log, "%zu,", vlan);
        }
    }
    strbuf_puts(&fake_log, config->trunks ? "\n" : "all\n");
}

void ofproto_bundle_del(struct ofproto *ofproto, const char *name)
{
    strbuf_putf(&fake_log, "bundle-del %s %s\n", ofproto->name, name);
}

void ofprotos_set_managers(const char *const *targets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&fake_log, "manager %s\n", targets[i]);
    }
}

void ofproto_set_controllers(struct ofproto *ofproto, const struct ofproto_controller_config *configs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&fake_log, "controller %s %s backoff=%d probe=%d\n", ofproto->name, configs[i].target,
                    configs[i].max_backoff_ms, configs[i].probe_ms);
    }
}

void ofproto_set_local_address(struct ofproto *ofproto, const struct smap *address)
{
    const char *ip = smap_get(address, "local_ip");
    if (ip) {
        strbuf_putf(&fake_log, "address %s %s/%s via %s\n", ofproto->name, ip, smap_get_or(address, "local_netmask", ""),
                    smap_get_or(address, "local_gateway", ""));
    }
}

bool ofproto_controller_status(const struct ofproto *ofproto, const char *target,
                               struct ofproto_controller_status *status)
{
    *status = (struct ofproto_controller_status) {
        .connected = true, .role = "other", .state = "ACTIVE", .sec_since_connect = 1, .sec_since_disconnect = -1,
    };
    return true;
}
