/* SPDX-License-Identifier: Apache-2.0 */
/* Ports in memory. */
#include "tests/unit/datapath/harness.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/arena.h"
#include "datapath/batch.h"
#include "datapath/port_kinds.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/net/action.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"

/* A packet that waits to be received. */
struct waiting {
    struct waiting *next;
    struct dp_offload offload;
    uint32_t len;
    uint8_t bytes[];
};

struct kind {
    struct test_port test;
    pthread_mutex_t mutex; /* tests only: real kinds never lock */
    struct waiting *first, **last;
    int event_fd;
};

static struct kind *kind_of(const struct port *port)
{
    return port->priv;
}

static int test_open(struct port *port, const struct smap *options, char **errorp)
{
    if (smap_get_bool(options, "fail", false)) {
        *errorp = xasprintf("%s: asked to fail", port->name);
        return ENODEV;
    }
    struct kind *k = xzalloc(sizeof *k);
    pthread_mutex_init(&k->mutex, NULL);
    k->last = &k->first;
    k->test.port = port;
    k->test.tx_room = UINT32_MAX;
    k->test.why = DROP_TX_QUEUE_FULL;
    k->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    port->priv = k;
    port->tx_features = smap_get_int(options, "features", 0);
    port->mtu = smap_get_int(options, "mtu", 0);
    port->n_rxq = smap_get_int(options, "n_rxq", 1);
    port->admin_up = port->carrier = true;
    return 0;
}

static void free_waiting(struct kind *k)
{
    while (k->first) {
        struct waiting *w = k->first;
        k->first = w->next;
        free(w);
    }
    k->last = &k->first;
}

void harness_clear(struct test_port *test)
{
    while (test->n_sent) {
        free(test->sent[--test->n_sent].bytes);
    }
    test->n_tx_calls = 0;
}

static void test_close(struct port *port)
{
    struct kind *k = kind_of(port);
    assert_false(k->test.unsettled);
    harness_clear(&k->test);
    free_waiting(k);
    close(k->event_fd);
    pthread_mutex_destroy(&k->mutex);
    free(k);
}

static int test_rx_fd(const struct port *port, unsigned int q)
{
    return q ? -1 : kind_of(port)->event_fd;
}

/* Null if the arena is empty; that is counted. */
static struct packet *make_packet(struct frame_cache *frames, const struct waiting *w)
{
    struct packet *p = frame_cache_get(frames);
    uint8_t *tail = p && w->len > PACKET_HEAD_SIZE ? frame_cache_get_tail(frames) : NULL;
    if (!p || (w->len > PACKET_HEAD_SIZE && !tail)) {
        frame_cache_count_drops(frames, DROP_NO_BUFFER, 1);
        if (p) {
            frame_cache_put(frames, p);
        }
        return NULL;
    }
    p->head_len = MIN(w->len, PACKET_HEAD_SIZE);
    memcpy(p->data, w->bytes, p->head_len);
    if (tail) {
        p->tail = tail;
        p->tail_len = w->len - p->head_len;
        memcpy(tail, w->bytes + p->head_len, p->tail_len);
    }
    p->offload = w->offload.offload;
    p->gso_type = w->offload.gso_type;
    p->gso_size = w->offload.gso_size;
    p->hdr_len = w->offload.hdr_len;
    p->csum_start = w->offload.csum_start;
    p->csum_offset = w->offload.csum_offset;
    return p;
}

static unsigned int test_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                            struct batch *batch, unsigned int max)
{
    struct kind *k = kind_of(port);
    unsigned int n = 0;
    if (q) {
        return 0;
    }
    pthread_mutex_lock(&k->mutex);
    bool flood = __atomic_load_n(&k->test.flood, __ATOMIC_RELAXED);
    while (k->first && n < max) {
        struct waiting *w = k->first;
        struct packet *p = make_packet(frames, w);
        if (p) {
            batch_add(batch, p);
        }
        n += p != NULL;
        if (flood) {
            continue;
        }
        k->first = w->next;
        if (!k->first) {
            k->last = &k->first;
        }
        free(w);
    }
    if (!k->first) {
        uint64_t value;
        (void) !read(k->event_fd, &value, sizeof value);
    }
    pthread_mutex_unlock(&k->mutex);
    return n;
}

static unsigned int test_tx(struct port *port, unsigned int thread, struct packet *const *packets,
                            unsigned int n, enum drop_reason *why)
{
    struct kind *k = kind_of(port);
    struct test_port *test = &k->test;
    assert_true(thread <= DATAPATH_MAX_THREADS);
    pthread_mutex_lock(&k->mutex);
    unsigned int n_taken = MIN(n, test->tx_room);
    test->n_tx_calls++;
    test->unsettled = true;
    for (unsigned int i = 0; i < n_taken; i++) {
        const struct packet *p = packets[i];
        if (test->n_sent < HARNESS_MAX_SENT) {
            struct sent *s = &test->sent[test->n_sent++];
            s->packet = *p;
            s->len = packet_len(p);
            s->bytes = xmalloc(s->len + 1);
            assert_true(packet_read(p, 0, s->bytes, s->len));
        }
    }
    test->tx_room -= test->tx_room == UINT32_MAX ? 0 : n_taken;
    *why = test->why;
    pthread_mutex_unlock(&k->mutex);
    __atomic_fetch_add(&test->n_sent_total, n_taken, __ATOMIC_RELAXED);
    return n_taken;
}

