/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's network device as its front-end sets it up, message by message: features, memory,
 * rings.
 *
 * Before anything that forwarding threads use is changed, all rings are paused: the owner takes
 * them from the threads and waits for a grace period. After each message those rings that have all
 * they need are handed out again. Messages come from outside and in any order; what does not fit is
 * refused with a sentence.
 *
 * Main thread only; no sockets and no threads in here. */
#pragma once

#include "datapath/vhost_ring.h"

/* What the front-end said of a ring. */
struct vhost_vring {
    uint32_t size, base;
    struct vhost_vring_addr addr;
    bool has_addr;
    bool started; /* its kick descriptor came, or the word that there is none */
    bool enabled;
    bool live; /* handed out */
    int kick_fd, call_fd, err_fd;
    struct vhost_ring *ring; /* allocated when first live */
};

struct vhost_device {
    /* Takes all rings from the forwarding threads; none of them uses one any more when this
     * returns. */
    void (*pause)(void *aux);
    /* Hands a ring out. */
    void (*resume)(void *aux, unsigned int index, struct vhost_ring *);
    void *aux;

    uint64_t offered, features, protocol_features;
    bool has_features; /* SET_FEATURES came */
    bool paused;       /* during a message */
    uint8_t status;
    uint16_t mtu;         /* as told by the front-end, 0: not */
    struct eth_addr rarp; /* to be announced; */
    bool rarp_due;
    unsigned int max_pairs;
    struct vhost_memory memory;
    struct vhost_mapping log_mapping;
    struct vhost_log log;
    struct vhost_mapping inflight_mapping;
    uint8_t *inflight;
    struct vhost_inflight_info inflight_info;
    struct vhost_vring vrings[VHOST_MAX_VRINGS];
    char error[128]; /* why rings that should be live are not; "" */
};

void vhost_device_init(struct vhost_device *, void (*pause)(void *aux),
                       void (*resume)(void *aux, unsigned int index, struct vhost_ring *),
                       void *aux);

/* As after the front-end left: nothing negotiated, no memory, no rings. */
void vhost_device_reset(struct vhost_device *);
void vhost_device_destroy(struct vhost_device *);

/* The features that Weft has to offer. */
uint64_t vhost_device_features(void);

/* Carries out a message whose form was checked. Null, or what is wrong with it (valid until the
 * next call). An answer, if one is due, is in the message then: header, payload, and '*reply_fd' to
 * go with it (to be closed by the caller; -1: none). */
const char *vhost_device_handle(struct vhost_device *, struct vhost_message *, bool *reply,
                                int *reply_fd) WARN_UNUSED;

/* Did the guest's memory vanish, or does one of its rings make no sense any more? A sentence or
 * null. */
const char *vhost_device_fault(const struct vhost_device *);
