/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: ofp-parse-pcap, which prints the OpenFlow in recorded TCP connections over IPv4, and parse-pcap, which prints
 * each packet's headers. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/print.h"
#include "utilities/ofctl.h"

enum { GLOBAL_HEADER_LEN = 24, RECORD_HEADER_LEN = 16, MAX_PACKET = 1 << 18 };
enum { ETH_LEN = 14, IPV4_LEN = 20, TCP_LEN = 20, FLAG_SYN = 2, FLAG_FIN = 1, FLAG_RST = 4 };
enum { MAX_STREAMS = 4096, MAX_BUFFERED = 1 << 20 };

/* A file in the classic format of libpcap, of either byte order, in micro- or nanoseconds. */
struct pcap {
    FILE *stream;
    const char *name;
    bool swapped, nanoseconds;
    uint8_t packet[MAX_PACKET];
    size_t n;
    uint32_t sec, usec;
};

static uint32_t read_u32(const struct pcap *pcap, const uint8_t *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof x);
    return pcap->swapped ? __builtin_bswap32(x) : x;
}

static void pcap_open(struct pcap *pcap, const char *name)
{
    static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
    uint8_t header[GLOBAL_HEADER_LEN];
    uint32_t magic;

    memset(pcap, 0, sizeof *pcap);
    pcap->name = name;
    pcap->stream = strcmp(name, "-") ? fopen(name, "rb") : stdin;
    if (!pcap->stream) {
        ofctl_fatal("%s: open failed (%s)", name, strerror(errno));
    }
    if (fread(header, sizeof header, 1, pcap->stream) != 1) {
        ofctl_fatal("%s: not a recording of packets", name);
    }
    memcpy(&magic, header, sizeof magic);
    for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
        if (magic == magics[i] || __builtin_bswap32(magic) == magics[i]) {
            pcap->swapped = magic != magics[i];
            pcap->nanoseconds = i;
            return;
        }
    }
    ofctl_fatal("%s: not a recording of packets", name);
}

/* The next packet; false at the end. */
static bool pcap_read(struct pcap *pcap)
{
    uint8_t header[RECORD_HEADER_LEN];

    if (fread(header, sizeof header, 1, pcap->stream) != 1) {
        return false;
    }
    pcap->sec = read_u32(pcap, header);
    pcap->usec = read_u32(pcap, header + 4) / (pcap->nanoseconds ? 1000 : 1);
    pcap->n = read_u32(pcap, header + 8);
    if (pcap->n > sizeof pcap->packet) {
        ofctl_fatal("%s: a packet of %zu bytes is too long", pcap->name, pcap->n);
    }
    return !pcap->n || fread(pcap->packet, pcap->n, 1, pcap->stream) == 1;
}

static void pcap_close(struct pcap *pcap)
{
    if (pcap->stream != stdin) {
        fclose(pcap->stream);
    }
}

/* One direction of a connection: the bytes that make no whole message yet. */
struct stream {
    uint8_t addresses[8], ports[4];
    uint32_t next; /* sequence number that is expected */
    bool known;
    struct ofpbuf bytes;
};

struct streams {
    struct stream *list;
    size_t n, allocated;
    bool printed;
};

static struct stream *find(struct streams *streams, const uint8_t *addresses, const uint8_t *ports)
{
    for (size_t i = 0; i < streams->n; i++) {
        struct stream *s = &streams->list[i];
        if (!memcmp(s->addresses, addresses, 8) && !memcmp(s->ports, ports, 4)) {
            return s;
        }
    }
    if (streams->n == MAX_STREAMS) {
        return NULL;
    }
    if (streams->n == streams->allocated) {
        streams->list = grow_array(streams->list, &streams->allocated, sizeof *streams->list);
    }
    struct stream *s = &streams->list[streams->n++];
    memset(s, 0, sizeof *s);
    memcpy(s->addresses, addresses, 8);
    memcpy(s->ports, ports, 4);
    return s;
}

static void print_title(const struct pcap *pcap, const struct stream *s)
{
    char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

    if (ofctl_options.timestamp) {
        time_t seconds = pcap->sec;
        struct tm tm;
        char text[16];

        gmtime_r(&seconds, &tm);
        strftime(text, sizeof text, "%H:%M:%S", &tm);
        printf("%s.%03u ", text, pcap->usec / 1000);
    }
    inet_ntop(AF_INET, s->addresses, from, sizeof from);
    inet_ntop(AF_INET, s->addresses + 4, to, sizeof to);
    printf("%s.%u > %s.%u:\n", from, ntohs(get_be16(s->ports)), to, ntohs(get_be16(s->ports + 2)));
}

