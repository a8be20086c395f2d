/* SPDX-License-Identifier: Apache-2.0 */
/* Packing continuations, and unpacking what may come from anybody. */
#include "ofproto/continuation.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action.h"
#include "ofproto/userdata.h"
#include "ofproto/xlate_ctx.h"

/* Elements: type, length of the content, content. No padding. */
enum element {
    ELEMENT_MAGIC = 1,  /* MAGIC: first */
    ELEMENT_BRIDGE,     /* its name */
    ELEMENT_IN_CLONE,   /* nothing comes after the frames */
    ELEMENT_PRIORITY,   /* be32: skb_priority that the packet came with; be32: as it was then */
    ELEMENT_CONJ_ID,    /* be32 */
    ELEMENT_FRAME,      /* be64 cookie, table, then actions as text; innermost first */
    ELEMENT_ACTION_SET, /* actions as text */
    ELEMENT_STACK,      /* values without leading zeros, each behind its length, the one on top last */
};

#define MAGIC "weft1"
enum { MAX_SIZE = 60000, FRAME_HEAD = 9, MAX_FRAMES = 256 };

/* Packing. */

static void put_header(struct ofpbuf *to, enum element type, size_t n)
{
    be16 header[2] = { htons((uint16_t) type), htons((uint16_t) n) };
    ofpbuf_put(to, header, sizeof header);
}

static void put(struct ofpbuf *to, enum element type, const void *content, size_t n)
{
    if (n <= MAX_SIZE) {
        put_header(to, type, n);
        ofpbuf_put(to, content, n);
    } else {
        ofpbuf_put_zeros(to, MAX_SIZE + 1); /* which does not fit */
    }
}

static void put_frame(struct ofpbuf *to, const struct recirc_frame *frame)
{
    struct strbuf text = STRBUF_INIT;
    struct ofpbuf content = { 0 };
    ofp_actions_format(&text, frame->actions.data, frame->actions.size, NULL);
    ofpbuf_put(&content, &frame->cookie, sizeof frame->cookie);
    ofpbuf_put(&content, &frame->table, sizeof frame->table);
    ofpbuf_put(&content, strbuf_str(&text), text.length);
    put(to, ELEMENT_FRAME, content.data, content.size);
    ofpbuf_destroy(&content);
    strbuf_destroy(&text);
}

static void put_stack(struct ofpbuf *to, const struct xlate_stack_item *items, size_t n)
{
    struct ofpbuf content = { 0 };
    for (size_t i = 0; i < n; i++) {
        size_t skip = 0;
        while (skip < FIELD_MAX_BYTES && !items[i].value.b[skip]) {
            skip++;
        }
        uint8_t len = (uint8_t) (FIELD_MAX_BYTES - skip);
        ofpbuf_put(&content, &len, sizeof len);
        ofpbuf_put(&content, &items[i].value.b[skip], len);
    }
    put(to, ELEMENT_STACK, content.data, content.size);
    ofpbuf_destroy(&content);
}

bool continuation_encode(const struct recirc_content *c, struct ofpbuf *to)
{
    size_t start = to->size;
    put(to, ELEMENT_MAGIC, MAGIC, strlen(MAGIC));
    put(to, ELEMENT_BRIDGE, c->bridge, strlen(c->bridge));
    if (c->in_clone) {
        put(to, ELEMENT_IN_CLONE, NULL, 0);
    }
    if (c->has_priority) {
        be32 priority[2] = { htonl(c->priority), htonl(c->priority_now) };
        put(to, ELEMENT_PRIORITY, priority, sizeof priority);
    }
    const struct flow *registers = &c->registers;
    if (registers->lines & 1u << FLOW_LINE_OPENFLOW && registers->conj_id) {
        be32 conj_id = htonl(registers->conj_id);
        put(to, ELEMENT_CONJ_ID, &conj_id, sizeof conj_id);
    }
    for (size_t i = 0; i < c->n_frames; i++) {
        put_frame(to, &c->frames[i]);
    }
    if (c->action_set_size) {
        struct strbuf text = STRBUF_INIT;
        ofp_actions_format(&text, c->action_set, c->action_set_size, NULL);
        put(to, ELEMENT_ACTION_SET, strbuf_str(&text), text.length);
        strbuf_destroy(&text);
    }
    if (c->stack_size) {
        put_stack(to, c->stack, c->stack_size / sizeof(struct xlate_stack_item));
    }
    return to->size - start <= MAX_SIZE;
}

/* Unpacking. */

struct decoder {
    struct recirc_content *c;
    struct recirc_frame *frames;
    size_t frames_allocated;
    bool has_magic;
};

static bool parse_actions(const uint8_t *text, size_t n, struct ofpbuf *actions)
{
    if (memchr(text, 0, n)) {
        return false;
    }
    char *copy = xmalloc(n + 1);
    memcpy(copy, text, n);
    copy[n] = 0;
    char *error = ofp_actions_parse_in(copy, NULL, OFP15, actions);
    bool ok = !error;
    free(error);
    free(copy);
    return ok;
}

