/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's end of vhost-user for tests: one virtual network device with the simple driver of
 * tests/unit/datapath/vhost_driver.h on each of its rings. Whatever fails ends the program with a
 * message. */
#pragma once

#include "datapath/vhost_message.h"
#include "tests/unit/datapath/vhost_driver.h"

struct frontend {
    const char *path;
    int listen_fd, fd; /* -1: none */
    uint64_t features, protocol;
    unsigned int n_pairs;
    bool use_slots, use_inflight;
    struct driver *drivers[VHOST_MAX_VRINGS];
    int memory_fds[VHOST_MAX_VRINGS], kick_fds[VHOST_MAX_VRINGS], call_fds[VHOST_MAX_VRINGS];
    int inflight_fd;
    struct vhost_inflight_info inflight;
};

void fe_die(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* A device with fresh memory, not connected. */
void fe_create(struct frontend *, const char *path, uint64_t features, unsigned int n_pairs);
void fe_destroy(struct frontend *);

/* Listens at the path and waits for the switch; or connects to it, trying for a while. */
void fe_accept(struct frontend *);
void fe_connect(struct frontend *);
void fe_disconnect(struct frontend *);

/* Sends a request with descriptors. */
void fe_request(struct frontend *, uint32_t request, const void *payload, uint32_t size,
                const int *fds, unsigned int n_fds);

/* The same with NEED_REPLY; returns the answer's number: 0 if it was done. */
uint64_t fe_request_acked(struct frontend *, uint32_t request, const void *payload, uint32_t size,
                          const int *fds, unsigned int n_fds);

/* Receives an answer of 'size' bytes at most; false if the switch closed the connection. */
bool fe_answer(struct frontend *, uint32_t request, void *payload, uint32_t size, int *fd);

/* Negotiates, shares the memory and starts all rings where they are. */
void fe_start(struct frontend *);

/* Every ring was signalled since this was asked last, for the switch that was there before may have
 * given buffers back without a word. */
void fe_expect_calls(struct frontend *);

/* Stops all rings. */
void fe_stop(struct frontend *);

/* Puts a packet with its header into a transmit ring in random pieces; false if there is no room.
 */
bool fe_send(struct frontend *, unsigned int queue, const void *hdr, const void *bytes,
             uint32_t len);

/* Keeps the receive ring full of buffers. */
void fe_post(struct frontend *, unsigned int queue);

/* Takes a packet; its length, 0 if there is none. */
uint32_t fe_receive(struct frontend *, unsigned int queue, void *hdr, void *bytes, uint32_t size);

/* Has the switch closed the connection? */
bool fe_is_closed(const struct frontend *);
