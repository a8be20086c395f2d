/* SPDX-License-Identifier: Apache-2.0 */
/* Two guests in one program, each with a network device over vhost-user, who send each other
 * packets through the switch and check what arrives: every byte, the order in each queue, the
 * header's offloads.
 *
 *   vhost_guest [OPTIONS] PATH-A PATH-B
 *     --features=NAME,...  mrg, indirect, event, packed, order, offload, legacy
 *     --pairs=N            queue pairs
 *     --connect            the switch listens
 *     --slots              share the memory region by region
 *     --inflight           keep an in-flight buffer for the switch
 *     --rounds=N           times that the guests reboot (default: 1)
 *     --packets=N          in each direction and round (default: 2000)
 *     --restart            say "half" on half of the way, and wait for another switch to come
 *     --lossy              packets may get lost, but some must arrive; late ones of guests that are gone are passed over
 *
 * Prints how many packets arrived. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "datapath/vhost_chain.h"
#include "tests/system/vhost_frontend.h"

enum {
    ETH_LEN = 14,
    MAX_LEN = 1514,
    GSO_LEN = 40000,
    PATIENCE_S = 60,
    TCP_LEN = ETH_LEN + 20 + 20
};

struct options {
    uint64_t features;
    unsigned int n_pairs, n_rounds, n_packets;
    bool connect, slots, inflight, restart, lossy;
};

/* One direction. */
struct stream {
    struct frontend *from, *to;
    uint8_t tag;
    uint32_t n_sent, n_received;
    uint32_t last[VHOST_MAX_QUEUE_PAIRS]; /* that arrived, by the queue that it was sent on */
};

static uint64_t total;
static uint8_t identity; /* in the addresses of these guests */

static uint32_t length_of(uint32_t number)
{
    return 64 + number * 37 % (MAX_LEN - 64);
}

static uint16_t get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

/* A packet that says which it is, with bytes that depend on it. */
static uint32_t make(const struct stream *stream, uint32_t number, unsigned int queue, uint8_t *p,
                     struct vhost_net_hdr *hdr)
{
    bool gso = vhost_has(stream->from->features, VIRTIO_F_HOST_TSO4) && number % 16 == 15;
    uint32_t len = gso ? GSO_LEN : length_of(number);
    memset(hdr, 0, sizeof *hdr);
    for (uint32_t i = ETH_LEN; i < len; i++) {
        p[i] = i + number + stream->tag;
    }
    memset(p, 2, 12);
    p[4] = p[10] = identity;
    p[5] = stream->tag ^ 1;
    p[11] = stream->tag;
    p[12] = 0x88;
    p[13] = 0xb5;
    uint8_t *at = p + ETH_LEN;
    if (gso || (len >= 1024 && number % 2)) {
        uint32_t l3_len = len - ETH_LEN;
        uint8_t ip[20] = {0x45, 0, l3_len >> 8, l3_len & 0xff};
        ip[8] = 64;
        ip[9] = gso ? 6 : 17;
        ip[12] = ip[16] = 10;
        p[12] = 8;
        p[13] = 0;
        memcpy(p + ETH_LEN, ip, sizeof ip);
        memset(p + ETH_LEN + 20, 0, 20);
        p[ETH_LEN + 24] = gso ? 0 : (l3_len - 20) >> 8; /* UDP: its length */
        p[ETH_LEN + 25] = gso ? 0 : (l3_len - 20) & 0xff;
        p[ETH_LEN + 32] = 0x50; /* TCP: the header's length */
        at = p + TCP_LEN;
    }
    if (gso) {
        *hdr = (struct vhost_net_hdr){1, PACKET_GSO_TCPV4, TCP_LEN, 1400, ETH_LEN + 20, 16, 0};
    }
    memcpy(at, &number, sizeof number);
    at[4] = queue;
    return len;
}

