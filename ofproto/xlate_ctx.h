/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the translator share: the packet's state on its way through the tables.
 *
 * Four flows describe the packet:
 *
 *   flow       as OpenFlow sees it now; in_port is the OpenFlow number
 *   base       as the datapath would have it after the actions emitted so far
 *   written    1-bits: the value in 'flow' was written here and depends on nothing but what is in 'mask' already, so that looking at
 *              the bit says nothing about the packet that came
 *   committed  1-bits: the actions emitted so far have written the bit, so that its value in 'base' is known
 *
 * and 'mask' (of the result) collects the bits of the packet that came which any decision looked at. Every look goes through
 * xlate_look() or xlate_look_mask(), which leave out written bits; every write marks its bits with XLATE_WROTE() or
 * xlate_wrote(). All lines of all of them are in use, so that fields can be accessed directly.
 *
 * Before anything leaves (output, packet-in, clone) xlate_commit() emits what makes 'base' equal to 'flow'. A bit that was written must
 * be emitted unless the actions emitted so far have given it its value. Whether the packet that came had the value already is not
 * asked, so that a write does not narrow the megaflow; nor is it asked what 'mask' has, because that may differ for two packets of
 * the same megaflow, and their actions may not.
 *
 * VLAN tags and MPLS labels move as a whole: whoever touches them looks at all of them first. */
#pragma once

#include "lib/base/strbuf.h"
#include "lib/ofp/action.h"
#include "lib/ofp/message.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"
#include "ofproto/recirc.h"
#include "ofproto/version.h"
#include "ofproto/xlate.h"
#include "ofproto/xlate_report.h"

struct group;
struct group_select;
struct mac_source;

enum { XLATE_MAX_STACK = 1024, XLATE_MAX_STEPS = 1 << 18, XLATE_MAX_CLONES = ACTIONS_MAX_DEPTH - 4 };

/* Headers came to light, or changed their kind: what the packet is nobody knows until the datapath has parsed it again. */
enum xlate_unparsed { UNPARSED_NOTHING, UNPARSED_L3 /* behind the VLAN tags */, UNPARSED_L2 /* Ethernet addresses and tags too */ };

/* The packet's state. Saved and put back around what works on a copy of the packet. */
struct xlate_packet {
    struct flow flow, base, written, committed;
    bool ttl_relative; /* nw_ttl was decremented by the datapath: its value hangs on the packet's */
    enum xlate_unparsed unparsed;
    uint8_t flow_labels, base_labels; /* MPLS labels that 'flow' and 'base' show: a label may be all zero */
};

enum xlate_freeze {
    FREEZE_RECIRCULATE, /* for the datapath's parser */
    FREEZE_PAUSE,       /* for a controller */
    FREEZE_BRANCH,      /* for nobody: the rest is translated once for each branch of the datapath's action */
};

struct xlate_stack_item {
    union field_value value;
};

struct xlate_ctx {
    const struct xlate_in *in;
    struct xlate_out *out;
    const struct port_map *map;
    version_t version;               /* of the tables and groups, throughout */
    const struct map_bridge *bridge; /* where the packet is */
    const struct map_port *delivered; /* has the packet, and gets it no second time; may be null */
    struct xlate_packet p;
    struct flow *mask;               /* of the result */

    /* Where in the tables. */
    struct rule *rule;               /* whose actions are executed; null: none */
    uint8_t table;
    be64 cookie;
    int next_table;                  /* set by goto_table, else -1 */
    unsigned int depth, resubmits, clones, steps;
    bool exit;                       /* stop executing actions */
    bool in_action_set;
    bool in_group;                   /* in a bucket's actions */
    bool in_tunnel;                  /* the packet has outer headers that were put on here */
    bool options_taken;              /* tunnel options are in the flow as fields (xlate_tunnel_options.c) */
    uint32_t key_priority;           /* skb_priority that the packet came with */

    struct ofpbuf action_set;
    struct xlate_stack_item *stack;
    size_t stack_n, stack_allocated;

    /* The rest waits: lists are left, each leaving a frame, until xlate_freeze_finish(). */
    bool frozen;
    struct {
        enum xlate_freeze why;
        struct rule *rule;           /* where the action stood that brought it about */
        uint8_t table;
        be64 cookie;
        bool in_action_set;
        struct ofp_action *action;   /* a copy; null: none in particular */
        struct report_list *story;
    } freeze;
    bool in_clone;                   /* it was frozen before, inside a clone action */
    struct recirc_frame *frames;     /* innermost first; actions owned */
    size_t frames_n, frames_allocated;

    enum drop_reason drop;           /* why, if nothing is done with the packet */
    struct report_list *story;       /* where the trace goes on; null: nobody listens */
};

