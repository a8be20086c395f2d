/* SPDX-License-Identifier: Apache-2.0 */
/* What a bridge does when no controller can be reached. */
#include "ofproto/fail_open.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "ofproto/connmgr.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/ofconn.h"
#include "ofproto/private.h"

LOG_MODULE(fail_open);

enum { PROBES = 3, DEFAULT_PROBE_MS = 5000, ADMITTED_MS = 30000 };

struct fail_open {
    struct connmgr *connmgr;
    struct loop_timer *timer;
    int64_t connected_ms; /* a controller was connected at that time */
    bool active;
};

void fail_open_add_normal(struct ofproto *ofproto, int priority)
{
    struct ofpbuf actions = { NULL, 0, 0 };
    struct ofp_action_output *output = ofp_actions_put(&actions, OFPACT_OUTPUT, sizeof *output);
    output->port = OFPP_NORMAL;
    table_add_catchall(ofproto, priority, actions.data, actions.size);
    ofpbuf_destroy(&actions);
}

static int64_t trigger_ms(const struct fail_open *fo)
{
    int probe_ms = connmgr_max_probe_ms(fo->connmgr);
    return (int64_t) PROBES * (probe_ms > 0 ? probe_ms : DEFAULT_PROBE_MS);
}

/* Is a controller in charge? '*when_ms' is when one that is connected will count as such. */
static bool is_admitted(const struct fail_open *fo, int64_t *when_ms)
{
    struct ofconn *conn;
    bool admitted = false;
    *when_ms = INT64_MAX;
    cds_list_for_each_entry (conn, connmgr_conns(fo->connmgr), node) {
        if (conn->primary && ofconn_is_open(conn)) {
            admitted |= conn->admitted || clock_ms() >= conn->opened_ms + ADMITTED_MS;
            *when_ms = MIN(*when_ms, conn->opened_ms + ADMITTED_MS);
        }
    }
    return admitted;
}

static void enter(struct fail_open *fo)
{
    struct ofproto *ofproto = connmgr_ofproto(fo->connmgr);
    log_warn("bridge %s: no controller for %lld seconds, forwarding as a learning switch", ofproto->name,
             (long long) ((clock_ms() - fo->connected_ms) / 1000));
    fo->active = true;
    connmgr_flush_flows(fo->connmgr);
    fail_open_add_normal(ofproto, RULE_PRIORITY_HIDDEN);
}

static void recover(struct fail_open *fo)
{
    struct ofproto *ofproto = connmgr_ofproto(fo->connmgr);
    log_warn("bridge %s: a controller is in charge again", ofproto->name);
    fo->active = false;
    table_del_catchall(ofproto, RULE_PRIORITY_HIDDEN);
}

void fail_open_update(struct fail_open *fo)
{
    bool applies = connmgr_has_controllers(fo->connmgr) && !connmgr_ofproto(fo->connmgr)->config.fail_secure;
    bool connected = connmgr_is_connected(fo->connmgr);
    int64_t now = clock_ms(), next = INT64_MAX, admitted_ms;
    bool admitted = is_admitted(fo, &admitted_ms);
    if (connected || !applies) {
        fo->connected_ms = now;
    }
    if (fo->active && (!applies || admitted)) {
        recover(fo);
    } else if (fo->active && connected) {
        next = admitted_ms;
    } else if (applies && !connected && !fo->active) {
        next = fo->connected_ms + trigger_ms(fo);
        if (now >= next) {
            enter(fo);
            next = INT64_MAX;
        }
    }
    loop_timer_cancel(fo->timer);
    if (next != INT64_MAX) {
        loop_timer_set(fo->timer, next);
    }
}

static void on_timer(void *fo)
{
    fail_open_update(fo);
}

bool fail_open_is_active(const struct fail_open *fo)
{
    return fo->active;
}

struct fail_open *fail_open_create(struct connmgr *connmgr)
{
    struct fail_open *fo = xzalloc(sizeof *fo);
    fo->connmgr = connmgr;
    fo->timer = loop_timer_create(connmgr_loop(connmgr), on_timer, fo);
    fo->connected_ms = clock_ms();
    return fo;
}

void fail_open_destroy(struct fail_open *fo)
{
    if (fo) {
        loop_timer_destroy(fo->timer);
        free(fo);
    }
}
