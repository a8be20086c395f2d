/* SPDX-License-Identifier: Apache-2.0 */
/* Flows and packets as clients put, delete, execute and dump them. */
#include <errno.h>
#include <string.h>

#include "datapath/client_request.h"
#include "lib/net/action.h"

/* A datapath of an older version gets a flow and the packet with it as two operations. */
static bool must_split(const struct dp_client *client, const struct dp_op *op)
{
    return op->type == DP_OP_FLOW_PUT && op->packet && client->info.version < DP_PROTOCOL_PUT_PACKET;
}

/* What the operations so far in a message have put into it last, for those behind to repeat. */
struct repeated {
    bool allowed;               /* the datapath knows of it */
    const struct flow *mask;    /* null: none yet */
    const struct dp_op *actions; /* whose; null: none yet */
};

static bool repeats_mask(const struct repeated *r, const struct dp_op *op)
{
    return r->mask && flow_equal(r->mask, op->mask);
}

static bool repeats_actions(const struct repeated *r, const struct dp_op *op)
{
    return r->actions && r->actions->actions_size == op->actions_size
           && (!op->actions_size || !memcmp(r->actions->actions, op->actions, op->actions_size));
}

static void build_op(struct dp_builder *b, const struct dp_op *op, bool with_packet, struct repeated *r)
{
    struct dp_wire_op head = { .type = op->type, .ufid = op->ufid };
    size_t outer = dp_build_begin(b, DP_A_OP);

    if (op->type == DP_OP_FLOW_PUT) {
        head.flags = op->flags;
    }
    dp_build_put(b, DP_A_OP_HEAD, &head, sizeof head);
    if (op->type != DP_OP_FLOW_DEL) {
        dp_build_flow(b, DP_A_KEY, op->key);
        if (!repeats_actions(r, op)) {
            dp_build_put(b, DP_A_ACTIONS, op->actions, op->actions_size);
            r->actions = r->allowed ? op : NULL;
        }
    }
    if (op->type == DP_OP_FLOW_PUT && !repeats_mask(r, op)) {
        dp_build_flow(b, DP_A_MASK, op->mask);
        r->mask = r->allowed ? op->mask : NULL;
    }
    if (with_packet) {
        dp_build_put(b, DP_A_PACKET, op->packet, op->packet_len);
        if (op->offload) {
            dp_build_put(b, DP_A_OFFLOAD, op->offload, sizeof *op->offload);
        }
    }
    dp_build_end(b, outer);
}

static void set_results(struct dp_op *op, const struct dp_wire_result *result)
{
    op->error = result->error;
    op->flow_id = result->flow_id;
    op->exact = result->exact;
    dp_wire_to_stats(&result->stats, &op->stats);
}

/* Puts as many of the operations into one message as fit; returns how many. */
static size_t build_ops(const struct dp_client *client, struct dp_builder *b, const struct dp_op *ops, size_t n)
{
    size_t i, n_wire = 0;
    struct repeated r = { .allowed = client->info.version >= DP_PROTOCOL_REPEAT };

    for (i = 0; i < n; i++) {
        const struct dp_op *op = &ops[i];
        bool split = must_split(client, op);
        size_t len = b->len;
        n_wire += 1 + split;
        if (n_wire > DP_MSG_MAX_OPS) {
            break;
        }
        build_op(b, op, !split && (op->type == DP_OP_EXECUTE || (op->type == DP_OP_FLOW_PUT && op->packet)), &r);
        if (split) {
            struct dp_op execute = *op;
            execute.type = DP_OP_EXECUTE;
            build_op(b, &execute, true, &r);
        }
        if (b->overflow) {
            dp_build_rewind(b, len);
            break;
        }
    }
    return i;
}

