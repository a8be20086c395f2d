/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow messages in abstract form.
 *
 * Requests that a switch receives are decoded by ofp_decode() into one struct ofp_message; what a switch sends is built by the ofp_encode_*()
 * functions for the version of the connection. The tools use the same functions the other way round. Nothing decoded
 * points to the heap except what ofp_message_destroy() frees; pointers marked "in the message" point into the bytes that were decoded.
 *
 * Multipart requests in several messages are put together by lib/ofp/multipart.h; replies are cut into messages of at most 64 KiB
 * with the MORE flag by the encoders, which therefore append to a struct ofp_msgs. */
#pragma once

#include "lib/base/uuid.h"
#include "lib/ofp/action.h"
#include "lib/ofp/async.h"
#include "lib/ofp/bundle.h"
#include "lib/ofp/controller_status.h"
#include "lib/ofp/ct_flush.h"
#include "lib/ofp/group.h"
#include "lib/ofp/match.h"
#include "lib/ofp/meter.h"
#include "lib/ofp/ofp.h"
#include "lib/ofp/requestforward.h"
#include "lib/ofp/queue_config.h"
#include "lib/ofp/table_mod.h"
#include "lib/ofp/port_props.h"
#include "lib/ofp/tlv_table.h"

enum ofp_msg_type {
    OFPMSG_HELLO, OFPMSG_ERROR, OFPMSG_ECHO_REQUEST, OFPMSG_ECHO_REPLY, OFPMSG_FEATURES_REQUEST, OFPMSG_FEATURES_REPLY,
    OFPMSG_GET_CONFIG_REQUEST, OFPMSG_GET_CONFIG_REPLY, OFPMSG_SET_CONFIG, OFPMSG_PACKET_IN, OFPMSG_FLOW_REMOVED, OFPMSG_PORT_STATUS,
    OFPMSG_PACKET_OUT, OFPMSG_FLOW_MOD, OFPMSG_PORT_MOD, OFPMSG_BARRIER_REQUEST, OFPMSG_BARRIER_REPLY,
    OFPMSG_ROLE_REQUEST, OFPMSG_ROLE_REPLY, OFPMSG_ROLE_STATUS, OFPMSG_GET_ASYNC_REQUEST, OFPMSG_GET_ASYNC_REPLY, OFPMSG_SET_ASYNC,
    OFPMSG_DESC_REQUEST, OFPMSG_DESC_REPLY, OFPMSG_FLOW_STATS_REQUEST, OFPMSG_FLOW_STATS_REPLY, /* in 1.5: OFPMP_FLOW_DESC */
    OFPMSG_FLOW_COUNTERS_REQUEST, OFPMSG_FLOW_COUNTERS_REPLY, /* 1.5: OFPMP_FLOW_STATS, flows without what they do */
    OFPMSG_AGGREGATE_REQUEST, OFPMSG_AGGREGATE_REPLY, OFPMSG_TABLE_STATS_REQUEST, OFPMSG_TABLE_STATS_REPLY,
    OFPMSG_PORT_STATS_REQUEST, OFPMSG_PORT_STATS_REPLY, OFPMSG_PORT_DESC_REQUEST, OFPMSG_PORT_DESC_REPLY,
    OFPMSG_TABLE_FEATURES_REQUEST, OFPMSG_TABLE_FEATURES_REPLY, OFPMSG_QUEUE_STATS_REQUEST, OFPMSG_QUEUE_STATS_REPLY,
    OFPMSG_GROUP_STATS_REQUEST, OFPMSG_GROUP_DESC_REQUEST, OFPMSG_GROUP_FEATURES_REQUEST,
    OFPMSG_METER_STATS_REQUEST, OFPMSG_METER_CONFIG_REQUEST, OFPMSG_METER_FEATURES_REQUEST, OFPMSG_GROUP_MOD, OFPMSG_METER_MOD, OFPMSG_TABLE_MOD,
    OFPMSG_QUEUE_GET_CONFIG_REQUEST, OFPMSG_QUEUE_GET_CONFIG_REPLY, /* since 1.4 as OFPMP_QUEUE_DESC */
    OFPMSG_GROUP_STATS_REPLY, OFPMSG_GROUP_DESC_REPLY, OFPMSG_GROUP_FEATURES_REPLY,
    OFPMSG_METER_STATS_REPLY, OFPMSG_METER_CONFIG_REPLY, OFPMSG_METER_FEATURES_REPLY,
    OFPMSG_TABLE_DESC_REQUEST, OFPMSG_TABLE_DESC_REPLY, OFPMSG_TABLE_STATUS,
    OFPMSG_BUNDLE_CTRL, OFPMSG_BUNDLE_ADD, OFPMSG_REQUESTFORWARD,
    OFPMSG_FLOW_MONITOR_REQUEST, OFPMSG_FLOW_MONITOR_REPLY, OFPMSG_FLOW_MONITOR_CANCEL, OFPMSG_FLOW_MONITOR_PAUSED,
    OFPMSG_FLOW_MONITOR_RESUMED,
    OFPMSG_CONTROLLER_STATUS, OFPMSG_CONTROLLER_STATUS_REQUEST, OFPMSG_CONTROLLER_STATUS_REPLY,
    /* Nicira extensions. */
    OFPMSG_NXT_SET_FLOW_FORMAT, OFPMSG_NXT_FLOW_MOD_TABLE_ID, OFPMSG_NXT_SET_PACKET_IN_FORMAT, OFPMSG_NXT_SET_CONTROLLER_ID,
    OFPMSG_NXT_TLV_TABLE_MOD, OFPMSG_NXT_TLV_TABLE_REQUEST, OFPMSG_NXT_TLV_TABLE_REPLY, OFPMSG_NXT_RESUME,
    OFPMSG_NXT_CT_FLUSH_ZONE, OFPMSG_NXT_CT_FLUSH, OFPMSG_NXST_IPFIX_BRIDGE_REQUEST, OFPMSG_NXST_IPFIX_BRIDGE_REPLY,
    OFPMSG_NXST_IPFIX_FLOW_REQUEST, OFPMSG_NXST_IPFIX_FLOW_REPLY,
    OFPMSG_N_TYPES,
};

