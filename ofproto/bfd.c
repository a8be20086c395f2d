/* SPDX-License-Identifier: Apache-2.0 */
/* BFD on ports: timers, packets in and out, commands, and the file. */
#include "ofproto/bfd.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "datapath/client.h"
#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "ofproto/backer.h"
#include "ofproto/bfd_session.h"
#include "ofproto/bfd_store.h"
#include "ofproto/fair_queue.h"
#include "ofproto/port_map.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"

LOG_MODULE(bfd);

COVERAGE_DEFINE(bfd_received);
COVERAGE_DEFINE(bfd_discarded);
COVERAGE_DEFINE(bfd_queue_full);

enum {
    USERDATA_BRIDGE_MAX = 63,
    MAX_WAITING = 1024, /* packets on their way from the handlers */
    MAX_FRAME = 256,    /* bytes of one that are looked at: headers with options, the packet, authentication */
    BURST = 64,         /* taken before the loop does other things */
    COUNT_MS = 500,     /* how often a port's counters are read for sessions that want to know */
    MAX_RUNS = 4,       /* packets that one run may send: an answer, a periodic one, and reserve */
};

#define USERDATA_MAGIC 0x31444642u /* "BFD1" */

static const struct eth_addr default_dst_mac = { { 0x00, 0x23, 0x20, 0x00, 0x00, 0x01 } };

struct port_bfd {
    struct cds_list_head node; /* in sessions */
    struct ofport *port;
    struct bfd_config config;
    struct bfd_session *session;
    struct bfd_memory remembered; /* as in the file */
    struct loop_timer *timer;
    int64_t count_ms;             /* when the port's counters are read again */
    bool forwards;                /* as the others were told */
};

struct item {
    struct fair_item fair;
    char bridge[USERDATA_BRIDGE_MAX + 1];
    uint32_t port;
    uint32_t len;
    uint8_t frame[MAX_FRAME];
};