static void check(struct stream *stream, const uint8_t *p, uint32_t len,
                  const struct vhost_net_hdr *hdr, bool lossy)
{
    static uint8_t expected[GSO_LEN];
    struct vhost_net_hdr expected_hdr;
    bool ip = get16(p + 12) == 0x800;
    const uint8_t *at = p + (ip ? TCP_LEN : ETH_LEN);
    uint32_t number;
    memcpy(&number, at, sizeof number);
    unsigned int queue = at[4];
    if (len < 64 || queue >= stream->from->n_pairs || number >= stream->n_sent ||
        make(stream, number, queue, expected, &expected_hdr) != len || memcmp(p, expected, len)) {
        fe_die("%s: packet %u of %u bytes arrived damaged", stream->to->path, number, len);
    }
    if (hdr->flags != expected_hdr.flags || hdr->gso_type != expected_hdr.gso_type ||
        hdr->gso_size != expected_hdr.gso_size || hdr->csum_start != expected_hdr.csum_start) {
        fe_die("%s: packet %u arrived with another header", stream->to->path, number);
    }
    /* The first packets of a flow may come late, out of the slow path. */
    if (!lossy && number + 1 <= stream->last[queue]) {
        fe_die("%s: packet %u came after packet %u", stream->to->path, number,
               stream->last[queue] - 1);
    }
    if (!lossy && number >= stream->n_sent) {
        fe_die("%s: packet %u was not sent", stream->to->path, number);
    }
    stream->last[queue] = number + 1;
    stream->n_received++;
    total++;
}

static unsigned int receive_all(struct stream *stream, bool lossy)
{
    static uint8_t bytes[PACKET_MAX_SIZE];
    unsigned int n = 0;
    for (unsigned int q = 0; q < stream->to->n_pairs; q++) {
        struct vhost_net_hdr hdr = {0};
        uint32_t len;
        while ((len = fe_receive(stream->to, q, &hdr, bytes, sizeof bytes))) {
            if (!lossy || bytes[10] == identity) {
                check(stream, bytes, len, &hdr, lossy);
            }
            n++;
        }
        fe_post(stream->to, q);
    }
    return n;
}

/* Few enough in work that neither end can run out of buffers. */
static bool send_some(struct stream *stream, uint32_t until, bool lossy)
{
    static uint8_t bytes[GSO_LEN];
    struct vhost_net_hdr hdr;
    bool gso = vhost_has(stream->from->features, VIRTIO_F_HOST_TSO4);
    unsigned int window = gso ? 1 : 8, n = 0;
    while (n < window && stream->n_sent < until &&
           (lossy || stream->n_sent - stream->n_received < window)) {
        unsigned int queue = stream->n_sent % stream->from->n_pairs;
        uint32_t len = make(stream, stream->n_sent, queue, bytes, &hdr);
        stream->n_sent++; /* it may arrive at once */
        if (!fe_send(stream->from, queue, &hdr, bytes, len)) {
            stream->n_sent--;
            break;
        }
        n++;
    }
    return n;
}

static void exchange(struct stream *streams, uint32_t until, bool lossy)
{
    time_t end = time(NULL) + PATIENCE_S;
    for (;;) {
        bool active = false, done = true;
        for (int i = 0; i < 2; i++) {
            active = send_some(&streams[i], until, lossy) || active;
            active = receive_all(&streams[i], lossy) || active;
            done = done && streams[i].n_sent >= until &&
                   (lossy || streams[i].n_received >= streams[i].n_sent);
        }
        if (done) {
            return;
        }
        if (time(NULL) > end) {
            fe_die("stuck: %u of %u and %u of %u arrived", streams[0].n_received, streams[0].n_sent,
                   streams[1].n_received, streams[1].n_sent);
        }
        if (!active) {
            poll(NULL, 0, 1);
        }
    }
}

static void come(struct frontend *fe, const struct options *o)
{
    if (o->connect) {
        fe_connect(fe);
    } else {
        fe_accept(fe);
    }
    fe_start(fe);
    fe_expect_calls(fe);
}

/* Until a packet gets through: another switch may still have to be configured. */
static void wait_for_traffic(struct stream *streams)
{
    for (int i = 0; i < 2; i++) {
        uint32_t before = streams[i].n_received;
        time_t end = time(NULL) + PATIENCE_S;
        while (streams[i].n_received == before) {
            send_some(&streams[i], streams[i].n_sent + 1, true);
            poll(NULL, 0, 5);
            receive_all(&streams[i], true);
            if (time(NULL) > end) {
                fe_die("no packet gets through from %s", streams[i].from->path);
            }
        }
    }
    /* What is still on its way. */
    for (int quiet = 0; quiet < 20; quiet++) {
        poll(NULL, 0, 5);
        if (receive_all(&streams[0], true) + receive_all(&streams[1], true)) {
            quiet = 0;
        }
    }
    for (int i = 0; i < 2; i++) {
        streams[i].n_received = streams[i].n_sent;
    }
}