enum ofp_flow_command { OFPFC_ADD, OFPFC_MODIFY, OFPFC_MODIFY_STRICT, OFPFC_DELETE, OFPFC_DELETE_STRICT };
enum { OFP_FF_SEND_FLOW_REM = 1, OFP_FF_CHECK_OVERLAP = 2, OFP_FF_EMERG = 4, OFP_FF_RESET_COUNTS = 8, OFP_FF_NO_PKT_COUNTS = 16,
       OFP_FF_NO_BYT_COUNTS = 32 };

struct ofp_flow_mod {
    enum ofp_flow_command command;
    uint8_t table;            /* OFP_TABLE_ALL: all (delete), or the switch chooses (add in 1.0) */
    uint16_t priority;
    uint16_t idle_timeout, hard_timeout; /* seconds, 0: never */
    uint16_t importance;
    uint16_t flags;           /* OFP_FF_*; an add of 1.0 and 1.1 always has RESET_COUNTS */
    be64 cookie, cookie_mask; /* mask: of the flows that MODIFY and DELETE touch */
    be64 new_cookie;
    bool modify_cookie;       /* MODIFY writes new_cookie (1.0 semantics) */
    uint32_t buffer_id;
    ofp_port_t out_port;
    uint32_t out_group;
    struct match match;
    struct ofpbuf actions;    /* struct ofp_action list */
    uint8_t version;          /* whose semantics MODIFY has */
};

struct ofp_packet_out {
    const uint8_t *packet;    /* in the message */
    size_t packet_len;
    uint32_t buffer_id;
    ofp_port_t in_port;
    struct match metadata;    /* in_port and, in 1.5, other pipeline fields; all zero when built here: in_port alone */
    struct ofpbuf actions;
};

