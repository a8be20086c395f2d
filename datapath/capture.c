/* SPDX-License-Identifier: Apache-2.0 */
/* Records packets in a capture file. */
#include "datapath/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/net/packet.h"

enum { SNAPLEN = 262144 };

struct capture {
    pthread_mutex_t lock;
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    uint8_t bytes[PACKET_MAX_SIZE]; /* the packet in one piece */
};

/* Only a regular file that is empty or a capture like ours is ever written to: the magic number and
 * the link type decide (libpcap's savefile format). Null or what is wrong (the caller frees it). */
static char *check_file(const char *path)
{
    uint32_t header[6];
    struct stat st;

    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0) {
        return xasprintf("%s: %s", path, strerror(errno));
    }
    bool is_file = !fstat(fd, &st) && S_ISREG(st.st_mode);
    bool is_capture =
        is_file && (!st.st_size || (read(fd, header, sizeof header) == sizeof header &&
                                    header[0] == 0xa1b2c3d4 && header[5] == DLT_EN10MB));
    close(fd);
    return is_capture ? NULL : xasprintf("%s: this is not a capture of Ethernet packets", path);
}

struct capture *capture_open(const char *path, char **errorp)
{
    *errorp = check_file(path);
    if (*errorp) {
        return NULL;
    }
    struct capture *capture = xzalloc(sizeof *capture);
    pthread_mutex_init(&capture->lock, NULL);
    capture->pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
    capture->dumper = pcap_dump_open_append(capture->pcap, path);
    if (!capture->dumper) {
        *errorp = xasprintf("%s: %s", path, pcap_geterr(capture->pcap));
        capture_close(capture);
        return NULL;
    }
    capture_flush(capture);
    return capture;
}

void capture_close(struct capture *capture)
{
    if (capture) {
        if (capture->dumper) {
            pcap_dump_close(capture->dumper);
        }
        pcap_close(capture->pcap);
        pthread_mutex_destroy(&capture->lock);
        free(capture);
    }
}

void capture_packet(struct capture *capture, const struct packet *p)
{
    uint32_t n = MIN(packet_len(p), sizeof capture->bytes);
    int64_t ms = clock_wall_ms();
    struct pcap_pkthdr header = { .ts = { ms / 1000, ms % 1000 * 1000 }, .caplen = n, .len = n };

    pthread_mutex_lock(&capture->lock);
    if (packet_read(p, 0, capture->bytes, n)) {
        pcap_dump((u_char *) capture->dumper, &header, capture->bytes);
    }
    pthread_mutex_unlock(&capture->lock);
}

void capture_flush(struct capture *capture)
{
    pthread_mutex_lock(&capture->lock);
    pcap_dump_flush(capture->dumper);
    pthread_mutex_unlock(&capture->lock);
}
