/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of kind "pcap": replay a capture file in, record to one out.
 *
 * Options: rx_pcap, a capture that arrives on the port from the moment on when it is opened, once;
 * rx_rate, packets a second (as fast as they are taken without it); tx_pcap, a file that records
 * what is sent, which is created or continued. At least one of the files must be named. */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "datapath/batch.h"
#include "datapath/capture.h"
#include "datapath/port_kinds.h"
#include "datapath/port_vnet.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

enum { MTU = 65535, RATE_MAX = 10000000, TICKS_PER_SECOND = 1000 };

struct pcap_port {
    pcap_t *replay; /* null: nothing, or the end was reached; the queue's forwarding thread */
    int timer_fd;   /* readable while packets are due */
    uint64_t rate;  /* packets a second, 0: no limit */
    uint64_t
        credit; /* packets that are due, times TICKS_PER_SECOND; the queue's forwarding thread */
    struct capture *record; /* may be null */
};

static void destroy(struct pcap_port *pp)
{
    if (pp->replay) {
        pcap_close(pp->replay);
    }
    if (pp->timer_fd >= 0) {
        close(pp->timer_fd);
    }
    capture_close(pp->record);
    free(pp);
}

static char *parse_rate(const char *text, uint64_t *rate)
{
    char *end;

    if (!text) {
        *rate = 0;
        return NULL;
    }
    unsigned long long value = strtoull(text, &end, 10);
    *rate = value;
    return *text && !*end && value >= 1 && value <= RATE_MAX
               ? NULL
               : xasprintf("options:rx_rate=%s: must be 1 to %d packets a second", text, RATE_MAX);
}

/* Only a regular file is replayed: opening and reading anything else could block. Null on
 * failure, with errno set. */
static FILE *open_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && !fstat(fd, &st) && !S_ISREG(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return NULL;
    }
    return fd >= 0 ? fdopen(fd, "rb") : NULL;
}

static char *open_replay(struct pcap_port *pp, const char *path)
{
    const struct itimerspec tick = { { 0, 1000000000 / TICKS_PER_SECOND }, { 0, 1 } };
    char error[PCAP_ERRBUF_SIZE];

    FILE *file = open_file(path);
    if (!file) {
        return xasprintf("options:rx_pcap=%s: %s", path, strerror(errno));
    }
    pp->replay = pcap_fopen_offline(file, error); /* owns the file from now on */
    if (!pp->replay) {
        fclose(file);
        return xasprintf("options:rx_pcap=%s: %s", path, error);
    }
    if (pcap_datalink(pp->replay) != DLT_EN10MB) {
        return xasprintf("options:rx_pcap=%s: its packets are not of Ethernet", path);
    }
    pp->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (pp->timer_fd < 0 || timerfd_settime(pp->timer_fd, 0, &tick, NULL)) {
        return xasprintf("options:rx_pcap: %s", strerror(errno));
    }
    return NULL;
}

static char *open_files(struct pcap_port *pp, const struct smap *options)
{
    const char *rx = smap_get(options, "rx_pcap"), *tx = smap_get(options, "tx_pcap");
    char *error = parse_rate(smap_get(options, "rx_rate"), &pp->rate);

    if (!error && !rx && !tx) {
        error = xstrdup("a pcap port needs options:rx_pcap or options:tx_pcap");
    }
    if (!error && rx) {
        error = open_replay(pp, rx);
    }
    if (!error && tx) {
        pp->record = capture_open(tx, &error);
    }
    return error;
}

static int pcap_port_open(struct port *port, const struct smap *options, char **errorp)
{
    *errorp = port_check_options(options, "rx_pcap", "rx_rate", "tx_pcap", NULL);
    if (*errorp) {
        return EINVAL;
    }
    struct pcap_port *pp = xzalloc(sizeof *pp);
    pp->timer_fd = -1;
    *errorp = open_files(pp, options);
    if (*errorp) {
        destroy(pp);
        return EINVAL;
    }
    port->priv = pp;
    port->mac = (struct eth_addr) { { 0x02 } };
    port->mtu = MTU;
    port->admin_up = port->carrier = true;
    port->n_rxq = 1;
    return 0;
}

static void pcap_port_close(struct port *port)
{
    destroy(port->priv);
    port->priv = NULL;
}

static int pcap_port_rx_fd(const struct port *port, unsigned int q)
{
    const struct pcap_port *pp = port->priv;

    return pp->timer_fd;
}

/* Copies a captured packet. False if it is none or there is no room for it. */
static bool fill(struct packet *p, struct frame_cache *frames, const struct pcap_pkthdr *header,
                 const uint8_t *data)
{
    uint32_t n = header->caplen;

    if (!n || n > PACKET_MAX_SIZE) {
        return false;
    }
    p->head_len = MIN(n, PACKET_HEAD_SIZE);
    memcpy(p->data, data, p->head_len);
    if (n > p->head_len) {
        p->tail = frame_cache_get_tail(frames);
        if (!p->tail) {
            return false;
        }
        p->tail_len = n - p->head_len;
        memcpy(p->tail, data + p->head_len, p->tail_len);
    }
    return true;
}

/* How many packets may come now, and silences the timer if that is all. */
static unsigned int take_credit(struct pcap_port *pp, unsigned int max)
{
    uint64_t ticks;

    if (!pp->rate) {
        return max; /* the timer stays readable: more packets are due at once */
    }
    if (read(pp->timer_fd, &ticks, sizeof ticks) == sizeof ticks) {
        pp->credit += pp->rate * MIN(ticks, TICKS_PER_SECOND);
    }
    return MIN(pp->credit / TICKS_PER_SECOND, max);
}

static void end_replay(struct pcap_port *pp)
{
    const struct itimerspec never = { { 0, 0 }, { 0, 0 } };

    timerfd_settime(pp->timer_fd, 0, &never, NULL);
    pcap_close(pp->replay);
    pp->replay = NULL;
}

static unsigned int pcap_port_rx(struct port *port, unsigned int q, struct frame_cache *frames,
                                 struct batch *batch, unsigned int max)
{
    struct pcap_port *pp = port->priv;
    unsigned int n;

    if (!pp->replay) {
        return 0;
    }
    max = take_credit(pp, MIN(max, batch_room(batch)));
    for (n = 0; n < max;) {
        struct pcap_pkthdr *header;
        const u_char *data;
        struct packet *p = frame_cache_get(frames);
        if (!p) {
            break;
        }
        if (pcap_next_ex(pp->replay, &header, &data) != 1) { /* the end, or a damaged file */
            frame_cache_put(frames, p);
            end_replay(pp);
            break;
        }
        pp->credit -= pp->rate ? TICKS_PER_SECOND : 0;
        if (fill(p, frames, header, data)) {
            batch_add(batch, p);
            n++;
        } else {
            port_count(&port->counters[frame_cache_thread(frames)].rx_errors, 1);
            frame_cache_put(frames, p);
        }
    }
    return n;
}

static unsigned int pcap_port_tx(struct port *port, unsigned int thread,
                                 struct packet *const *packets, unsigned int n,
                                 enum drop_reason *why)
{
    const struct pcap_port *pp = port->priv;

    if (pp->record) {
        for (unsigned int i = 0; i < n; i++) {
            capture_packet(pp->record, packets[i]);
        }
        capture_flush(pp->record);
    }
    return n;
}

const struct port_ops port_pcap_ops = {
    .type = "pcap",
    .open = pcap_port_open,
    .close = pcap_port_close,
    .rx_fd = pcap_port_rx_fd,
    .rx = pcap_port_rx,
    .tx = pcap_port_tx,
};