enum ofp_packet_in_reason { OFPR_NO_MATCH, OFPR_ACTION, OFPR_INVALID_TTL, OFPR_ACTION_SET, OFPR_GROUP, OFPR_PACKET_OUT, OFPR_N_REASONS,
                            OFPR_EXPLICIT_MISS = OFPR_N_REASONS };
enum ofp_packet_in_format { OFP_PACKET_IN_STANDARD, OFP_PACKET_IN_NXT, OFP_PACKET_IN_NXT2 };

struct ofp_packet_in {
    const uint8_t *packet;
    size_t packet_len;        /* bytes to send */
    size_t total_len;
    uint32_t buffer_id;       /* decoded only; none is ever sent */
    enum ofp_packet_in_reason reason;
    uint8_t table;
    be64 cookie;              /* all ones: none */
    struct match metadata;    /* in_port and pipeline fields */
    const uint8_t *userdata;
    size_t userdata_len;
    const uint8_t *continuation; /* NXT_PACKET_IN2: what NXT_RESUME brings back */
    size_t continuation_len;
};

enum ofp_removed_reason { OFPRR_IDLE_TIMEOUT, OFPRR_HARD_TIMEOUT, OFPRR_DELETE, OFPRR_GROUP_DELETE, OFPRR_METER_DELETE, OFPRR_EVICTION };

struct ofp_flow_removed {
    struct match match;
    be64 cookie;
    uint16_t priority;
    enum ofp_removed_reason reason;
    uint8_t table;
    uint32_t duration_sec, duration_nsec;
    uint16_t idle_timeout, hard_timeout;
    uint64_t packets, bytes;
};

/* OFPPC_* and OFPPS_* in OpenFlow 1.0's numbers; the codec maps them. */
enum { OFPPC_PORT_DOWN = 1, OFPPC_NO_STP = 2, OFPPC_NO_RECV = 4, OFPPC_NO_RECV_STP = 8, OFPPC_NO_FLOOD = 16, OFPPC_NO_FWD = 32,
       OFPPC_NO_PACKET_IN = 64 };
enum { OFPPS_LINK_DOWN = 1, OFPPS_BLOCKED = 2, OFPPS_LIVE = 4, OFPPS_STP_MASK = 0x300 };

struct ofp_phy_port {
    ofp_port_t no;
    struct eth_addr mac;
    char name[64];
    uint32_t config, state;
    uint32_t curr, advertised, supported, peer; /* OFPPF_* of 1.1 */
    uint32_t curr_speed, max_speed;             /* kb/s */
    struct ofp_optics optics;                   /* 1.4+ */
};

enum ofp_port_reason { OFPPR_ADD, OFPPR_DELETE, OFPPR_MODIFY };

struct ofp_port_mod {
    ofp_port_t no;
    struct eth_addr mac;
    uint32_t config, mask;
    uint32_t advertise;
    struct ofp_optics_mod optics; /* 1.4+ */
};

struct ofp_features {
    be64 datapath_id;
    uint32_t n_buffers;
    uint8_t n_tables, auxiliary_id;
    uint32_t capabilities; /* OFPC_* of 1.3, plus OFPC_ARP_MATCH_IP for 1.0 */
    uint32_t actions;      /* 1.0 */
};
enum { OFPC_FLOW_STATS = 1, OFPC_TABLE_STATS = 2, OFPC_PORT_STATS = 4, OFPC_GROUP_STATS = 8, OFPC_IP_REASM = 32, OFPC_QUEUE_STATS = 64,
       OFPC_ARP_MATCH_IP = 128, OFPC_PORT_BLOCKED = 256, OFPC_BUNDLES = 512 };

struct ofp_switch_config {
    uint16_t flags; /* OFPC_FRAG_*: 0 normal, 1 drop, 2 reassemble, 3 nx-match */
    uint16_t miss_send_len;
    int invalid_ttl_to_controller; /* up to 1.2; -1: not in the message */
};

struct ofp_flow_stats_request {
    uint8_t table;
    ofp_port_t out_port;
    uint32_t out_group;
    be64 cookie, cookie_mask;
    struct match match;
};