/* Prints whole messages, which are at the front of the stream. */
static void print_messages(struct streams *streams, const struct pcap *pcap, struct stream *s)
{
    size_t at = 0;

    while (s->bytes.size - at >= OFP_HEADER_LEN) {
        int len = ofp_message_len(s->bytes.data + at, s->bytes.size - at);
        if (len < OFP_HEADER_LEN) {
            printf("%s: %d-byte message is too short for OpenFlow\n", pcap->name, MAX(len, 0));
            at = s->bytes.size;
            break;
        }
        if ((size_t) len > s->bytes.size - at) {
            break;
        }
        struct ofpbuf msg = { s->bytes.data + at, (size_t) len, 0 };
        if (streams->printed) {
            putchar('\n');
        }
        streams->printed = true;
        print_title(pcap, s);
        ofctl_print(stdout, &msg, NULL, 1);
        at += (size_t) len;
    }
    if (at) {
        memmove(s->bytes.data, s->bytes.data + at, s->bytes.size - at);
        s->bytes.size -= at;
    }
}

/* Takes in what a segment has beyond what was seen; after a gap the stream begins anew. */
static void take_segment(struct stream *s, uint32_t seq, uint8_t flags, const uint8_t *p, size_t n)
{
    if (flags & FLAG_SYN) {
        s->next = seq + 1;
        s->known = true;
        s->bytes.size = 0;
        return;
    }
    uint32_t old = s->known ? s->next - seq : 0;
    if (s->known && old > n && (int32_t) old > 0) {
        return; /* sent again */
    }
    if (!s->known || (int32_t) old < 0) {
        s->bytes.size = 0;
        old = 0;
    }
    ofpbuf_put(&s->bytes, p + old, n - old);
    s->next = seq + (uint32_t) n;
    s->known = true;
    if (s->bytes.size > MAX_BUFFERED || flags & FLAG_RST) {
        s->bytes.size = 0;
    }
}

static bool wanted(const uint8_t *ports, int argc, char *argv[])
{
    static const uint16_t usual[] = { 6633, 6653 };
    uint16_t src = ntohs(get_be16(ports)), dst = ntohs(get_be16(ports + 2));

    for (size_t i = 0; argc <= 2 && i < ARRAY_SIZE(usual); i++) {
        if (src == usual[i] || dst == usual[i]) {
            return true;
        }
    }
    for (int i = 2; i < argc; i++) {
        unsigned long port = strtoul(argv[i], NULL, 10);
        if (src == port || dst == port) {
            return true;
        }
    }
    return false;
}

static void take_packet(struct streams *streams, const struct pcap *pcap, int argc, char *argv[])
{
    const uint8_t *ip = pcap->packet + ETH_LEN;

    if (pcap->n < ETH_LEN + IPV4_LEN || get_be16(ip - 2) != htons(0x0800) || ip[0] >> 4 != 4 ||
        ip[9] != 6) {
        return;
    }
    size_t ip_len = ntohs(get_be16(ip + 2)), header = (ip[0] & 15) * 4u;
    if (ip_len > pcap->n - ETH_LEN || header < IPV4_LEN || ip_len < header + TCP_LEN) {
        return;
    }
    const uint8_t *tcp = ip + header;
    size_t tcp_header = (tcp[12] >> 4) * 4u;
    if (tcp_header < TCP_LEN || ip_len < header + tcp_header || !wanted(tcp, argc, argv)) {
        return;
    }
    struct stream *s = find(streams, ip + 12, tcp);
    if (s) {
        take_segment(s, ntohl(get_be32(tcp + 4)), tcp[13], tcp + tcp_header,
                     ip_len - header - tcp_header);
        print_messages(streams, pcap, s);
    }
}

int ofctl_ofp_parse_pcap(int argc, char *argv[])
{
    struct pcap *pcap = xmalloc(sizeof *pcap);
    struct streams streams = { NULL, 0, 0, false };

    pcap_open(pcap, argv[1]);
    while (pcap_read(pcap)) {
        take_packet(&streams, pcap, argc, argv);
    }
    for (size_t i = 0; i < streams.n; i++) {
        ofpbuf_destroy(&streams.list[i].bytes);
    }
    free(streams.list);
    pcap_close(pcap);
    free(pcap);
    return 0;
}

/* What print_packet() says, with the port that is not known behind the name of the protocol. */
static void print_flow(const struct pcap *pcap)
{
    struct strbuf s = STRBUF_INIT;

    print_packet(&s, pcap->packet, pcap->n);
    const char *text = strbuf_str(&s), *rest = strstr(text, "vlan_tci=");
    int head = rest ? (int) (rest - text) : 0;
    int flow = (int) strcspn(text + head, " \n"); /* checksums follow */
    printf("%.*sin_port=ANY,%.*s\n", head, text, flow, text + head);
    strbuf_destroy(&s);
}

int ofctl_parse_pcap(int argc, char *argv[])
{
    struct pcap *pcap = xmalloc(sizeof *pcap);

    for (int i = 1; i < argc; i++) {
        pcap_open(pcap, argv[i]);
        while (pcap_read(pcap)) {
            print_flow(pcap);
        }
        pcap_close(pcap);
    }
    free(pcap);
    return 0;
}