/* Looking at and writing fields. */

void xlate_look(struct xlate_ctx *, size_t offset, size_t n);
#define XLATE_LOOK(ctx, field) xlate_look(ctx, offsetof(struct flow, field), sizeof(((struct flow *) NULL)->field))
void xlate_look_mask(struct xlate_ctx *, const struct flow *bits);
#define XLATE_WROTE(ctx, field) ((void) memset(&(ctx)->p.written.field, 0xff, sizeof(ctx)->p.written.field))
void xlate_flow_expand(struct flow *); /* all lines in use */

/* xlate.c */
void xlate_fail(struct xlate_ctx *, enum xlate_error);
bool xlate_stopped(const struct xlate_ctx *);
void xlate_table(struct xlate_ctx *, uint8_t table, ofp_port_t in_port, bool honor_miss);
void xlate_actions(struct xlate_ctx *, const void *list, size_t size);
void xlate_resume(struct xlate_ctx *, const struct recirc_frame *frames, size_t n);

/* xlate_action_set.c */
void xlate_action_set_write(struct xlate_ctx *, const struct ofp_action *list, size_t size);
void xlate_action_set_clear(struct xlate_ctx *);
void xlate_write_actions(struct xlate_ctx *, const struct ofp_action *);
void xlate_clear_actions(struct xlate_ctx *, const struct ofp_action *);
void xlate_action_set_execute(struct xlate_ctx *);
/* What a set of actions comes down to: one of each kind in the standard's order. Appended to 'list'. */
void xlate_action_set_order(struct ofpbuf *list, const struct ofpbuf *set);

/* xlate_clone.c */

/* The packet's state before, and where its list begins. */
struct xlate_clone {
    void *saved; /* struct xlate_packet, its bytes */
    size_t offset;
    const struct map_bridge *bridge;
    struct ofpbuf action_set;
    struct xlate_stack_item *stack;
    size_t stack_n;
    struct rule *rule;
    uint8_t table;
    be64 cookie;
    int next_table;
    bool exit, in_action_set, whole;
    struct report_list *story;
};

/* What is emitted in between works on a copy of the packet. The datapath copies only if that changes the packet. 'whole' if the
 * copy goes through all of a bridge, and its action set is executed. False if copies nest too deep. */
bool xlate_clone_begin(struct xlate_ctx *, struct xlate_clone *, bool whole) WARN_UNUSED;
void xlate_clone_end(struct xlate_ctx *, struct xlate_clone *);

/* The same without a clone action of the datapath, for lists that are not executed one behind the other. */
bool xlate_clone_save(struct xlate_ctx *, struct xlate_clone *, bool whole) WARN_UNUSED;
void xlate_clone_restore(struct xlate_ctx *, struct xlate_clone *);

/* The last clone of a list needs no copy. */
void xlate_clone_unwrap_last(struct actions *);

/* xlate_set.c: emits what makes the datapath's packet as 'flow' says. */
void xlate_commit(struct xlate_ctx *);

/* xlate_field.c */
void xlate_set_field(struct xlate_ctx *, const struct ofp_action *);
void xlate_reg_move(struct xlate_ctx *, const struct ofp_action *);
void xlate_stack_push(struct xlate_ctx *, const struct ofp_action *);
void xlate_stack_pop(struct xlate_ctx *, const struct ofp_action *);
void xlate_output_reg(struct xlate_ctx *, const struct ofp_action *);
void xlate_write_metadata(struct xlate_ctx *, const struct ofp_action *);
void xlate_delete_field(struct xlate_ctx *, const struct ofp_action *);
/* Writes the low bits of 'number' if the packet has the field; looks at a part of a field. */
void xlate_write_subfield(struct xlate_ctx *, const struct subfield *, uint64_t number);
void xlate_look_subfield(struct xlate_ctx *, const struct subfield *);
bool xlate_field_is_vlan(const struct field *);
bool xlate_field_is_mpls(const struct field *);

/* xlate_ttl.c */
void xlate_dec_ttl(struct xlate_ctx *, const struct ofp_action *);
void xlate_copy_ttl_out(struct xlate_ctx *, const struct ofp_action *);
void xlate_copy_ttl_in(struct xlate_ctx *, const struct ofp_action *);

/* xlate_retype.c: writing what says which header follows. */
bool xlate_is_retype(const struct field *);
void xlate_retype(struct xlate_ctx *, const struct field *, const union field_value *value, const union field_value *mask);

/* xlate_pbb.c */
void xlate_push_pbb(struct xlate_ctx *, const struct ofp_action *);
void xlate_pop_pbb(struct xlate_ctx *, const struct ofp_action *);

/* xlate_hash.c: looks at the fields and hashes them. Packets of one connection have the same hash, also of both directions if the
 * fields are symmetric. */