static void await_restart(struct stream *streams, const struct options *o)
{
    printf("half\n");
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        struct frontend *fe = streams[i].from;
        while (!fe_is_closed(fe)) {
            poll(NULL, 0, 10);
        }
        fe_disconnect(fe);
    }
    for (int i = 0; i < 2; i++) {
        come(streams[i].from, o);
    }
    wait_for_traffic(streams);
}

static void run_round(char *paths[2], const struct options *o)
{
    struct frontend guests[2];
    for (int i = 0; i < 2; i++) {
        fe_create(&guests[i], paths[i], o->features, o->n_pairs);
        guests[i].use_slots = o->slots;
        guests[i].use_inflight = o->inflight;
        for (unsigned int q = 0; q < o->n_pairs; q++) {
            fe_post(&guests[i], q);
        }
    }
    for (int i = 0; i < 2; i++) {
        come(&guests[i], o);
    }
    struct stream streams[2] = {{.from = &guests[0], .to = &guests[1], .tag = 0},
                                {.from = &guests[1], .to = &guests[0], .tag = 1}};
    wait_for_traffic(streams);
    exchange(streams, streams[0].n_sent + o->n_packets / 2, o->lossy);
    if (o->restart) {
        await_restart(streams, o);
    }
    uint32_t until = MAX(streams[0].n_sent, streams[1].n_sent) + o->n_packets / 2;
    exchange(streams, until, o->lossy);
    if (!o->connect) {
        fe_stop(&guests[0]); /* the other one crashes */
    }
    fe_destroy(&guests[0]);
    fe_destroy(&guests[1]);
}

static uint64_t parse_features(char *text)
{
    uint64_t f = 1ull << VIRTIO_F_VERSION_1;
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        if (!strcmp(word, "legacy")) {
            f &= ~(1ull << VIRTIO_F_VERSION_1);
        } else if (!strcmp(word, "mrg")) {
            f |= 1ull << VIRTIO_F_MRG_RXBUF;
        } else if (!strcmp(word, "indirect")) {
            f |= 1ull << VIRTIO_F_INDIRECT_DESC;
        } else if (!strcmp(word, "event")) {
            f |= 1ull << VIRTIO_F_EVENT_IDX;
        } else if (!strcmp(word, "packed")) {
            f |= 1ull << VIRTIO_F_RING_PACKED;
        } else if (!strcmp(word, "order")) {
            f |= 1ull << VIRTIO_F_IN_ORDER;
        } else if (!strcmp(word, "offload")) {
            f |= 1ull << VIRTIO_F_CSUM | 1ull << VIRTIO_F_GUEST_CSUM | 1ull << VIRTIO_F_HOST_TSO4 |
                 1ull << VIRTIO_F_GUEST_TSO4;
        } else {
            fe_die("no feature %s", word);
        }
    }
    return f;
}

int main(int argc, char *argv[])
{
    struct options o = {1ull << VIRTIO_F_VERSION_1, 1, 1, 2000, false, false, false, false, false};
    static const struct option long_options[] = {
        {"features", required_argument, NULL, 'f'}, {"pairs", required_argument, NULL, 'p'},
        {"connect", no_argument, NULL, 'c'},        {"slots", no_argument, NULL, 's'},
        {"inflight", no_argument, NULL, 'i'},       {"rounds", required_argument, NULL, 'r'},
        {"packets", required_argument, NULL, 'n'},  {"restart", no_argument, NULL, 'R'},
        {"lossy", no_argument, NULL, 'l'},          {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (c) {
        case 'f':
            o.features = parse_features(optarg);
            break;
        case 'p':
            o.n_pairs = atoi(optarg);
            break;
        case 'c':
            o.connect = true;
            break;
        case 's':
            o.slots = true;
            break;
        case 'i':
            o.inflight = true;
            break;
        case 'r':
            o.n_rounds = atoi(optarg);
            break;
        case 'n':
            o.n_packets = atoi(optarg);
            break;
        case 'R':
            o.restart = true;
            break;
        case 'l':
            o.lossy = true;
            break;
        default:
            return 2;
        }
    }
    identity = getpid();
    if (argc - optind != 2) {
        fe_die("two sockets are needed");
    }
    for (unsigned int i = 0; i < o.n_rounds; i++) {
        run_round(argv + optind, &o);
    }
    printf("%llu packets arrived\n", (unsigned long long)total);
    return 0;
}
