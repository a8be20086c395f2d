/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's network device as a pair of pipes: packets with their virtio-net headers, each behind its length (four bytes, as the
 * processor has them), from standard input to the switch, and from the switch to standard output.
 *
 *   vhost_pipe PATH offload|plain [packed]    with all checksum and segmentation offloads, or with none
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/system/vhost_frontend.h"

enum { HDR_LEN = 12, MAX_FRAME = HDR_LEN + PACKET_MAX_SIZE };

static void read_all(void *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(STDIN_FILENO, (char *) to + done, n - done);
        if (got <= 0) {
            exit(0); /* whoever has the other end is done */
        }
        done += got;
    }
}

static void send_next(struct frontend *fe)
{
    static uint8_t frame[MAX_FRAME];
    uint32_t len;
    read_all(&len, sizeof len);
    if (len < HDR_LEN || len > sizeof frame) {
        fe_die("a frame of %u bytes", len);
    }
    read_all(frame, len);
    while (!fe_send(fe, 0, frame, frame + HDR_LEN, len - HDR_LEN)) {
        poll(NULL, 0, 1);
    }
}

static void receive_all(struct frontend *fe)
{
    static uint8_t frame[4 + MAX_FRAME];
    uint32_t len;
    while ((len = fe_receive(fe, 0, frame + 4, frame + 4 + HDR_LEN, PACKET_MAX_SIZE))) {
        len += HDR_LEN;
        memcpy(frame, &len, 4);
        for (size_t done = 0; done < len + 4;) {
            ssize_t n = write(STDOUT_FILENO, frame + done, len + 4 - done);
            if (n <= 0) {
                exit(0);
            }
            done += n;
        }
    }
    fe_post(fe, 0);
}

int main(int argc, char *argv[])
{
    uint64_t features = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_MRG_RXBUF;
    struct frontend fe;
    if (argc < 3) {
        fe_die("usage: vhost_pipe PATH offload|plain [packed]");
    }
    if (!strcmp(argv[2], "offload")) {
        features |= 1ull << VIRTIO_F_CSUM | 1ull << VIRTIO_F_GUEST_CSUM | 1ull << VIRTIO_F_HOST_TSO4 | 1ull << VIRTIO_F_HOST_TSO6 |
                    1ull << VIRTIO_F_GUEST_TSO4 | 1ull << VIRTIO_F_GUEST_TSO6;
    }
    if (argc > 3) {
        features |= 1ull << VIRTIO_F_RING_PACKED;
    }
    signal(SIGPIPE, SIG_IGN);
    fe_create(&fe, argv[1], features, 1);
    fe_post(&fe, 0);
    fe_accept(&fe);
    fe_start(&fe);
    for (;;) {
        struct pollfd pollfd = {STDIN_FILENO, POLLIN, 0};
        if (poll(&pollfd, 1, 1) == 1) {
            send_next(&fe);
        }
        receive_all(&fe);
    }
}