struct ofp_flow_stats {
    const struct match *match;
    be64 cookie;
    uint8_t table;
    uint16_t priority;
    uint16_t idle_timeout, hard_timeout, importance, flags;
    uint32_t duration_sec, duration_nsec;
    int idle_age, hard_age;  /* seconds, -1: not known */
    uint64_t packets, bytes; /* UINT64_MAX: not known */
    const void *actions;
    size_t actions_size;
};

struct ofp_aggregate_stats {
    uint64_t packets, bytes;
    uint32_t n_flows;
};

struct ofp_table_stats {
    uint8_t id;
    char name[32];
    uint32_t active;
    uint64_t lookups, matched;
    uint32_t max_entries;
    uint32_t config; /* 1.1 and 1.2: what happens to packets that match nothing; 0: to the controller, 1: continue, 2: drop */
};

struct ofp_port_stats {
    ofp_port_t no;
    uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped, rx_errors, tx_errors; /* UINT64_MAX: not known */
    uint64_t rx_frame_err, rx_over_err, rx_crc_err, collisions;
    uint32_t duration_sec, duration_nsec;
    struct ofp_optics_stats optics; /* 1.4+ */
    struct ofp_rfc2819 rfc2819;     /* 1.4+ */
};

struct ofp_queue_stats_request {
    ofp_port_t port; /* OFPP_ALL: all */
    uint32_t queue;  /* OFPQ_ALL: all */
};
#define OFPQ_ALL 0xffffffffu

struct ofp_queue_stats {
    ofp_port_t port;
    uint32_t queue;
    uint64_t tx_bytes, tx_packets, tx_errors; /* UINT64_MAX: not known */
    uint32_t duration_sec, duration_nsec;     /* UINT32_MAX: not known */
};

struct ofp_desc {
    char mfr[256], hw[256], sw[256], serial[32], dp[256];
};

struct ofp_error_msg {
    enum ofp_error error;    /* OFPERR_OK: one that is not known */
    uint16_t type, code;
    const uint8_t *data;     /* in the message */
    size_t data_len;
};

enum { OFPCR_ROLE_NOCHANGE, OFPCR_ROLE_EQUAL, OFPCR_ROLE_PRIMARY, OFPCR_ROLE_SECONDARY };
enum { OFP_FLOW_FORMAT_OPENFLOW10 = 0, OFP_FLOW_FORMAT_NXM = 2 };

struct ofp_message {
    enum ofp_version version;
    enum ofp_msg_type type;
    be32 xid;
    bool more; /* multipart: more messages follow */
    bool nx;   /* came in the Nicira form (NXT_FLOW_MOD, NXST_FLOW, ...) where there are two */
    union {
        struct { uint32_t versions; } hello;      /* bitmap */
        struct ofp_error_msg error;
        struct { const uint8_t *data; size_t len; } echo;
        struct ofp_features features;
        struct ofp_switch_config config;
        struct ofp_flow_mod flow_mod;
        struct ofp_packet_out packet_out;
        struct ofp_packet_in packet_in; /* NXT_RESUME, too */
        struct ofp_flow_removed flow_removed;
        struct { enum ofp_port_reason reason; struct ofp_phy_port port; } port_status;
        struct ofp_port_mod port_mod;
        struct ofp_flow_stats_request flow_stats_request; /* flow and aggregate */
        struct ofp_aggregate_stats aggregate;
        struct { ofp_port_t port; } port_stats_request;   /* OFPP_NONE: all; also port description of 1.5 */
        struct ofp_queue_stats_request queue_stats_request;
        struct ofp_queue_config_request queue_config_request;
        struct ofp_desc desc;
        struct { uint32_t role; uint64_t generation_id; } role; /* OFPCR_ROLE_*; no generation: all ones */
        struct { uint32_t flow_format; } flow_format;           /* OFP_FLOW_FORMAT_* */
        struct { bool on; } flow_mod_table_id;
        struct { enum ofp_packet_in_format format; } packet_in_format;
        struct { uint16_t id; } controller_id;
        struct ofp_async async;
        struct ofp_role_status role_status;
        struct ofp_group_mod group_mod;
        struct ofp_group_request group_request; /* statistics, and descriptions */
        struct ofp_group_features group_features;
        struct ofp_meter_mod meter_mod;
        struct ofp_meter_request meter_request; /* statistics and configuration */
        struct ofp_meter_features meter_features;
        struct ofp_table_mod table_mod;
        struct ofp_table_status table_status;
        struct ofp_bundle_ctrl bundle_ctrl;
        struct ofp_bundle_add bundle_add;
        struct { uint32_t id; } flow_monitor_cancel;
        struct ofp_tlv_mod tlv_mod;
        struct ofp_tlv_reply tlv_reply;
        struct { uint16_t zone; } ct_flush_zone;
        struct ofp_ct_flush ct_flush;
        struct ofp_requestforward requestforward;
        struct ofp_controller_status controller_status;
        struct { const uint8_t *body; size_t len; } raw; /* multipart bodies that are walked with an iterator: flow, table, port stats, port desc */
    } u;
};

