/* SPDX-License-Identifier: Apache-2.0 */
/* What each message of the vhost-user protocol does to the device. */
#include "datapath/vhost_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath/vhost_call.h"
#include "datapath/vhost_inflight.h"
#include "lib/base/mem.h"

#define BIT(N) (1ull << (N))

static const uint64_t protocol_features =
    BIT(VHOST_P_MQ) | BIT(VHOST_P_LOG_SHMFD) | BIT(VHOST_P_RARP) | BIT(VHOST_P_REPLY_ACK) |
    BIT(VHOST_P_NET_MTU) | BIT(VHOST_P_INFLIGHT_SHMFD) | BIT(VHOST_P_RESET_DEVICE) |
    BIT(VHOST_P_CONFIGURE_MEM_SLOTS) | BIT(VHOST_P_STATUS);

uint64_t vhost_device_features(void)
{
    return BIT(VIRTIO_F_CSUM) | BIT(VIRTIO_F_GUEST_CSUM) | BIT(VIRTIO_F_MTU) |
           BIT(VIRTIO_F_GUEST_TSO4) | BIT(VIRTIO_F_GUEST_TSO6) | BIT(VIRTIO_F_GUEST_ECN) |
           BIT(VIRTIO_F_HOST_TSO4) | BIT(VIRTIO_F_HOST_TSO6) | BIT(VIRTIO_F_HOST_ECN) |
           BIT(VIRTIO_F_MRG_RXBUF) | BIT(VIRTIO_F_STATUS) | BIT(VIRTIO_F_CTRL_VQ) |
           BIT(VIRTIO_F_CTRL_RX) | BIT(VIRTIO_F_GUEST_ANNOUNCE) | BIT(VIRTIO_F_MQ) |
           BIT(VIRTIO_F_LOG_ALL) | BIT(VIRTIO_F_ANY_LAYOUT) | BIT(VIRTIO_F_INDIRECT_DESC) |
           BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_PROTOCOL_FEATURES) | BIT(VIRTIO_F_VERSION_1) |
           BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_IN_ORDER);
}

/* Rings. */

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void pause_rings(struct vhost_device *d)
{
    if (d->paused) {
        return;
    }
    d->paused = true;
    d->pause(d->aux);
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        struct vhost_vring *v = &d->vrings[i];
        if (v->live) {
            vhost_ring_release(v->ring);
            v->base = vhost_ring_base(v->ring);
            v->live = false;
        }
    }
}

static bool has_protocol(const struct vhost_device *d, unsigned int bit)
{
    return vhost_has(d->features, VIRTIO_F_PROTOCOL_FEATURES) &&
           vhost_has(d->protocol_features, bit);
}

static bool is_ready(const struct vhost_device *d, const struct vhost_vring *v)
{
    bool enabled = v->enabled || !vhost_has(d->features, VIRTIO_F_PROTOCOL_FEATURES);
    return d->has_features && d->memory.n && v->size && v->has_addr && v->started && enabled &&
           !vhost_memory_is_lost(&d->memory);
}

/* Where the ring's parts lie; false if that is not in the guest's memory. */
static bool place(const struct vhost_device *d, const struct vhost_vring *v, struct vhost_ring *r)
{
    const struct vhost_memory *m = &d->memory;
    const struct vhost_vring_addr *a = &v->addr;
    uint64_t n = v->size;
    r->desc = vhost_memory_at_user(m, a->desc, n * sizeof *r->desc, 16);
    if (r->packed) {
        r->driver = vhost_memory_at_user(m, a->avail, sizeof *r->driver, 4);
        r->device = vhost_memory_at_user(m, a->used, sizeof *r->device, 4);
        return r->desc && r->driver && r->device;
    }
    r->avail = vhost_memory_at_user(m, a->avail, 4 + n * 2 + 2, 2);
    r->used = vhost_memory_at_user(m, a->used, 4 + n * sizeof r->used->ring[0] + 2, 4);
    return r->desc && r->avail && r->used && !(v->size & (v->size - 1));
}

static uint64_t log_addr(const struct vhost_device *d, const struct vhost_vring *v, bool packed)
{
    if (!(v->addr.flags & VHOST_VRING_LOG)) {
        return 0;
    }
    return packed ? vhost_memory_guest_addr(&d->memory, v->addr.desc) : v->addr.log;
}

