/* SPDX-License-Identifier: Apache-2.0 */
/* The states of frozen translations, by recirculation id. */
#include "ofproto/recirc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action.h"

LOG_MODULE(recirc);

enum { MAX_STATES = 65536, LINGER_MS = 5000 };

struct recirc_entry {
    struct recirc_state state;
    struct hmap_node node;        /* by id */
    uint32_t refs;                /* under the lock */
    int64_t unused_since_ms;      /* while refs is 0 */
    struct recirc_content content; /* everything in it owned */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hmap entries = HMAP_INIT; /* under the lock */

static void describe_flow(struct strbuf *s, const struct flow *flow)
{
    for (unsigned int i = 0; i < FLOW_N_LINES; i++) {
        if (flow->lines & 1u << i) {
            strbuf_putf(s, "%u ", i);
            strbuf_put_hex(s, &flow->line[i], FLOW_LINE_SIZE);
        }
    }
}

/* The id follows from this text, which says the same in every run of the program. */
static void describe(struct strbuf *s, const struct recirc_content *content)
{
    strbuf_putf(s, "%s %u %d %u %u %d ", content->bridge, content->in_port, content->has_priority, content->priority,
                content->priority_now, content->in_clone);
    describe_flow(s, &content->registers);
    describe_flow(s, &content->written);
    for (size_t i = 0; i < content->n_frames; i++) {
        const struct recirc_frame *frame = &content->frames[i];
        strbuf_putf(s, " %u %u %llx ", frame->in_port, frame->table, (unsigned long long) frame->cookie);
        ofp_actions_format(s, frame->actions.data, frame->actions.size, NULL);
    }
    strbuf_putc(s, ' ');
    ofp_actions_format(s, content->action_set, content->action_set_size, NULL);
    strbuf_put_hex(s, content->stack, content->stack_size);
}

static uint32_t draw_id(const struct recirc_content *content)
{
    struct strbuf s = STRBUF_INIT;
    describe(&s, content);
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < s.length; i++) {
        h = (h ^ (uint8_t) s.s[i]) * 1099511628211ULL;
    }
    strbuf_destroy(&s);
    uint32_t id = hash_fold(h);
    return id ? id : 1;
}

static bool bytes_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return a_size == b_size && (!a_size || !memcmp(a, b, a_size));
}

static bool frame_equal(const struct recirc_frame *a, const struct recirc_frame *b)
{
    return a->in_port == b->in_port && a->table == b->table && a->cookie == b->cookie
           && ofp_actions_equal(a->actions.data, a->actions.size, b->actions.data, b->actions.size);
}

static bool content_equal(const struct recirc_content *a, const struct recirc_content *b)
{
    if (strcmp(a->bridge, b->bridge) || a->in_port != b->in_port || a->in_clone != b->in_clone
        || a->n_frames != b->n_frames
        || a->has_priority != b->has_priority || a->priority != b->priority || a->priority_now != b->priority_now || !flow_equal(&a->registers, &b->registers)
        || !flow_equal(&a->written, &b->written)
        || !ofp_actions_equal(a->action_set, a->action_set_size, b->action_set, b->action_set_size)
        || !bytes_equal(a->stack, a->stack_size, b->stack, b->stack_size)) {
        return false;
    }
    for (size_t i = 0; i < a->n_frames; i++) {
        if (!frame_equal(&a->frames[i], &b->frames[i])) {
            return false;
        }
    }
    return true;
}

static void *dup_bytes(const void *p, size_t n)
{
    return n ? xmemdup(p, n) : NULL;
}

static void copy_content(struct recirc_content *to, const struct recirc_content *from)
{
    *to = *from;
    to->bridge = xstrdup(from->bridge);
    struct recirc_frame *frames = xcalloc(from->n_frames ? from->n_frames : 1, sizeof *frames);
    for (size_t i = 0; i < from->n_frames; i++) {
        frames[i] = from->frames[i];
        memset(&frames[i].actions, 0, sizeof frames[i].actions);
        ofpbuf_put(&frames[i].actions, from->frames[i].actions.data, from->frames[i].actions.size);
    }
    to->frames = frames;
    to->action_set = dup_bytes(from->action_set, from->action_set_size);
    to->stack = dup_bytes(from->stack, from->stack_size);
}