static void test_tx_done(struct port *port, unsigned int thread)
{
    struct kind *k = kind_of(port);
    pthread_mutex_lock(&k->mutex);
    k->test.unsettled = false;
    pthread_mutex_unlock(&k->mutex);
}

static const struct port_ops test_ops = {
    .type = "test",
    .open = test_open,
    .close = test_close,
    .rx_fd = test_rx_fd,
    .rx = test_rx,
    .tx = test_tx,
    .tx_done = test_tx_done,
};

const struct port_ops *port_kind_find(const char *type)
{
    const struct port_ops *const kinds[] = {&test_ops, &port_vxlan_ops, &port_geneve_ops,
                                            &port_gre_ops};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(type, kinds[i]->type)) {
            return kinds[i];
        }
    }
    return NULL;
}

struct datapath *harness_create(uint32_t max_flows, uint32_t n_frames, unsigned int n_threads)
{
    char *error;
    const struct datapath_config config = {
        .max_flows = max_flows, .n_frames = n_frames, .n_threads = n_threads, .manual = !n_threads};
    struct datapath *dp = datapath_create(&config, &error);
    if (!dp) {
        fail_msg("%s", error);
    }
    return dp;
}

void harness_destroy(struct datapath *dp)
{
    harness_check_frames(dp);
    datapath_destroy(dp);
}

struct test_port *harness_add_port(struct datapath *dp, uint32_t no, uint32_t features,
                                   uint32_t mtu)
{
    struct smap options = SMAP_INIT;
    char name[16], *error;
    uint32_t number = no;
    smap_setf(&options, "features", "%u", features);
    smap_setf(&options, "mtu", "%u", mtu);
    snprintf(name, sizeof name, "p%u", no);
    if (datapath_port_add(dp, name, "test", &options, &number, &error)) {
        fail_msg("%s", error);
    }
    assert_int_equal(number, no);
    smap_destroy(&options);
    return harness_port(dp, no);
}

void harness_add_tunnel(struct datapath *dp, uint32_t no, const char *type, bool gbp)
{
    struct smap options = SMAP_INIT;
    char name[16], *error;
    uint32_t number = no;
    if (gbp) {
        smap_set(&options, "gbp", "true");
    }
    snprintf(name, sizeof name, "t%u", no);
    if (datapath_port_add(dp, name, type, &options, &number, &error)) {
        fail_msg("%s", error);
    }
    smap_destroy(&options);
}

struct test_port *harness_port(struct datapath *dp, uint32_t no)
{
    return &kind_of(datapath_port_get(dp, no))->test;
}

void harness_receive(struct test_port *test, const void *bytes, uint32_t len,
                     const struct dp_offload *like)
{
    struct kind *k = CONTAINER_OF(test, struct kind, test);
    struct waiting *w = xzalloc(sizeof *w + len);
    uint64_t one = 1;
    w->len = len;
    if (len) {
        memcpy(w->bytes, bytes, len);
    }
    if (like) {
        w->offload = *like;
    }
    pthread_mutex_lock(&k->mutex);
    *k->last = w;
    k->last = &w->next;
    (void) !write(k->event_fd, &one, sizeof one);
    pthread_mutex_unlock(&k->mutex);
}

bool harness_is_drained(struct test_port *test)
{
    struct kind *k = CONTAINER_OF(test, struct kind, test);
    pthread_mutex_lock(&k->mutex);
    bool drained = !k->first;
    pthread_mutex_unlock(&k->mutex);
    return drained;
}

struct uuid harness_ufid(uint32_t n)
{
    struct uuid u = {{0}};
    memcpy(u.bytes, &n, sizeof n);
    return u;
}

static void parse_match(const char *match, struct flow *key, struct flow *mask)
{
    char *error = flow_parse_text(match, NULL, key, mask);
    if (error) {
        fail_msg("%s: %s", match, error);
    }
}

uint32_t harness_flow(struct datapath *dp, uint32_t ufid, const char *match, const char *actions)
{
    struct flow key, mask;
    struct actions list = ACTIONS_INIT;
    parse_match(match, &key, &mask);
    FLOW_MASK_FIELD(&mask, in_port);
    FLOW_MASK_FIELD(&mask, recirc_id);
    char *error = actions_parse_text(actions, NULL, &list);
    if (error) {
        fail_msg("%s: %s", actions, error);
    }
    struct dp_op op = {
        .type = DP_OP_FLOW_PUT, .ufid = harness_ufid(ufid), .flags = DP_PUT_CREATE | DP_PUT_MODIFY,
        .key = &key, .mask = &mask, .actions = list.data, .actions_size = list.size,
    };
    datapath_operate(dp, &op);
    assert_int_equal(op.error, 0);
    actions_destroy(&list);
    return op.flow_id;
}

uint32_t harness_packet(const char *match, uint32_t payload_len, uint8_t *bytes, size_t size)
{
    struct flow key, mask;
    parse_match(match, &key, &mask);
    size_t len = flow_compose(&key, bytes, size, payload_len);
    assert_true(len >= payload_len);
    return len;
}

uint64_t harness_drops(struct datapath *dp, enum drop_reason reason)
{
    struct dp_totals totals;
    datapath_totals(dp, &totals);
    return totals.drops[reason];
}

void harness_check_frames(struct datapath *dp)
{
    struct dp_totals totals;
    datapath_totals(dp, &totals);
    assert_int_equal(totals.n_frames, totals.n_frames_free);
}