static void resume_ring(struct vhost_device *d, unsigned int index)
{
    struct vhost_vring *v = &d->vrings[index];
    if (!v->ring) {
        v->ring = xzalloc_cacheline(sizeof *v->ring);
        pthread_spin_init(&v->ring->lock, PTHREAD_PROCESS_PRIVATE);
    }
    struct vhost_ring *r = v->ring;
    bool v1 = vhost_has(d->features, VIRTIO_F_VERSION_1);
    r->memory = &d->memory;
    r->features = d->features;
    r->packed = vhost_has(d->features, VIRTIO_F_RING_PACKED);
    r->event_idx = vhost_has(d->features, VIRTIO_F_EVENT_IDX);
    r->mergeable = vhost_has(d->features, VIRTIO_F_MRG_RXBUF);
    r->in_order = vhost_has(d->features, VIRTIO_F_IN_ORDER);
    r->hdr_len = v1 || r->mergeable ? 12 : 10;
    r->size = v->size;
    r->kick_fd = v->kick_fd;
    r->call_fd = v->call_fd;
    r->err_fd = v->err_fd;
    r->log = vhost_has(d->features, VIRTIO_F_LOG_ALL) && d->log.bits ? &d->log : NULL;
    r->log_addr = r->log ? log_addr(d, v, r->packed) : 0;
    if (!place(d, v, r)) {
        snprintf(d->error, sizeof d->error, "ring %u does not lie in the guest's memory", index);
        return;
    }
    uint32_t base = vhost_inflight_base(d, index);
    if (!vhost_ring_is_base(r, base)) {
        snprintf(d->error, sizeof d->error, "ring %u would begin behind its end", index);
        return;
    }
    vhost_ring_start(r, base);
    if (r->call_fd >= 0) {
        vhost_call(r->call_fd); /* whoever gave buffers back may have died before saying so */
    }
    v->live = true;
    d->resume(d->aux, index, r);
}

static void resume_rings(struct vhost_device *d)
{
    d->paused = false;
    d->error[0] = '\0';
    for (unsigned int i = 0; i < 2 * d->max_pairs; i++) {
        if (is_ready(d, &d->vrings[i])) {
            resume_ring(d, i);
        }
    }
}

/* Life. */

static void reset_vring(struct vhost_vring *v)
{
    struct vhost_ring *ring = v->ring;
    close_fd(&v->kick_fd);
    close_fd(&v->call_fd);
    close_fd(&v->err_fd);
    *v = (struct vhost_vring){.kick_fd = -1, .call_fd = -1, .err_fd = -1, .ring = ring};
}

void vhost_device_init(struct vhost_device *d, void (*pause)(void *aux),
                       void (*resume)(void *aux, unsigned int index, struct vhost_ring *),
                       void *aux)
{
    memset(d, 0, sizeof *d);
    d->pause = pause;
    d->resume = resume;
    d->aux = aux;
    d->offered = vhost_device_features();
    d->max_pairs = VHOST_MAX_QUEUE_PAIRS;
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        d->vrings[i] = (struct vhost_vring){.kick_fd = -1, .call_fd = -1, .err_fd = -1};
    }
}

static void forget_rings(struct vhost_device *d)
{
    pause_rings(d);
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        reset_vring(&d->vrings[i]);
    }
    d->paused = false;
}

void vhost_device_reset(struct vhost_device *d)
{
    forget_rings(d);
    vhost_memory_clear(&d->memory);
    vhost_mapping_destroy(&d->log_mapping);
    vhost_mapping_destroy(&d->inflight_mapping);
    d->log = (struct vhost_log){NULL, 0};
    d->inflight = NULL;
    d->features = d->protocol_features = 0;
    d->has_features = d->rarp_due = false;
    d->status = 0;
    d->mtu = 0;
    d->error[0] = '\0';
}

void vhost_device_destroy(struct vhost_device *d)
{
    vhost_device_reset(d);
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        if (d->vrings[i].ring) {
            pthread_spin_destroy(&d->vrings[i].ring->lock);
            free(d->vrings[i].ring);
        }
    }
}