/* The length of the message that begins at 'data': 0 if fewer than 8 bytes, or -1 if the header cannot be right. */
int ofp_message_len(const uint8_t *data, size_t n);

/* Decodes a whole message of 'n' bytes. Errors are what the switch answers with (ofp_encode_error). 'msg' needs
 * ofp_message_destroy() also after an error; version and xid are set in any case. Bytes at 'data' must outlive 'msg'.
 * 'flow_mod_table_id' tells whether the peer has switched on the extension of that name, which puts the table's number into the upper
 * half of the command of flow-mods of 1.0. Hello, error and echo messages are decoded in any version, all others in those implemented. */
enum ofp_error ofp_decode(const uint8_t *data, size_t n, bool flow_mod_table_id, struct ofp_message *msg) WARN_UNUSED;
/* The same for a multipart request that was put together (lib/ofp/multipart.h). */
enum ofp_error ofp_decode_assembled(const uint8_t *data, size_t n, struct ofp_message *msg) WARN_UNUSED;
void ofp_message_destroy(struct ofp_message *);

/* A sequence of whole messages, built one behind the other in 'buf'. */
struct ofp_msgs {
    struct ofpbuf buf;
    size_t last; /* offset of the message that is being built */
};
void ofp_msgs_destroy(struct ofp_msgs *);

/* Encoders append to 'out'. 'xid' in network order. */
void ofp_encode_hello(struct ofpbuf *out, uint32_t versions, be32 xid);
/* 'request' is what is answered, it is sent back as far as it fits; null with length 0 if there is none. */
void ofp_encode_error(struct ofpbuf *out, enum ofp_version, enum ofp_error, const uint8_t *request, size_t n);
void ofp_encode_echo(struct ofpbuf *out, enum ofp_version, bool reply, const void *data, size_t n, be32 xid);
void ofp_encode_empty(struct ofpbuf *out, enum ofp_version, enum ofp_msg_type, be32 xid); /* barrier, features request, ... */
void ofp_encode_features_reply(struct ofpbuf *out, enum ofp_version, const struct ofp_features *, const struct ofp_phy_port *, size_t n_ports, be32 xid);
void ofp_encode_config(struct ofpbuf *out, enum ofp_version, bool set, const struct ofp_switch_config *, be32 xid);
/* The reason as 'version' has it: those that came later are told as what they most resemble. */
uint8_t ofp_packet_in_reason_in(enum ofp_packet_in_reason, enum ofp_version);
void ofp_encode_packet_in(struct ofpbuf *out, enum ofp_version, enum ofp_packet_in_format, const struct ofp_packet_in *);
/* NXT_RESUME: a packet-in with a continuation goes back to the switch. False if it would be longer than OpenFlow allows. */
bool ofp_encode_resume(struct ofpbuf *out, enum ofp_version, const struct ofp_packet_in *, be32 xid) WARN_UNUSED;
void ofp_encode_flow_removed(struct ofpbuf *out, enum ofp_version, const struct ofp_flow_removed *, bool nxm);
void ofp_encode_port_status(struct ofpbuf *out, enum ofp_version, enum ofp_port_reason, const struct ofp_phy_port *);
void ofp_encode_role(struct ofpbuf *out, enum ofp_version, bool reply, uint32_t role, uint64_t generation_id, be32 xid);
void ofp_encode_desc_reply(struct ofpbuf *out, enum ofp_version, const struct ofp_desc *, be32 xid);
void ofp_encode_aggregate_reply(struct ofpbuf *out, enum ofp_version, bool nxst, const struct ofp_aggregate_stats *, be32 xid);

