/* SPDX-License-Identifier: Apache-2.0 */
/* The time that a small UDP packet takes there and back.
 *
 *   udp_pingpong echo PORT                     sends back what comes, until it is killed
 *   udp_pingpong ask ADDRESS PORT SECONDS      one packet after the other
 *
 * The asker prints "p50 N p99 N us, lost N", of packets after a tenth of a second of warming up. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { BYTES = 64, MAX_SAMPLES = 1 << 22 };

static void die(const char *what)
{
    fprintf(stderr, "udp_pingpong: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

__attribute__((noreturn)) static void run_echo(uint16_t port)
{
    struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *) &from, sizeof from)) {
        die("bind");
    }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        char bytes[BYTES];
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *) &from, &len);
        if (n < 0 || sendto(fd, bytes, n, 0, (struct sockaddr *) &from, len) != n) {
            die("echo");
        }
    }
}

static int compare(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

/* One packet there and back: nanoseconds, or 0 if it was lost. */
static uint64_t ask(int fd, uint64_t number)
{
    char bytes[BYTES] = { 0 };
    uint64_t start = now_ns(), got;
    memcpy(bytes, &number, sizeof number);
    if (send(fd, bytes, sizeof bytes, 0) != sizeof bytes) {
        die("send");
    }
    do {
        if (recv(fd, bytes, sizeof bytes, 0) != sizeof bytes) {
            return 0;
        }
        memcpy(&got, bytes, sizeof got);
    } while (got != number); /* a late answer to one that was given up */
    return now_ns() - start;
}

static int run_asker(const char *address, uint16_t port, double seconds)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    const struct timeval timeout = { 0, 200000 };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        errno = EINVAL;
        die(address);
    }
    if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof to)
        || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout)) {
        die("connect");
    }
    uint32_t *samples = calloc(MAX_SAMPLES, sizeof *samples);
    size_t n = 0, n_lost = 0;
    uint64_t start = now_ns(), number = 0;
    while (samples && n < MAX_SAMPLES && now_ns() - start < (seconds + 0.1) * 1e9) {
        uint64_t ns = ask(fd, number++);
        if (!ns) {
            n_lost++;
        } else if (now_ns() - start > 100000000) {
            samples[n++] = ns;
        }
    }
    if (!n) {
        errno = ETIMEDOUT;
        die("no answer");
    }
    qsort(samples, n, sizeof *samples, compare);
    printf("p50 %.1f p99 %.1f us, lost %zu\n", samples[n / 2] / 1e3, samples[n * 99 / 100] / 1e3, n_lost);
    free(samples);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 3 && !strcmp(argv[1], "echo")) {
        run_echo(atoi(argv[2]));
    }
    if (argc == 5 && !strcmp(argv[1], "ask")) {
        return run_asker(argv[2], atoi(argv[3]), atof(argv[4]));
    }
    fprintf(stderr, "usage: udp_pingpong echo PORT | ask ADDRESS PORT SECONDS\n");
    return 1;
}