const char *vhost_device_fault(const struct vhost_device *d)
{
    if (vhost_memory_is_lost(&d->memory) || vhost_mapping_is_lost(&d->log_mapping) ||
        vhost_mapping_is_lost(&d->inflight_mapping)) {
        return "a part of the guest's memory has gone";
    }
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        const struct vhost_vring *v = &d->vrings[i];
        if (v->live && __atomic_load_n(&v->ring->broken, __ATOMIC_RELAXED)) {
            return "the guest's driver broke one of its rings";
        }
    }
    return d->error[0] ? d->error : NULL;
}

/* Handlers: null or what is wrong. */

static const char *get_features(struct vhost_device *d, struct vhost_message *m)
{
    m->payload.u64 = d->offered;
    return NULL;
}

static const char *set_features(struct vhost_device *d, struct vhost_message *m)
{
    if (m->payload.u64 & ~d->offered) {
        snprintf(d->error, sizeof d->error,
                 "the guest wants features that were not offered (%#llx)",
                 (unsigned long long)(m->payload.u64 & ~d->offered));
        return d->error;
    }
    pause_rings(d);
    d->features = m->payload.u64;
    d->has_features = true;
    return NULL;
}

static const char *set_owner(struct vhost_device *d, struct vhost_message *m)
{
    (void)d;
    (void)m;
    return NULL;
}

/* Deprecated, and its meaning was never agreed on: rings are disabled. */
static const char *reset_owner(struct vhost_device *d, struct vhost_message *m)
{
    (void)m;
    pause_rings(d);
    for (unsigned int i = 0; i < VHOST_MAX_VRINGS; i++) {
        d->vrings[i].enabled = false;
        d->vrings[i].started = false;
    }
    return NULL;
}

static const char *reset_device(struct vhost_device *d, struct vhost_message *m)
{
    (void)m;
    forget_rings(d);
    d->has_features = false;
    d->features = 0;
    d->status = 0;
    return NULL;
}

static const char *set_mem_table(struct vhost_device *d, struct vhost_message *m)
{
    uint32_t n = m->payload.table.n;
    const char *error = NULL;
    if (n > VHOST_MAX_TABLE_REGIONS || n != m->n_fds ||
        m->header.size < 8 + n * sizeof m->payload.table.regions[0]) {
        return "a memory table whose parts do not fit together";
    }
    pause_rings(d);
    vhost_memory_clear(&d->memory);
    for (uint32_t i = 0; i < n && !error; i++) {
        error = vhost_memory_add(&d->memory, &m->payload.table.regions[i], m->fds[i]);
    }
    if (error) {
        vhost_memory_clear(&d->memory);
    }
    return error;
}

static const char *get_max_mem_slots(struct vhost_device *d, struct vhost_message *m)
{
    (void)d;
    m->payload.u64 = VHOST_MAX_REGIONS;
    return NULL;
}

static const char *add_mem_reg(struct vhost_device *d, struct vhost_message *m)
{
    pause_rings(d);
    return vhost_memory_add(&d->memory, &m->payload.region.region, m->fds[0]);
}

static const char *rem_mem_reg(struct vhost_device *d, struct vhost_message *m)
{
    pause_rings(d);
    return vhost_memory_remove(&d->memory, &m->payload.region.region);
}

static const char *set_log_base(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_mapping mapping = {NULL, 0, -1};
    uint64_t size = m->payload.log.size;
    uint8_t *bits;
    const char *error =
        vhost_mapping_create(&mapping, m->fds[0], m->payload.log.offset, size, &bits);
    if (error) {
        return error;
    }
    pause_rings(d);
    vhost_mapping_destroy(&d->log_mapping);
    d->log_mapping = mapping;
    d->log = (struct vhost_log){bits, size};
    m->payload.u64 = 0;
    return NULL;
}

/* The descriptor would tell of new dirty pages; nobody asks for that any more. */
static const char *set_log_fd(struct vhost_device *d, struct vhost_message *m)
{
    (void)d;
    (void)m;
    return NULL;
}

static struct vhost_vring *find_vring(struct vhost_device *d, uint32_t index)
{
    return index < 2 * d->max_pairs ? &d->vrings[index] : NULL;
}

