/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing what receives for tunnels. */
#include "ofproto/tunnel_listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/client.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "ofproto/backer.h"

LOG_MODULE(tunnel_listener);

static struct hmap listeners = HMAP_INIT; /* struct tunnel_listener.node, by name */

static const char *type_of(const struct tunnel_listener *l)
{
    return l->kind == TUNNEL_VXLAN ? "vxlan" : l->kind == TUNNEL_GENEVE ? "geneve" : "gre";
}

static int open_listener(struct tunnel_listener *l, char **errorp)
{
    struct smap options = SMAP_INIT;
    struct dp_port port;
    if (backer_port_adopt(l->name, type_of(l), &port)) {
        l->dp_no = port.no; /* the name says all that its options do */
        return 0;
    }
    if (l->port) {
        smap_setf(&options, "dst-port", "%u", l->port);
    }
    if (l->kind == TUNNEL_VXLAN) {
        smap_set(&options, "gbp", "true"); /* whether a port uses it is for translation to say */
    }
    /* OVS numbers such a port by its UDP port, and so do its users' eyes. */
    uint32_t hint = l->port && l->port < DP_MAX_PORTS ? l->port : DP_PORT_NONE;
    int error = backer_port_open(l->name, type_of(l), &options, hint, &port, errorp);
    if (error && hint != DP_PORT_NONE && error != ENOTCONN) {
        free(*errorp);
        error = backer_port_open(l->name, type_of(l), &options, DP_PORT_NONE, &port, errorp);
    }
    smap_destroy(&options);
    l->dp_no = error ? DP_PORT_NONE : port.no;
    return error;
}

struct tunnel_listener *tunnel_listener_get(const struct tunnel_config *config, char **errorp)
{
    char name[TUNNEL_DEVICE_NAME_SIZE];
    struct tunnel_listener *l;
    *errorp = NULL;
    tunnel_config_device_name(config, name);
    hmap_for_each_with_hash (l, node, hash_string(name, 0), &listeners) {
        if (!strcmp(l->name, name)) {
            l->refs++;
            return l;
        }
    }
    l = xzalloc(sizeof *l);
    memcpy(l->name, name, sizeof l->name);
    l->kind = config->kind;
    l->port = config->dst_port;
    l->dp_no = DP_PORT_NONE;
    l->refs = 1;
    int error = backer_connected() ? open_listener(l, errorp) : 0;
    if (error) {
        if (!*errorp) {
            *errorp = xasprintf("%s: %s", name, strerror(error));
        }
        free(l);
        return NULL;
    }
    hmap_insert(&listeners, &l->node, hash_string(name, 0));
    return l;
}

void tunnel_listener_put(struct tunnel_listener *l, bool from_datapath)
{
    if (--l->refs) {
        return;
    }
    if (l->dp_no != DP_PORT_NONE && from_datapath) {
        backer_port_close(l->dp_no);
    }
    hmap_remove(&listeners, &l->node);
    free(l);
    if (!hmap_count(&listeners)) {
        hmap_destroy(&listeners);
        hmap_init(&listeners);
    }
}

void tunnel_listeners_reconnect(void)
{
    struct tunnel_listener *l;
    hmap_for_each (l, node, &listeners) {
        char *error = NULL;
        if (l->dp_no == DP_PORT_NONE && open_listener(l, &error)) {
            log_warn("%s: %s", l->name, error ? error : "the datapath refuses it");
        }
        free(error);
    }
}

void tunnel_listeners_disconnect(void)
{
    struct tunnel_listener *l;
    hmap_for_each (l, node, &listeners) {
        l->dp_no = DP_PORT_NONE;
    }
}

bool tunnel_listener_owns(uint32_t dp_no)
{
    const struct tunnel_listener *l;
    hmap_for_each (l, node, &listeners) {
        if (l->dp_no == dp_no) {
            return true;
        }
    }
    return false;
}

static int compare_names(const void *a_, const void *b_)
{
    const struct tunnel_listener *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

void tunnel_listeners_show(struct strbuf *s, bool verbose)
{
    size_t n = 0;
    struct tunnel_listener **sorted = xcalloc(MAX(hmap_count(&listeners), 1), sizeof *sorted), *l;
    hmap_for_each (l, node, &listeners) {
        sorted[n++] = l;
    }
    if (n) {
        qsort(sorted, n, sizeof *sorted, compare_names);
    }
    strbuf_puts(s, "Listening ports:\n");
    for (size_t i = 0; i < n; i++) {
        l = sorted[i];
        strbuf_putf(s, "%s (%u) ref_cnt=%u\n", l->name, l->dp_no, l->refs);
        if (verbose) {
            strbuf_putf(s, l->port ? "  proto=17, udp(dst=%u)\n" : "  proto=47\n", l->port);
        }
    }
    free(sorted);
}