uint32_t xlate_hash(struct xlate_ctx *, enum ofp_hash_fields, uint16_t basis);

/* xlate_multipath.c */
void xlate_multipath(struct xlate_ctx *, const struct ofp_action *);
void xlate_bundle(struct xlate_ctx *, const struct ofp_action *);

/* xlate_learn.c */
void xlate_learn(struct xlate_ctx *, const struct ofp_action *);
void xlate_fin_timeout(struct xlate_ctx *, const struct ofp_action *);

/* xlate_vlan.c */
void xlate_look_vlans(struct xlate_ctx *);
void xlate_vlans_written(struct xlate_ctx *);
void xlate_push_vlan(struct xlate_ctx *, const struct ofp_action *);
void xlate_strip_vlan(struct xlate_ctx *, const struct ofp_action *);
void xlate_set_vlan_vid(struct xlate_ctx *, const struct ofp_action *);
void xlate_set_vlan_pcp(struct xlate_ctx *, const struct ofp_action *);
void xlate_commit_vlan(struct xlate_ctx *);

/* xlate_mpls.c */
void xlate_mpls_init(struct xlate_ctx *); /* the flow is complete */
void xlate_look_mpls(struct xlate_ctx *);
void xlate_mpls_written(struct xlate_ctx *);
void xlate_push_mpls(struct xlate_ctx *, const struct ofp_action *);
void xlate_pop_mpls(struct xlate_ctx *, const struct ofp_action *);
void xlate_set_mpls_ttl(struct xlate_ctx *, const struct ofp_action *);
void xlate_dec_mpls_ttl(struct xlate_ctx *, const struct ofp_action *);
void xlate_commit_mpls(struct xlate_ctx *);
/* What is behind the Ethernet header and its tags is not known any more, or not visible. */
void xlate_clear_l3(struct xlate_packet *);
void xlate_clear_mpls(struct xlate_packet *);

/* xlate_freeze.c */

/* From here on the rest waits. */
void xlate_freeze(struct xlate_ctx *, enum xlate_freeze, const struct ofp_action *);
/* Can 'a' be executed while the packet is not parsed? */
bool xlate_freeze_allows(const struct xlate_ctx *, const struct ofp_action *a);
void xlate_freeze_frame(struct xlate_ctx *, const void *list, size_t size);
/* 'in_clone': nothing comes after the frames, no action set is executed. */
void xlate_freeze_finish(struct xlate_ctx *, bool in_clone);

/* xlate_branch.c */
void xlate_check_pkt_larger(struct xlate_ctx *, const struct ofp_action *);
/* Translates what 'frames' say once for each branch of 'a'. */
void xlate_branch(struct xlate_ctx *, const struct ofp_action *a, const struct recirc_frame *frames, size_t n, bool in_clone);

/* xlate_in_band.c: delivers DHCP replies to the local port. Before the first table. */
void xlate_in_band(struct xlate_ctx *);
/* Is the UDP port 'port', the flow's at 'offset', the wanted one? No more is looked at than one bit that differs, so that traffic of other ports
 * need not be told apart. */
bool xlate_port_is(struct xlate_ctx *, be16 port, size_t offset, uint16_t wanted);

/* xlate_bfd.c: true if it was a packet of the port's BFD session, which is all that becomes of it. Before the first table. */
bool xlate_bfd(struct xlate_ctx *, const struct map_port *);

/* xlate_tunnel.c */
void xlate_tunnel_output(struct xlate_ctx *, const struct map_port *, uint32_t truncate);

/* xlate_tunnel_in.c */

/* The packet is about to be delivered to a device of this host: true if it is a tunnel's and was decapsulated instead. */
bool xlate_tunnel_terminate(struct xlate_ctx *, const struct map_port *);
/* The tunnel port of a packet that came in by a listener, and its bridge. Null: none, or the packet is to be dropped, and 'drop' says why. */
const struct map_port *xlate_tunnel_receive(struct xlate_ctx *, uint32_t listener);

/* xlate_tunnel_options.c: the packet's options become fields of the bridge; the other way round; at the end. */
struct tunnel_header;
void xlate_tunnel_take_options(struct xlate_ctx *);
void xlate_tunnel_put_options(struct xlate_ctx *, struct tunnel_header *);
void xlate_tunnel_finish_mask(struct xlate_ctx *);

/* xlate_output.c */
enum ofp_packet_in_reason xlate_packet_in_reason(const struct xlate_ctx *); /* of an output to the controllers */
void xlate_output(struct xlate_ctx *, const struct ofp_action *);
void xlate_output_port(struct xlate_ctx *, ofp_port_t, uint16_t max_len, uint32_t truncate);
void xlate_output_to(struct xlate_ctx *, const struct map_port *, uint32_t truncate);
void xlate_enqueue(struct xlate_ctx *, const struct ofp_action *);
void xlate_set_queue(struct xlate_ctx *, const struct ofp_action *);
void xlate_pop_queue(struct xlate_ctx *, const struct ofp_action *);

