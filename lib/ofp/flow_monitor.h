/* SPDX-License-Identifier: Apache-2.0 */
/* Flow monitors: who changes which flows.
 *
 * Three wire forms of one thing: NXST_FLOW_MONITOR (1.0 to 1.2; statistics of Nicira, type 2), the ONF
 * extension of 1.3 (187, experimenter statistics type 1870) and OFPMP_FLOW_MONITOR (1.4 and later,
 * section 7.3.5.18). Flags are those of 1.4; Nicira's are mapped at the border. Updates come as multipart replies
 * whose xid is 0. */
#pragma once

#include "lib/ofp/match.h"
#include "lib/ofp/ofp.h"

struct ofp_msgs;
struct ofp_names;
struct ofp_stats_iter;
struct strbuf;

enum {
    OFPFMF_INITIAL = 1, OFPFMF_ADD = 2, OFPFMF_REMOVED = 4, OFPFMF_MODIFY = 8, OFPFMF_INSTRUCTIONS = 16,
    OFPFMF_NO_ABBREV = 32, OFPFMF_ONLY_OWN = 64,
};
enum ofp_flow_monitor_command { OFPFMC_ADD, OFPFMC_MODIFY, OFPFMC_DELETE };

struct ofp_flow_monitor_request {
    uint32_t id;
    uint8_t command; /* enum ofp_flow_monitor_command; the old forms only add */
    uint16_t flags;  /* OFPFMF_* */
    ofp_port_t out_port;
    uint32_t out_group;
    uint8_t table;
    struct match match;
};

enum ofp_flow_update_event {
    OFPFME_INITIAL, OFPFME_ADDED, OFPFME_REMOVED, OFPFME_MODIFIED, OFPFME_ABBREV, OFPFME_PAUSED, OFPFME_RESUMED,
};

struct ofp_flow_update {
    enum ofp_flow_update_event event;
    be32 xid; /* ABBREV: of the flow-mod */
    uint8_t reason; /* REMOVED: enum ofp_removed_reason */
    uint8_t table;
    uint16_t priority, idle_timeout, hard_timeout;
    be64 cookie;
    struct match match;
    const void *actions; /* null: left out */
    size_t actions_size;
};

/* Requests come several in one message: an iterator as for replies; see lib/ofp/stats.h. */
enum ofp_error ofp_flow_monitor_request_next(struct ofp_stats_iter *, struct ofp_flow_monitor_request *) WARN_UNUSED;
void ofp_encode_flow_monitor_request(struct ofpbuf *out, enum ofp_version, const struct ofp_flow_monitor_request *, be32 xid);
/* NXT_FLOW_MONITOR_CANCEL and the ONF's; 1.4 uses a request with OFPFMC_DELETE. */
void ofp_encode_flow_monitor_cancel(struct ofpbuf *out, enum ofp_version, uint32_t id, be32 xid);

/* Updates: a message of the version, begun by hand since nothing asked for it (xid 0), to which updates are appended. */
void ofp_flow_updates_begin(struct ofp_msgs *, enum ofp_version, be32 xid);
void ofp_flow_updates_put(struct ofp_msgs *, const struct ofp_flow_update *);
/* PAUSED and RESUMED. */
void ofp_encode_flow_monitor_state(struct ofpbuf *out, enum ofp_version, enum ofp_flow_update_event);
/* 'actions' receives the list that the update then points to. */
enum ofp_error ofp_flow_update_next(struct ofp_stats_iter *, struct ofp_flow_update *, struct ofpbuf *actions) WARN_UNUSED;

/* "watch:" argument of ovs-ofctl monitor: "!initial,table=1,out_port=2,..." */
char *ofp_flow_monitor_request_parse(struct ofp_flow_monitor_request *, const char *text, const struct ofp_names *) WARN_UNUSED;
