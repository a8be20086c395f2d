/* SPDX-License-Identifier: Apache-2.0 */
/* The vhost-user protocol on the wire: requests, their payloads, the bits that are negotiated.
 *
 * A message is a header and a payload in host order over a Unix stream socket, with descriptors as
 * ancillary data of its first byte. The one that sends requests, the guest's end, is called the
 * front-end here as in the specification; Weft is the back-end.
 *
 * Sources: "Vhost-user Protocol" of QEMU's documentation (messages, protocol features); virtio 1.2
 * (device features: sections 5.1.3 and 6). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"

enum vhost_request {
    VHOST_GET_FEATURES = 1,
    VHOST_SET_FEATURES = 2,
    VHOST_SET_OWNER = 3,
    VHOST_RESET_OWNER = 4,
    VHOST_SET_MEM_TABLE = 5,
    VHOST_SET_LOG_BASE = 6,
    VHOST_SET_LOG_FD = 7,
    VHOST_SET_VRING_NUM = 8,
    VHOST_SET_VRING_ADDR = 9,
    VHOST_SET_VRING_BASE = 10,
    VHOST_GET_VRING_BASE = 11,
    VHOST_SET_VRING_KICK = 12,
    VHOST_SET_VRING_CALL = 13,
    VHOST_SET_VRING_ERR = 14,
    VHOST_GET_PROTOCOL_FEATURES = 15,
    VHOST_SET_PROTOCOL_FEATURES = 16,
    VHOST_GET_QUEUE_NUM = 17,
    VHOST_SET_VRING_ENABLE = 18,
    VHOST_SEND_RARP = 19,
    VHOST_NET_SET_MTU = 20,
    VHOST_GET_INFLIGHT_FD = 31,
    VHOST_SET_INFLIGHT_FD = 32,
    VHOST_RESET_DEVICE = 34,
    VHOST_GET_MAX_MEM_SLOTS = 36,
    VHOST_ADD_MEM_REG = 37,
    VHOST_REM_MEM_REG = 38,
    VHOST_SET_STATUS = 39,
    VHOST_GET_STATUS = 40,
    VHOST_N_REQUESTS,
};

struct vhost_header {
    uint32_t request;
    uint32_t flags; /* VHOST_FLAG_* */
    uint32_t size;  /* bytes of the payload */
};
static_assert(sizeof(struct vhost_header) == 12, "the protocol's header");

enum {
    VHOST_VERSION = 1,
    VHOST_VERSION_MASK = 3,
    VHOST_FLAG_REPLY = 1 << 2,
    VHOST_FLAG_NEED_REPLY = 1 << 3,
};

enum {
    VHOST_MAX_FDS = 8,           /* with one message */
    VHOST_MAX_TABLE_REGIONS = 8, /* in one SET_MEM_TABLE */
    VHOST_MAX_REGIONS = 64,      /* of one guest, with CONFIGURE_MEM_SLOTS */
    VHOST_MAX_QUEUE_PAIRS = 16,
    VHOST_MAX_VRINGS = 2 * VHOST_MAX_QUEUE_PAIRS,
    VHOST_MAX_RING_SIZE = 32768, /* virtio 1.2 section 2.7 */
};

struct vhost_region_info {
    uint64_t guest_addr; /* guest-physical */
    uint64_t size;       /* bytes */
    uint64_t user_addr;  /* in the front-end's memory */
    uint64_t offset;     /* in the file */
};

struct vhost_vring_state {
    uint32_t index, num;
};

struct vhost_vring_addr {
    uint32_t index;
    uint32_t flags;             /* bit 0: log writes to the used ring */
    uint64_t desc, used, avail; /* in the front-end's memory */
    uint64_t log;               /* guest-physical address of the used ring */
};
enum { VHOST_VRING_LOG = 1 };

struct vhost_inflight_info {
    uint64_t size, offset; /* bytes */
    uint16_t n_queues, queue_size;
};