static bool get_bridge(struct decoder *d, const uint8_t *p, size_t n)
{
    if (d->c->bridge || !n || n > USERDATA_MAX_BRIDGE || memchr(p, 0, n)) {
        return false;
    }
    char *name = xmalloc(n + 1);
    memcpy(name, p, n);
    name[n] = 0;
    d->c->bridge = name;
    return true;
}

static bool get_frame(struct decoder *d, const uint8_t *p, size_t n)
{
    if (n < FRAME_HEAD || d->c->n_frames == MAX_FRAMES) {
        return false;
    }
    if (d->c->n_frames == d->frames_allocated) {
        d->frames = grow_array(d->frames, &d->frames_allocated, sizeof *d->frames);
        d->c->frames = d->frames;
    }
    struct recirc_frame *frame = &d->frames[d->c->n_frames++];
    memset(frame, 0, sizeof *frame);
    memcpy(&frame->cookie, p, sizeof frame->cookie);
    frame->table = p[FRAME_HEAD - 1];
    return frame->table < OFP_N_TABLES && parse_actions(p + FRAME_HEAD, n - FRAME_HEAD, &frame->actions);
}

static bool get_action_set(struct decoder *d, const uint8_t *p, size_t n)
{
    struct ofpbuf actions = { 0 };
    if (d->c->action_set || !parse_actions(p, n, &actions)) {
        ofpbuf_destroy(&actions);
        return false;
    }
    d->c->action_set = actions.data;
    d->c->action_set_size = actions.size;
    return true;
}

static bool get_stack(struct decoder *d, const uint8_t *p, size_t n)
{
    size_t n_items = 0, allocated = 0;
    struct xlate_stack_item *items = NULL;
    bool ok = !d->c->stack;
    while (ok && n) {
        size_t len = p[0];
        if (len > FIELD_MAX_BYTES || len >= n || n_items == XLATE_MAX_STACK) {
            ok = false;
            break;
        }
        if (n_items == allocated) {
            items = grow_array(items, &allocated, sizeof *items);
        }
        memset(&items[n_items], 0, sizeof items[n_items]);
        memcpy(&items[n_items].value.b[FIELD_MAX_BYTES - len], p + 1, len);
        n_items++;
        p += 1 + len;
        n -= 1 + len;
    }
    if (ok) {
        d->c->stack = items;
        d->c->stack_size = n_items * sizeof *items;
    } else {
        free(items);
    }
    return ok;
}

static bool get(struct decoder *d, unsigned int type, const uint8_t *p, size_t n)
{
    if (!d->has_magic) {
        d->has_magic = type == ELEMENT_MAGIC && n == strlen(MAGIC) && !memcmp(p, MAGIC, n);
        return d->has_magic;
    }
    switch (type) {
    case ELEMENT_BRIDGE:
        return get_bridge(d, p, n);
    case ELEMENT_IN_CLONE:
        d->c->in_clone = true;
        return n == 0;
    case ELEMENT_PRIORITY:
        if (n != 2 * sizeof(be32)) {
            return false;
        }
        d->c->has_priority = true;
        d->c->priority = ntohl(get_be32(p));
        d->c->priority_now = ntohl(get_be32(p + sizeof(be32)));
        return true;
    case ELEMENT_CONJ_ID:
        if (n != sizeof(be32)) {
            return false;
        }
        d->c->registers.conj_id = ntohl(get_be32(p));
        return true;
    case ELEMENT_FRAME:
        return get_frame(d, p, n);
    case ELEMENT_ACTION_SET:
        return get_action_set(d, p, n);
    case ELEMENT_STACK:
        return get_stack(d, p, n);
    default:
        return false;
    }
}

enum ofp_error continuation_decode(const uint8_t *p, size_t n, struct recirc_content *c)
{
    struct decoder d = { .c = c };
    memset(c, 0, sizeof *c);
    flow_use_line(&c->registers, FLOW_LINE_REGS);
    flow_use_line(&c->registers, FLOW_LINE_OPENFLOW);
    bool ok = n <= MAX_SIZE;
    while (ok && n) {
        enum { HEADER = 2 * sizeof(be16) };
        be16 header[2];
        ok = n >= HEADER;
        if (ok) {
            memcpy(header, p, sizeof header);
            size_t len = ntohs(header[1]);
            ok = len <= n - HEADER && get(&d, ntohs(header[0]), p + HEADER, len);
            p += HEADER + len;
            n -= ok ? HEADER + len : 0;
        }
    }
    if (ok && d.has_magic && c->bridge) {
        return OFPERR_OK;
    }
    continuation_destroy(c);
    return OFPBPC_BAD_VALUE;
}

void continuation_destroy(struct recirc_content *c)
{
    struct recirc_frame *frames = (struct recirc_frame *) c->frames;
    for (size_t i = 0; i < c->n_frames; i++) {
        ofpbuf_destroy(&frames[i].actions);
    }
    free(frames);
    free((char *) c->bridge);
    free((void *) c->action_set);
    free((void *) c->stack);
    memset(c, 0, sizeof *c);
}
