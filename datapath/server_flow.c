/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about flows and packets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/server_request.h"
#include "lib/base/mem.h"

/* So many operations are read before the first of them is carried out, so that the memory that the later ones need comes meanwhile. */
enum { AHEAD = 16 };

struct server_op {
    struct dp_op op;
    struct flow key, mask; /* what 'op' points to, or those behind that repeat the mask */
};

/* What operations of a message may leave out because they repeat it. */
struct repeated {
    bool allowed;                               /* the client's version has it */
    const struct dp_attr *mask_attr, *actions;  /* the latest ones; null: none yet */
    const struct flow *mask;                    /* what 'mask_attr' says; null: to be read again */
};

/* The attribute of an operation, or the one that it repeats, of which '*latest' is then still it. Null if there is none. */
static const struct dp_attr *find_attr(const struct repeated *r, const struct dp_attr *own, const struct dp_attr **latest)
{
    if (own || !r->allowed) {
        *latest = own;
    }
    return *latest;
}

/* Finds the mask of an operation; null if there is none. */
static const struct flow *read_mask(struct repeated *r, const struct dp_attr *own, struct flow *to)
{
    const struct dp_attr *a = find_attr(r, own, &r->mask_attr);
    if (a && (own || !r->mask)) {
        dp_attr_flow(a, to);
        flow_mask_normalize(to);
        r->mask = to;
    }
    return a ? r->mask : NULL;
}

/* Makes an operation of a nested attribute. 0, or EBADMSG if a part that it needs is missing; nothing of such a one is repeated. */
static int read_op(const struct dp_attr *a, struct server_op *to, struct repeated *r)
{
    struct dp_op *op = &to->op;
    struct dp_parsed nested;

    *op = (struct dp_op) { 0 };
    if (dp_nested_check(a, &nested)) {
        return EBADMSG;
    }
    const struct dp_wire_op *head = dp_attr_content(nested.attr[DP_A_OP_HEAD]);
    const struct dp_attr *const *attr = nested.attr;
    *op = (struct dp_op) { .type = head->type, .ufid = head->ufid, .flags = head->flags };

    if (op->type != DP_OP_FLOW_DEL) {
        const struct dp_attr *actions = find_attr(r, attr[DP_A_ACTIONS], &r->actions);
        if (!attr[DP_A_KEY] || !actions) {
            return EBADMSG;
        }
        dp_attr_flow(attr[DP_A_KEY], &to->key);
        op->key = &to->key;
        op->actions = dp_attr_content(actions);
        op->actions_size = actions->len;
    }
    if (op->type == DP_OP_FLOW_PUT) {
        op->mask = read_mask(r, attr[DP_A_MASK], &to->mask);
        if (!op->mask) {
            return EBADMSG;
        }
    }
    if (op->type == DP_OP_EXECUTE && !attr[DP_A_PACKET]) {
        return EBADMSG;
    }
    if (op->type != DP_OP_FLOW_DEL && attr[DP_A_PACKET]) {
        op->packet = dp_attr_content(attr[DP_A_PACKET]);
        op->packet_len = attr[DP_A_PACKET]->len;
        op->offload = attr[DP_A_OFFLOAD] ? dp_attr_content(attr[DP_A_OFFLOAD]) : NULL;
    }
    return 0;
}

static void build_result(struct dp_builder *b, const struct dp_op *op)
{
    struct dp_wire_result result = { .error = op->error,
                                     .flow_id = op->flow_id,
                                     .exact = op->exact };

    dp_wire_from_stats(&result.stats, &op->stats);
    dp_build_put(b, DP_A_OP_RESULT, &result, sizeof result);
}

int server_operate(struct server *server, struct server_answer *answer)
{
    const struct dp_attr *a = dp_attr_next(answer->request, DP_A_OP, NULL);
    size_t n_all = 0;
    struct repeated r = { .allowed = server_client_version(answer->client) >= DP_PROTOCOL_REPEAT };

    if (!server->ops) {
        server->ops = xmalloc_cacheline(AHEAD * sizeof *server->ops);
    }
    while (a && n_all < DP_MSG_MAX_OPS) {
        unsigned int n = 0;
        r.mask = NULL; /* its place is used anew */
        for (; a && n < AHEAD && n_all < DP_MSG_MAX_OPS; n++, n_all++) {
            struct server_op *next = &server->ops[n];
            next->op.error = read_op(a, next, &r);
            if (!next->op.error) {
                datapath_operate_expect(server->dp, &next->op, n);
            } else {
                r.mask_attr = r.actions = NULL;
            }
            a = dp_attr_next(answer->request, DP_A_OP, a);
        }
        for (unsigned int i = 0; i < n; i++) {
            struct dp_op *op = &server->ops[i].op;
            if (!op->error) {
                datapath_operate_next(server->dp, op);
            }
            build_result(&answer->b, op);
        }
    }
    datapath_operate_end(server->dp);
    return a ? E2BIG : 0;
}

int server_flow_flush(struct server *server, struct server_answer *answer)
{
    datapath_flow_flush(server->dp);
    return 0;
}

/* Adds the flow to the message; false if there is no room. */
static bool build_flow(struct dp_builder *b, const struct dp_flow *flow)
{
    struct dp_wire_flow head = { .ufid = flow->ufid, .id = flow->id };
    size_t len = b->len;

    dp_wire_from_stats(&head.stats, &flow->stats);
    size_t outer = dp_build_begin(b, DP_A_FLOW);
    dp_build_put(b, DP_A_FLOW_HEAD, &head, sizeof head);
    dp_build_flow(b, DP_A_KEY, flow->key);
    dp_build_flow(b, DP_A_MASK, flow->mask);
    dp_build_put(b, DP_A_ACTIONS, flow->actions, flow->actions_size);
    dp_build_end(b, outer);
    if (b->overflow) {
        dp_build_rewind(b, len);
        return false;
    }
    return true;
}

struct page {
    struct dp_builder *b;
    uint32_t next; /* the flow that did not fit, or DP_FLOW_NONE */
};

static bool add_to_page(void *aux, const struct dp_flow *flow)
{
    struct page *page = aux;

    if (build_flow(page->b, flow)) {
        return true;
    }
    page->next = flow->id;
    return false;
}

int server_flow_dump(struct server *server, struct server_answer *answer)
{
    uint32_t cursor = dp_attr_u32(answer->request->attr[DP_A_CURSOR]);
    struct page page = { &answer->b, DP_FLOW_NONE };
    size_t cursor_at = answer->b.len;

    dp_build_u32(&answer->b, DP_A_CURSOR, DP_FLOW_NONE); /* set below, once it is known */
    uint32_t next = datapath_flow_dump(server->dp, cursor, add_to_page, &page);
    if (page.next != DP_FLOW_NONE) {
        next = page.next;
    }
    memcpy(answer->b.data + cursor_at + sizeof(struct dp_attr), &next, sizeof next);
    return 0;
}

int server_flow_get(struct server *server, struct server_answer *answer)
{
    struct dp_flow flow;
    struct uuid ufid;

    memcpy(&ufid, dp_attr_content(answer->request->attr[DP_A_UFID]), sizeof ufid);
    if (!datapath_flow_get(server->dp, &ufid, &flow)) {
        return ENOENT;
    }
    build_flow(&answer->b, &flow);
    return 0;
}
