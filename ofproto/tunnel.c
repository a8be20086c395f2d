/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay of all tunnels: its start and end, and who asks for neighbours when. */
#include "ofproto/tunnel.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/underlay.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/tunnel_port.h"
#include "ofproto/tunnel_probe.h"

LOG_MODULE(tunnel);

static struct underlay *underlay; /* constant while the program runs */
static uint32_t port_range = (uint32_t) TUNNEL_DEFAULT_PORT_MIN << 16 | TUNNEL_DEFAULT_PORT_MAX; /* atomic; main: wo */
static int wake_fd = -1;
static struct loop_watch *wake_watch; /* main */

struct underlay *tunnel_underlay(void)
{
    return underlay;
}

uint64_t tunnel_version(void)
{
    /* Both only grow. */
    return (underlay ? underlay_version(underlay) : 0) + tunnel_neigh_version();
}

/* Neighbours. */

static void wake(void)
{
    uint64_t one = 1;
    ssize_t n = write(wake_fd, &one, sizeof one);
    (void) n; /* cannot fail: the count is small */
}

static void run_neighbours(void)
{
    if (tunnel_neigh_run(clock_ms())) {
        revalidator_wake();
    }
}

static void woken(void *aux, unsigned int events)
{
    uint64_t count;
    ssize_t n = read(wake_fd, &count, sizeof count);
    (void) n; /* it may be 0 already */
    run_neighbours();
}

/* Asks for the address through its bridge, as if the port by which it is reached had sent the question; the kernel may know it already. */
static void probe(void *aux, const char *bridge, const char *device, const struct inet_addr *addr, const struct eth_addr *mac)
{
    struct eth_addr known;
    if (!mac && underlay_neighbour(underlay, device, addr, known.ea)) {
        if (tunnel_neigh_learn(bridge, addr, known, clock_ms())) {
            revalidator_wake();
        }
        return;
    }
    struct ofproto *ofproto = ofproto_find(bridge);
    const struct ofport *port = ofproto ? port_set_find(ofproto->ports, device) : NULL;
    struct inet_addr source;
    if (!port || !underlay_source(underlay, device, addr, &source)) {
        return;
    }
    uint8_t packet[TUNNEL_PROBE_MAX];
    size_t n = tunnel_probe_compose(port->dp.mac, &source, addr, mac, packet);
    ofproto_send_from(ofproto, port->no, packet, n);
}

/* News of the underlay. */

static void underlay_changed(void *aux)
{
    revalidator_wake();
}

static void neighbour_changed(void *aux, int ifindex, const struct inet_addr *addr, const uint8_t mac[6])
{
    char device[IFNAMSIZ];
    if (tunnel_neigh_is_wanted(addr) && if_indextoname((unsigned int) ifindex, device)
        && tunnel_neigh_from_kernel(device, addr, mac, clock_ms())) {
        revalidator_wake();
    }
}

static void neighbours_lost(void *aux)
{
    /* What is wanted and not known is asked for every second anyway. */
    revalidator_wake();
}

static const struct underlay_events events = { underlay_changed, neighbour_changed, neighbours_lost };

/* Start and end. */

char *tunnel_start(struct loop *loop)
{
    char *error = NULL;
    underlay = underlay_create(loop, &events, NULL, &error);
    if (!underlay) {
        return error;
    }
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd < 0) {
        log_abort("no eventfd: %s", strerror(errno));
    }
    wake_watch = loop_watch_create(loop, wake_fd, LOOP_READ, woken, NULL);
    tunnel_neigh_init(probe, wake, NULL);
    return NULL;
}

void tunnel_stop(void)
{
    tunnel_neigh_destroy();
    loop_watch_destroy(wake_watch);
    wake_watch = NULL;
    if (wake_fd >= 0) {
        close(wake_fd);
        wake_fd = -1;
    }
    underlay_destroy(underlay);
    underlay = NULL;
}

void tunnel_run(void)
{
    tunnel_ports_run();
    run_neighbours();
}

/* Source ports. */

struct tunnel_port_range tunnel_port_range(void)
{
    uint32_t range = __atomic_load_n(&port_range, __ATOMIC_RELAXED);
    return (struct tunnel_port_range) { (uint16_t) (range >> 16), (uint16_t) range };
}

void tunnel_set_port_range(struct tunnel_port_range range)
{
    __atomic_store_n(&port_range, (uint32_t) range.min << 16 | range.max, __ATOMIC_RELAXED);
    ofproto_need_revalidation();
}