/* What follows the header. */
union vhost_payload {
    uint64_t u64;
    struct vhost_vring_state state;
    struct vhost_vring_addr addr;
    struct {
        uint32_t n, padding;
        struct vhost_region_info regions[VHOST_MAX_TABLE_REGIONS];
    } table;
    struct {
        uint64_t padding;
        struct vhost_region_info region;
    } region;
    struct {
        uint64_t size, offset; /* bytes */
    } log;
    struct vhost_inflight_info inflight;
};
static_assert(sizeof(union vhost_payload) == 8 + 8 * 32, "nothing is larger than the memory table");

/* The u64 of SET_VRING_KICK, CALL and ERR. */
#define VHOST_VRING_INDEX_MASK 0xffu
#define VHOST_VRING_NO_FD (1u << 8)

struct vhost_message {
    struct vhost_header header;
    union vhost_payload payload;
    int fds[VHOST_MAX_FDS]; /* -1 where one was taken by a handler */
    unsigned int n_fds;
};

/* Protocol features. */
enum {
    VHOST_P_MQ = 0,
    VHOST_P_LOG_SHMFD = 1,
    VHOST_P_RARP = 2,
    VHOST_P_REPLY_ACK = 3,
    VHOST_P_NET_MTU = 4,
    VHOST_P_INFLIGHT_SHMFD = 12,
    VHOST_P_RESET_DEVICE = 13,
    VHOST_P_CONFIGURE_MEM_SLOTS = 15,
    VHOST_P_STATUS = 16,
};

/* Device features. */
enum {
    VIRTIO_F_CSUM = 0, /* the device takes packets with partial checksums */
    VIRTIO_F_GUEST_CSUM = 1,
    VIRTIO_F_MTU = 3,
    VIRTIO_F_GUEST_TSO4 = 7,
    VIRTIO_F_GUEST_TSO6 = 8,
    VIRTIO_F_GUEST_ECN = 9,
    VIRTIO_F_HOST_TSO4 = 11,
    VIRTIO_F_HOST_TSO6 = 12,
    VIRTIO_F_HOST_ECN = 13,
    VIRTIO_F_MRG_RXBUF = 15,
    VIRTIO_F_STATUS = 16,
    VIRTIO_F_CTRL_VQ = 17,
    VIRTIO_F_CTRL_RX = 18,
    VIRTIO_F_GUEST_ANNOUNCE = 21,
    VIRTIO_F_MQ = 22,
    VIRTIO_F_LOG_ALL = 26,
    VIRTIO_F_ANY_LAYOUT = 27,
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_PROTOCOL_FEATURES = 30,
    VIRTIO_F_VERSION_1 = 32,
    VIRTIO_F_RING_PACKED = 34,
    VIRTIO_F_IN_ORDER = 35,
};

static inline bool vhost_has(uint64_t features, unsigned int bit)
{
    return features >> bit & 1;
}

/* Is this the header of a message that may come? Null, or what is wrong with it. */
const char *vhost_message_check_header(const struct vhost_header *);

/* Do payload and descriptors have the form that the request demands? Null, or what is wrong. */
const char *vhost_message_check(const struct vhost_message *);

/* For logs; "unknown" for what there is not. */
const char *vhost_message_name(uint32_t request);

/* Does the request itself ask for an answer, whatever REPLY_ACK says? */
bool vhost_message_is_answered(uint32_t request);

/* Reading from anything else, or writing to it, could block a forwarding thread or do harm
 * elsewhere. */
bool vhost_message_is_eventfd(int fd);

/* Is the descriptor of a kind that some message may have: a file or an eventfd? A socket could be
 * the front-end's own end of the connection, which then would never be seen to close. */
bool vhost_message_may_have(int fd);

/* Closes the descriptors that no handler took. */
void vhost_message_close_fds(struct vhost_message *);

/* The one descriptor of a message, which is the caller's from now on; -1 if it has none. */
int vhost_message_take_fd(struct vhost_message *, unsigned int i);
