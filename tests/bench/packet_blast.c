/* SPDX-License-Identifier: Apache-2.0 */
/* Sends UDP packets of 64 bytes (60 without the checksum of the wire) as fast as one thread can, for the benchmarks.
 *
 *   packet_blast DEVICE SOURCE-MAC DESTINATION-MAC FLOWS SECONDS
 *
 * FLOWS destination addresses take turns, so that as many megaflows as rules ask for are used. Prints how many packets the device
 * took. Runs on a network namespace's own end of a veth; stops by itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/compiler.h"
#include "lib/net/csum.h"
#include "lib/net/flow_text.h"
#include "lib/net/headers.h"

enum { FRAME_LEN = 60, BURST = 64, MAX_SECONDS = 60, MAX_FLOWS = 1 << 20 };

struct frame {
    struct eth_header eth;
    struct ip_header ip;
    struct udp_header udp;
    uint8_t payload[FRAME_LEN - ETH_HEADER_LEN - IP_HEADER_LEN - UDP_HEADER_LEN];
};
static_assert(sizeof(struct frame) == FRAME_LEN, "the least Ethernet frame");

static void die(const char *what)
{
    fprintf(stderr, "packet_blast: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_device(const char *device)
{
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    int on = 1;
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(device) };
    if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *) &to, sizeof to)
        || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on)) {
        die(device);
    }
    return fd;
}

static void fill(struct frame *frame, struct eth_addr source, struct eth_addr destination)
{
    memset(frame, 0, sizeof *frame);
    frame->eth.src = source;
    frame->eth.dst = destination;
    frame->eth.type = htons(ETH_TYPE_IP);
    frame->ip.ihl_ver = 0x45;
    frame->ip.tot_len = htons(FRAME_LEN - ETH_HEADER_LEN);
    frame->ip.ttl = 64;
    frame->ip.proto = NW_PROTO_UDP;
    put_be32(frame->ip.src, htonl(0xc6120001)); /* 198.18.0.1, RFC 2544's range for benchmarks */
    frame->udp.src = htons(9000);
    frame->udp.dst = htons(9000);
    frame->udp.len = htons(FRAME_LEN - ETH_HEADER_LEN - IP_HEADER_LEN);
}

static void aim(struct frame *frame, uint32_t flow)
{
    put_be32(frame->ip.dst, htonl(0xc6130000 + flow));
    frame->ip.csum = 0;
    frame->ip.csum = csum(&frame->ip, sizeof frame->ip);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
    struct eth_addr source, destination;
    if (argc != 6 || !eth_parse(argv[2], &source) || !eth_parse(argv[3], &destination)) {
        fprintf(stderr, "usage: packet_blast DEVICE SOURCE-MAC DESTINATION-MAC FLOWS SECONDS\n");
        return 1;
    }
    uint32_t n_flows = MIN(MAX(strtoul(argv[4], NULL, 10), 1), MAX_FLOWS);
    double seconds = MIN(strtod(argv[5], NULL), MAX_SECONDS);
    int fd = open_device(argv[1]);

    static struct frame frames[BURST];
    struct iovec iov[BURST];
    struct mmsghdr messages[BURST] = { 0 };
    for (size_t i = 0; i < BURST; i++) {
        fill(&frames[i], source, destination);
        iov[i] = (struct iovec) { &frames[i], FRAME_LEN };
        messages[i].msg_hdr.msg_iov = &iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }

    uint64_t sent = 0;
    uint32_t flow = 0;
    double end = now() + seconds;
    while (now() < end) {
        for (size_t i = 0; i < BURST; i++) {
            aim(&frames[i], flow);
            flow = flow + 1 < n_flows ? flow + 1 : 0;
        }
        int n = sendmmsg(fd, messages, BURST, 0);
        if (n < 0 && errno != ENOBUFS && errno != EAGAIN) {
            die("sendmmsg");
        }
        sent += MAX(n, 0);
    }
    close(fd);
    printf("%llu\n", (unsigned long long) sent);
    return 0;
}
