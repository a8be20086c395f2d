/* SPDX-License-Identifier: Apache-2.0 */
/* What form each message of the vhost-user protocol has. */
#include "datapath/vhost_message.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct form {
    const char *name;
    uint16_t min_size, max_size; /* of the payload, bytes */
    uint8_t min_fds, max_fds;
    bool is_answered;
};

#define SIZE(MEMBER) sizeof(((union vhost_payload *)0)->MEMBER)
#define FIXED(MEMBER) SIZE(MEMBER), SIZE(MEMBER)

static const struct form forms[VHOST_N_REQUESTS] = {
    [VHOST_GET_FEATURES] = {"GET_FEATURES", 0, 8, 0, 0, true},
    [VHOST_SET_FEATURES] = {"SET_FEATURES", FIXED(u64), 0, 0, false},
    [VHOST_SET_OWNER] = {"SET_OWNER", 0, 8, 0, 0, false},
    [VHOST_RESET_OWNER] = {"RESET_OWNER", 0, 8, 0, 0, false},
    [VHOST_SET_MEM_TABLE] = {"SET_MEM_TABLE", 8, SIZE(table), 0, VHOST_MAX_TABLE_REGIONS, false},
    [VHOST_SET_LOG_BASE] = {"SET_LOG_BASE", FIXED(log), 1, 1, true},
    [VHOST_SET_LOG_FD] = {"SET_LOG_FD", 0, 8, 1, 1, false},
    [VHOST_SET_VRING_NUM] = {"SET_VRING_NUM", FIXED(state), 0, 0, false},
    [VHOST_SET_VRING_ADDR] = {"SET_VRING_ADDR", FIXED(addr), 0, 0, false},
    [VHOST_SET_VRING_BASE] = {"SET_VRING_BASE", FIXED(state), 0, 0, false},
    [VHOST_GET_VRING_BASE] = {"GET_VRING_BASE", FIXED(state), 0, 0, true},
    [VHOST_SET_VRING_KICK] = {"SET_VRING_KICK", FIXED(u64), 0, 1, false},
    [VHOST_SET_VRING_CALL] = {"SET_VRING_CALL", FIXED(u64), 0, 1, false},
    [VHOST_SET_VRING_ERR] = {"SET_VRING_ERR", FIXED(u64), 0, 1, false},
    [VHOST_GET_PROTOCOL_FEATURES] = {"GET_PROTOCOL_FEATURES", 0, 8, 0, 0, true},
    [VHOST_SET_PROTOCOL_FEATURES] = {"SET_PROTOCOL_FEATURES", FIXED(u64), 0, 0, false},
    [VHOST_GET_QUEUE_NUM] = {"GET_QUEUE_NUM", 0, 8, 0, 0, true},
    [VHOST_SET_VRING_ENABLE] = {"SET_VRING_ENABLE", FIXED(state), 0, 0, false},
    [VHOST_SEND_RARP] = {"SEND_RARP", FIXED(u64), 0, 0, false},
    [VHOST_NET_SET_MTU] = {"NET_SET_MTU", FIXED(u64), 0, 0, false},
    [VHOST_GET_INFLIGHT_FD] = {"GET_INFLIGHT_FD", 20, SIZE(inflight), 0, 0, true},
    [VHOST_SET_INFLIGHT_FD] = {"SET_INFLIGHT_FD", 20, SIZE(inflight), 1, 1, false},
    [VHOST_RESET_DEVICE] = {"RESET_DEVICE", 0, 8, 0, 0, false},
    [VHOST_GET_MAX_MEM_SLOTS] = {"GET_MAX_MEM_SLOTS", 0, 8, 0, 0, true},
    [VHOST_ADD_MEM_REG] = {"ADD_MEM_REG", FIXED(region), 1, 1, false},
    [VHOST_REM_MEM_REG] = {"REM_MEM_REG", FIXED(region), 0, 1, false},
    [VHOST_SET_STATUS] = {"SET_STATUS", FIXED(u64), 0, 0, false},
    [VHOST_GET_STATUS] = {"GET_STATUS", 0, 8, 0, 0, true},
};

static const struct form *form_of(uint32_t request)
{
    return request < VHOST_N_REQUESTS && forms[request].name ? &forms[request] : NULL;
}

const char *vhost_message_check_header(const struct vhost_header *h)
{
    if ((h->flags & VHOST_VERSION_MASK) != VHOST_VERSION) {
        return "a message of another version of the protocol";
    }
    if (h->flags & VHOST_FLAG_REPLY) {
        return "an answer where a request was due";
    }
    return h->size > sizeof(union vhost_payload) ? "a message that is too long" : NULL;
}

const char *vhost_message_check(const struct vhost_message *m)
{
    const struct form *form = form_of(m->header.request);
    if (!form) {
        return "a request that is not known";
    }
    if (m->header.size < form->min_size || m->header.size > form->max_size) {
        return "a message of the wrong length";
    }
    return m->n_fds < form->min_fds || m->n_fds > form->max_fds
               ? "a message with the wrong number of descriptors"
               : NULL;
}

const char *vhost_message_name(uint32_t request)
{
    const struct form *form = form_of(request);
    return form ? form->name : "unknown";
}

bool vhost_message_is_answered(uint32_t request)
{
    const struct form *form = form_of(request);
    return form && form->is_answered;
}

bool vhost_message_is_eventfd(int fd)
{
    char path[40], target[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) {
        return false;
    }
    target[n] = '\0';
    return !strcmp(target, "anon_inode:[eventfd]");
}

bool vhost_message_may_have(int fd)
{
    struct stat st;
    return !fstat(fd, &st) && (S_ISREG(st.st_mode) || vhost_message_is_eventfd(fd));
}

void vhost_message_close_fds(struct vhost_message *m)
{
    for (unsigned int i = 0; i < m->n_fds; i++) {
        if (m->fds[i] >= 0) {
            close(m->fds[i]);
        }
    }
    m->n_fds = 0;
}

int vhost_message_take_fd(struct vhost_message *m, unsigned int i)
{
    int fd = -1;
    if (i < m->n_fds) {
        fd = m->fds[i];
        m->fds[i] = -1;
    }
    return fd;
}