/* xlate_group.c */
void xlate_group(struct xlate_ctx *, const struct ofp_action *);
void xlate_group_bucket(struct xlate_ctx *, const struct group *, size_t bucket); /* in a clone */
void xlate_group_branch(struct xlate_ctx *, const struct group *, size_t bucket); /* as it is in the list */

/* xlate_select.c */
void xlate_select(struct xlate_ctx *, struct group *);

/* xlate_meter.c */
void xlate_meter(struct xlate_ctx *, const struct ofp_action *);
bool xlate_meter_begin_packet_in(struct xlate_ctx *, uint32_t meter_id, size_t *clone); /* false: there is no meter */
void xlate_meter_slow_path(struct xlate_ctx *);

/* xlate_normal.c */
void xlate_normal(struct xlate_ctx *);

/* xlate_suppress.c: true if the switch answers the packet, which came in by 'in', itself. */
bool xlate_suppress(struct xlate_ctx *, const struct map_bundle *in, uint16_t vlan);

/* xlate_controller.c */
void xlate_controller(struct xlate_ctx *, const struct ofp_action *);
struct xlate_packet_in {
    enum ofp_packet_in_reason reason;
    uint16_t controller_id, max_len;
    const uint8_t *userdata;
    size_t userdata_len;
    uint32_t meter_id; /* OpenFlow's, 0: none */
    uint32_t pause;    /* the recirculation id of what waits for the controller, 0: nothing */
};
void xlate_controller_fill(const struct xlate_ctx *, const struct ofp_action_controller *, struct xlate_packet_in *);
void xlate_packet_in(struct xlate_ctx *, const struct xlate_packet_in *);
void xlate_packet_in_emit(struct xlate_ctx *, const struct xlate_packet_in *); /* without commit */

/* xlate_credit.c */
void xlate_credit_rule(struct xlate_ctx *, struct rule *);
void xlate_credit_table(struct xlate_ctx *, uint8_t table, ofp_port_t in_port, bool matched);
void xlate_credit_patch(struct xlate_ctx *, struct patch_counters *rx, struct patch_counters *tx); /* either may be null */
void xlate_credit_mac(struct xlate_ctx *, struct mac_table *, const struct mac_source *);
void xlate_credit_lookup(struct xlate_ctx *, struct mac_table *, struct eth_addr, uint16_t vlan, ofp_port_t answer);
struct xlate_learned;
void xlate_credit_learned(struct xlate_ctx *, struct xlate_learned *); /* takes it over */
void xlate_credit_fin(struct xlate_ctx *, struct rule *, uint16_t idle_timeout, uint16_t hard_timeout);
void xlate_credit_recirc(struct xlate_ctx *, struct recirc_state *);
void xlate_credit_group(struct xlate_ctx *, struct group *, uint32_t bucket); /* a number, or XLATE_*_BUCKET* */
void xlate_credit_no_group(struct xlate_ctx *);
void xlate_credit_select(struct xlate_ctx *, struct group_select *);
struct xlate_underlay;
void xlate_credit_underlay(struct xlate_ctx *, const struct xlate_underlay *); /* takes its reference over */

/* xlate_report.c: the trace. Nothing happens without one. */
void xlate_report(struct xlate_ctx *, const char *format, ...) PRINTF_FORMAT(2, 3);       /* " -> ..." */
void xlate_report_warn(struct xlate_ctx *, const char *format, ...) PRINTF_FORMAT(2, 3);  /* " >> ..." */
void xlate_report_error(struct xlate_ctx *, const char *format, ...) PRINTF_FORMAT(2, 3); /* " >>>> ... <<<<" */
void xlate_report_action(struct xlate_ctx *, const struct ofp_action *);
void xlate_report_now(struct xlate_ctx *, const struct subfield *); /* the value that was written */

void xlate_report_thaw(struct xlate_ctx *, uint8_t table);

/* What follows belongs to these until 'story' is put back. */
void xlate_report_bridge(struct xlate_ctx *);
void xlate_report_rule(struct xlate_ctx *, const struct rule *);
void xlate_report_no_rule(struct xlate_ctx *, const char *why);
void xlate_report_action_set(struct xlate_ctx *);
void xlate_report_bucket(struct xlate_ctx *, uint32_t id);

void xlate_report_begin(struct xlate_ctx *, struct report_list *);
void xlate_report_end(struct xlate_ctx *, struct report_list *); /* puts it into words */