static void free_entry(struct recirc_entry *entry)
{
    struct recirc_content *content = &entry->content;
    struct recirc_frame *frames = (struct recirc_frame *) content->frames;
    for (size_t i = 0; i < content->n_frames; i++) {
        ofpbuf_destroy(&frames[i].actions);
    }
    free(frames);
    free((char *) content->bridge);
    free((void *) content->action_set);
    free((void *) content->stack);
    free(entry);
}

static struct recirc_entry *find_locked(uint32_t id)
{
    struct recirc_entry *entry;
    hmap_for_each_with_hash (entry, node, hash_u64(id, 0), &entries) {
        if (entry->state.id == id) {
            return entry;
        }
    }
    return NULL;
}

static struct recirc_entry *get_locked(const struct recirc_content *content, uint32_t id)
{
    struct recirc_entry *entry;
    while ((entry = find_locked(id))) {
        if (content_equal(&entry->content, content)) {
            return entry;
        }
        if (!++id) {
            id = 1;
        }
    }
    if (hmap_count(&entries) >= MAX_STATES) {
        return NULL;
    }
    void *memory = xzalloc_cacheline(sizeof *entry);
    entry = memory;
    entry->state.id = id;
    entry->state.content = &entry->content;
    copy_content(&entry->content, content);
    hmap_insert(&entries, &entry->node, hash_u64(id, 0));
    return entry;
}

struct recirc_state *recirc_get(const struct recirc_content *content)
{
    uint32_t id = draw_id(content);
    pthread_mutex_lock(&lock);
    struct recirc_entry *entry = get_locked(content, id);
    if (entry) {
        entry->refs++;
    }
    pthread_mutex_unlock(&lock);
    if (!entry) {
        log_warn_rl("there are %d recirculation ids in use, no more can be had", MAX_STATES);
    }
    return entry ? &entry->state : NULL;
}

struct recirc_state *recirc_find(uint32_t id)
{
    pthread_mutex_lock(&lock);
    struct recirc_entry *entry = find_locked(id);
    if (entry) {
        entry->refs++;
    }
    pthread_mutex_unlock(&lock);
    return entry ? &entry->state : NULL;
}

struct recirc_state *recirc_ref(struct recirc_state *state)
{
    pthread_mutex_lock(&lock);
    CONTAINER_OF(state, struct recirc_entry, state)->refs++;
    pthread_mutex_unlock(&lock);
    return state;
}

void recirc_unref(struct recirc_state *state)
{
    if (state) {
        pthread_mutex_lock(&lock);
        struct recirc_entry *entry = CONTAINER_OF(state, struct recirc_entry, state);
        if (--entry->refs == 0) {
            entry->unused_since_ms = clock_ms();
        }
        pthread_mutex_unlock(&lock);
    }
}

static void expire(int64_t now_ms, int64_t linger_ms)
{
    pthread_mutex_lock(&lock);
    struct recirc_entry *entry, *next;
    hmap_for_each_safe (entry, next, node, &entries) {
        if (!entry->refs && entry->unused_since_ms + linger_ms <= now_ms) {
            hmap_remove(&entries, &entry->node);
            free_entry(entry);
        }
    }
    pthread_mutex_unlock(&lock);
}

void recirc_expire(void)
{
    expire(clock_ms(), LINGER_MS);
}

unsigned int recirc_count(void)
{
    pthread_mutex_lock(&lock);
    unsigned int n = hmap_count(&entries);
    pthread_mutex_unlock(&lock);
    return n;
}

void recirc_init(void)
{
    hmap_init(&entries);
}

void recirc_destroy(void)
{
    expire(clock_ms(), 0);
    if (!hmap_count(&entries)) {
        hmap_destroy(&entries);
        hmap_init(&entries);
    }
}