static struct {
    struct loop *loop; /* null: not started */
    struct loop_watch *watch;
    char *path;
    struct cds_list_head sessions;
    struct bfd_store_entry *stored; /* of the last run, until a session takes it up */
    size_t n_stored;
    int fd;            /* an eventfd: not 0 while there are items */
    pthread_mutex_t lock; /* of what follows */
    struct fair_queue *items;
} bfd = { .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

/* User data. */

struct packed {
    uint32_t magic;
    uint32_t port;
};

size_t bfd_userdata_encode(const char *bridge, uint32_t port, uint8_t to[BFD_USERDATA_MAX])
{
    struct packed packed = { USERDATA_MAGIC, port };
    size_t n = strnlen(bridge, USERDATA_BRIDGE_MAX);
    memcpy(to, &packed, sizeof packed);
    memcpy(to + sizeof packed, bridge, n);
    return sizeof packed + n;
}

static bool decode(const uint8_t *data, size_t n, struct item *item)
{
    struct packed packed;
    if (n <= sizeof packed || n > sizeof packed + USERDATA_BRIDGE_MAX) {
        return false;
    }
    memcpy(&packed, data, sizeof packed);
    memset(item->bridge, 0, sizeof item->bridge);
    memcpy(item->bridge, data + sizeof packed, n - sizeof packed);
    item->port = packed.port;
    return packed.magic == USERDATA_MAGIC;
}

/* From the handlers. */

bool bfd_from_upcall(const struct dp_upcall *upcall)
{
    struct item probe;
    if (!decode(upcall->userdata, upcall->userdata_len, &probe)) {
        return false;
    }
    struct item *item = xmalloc(sizeof *item);
    memcpy(item, &probe, offsetof(struct item, len));
    item->len = MIN(upcall->packet_len, MAX_FRAME);
    item->fair.size = sizeof *item;
    memcpy(item->frame, upcall->packet, item->len);
    struct fair_item *excess;
    pthread_mutex_lock(&bfd.lock);
    if (bfd.items) {
        bool wake = !fair_queue_n(bfd.items);
        fair_queue_put(bfd.items, upcall->key.in_port, &item->fair);
        while ((excess = fair_queue_take_excess(bfd.items))) {
            COVERAGE_INC(bfd_queue_full);
            free(CONTAINER_OF(excess, struct item, fair));
        }
        uint64_t one = 1;
        if (wake && write(bfd.fd, &one, sizeof one) != sizeof one) {
            log_err_rl("cannot wake the main thread: %s", strerror(errno));
        }
    } else {
        free(item);
    }
    pthread_mutex_unlock(&bfd.lock);
    return true;
}

static struct item *take(void)
{
    pthread_mutex_lock(&bfd.lock);
    struct fair_item *fair = fair_queue_take(bfd.items);
    if (!fair) {
        uint64_t count;
        ssize_t n = read(bfd.fd, &count, sizeof count);
        (void) n; /* it may be 0 already */
    }
    pthread_mutex_unlock(&bfd.lock);
    return fair ? CONTAINER_OF(fair, struct item, fair) : NULL;
}

/* The file. */

static void store(void)
{
    size_t n = 0, allocated = bfd.n_stored;
    struct port_bfd *p;
    cds_list_for_each_entry (p, &bfd.sessions, node) {
        allocated++;
    }
    struct bfd_store_entry *entries = xcalloc(MAX(allocated, 1), sizeof *entries);
    cds_list_for_each_entry (p, &bfd.sessions, node) {
        struct bfd_store_entry *e = &entries[n++];
        bfd_session_remember(p->session, &p->remembered);
        snprintf(e->bridge, sizeof e->bridge, "%s", p->port->ofproto->name);
        snprintf(e->port, sizeof e->port, "%s", p->port->name);
        e->memory = p->remembered;
    }
    for (size_t i = 0; i < bfd.n_stored; i++) {
        entries[n++] = bfd.stored[i]; /* its port may still come */
    }
    int error = bfd_store_write(bfd.path, entries, n);
    if (error) {
        log_warn_rl("%s: cannot be written (%s), BFD sessions would not survive a restart", bfd.path, strerror(error));
    }
    free(entries);
}

static void store_if_changed(const struct port_bfd *p)
{
    struct bfd_memory now;
    memset(&now, 0, sizeof now);
    bfd_session_remember(p->session, &now);
    if (memcmp(&now, &p->remembered, sizeof now)) {
        store();
    }
}

/* What the last run has left for the port, taken out. False: nothing. */
static bool take_stored(const struct ofport *port, struct bfd_memory *memory)
{
    for (size_t i = 0; i < bfd.n_stored; i++) {
        const struct bfd_store_entry *e = &bfd.stored[i];
        if (!strcmp(e->bridge, port->ofproto->name) && !strcmp(e->port, port->name)) {
            *memory = e->memory;
            bfd.stored[i] = bfd.stored[--bfd.n_stored];
            return true;
        }
    }
    return false;
}

/* Sending and timing. */

static bool mac_is_zero(const struct eth_addr *mac)
{
    static const struct eth_addr zero;
    return !memcmp(mac, &zero, sizeof zero);
}

static void send_packet(const struct port_bfd *p, const struct bfd_control *control)
{
    uint8_t data[BFD_FRAME_LEN];
    struct bfd_frame frame = {
        .src_mac = mac_is_zero(&p->config.local_src_mac) ? p->port->dp.mac : p->config.local_src_mac,
        .dst_mac = mac_is_zero(&p->config.remote_dst_mac) ? default_dst_mac : p->config.remote_dst_mac,
        .src_ip = p->config.src_ip,
        .dst_ip = p->config.dst_ip,
        .src_port = BFD_SOURCE_PORT_MIN + control->my_disc % (UINT16_MAX - BFD_SOURCE_PORT_MIN + 1),
        .tos = 0xc0, /* network control (RFC 2474 section 4.2.2) */
    };
    bfd_frame_encode(&frame, control, data);
    ofproto_send_out(p->port->ofproto, p->port->no, data, sizeof data);
}

static void count_packets(struct port_bfd *p, int64_t now)
{
    struct dp_port dp;
    struct dp_port_stats stats;
    bool wanted = p->config.decay_min_rx_ms || p->config.forwarding_if_rx;
    if (wanted && now >= p->count_ms && p->port->dp.no != DP_PORT_NONE && !backer_port_stats(p->port->dp.no, &dp, &stats)) {
        bfd_session_count(p->session, stats.rx_packets, now);
        p->count_ms = now + COUNT_MS;
    }
}

static void tell(struct port_bfd *p, int64_t now)
{
    bool forwards = bfd_session_forwards(p->session, now);
    if (forwards != p->forwards) {
        p->forwards = forwards;
        log_info("bridge %s: port %s: BFD says that its path %s", p->port->ofproto->name, p->port->name,
                 forwards ? "forwards" : "does not forward");
        ofport_liveness_changed(p->port);
    }
}

static void run(void *p_)
{
    struct port_bfd *p = p_;
    struct bfd_control control;
    int64_t now = clock_ms();
    count_packets(p, now);
    for (int i = 0; i < MAX_RUNS && bfd_session_run(p->session, &control, now); i++) {
        send_packet(p, &control);
    }
    tell(p, now);
    store_if_changed(p);
    bool counts = p->config.decay_min_rx_ms || p->config.forwarding_if_rx;
    loop_timer_set(p->timer, counts ? MIN(bfd_session_next(p->session), p->count_ms) : bfd_session_next(p->session));
}

static void receive(const struct item *item)
{
    const struct ofproto *ofproto = ofproto_find(item->bridge);
    const struct ofport *port = ofproto ? port_set_by_no(ofproto->ports, item->port) : NULL;
    struct bfd_control control;
    struct bfd_frame frame;
    if (!port || !port->bfd) {
        return; /* a flow that is cached no more longer than it takes to delete it */
    }
    struct port_bfd *p = port->bfd;
    const char *why = bfd_frame_decode(item->frame, item->len, &frame, &control);
    if (!why && !mac_is_zero(&p->config.local_dst_mac) && memcmp(&frame.dst_mac, &p->config.local_dst_mac, sizeof frame.dst_mac)) {
        why = "it is for another Ethernet address";
    }
    if (!why) {
        why = bfd_session_receive(p->session, &control, clock_ms());
    }
    if (why) {
        COVERAGE_INC(bfd_discarded);
        log_info_rl("bridge %s: port %s: a BFD packet is discarded: %s", ofproto->name, port->name, why);
        return;
    }
    COVERAGE_INC(bfd_received);
    run(p);
}

static void deliver(void *aux, unsigned int events)
{
    struct item *item;
    for (int i = 0; i < BURST && (item = take()); i++) {
        receive(item);
        free(item);
    }
}

/* Ports. */

static uint32_t draw(void)
{
    uint32_t value;
    if (getrandom(&value, sizeof value, 0) != sizeof value) {
        log_abort("no random numbers: %s", strerror(errno));
    }
    return value;
}

static bool discriminator_is_used(uint32_t disc)
{
    struct port_bfd *p;
    cds_list_for_each_entry (p, &bfd.sessions, node) {
        if (p->remembered.local_disc == disc) {
            return true;
        }
    }
    for (size_t i = 0; i < bfd.n_stored; i++) {
        if (bfd.stored[i].memory.local_disc == disc) {
            return true;
        }
    }
    return !disc;
}

static void begin(struct ofport *port, const struct bfd_config *config)
{
    struct port_bfd *p = xzalloc(sizeof *p);
    struct bfd_memory memory;
    bool known = take_stored(port, &memory);
    uint32_t disc = known ? memory.local_disc : draw();
    while (!known && discriminator_is_used(disc)) {
        disc = draw();
    }
    int64_t now = clock_ms();
    p->port = port;
    p->config = *config;
    p->session = bfd_session_create(disc, config, known ? &memory : NULL, draw, now);
    p->forwards = bfd_session_forwards(p->session, now);
    p->remembered.local_disc = disc;
    p->timer = loop_timer_create(bfd.loop, run, p);
    cds_list_add(&p->node, &bfd.sessions);
    port->bfd = p;
    log_info("bridge %s: port %s: BFD session 0x%x %s", port->ofproto->name, port->name, disc, known ? "goes on" : "begins");
    ofport_liveness_changed(port);
    store();
    /* The port is complete when this returns to the loop. */
    loop_timer_set(p->timer, now);
}

static void end(struct ofport *port)
{
    struct port_bfd *p = port->bfd;
    port->bfd = NULL;
    cds_list_del(&p->node);
    loop_timer_destroy(p->timer);
    bfd_session_destroy(p->session);
    free(p);
}

void bfd_configure(struct ofport *port, const struct smap *settings)
{
    struct bfd_config config;
    char *warnings;
    bfd_config_parse(settings, &config, &warnings);
    if (warnings) {
        log_warn("bridge %s: port %s: %s", port->ofproto->name, port->name, warnings);
        free(warnings);
    }
    if (config.enable && !port->bfd) {
        begin(port, &config);
    } else if (config.enable && memcmp(&config, &port->bfd->config, sizeof config)) {
        port->bfd->config = config;
        bfd_session_configure(port->bfd->session, &config, clock_ms());
        port_map_changed(); /* check_tnl_key */
        run(port->bfd);
    } else if (!config.enable && port->bfd) {
        end(port);
        store();
        ofport_liveness_changed(port);
    }
}

void bfd_forget(struct ofport *port)
{
    if (port->bfd) {
        end(port);
    }
}

bool bfd_port_forwards(const struct ofport *port)
{
    return !port->bfd || port->bfd->forwards;
}

void bfd_port_status(const struct ofport *port, struct smap *status)
{
    if (port->bfd) {
        bfd_session_status(port->bfd->session, status, clock_ms());
    }
}

struct bfd_look bfd_port_look(const struct ofport *port)
{
    return (struct bfd_look) { port->bfd != NULL, port->bfd && port->bfd->config.check_tnl_key };
}

/* Commands. */

static struct port_bfd *find(const char *name)
{
    struct port_bfd *p;
    cds_list_for_each_entry (p, &bfd.sessions, node) {
        if (!strcmp(p->port->name, name)) {
            return p;
        }
    }
    return NULL;
}

static void show_one(const struct port_bfd *p, struct strbuf *out)
{
    bfd_session_show(p->session, out, clock_ms());
}

/* bfd/show [INTERFACE] */
static void show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf out = STRBUF_INIT;
    struct port_bfd *p = argc > 1 ? find(argv[1]) : NULL;
    if (argc > 1 && !p) {
        unixctl_reply_error(conn, "no such bfd object");
        return;
    }
    if (p) {
        show_one(p, &out);
    } else {
        cds_list_for_each_entry (p, &bfd.sessions, node) {
            strbuf_putf(&out, "---- %s ----\n", p->port->name);
            show_one(p, &out);
        }
    }
    unixctl_reply(conn, strbuf_str(&out));
    strbuf_destroy(&out);
}