static int read_results(struct dp_client *client, const struct dp_parsed *answer, struct dp_op *ops,
                        size_t n)
{
    const struct dp_attr *a = NULL;
    size_t i = 0;

    bool skip = false; /* the second result of an operation that was split */

    while ((a = dp_attr_next(answer, DP_A_OP_RESULT, a))) {
        if (skip) {
            skip = false;
            continue;
        }
        if (i == n) {
            return dp_request_break(client, EPROTO);
        }
        skip = must_split(client, &ops[i]);
        set_results(&ops[i++], dp_attr_content(a));
    }
    return i == n && !skip ? 0 : dp_request_break(client, EPROTO);
}

int dp_operate(struct dp_client *client, struct dp_op *ops, size_t n)
{
    while (n) {
        struct dp_parsed answer;
        size_t n_sent = build_ops(client, dp_request_start(client, DP_MSG_OPERATE), ops, n);
        if (!n_sent) { /* does not fit even alone */
            ops->error = EMSGSIZE;
            ops++, n--;
            continue;
        }

        int error = dp_request_call(client, &answer, NULL);
        if (!error) {
            error = read_results(client, &answer, ops, n_sent);
        }
        if (error) {
            for (size_t i = 0; i < n; i++) {
                ops[i].error = error;
            }
            return error;
        }
        ops += n_sent, n -= n_sent;
    }
    return 0;
}

int dp_flow_flush(struct dp_client *client)
{
    struct dp_parsed answer;

    dp_request_start(client, DP_MSG_FLOW_FLUSH);
    return dp_request_call(client, &answer, NULL);
}

/* Takes one flow out of an answer. 0 or EPROTO. */
static int take_flow(struct dp_client *client, const struct dp_attr *a, struct dp_flow *flow)
{
    struct dp_parsed nested;

    if (dp_nested_check(a, &nested)) {
        return dp_request_break(client, EPROTO);
    }
    const struct dp_wire_flow *head = dp_attr_content(nested.attr[DP_A_FLOW_HEAD]);
    const struct dp_attr *actions = nested.attr[DP_A_ACTIONS];
    if (actions_validate(dp_attr_content(actions), actions->len)) {
        return dp_request_break(client, EPROTO);
    }
    dp_attr_flow(nested.attr[DP_A_KEY], &client->key);
    dp_attr_flow(nested.attr[DP_A_MASK], &client->mask);
    flow_mask_normalize(&client->mask);

    *flow = (struct dp_flow) { .ufid = head->ufid,
                               .id = head->id,
                               .key = &client->key,
                               .mask = &client->mask,
                               .actions = dp_attr_content(actions),
                               .actions_size = actions->len };
    dp_wire_to_stats(&head->stats, &flow->stats);
    return 0;
}

int dp_flow_dump(struct dp_client *client, bool (*cb)(void *aux, const struct dp_flow *), void *aux)
{
    for (uint32_t cursor = 0;;) {
        struct dp_parsed answer;
        dp_build_u32(dp_request_start(client, DP_MSG_FLOW_DUMP), DP_A_CURSOR, cursor);
        int error = dp_request_call(client, &answer, NULL);
        if (error) {
            return error;
        }
        const struct dp_attr *a = NULL;
        while ((a = dp_attr_next(&answer, DP_A_FLOW, a))) {
            struct dp_flow flow;
            error = take_flow(client, a, &flow);
            if (error) {
                return error;
            }
            if (!cb(aux, &flow)) {
                return 0;
            }
        }
        uint32_t next = dp_attr_u32(answer.attr[DP_A_CURSOR]);
        if (next == DP_FLOW_NONE) {
            return 0;
        }
        if (next <= cursor) {
            return dp_request_break(client, EPROTO); /* it would never end */
        }
        cursor = next;
    }
}

int dp_flow_get(struct dp_client *client, const struct uuid *ufid, struct dp_flow *flow)
{
    struct dp_parsed answer;

    dp_build_put(dp_request_start(client, DP_MSG_FLOW_GET), DP_A_UFID, ufid, sizeof *ufid);
    int error = dp_request_call(client, &answer, NULL);
    return error ? error : take_flow(client, answer.attr[DP_A_FLOW], flow);
}