static const char no_such_ring[] = "a message about a ring that there is not";

static const char *set_vring_num(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v = find_vring(d, m->payload.state.index);
    uint32_t n = m->payload.state.num;
    if (!v) {
        return no_such_ring;
    }
    if (!n || n > VHOST_MAX_RING_SIZE) {
        return "a ring of an impossible size";
    }
    pause_rings(d);
    v->size = n;
    return NULL;
}

static const char *set_vring_addr(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v = find_vring(d, m->payload.addr.index);
    if (!v) {
        return no_such_ring;
    }
    pause_rings(d);
    v->addr = m->payload.addr;
    v->has_addr = true;
    return NULL;
}

static const char *set_vring_base(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v = find_vring(d, m->payload.state.index);
    if (!v) {
        return no_such_ring;
    }
    pause_rings(d);
    v->base = m->payload.state.num;
    return NULL;
}

/* Stops the ring. */
static const char *get_vring_base(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v = find_vring(d, m->payload.state.index);
    if (!v) {
        return no_such_ring;
    }
    pause_rings(d);
    vhost_inflight_forget(d, m->payload.state.index);
    v->started = false;
    close_fd(&v->kick_fd);
    close_fd(&v->call_fd);
    m->payload.state.num = v->base;
    return NULL;
}

/* Takes the descriptor of a SET_VRING_KICK, CALL or ERR: '*fd' is -1 if there is to be none. */
static const char *take_vring_fd(struct vhost_device *d, struct vhost_message *m,
                                 struct vhost_vring **vring, int *fd)
{
    *vring = find_vring(d, m->payload.u64 & VHOST_VRING_INDEX_MASK);
    if (!*vring) {
        return no_such_ring;
    }
    bool none = m->payload.u64 & VHOST_VRING_NO_FD;
    if (none != !m->n_fds) {
        return "a message about a ring's descriptor without the descriptor";
    }
    if (!none && (!vhost_message_is_eventfd(m->fds[0]) || fcntl(m->fds[0], F_SETFL, O_NONBLOCK))) {
        return "a ring's descriptor that is not an eventfd";
    }
    pause_rings(d);
    *fd = none ? -1 : vhost_message_take_fd(m, 0);
    return NULL;
}

static const char *set_vring_kick(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v;
    int fd;
    const char *error = take_vring_fd(d, m, &v, &fd);
    if (!error) {
        close_fd(&v->kick_fd);
        v->kick_fd = fd;
        v->started = true;
    }
    return error;
}

static const char *set_vring_call(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v;
    int fd;
    const char *error = take_vring_fd(d, m, &v, &fd);
    if (!error) {
        close_fd(&v->call_fd);
        v->call_fd = fd;
    }
    return error;
}

static const char *set_vring_err(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v;
    int fd;
    const char *error = take_vring_fd(d, m, &v, &fd);
    if (!error) {
        close_fd(&v->err_fd);
        v->err_fd = fd;
    }
    return error;
}

static const char *set_vring_enable(struct vhost_device *d, struct vhost_message *m)
{
    struct vhost_vring *v = find_vring(d, m->payload.state.index);
    if (!v) {
        return no_such_ring;
    }
    pause_rings(d);
    v->enabled = m->payload.state.num;
    return NULL;
}

static const char *get_protocol_features(struct vhost_device *d, struct vhost_message *m)
{
    (void)d;
    m->payload.u64 = protocol_features;
    return NULL;
}

static const char *set_protocol_features(struct vhost_device *d, struct vhost_message *m)
{
    if (m->payload.u64 & ~protocol_features) {
        return "protocol features that were not offered";
    }
    d->protocol_features = m->payload.u64;
    return NULL;
}

static const char *get_queue_num(struct vhost_device *d, struct vhost_message *m)
{
    m->payload.u64 = d->max_pairs;
    return NULL;
}

/* The port sends the announcement: six bytes of an address. */
static const char *send_rarp(struct vhost_device *d, struct vhost_message *m)
{
    memcpy(&d->rarp, &m->payload.u64, sizeof d->rarp);
    d->rarp_due = true;
    return NULL;
}