static void force(struct port_bfd *p, int forced)
{
    bfd_session_force(p->session, forced);
    run(p);
}

/* bfd/set-forwarding [INTERFACE] normal|false|true */
static void set_forwarding(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    const char *word = argv[argc - 1];
    int forced = !strcmp(word, "true") ? 1 : !strcmp(word, "false") ? 0 : -1;
    if (forced < 0 && strcmp(word, "normal")) {
        unixctl_reply_error(conn, "unknown argument");
        return;
    }
    struct port_bfd *p = argc > 2 ? find(argv[1]) : NULL;
    if (argc > 2 && !p) {
        unixctl_reply_error(conn, "no such BFD object");
        return;
    }
    if (p) {
        force(p, forced);
    } else {
        cds_list_for_each_entry (p, &bfd.sessions, node) {
            force(p, forced);
        }
    }
    unixctl_reply(conn, "OK");
}

/* Begin and end. */

void bfd_start(struct loop *loop, struct unixctl *unixctl)
{
    CDS_INIT_LIST_HEAD(&bfd.sessions);
    bfd.loop = loop;
    bfd.path = paths_in_rundir("bfd.sessions");
    bfd_store_read(bfd.path, &bfd.stored, &bfd.n_stored);
    bfd.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bfd.fd < 0) {
        log_abort("no eventfd: %s", strerror(errno));
    }
    bfd.watch = loop_watch_create(loop, bfd.fd, LOOP_READ, deliver, NULL);
    pthread_mutex_lock(&bfd.lock);
    bfd.items = fair_queue_create(MAX_WAITING, MAX_WAITING * sizeof(struct item));
    pthread_mutex_unlock(&bfd.lock);
    if (unixctl) {
        unixctl_register(unixctl, "bfd/show", "[INTERFACE]", 0, 1, show, NULL);
        unixctl_register(unixctl, "bfd/set-forwarding", "[INTERFACE] normal|false|true", 1, 2, set_forwarding, NULL);
    }
}

void bfd_stop(void)
{
    struct item *item;
    if (!bfd.loop) {
        return;
    }
    while ((item = take())) {
        free(item);
    }
    pthread_mutex_lock(&bfd.lock);
    fair_queue_destroy(bfd.items);
    bfd.items = NULL;
    pthread_mutex_unlock(&bfd.lock);
    loop_watch_destroy(bfd.watch);
    close(bfd.fd);
    free(bfd.path);
    free(bfd.stored);
    bfd.stored = NULL;
    bfd.n_stored = 0;
    bfd.loop = NULL;
    bfd.fd = -1;
}