/* Multipart replies: begin with the request, then append each element. 'buf' holds whole messages at any time; without an element it is
 * an empty reply. */
void ofp_reply_begin(struct ofp_msgs *, const struct ofp_message *request);
void ofp_reply_flow_stats(struct ofp_msgs *, const struct ofp_flow_stats *);
void ofp_reply_table_stats(struct ofp_msgs *, const struct ofp_table_stats *);
void ofp_reply_port_stats(struct ofp_msgs *, const struct ofp_port_stats *);
void ofp_reply_port_desc(struct ofp_msgs *, const struct ofp_phy_port *);
void ofp_reply_queue_stats(struct ofp_msgs *, const struct ofp_queue_stats *);
/* All tables alike: name, max entries, instructions, actions and fields of this switch. Cached per version by the caller. */
void ofp_reply_table_features(struct ofp_msgs *, uint8_t table, const char *name);

/* Prints a message as `ovs-ofctl` does; verbosity 0 to 3. Any bytes may be given. */
void ofp_format(struct strbuf *, const uint8_t *data, size_t n, const struct ofp_names *, int verbosity);

/* Names of ports and tables, for printing and parsing; every pointer may be null. */
struct ofp_names {
    const char *(*port_name)(void *aux, ofp_port_t);
    bool (*port_number)(void *aux, const char *name, ofp_port_t *);
    const char *(*table_name)(void *aux, uint8_t);
    bool (*table_number)(void *aux, const char *name, uint8_t *);
    void *aux;
};

/* One flow as `ovs-ofctl add-flow` reads it ("table=1,priority=5,ip,nw_dst=10.0.0.1,actions=2"). 'command' tells what is allowed. An error
 * that names the word (the caller frees it), or null. */
char *ofp_flow_mod_parse(struct ofp_flow_mod *, const char *text, enum ofp_flow_command command, const struct ofp_names *) WARN_UNUSED;
void ofp_flow_mod_destroy(struct ofp_flow_mod *);
/* The same for dump-flows' filter. */
char *ofp_flow_stats_request_parse(struct ofp_flow_stats_request *, const char *text, const struct ofp_names *) WARN_UNUSED;
void ofp_flow_stats_format(struct strbuf *, const struct ofp_flow_stats *, const struct ofp_names *, bool show_stats);

/* Client side; see also lib/ofp/stats.h. An encoder returns false if the message would be longer than OpenFlow allows. */
bool ofp_encode_flow_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_flow_mod *, bool nxm, bool with_table_id, be32 xid) WARN_UNUSED;
bool ofp_encode_packet_out(struct ofpbuf *out, enum ofp_version, const struct ofp_packet_out *, be32 xid) WARN_UNUSED;
/* May a packet-out of 1.5 tell the field? The pipeline fields, as Open vSwitch counts them: ingress port, tunnel, metadata,
 * registers, packet type. */
bool ofp_packet_out_has_field(enum field_id);
void ofp_encode_port_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_port_mod *, be32 xid);
/* 'body' is what the message's member of struct ofp_message.u is, null for requests without one. */
void ofp_encode_stats_request(struct ofpbuf *out, enum ofp_version, enum ofp_msg_type, const void *body, bool nxm, be32 xid);
/* NXT_SET_FLOW_FORMAT, NXT_FLOW_MOD_TABLE_ID, NXT_SET_PACKET_IN_FORMAT, NXT_SET_CONTROLLER_ID. */
void ofp_encode_nx_setting(struct ofpbuf *out, enum ofp_version, enum ofp_msg_type, uint32_t value, be32 xid);