static const char *net_set_mtu(struct vhost_device *d, struct vhost_message *m)
{
    enum { MIN_MTU = 68, MAX_MTU = 65535 };
    if (m->payload.u64 < MIN_MTU || m->payload.u64 > MAX_MTU) {
        return "an impossible MTU";
    }
    d->mtu = m->payload.u64;
    return NULL;
}

static const char *set_status(struct vhost_device *d, struct vhost_message *m)
{
    if (m->payload.u64 > UINT8_MAX) {
        return "an impossible device status";
    }
    d->status = m->payload.u64;
    return d->status ? NULL : reset_owner(d, m);
}

static const char *get_status(struct vhost_device *d, struct vhost_message *m)
{
    m->payload.u64 = d->status;
    return NULL;
}

static const char *set_inflight_fd(struct vhost_device *d, struct vhost_message *m)
{
    pause_rings(d);
    return vhost_inflight_set(d, &m->payload.inflight, m->fds[0]);
}

typedef const char *handler(struct vhost_device *, struct vhost_message *);

static handler *const handlers[VHOST_N_REQUESTS] = {
    [VHOST_GET_FEATURES] = get_features,
    [VHOST_SET_FEATURES] = set_features,
    [VHOST_SET_OWNER] = set_owner,
    [VHOST_RESET_OWNER] = reset_owner,
    [VHOST_SET_MEM_TABLE] = set_mem_table,
    [VHOST_SET_LOG_BASE] = set_log_base,
    [VHOST_SET_LOG_FD] = set_log_fd,
    [VHOST_SET_VRING_NUM] = set_vring_num,
    [VHOST_SET_VRING_ADDR] = set_vring_addr,
    [VHOST_SET_VRING_BASE] = set_vring_base,
    [VHOST_GET_VRING_BASE] = get_vring_base,
    [VHOST_SET_VRING_KICK] = set_vring_kick,
    [VHOST_SET_VRING_CALL] = set_vring_call,
    [VHOST_SET_VRING_ERR] = set_vring_err,
    [VHOST_GET_PROTOCOL_FEATURES] = get_protocol_features,
    [VHOST_SET_PROTOCOL_FEATURES] = set_protocol_features,
    [VHOST_GET_QUEUE_NUM] = get_queue_num,
    [VHOST_SET_VRING_ENABLE] = set_vring_enable,
    [VHOST_SEND_RARP] = send_rarp,
    [VHOST_NET_SET_MTU] = net_set_mtu,
    [VHOST_SET_INFLIGHT_FD] = set_inflight_fd,
    [VHOST_RESET_DEVICE] = reset_device,
    [VHOST_GET_MAX_MEM_SLOTS] = get_max_mem_slots,
    [VHOST_ADD_MEM_REG] = add_mem_reg,
    [VHOST_REM_MEM_REG] = rem_mem_reg,
    [VHOST_SET_STATUS] = set_status,
    [VHOST_GET_STATUS] = get_status,
};

/* Bytes of the payload of an answer. */
static uint32_t answer_size(const struct vhost_message *m)
{
    switch (m->header.request) {
    case VHOST_GET_VRING_BASE:
        return sizeof m->payload.state;
    case VHOST_GET_INFLIGHT_FD:
        return sizeof m->payload.inflight;
    default:
        return sizeof m->payload.u64;
    }
}

const char *vhost_device_handle(struct vhost_device *d, struct vhost_message *m, bool *reply,
                                int *reply_fd)
{
    uint32_t request = m->header.request;
    bool answered = vhost_message_is_answered(request);
    bool acked = m->header.flags & VHOST_FLAG_NEED_REPLY && has_protocol(d, VHOST_P_REPLY_ACK);
    *reply_fd = -1;
    const char *error = request == VHOST_GET_INFLIGHT_FD
                            ? vhost_inflight_get(d, &m->payload.inflight, reply_fd)
                            : handlers[request](d, m);
    if (d->paused) {
        resume_rings(d);
    }
    *reply = (answered && !error) || acked;
    if (!answered || error) {
        m->payload.u64 = error != NULL;
        m->header.size = sizeof m->payload.u64;
    } else {
        m->header.size = answer_size(m);
    }
    m->header.flags = VHOST_VERSION | VHOST_FLAG_REPLY;
    return error;
}
