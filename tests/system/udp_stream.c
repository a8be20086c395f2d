/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of numbered UDP packets and its count at the other end, for tests of loss.
 *
 *   udp_stream send ADDRESS PORT RATE COUNT    COUNT packets, RATE a second
 *   udp_stream receive PORT COUNT              ends after packet number COUNT - 1, or when none has come for 10 s
 *
 * The receiver prints "received R lost L duplicated D reordered O", and "longest gap G ms". */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"

enum { IDLE_SECONDS = 10, RECEIVE_BUFFER = 32 << 20 };

static void die(const char *what)
{
    fprintf(stderr, "udp_stream: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) {
        die("socket");
    }
    return fd;
}

static int run_sender(const char *address, uint16_t port, uint64_t rate, uint64_t count)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        errno = EINVAL;
        die(address);
    }
    int fd = open_socket();
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t due = start + i * UINT64_C(1000000000) / rate;
        struct timespec at = { due / 1000000000, due % 1000000000 };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        if (sendto(fd, &i, sizeof i, 0, (struct sockaddr *) &to, sizeof to) != sizeof i) {
            die("sendto");
        }
    }
    close(fd);
    return 0;
}

static int run_receiver(uint16_t port, uint64_t count)
{
    int fd = open_socket();
    int size = RECEIVE_BUFFER;
    struct timeval idle = { .tv_sec = IDLE_SECONDS };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)
        || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle)
        || bind(fd, (struct sockaddr *) &at, sizeof at)) {
        die("receive socket");
    }
    puts("ready");
    fflush(stdout);

    uint8_t *seen = xzalloc(count);
    uint64_t received = 0, duplicated = 0, reordered = 0, next = 0, last_ns = 0, gap_ns = 0, number;
    while (recv(fd, &number, sizeof number, 0) == sizeof number) {
        uint64_t t = now_ns();
        if (last_ns && t - last_ns > gap_ns) {
            gap_ns = t - last_ns;
        }
        last_ns = t;
        if (number >= count) {
            continue;
        }
        duplicated += seen[number];
        received += !seen[number];
        reordered += number < next;
        seen[number] = 1;
        next = number + 1;
        if (next == count) {
            break;
        }
    }
    free(seen);
    close(fd);
    printf("received %" PRIu64 " lost %" PRIu64 " duplicated %" PRIu64 " reordered %" PRIu64 "\n",
           received, count - received, duplicated, reordered);
    printf("longest gap %" PRIu64 " ms\n", gap_ns / 1000000);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 6 && !strcmp(argv[1], "send")) {
        return run_sender(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
    } else if (argc == 4 && !strcmp(argv[1], "receive")) {
        return run_receiver(atoi(argv[2]), strtoull(argv[3], NULL, 10));
    }
    fprintf(stderr, "usage: udp_stream send ADDRESS PORT RATE COUNT | receive PORT COUNT\n");
    return 1;
}
