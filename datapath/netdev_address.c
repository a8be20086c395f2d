/* SPDX-License-Identifier: Apache-2.0 */
/* The IPv4 address of a kernel device, and a default route through it. */
#include "datapath/netdev_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "datapath/netdev.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

static char *parse(const struct smap *options, const char *key, be32 *address)
{
    const char *text = smap_get_or(options, key, "");
    struct in_addr in = { .s_addr = 0 };
    char *error = NULL;
    if (*text && inet_pton(AF_INET, text, &in) != 1) {
        error = xasprintf("options:%s=%s is not an IPv4 address", key, text);
    }
    *address = in.s_addr;
    return error;
}

static be32 mask_of_class(be32 ip)
{
    uint8_t first = ntohl(ip) >> 24;
    return htonl(first < 128 ? 0xff000000 : first < 192 ? 0xffff0000 : 0xffffff00);
}

char *netdev_address_parse(const struct smap *options, struct netdev_address *a)
{
    memset(a, 0, sizeof *a);
    char *error = parse(options, "local_ip", &a->ip);
    error = error ? error : parse(options, "local_netmask", &a->netmask);
    error = error ? error : parse(options, "local_gateway", &a->gateway);
    uint32_t zeros = ~ntohl(a->netmask);
    if (!error && a->netmask && zeros & (zeros + 1)) {
        error = xasprintf("options:local_netmask=%s is not a netmask", smap_get_or(options, "local_netmask", ""));
    }
    if (!a->netmask) {
        a->netmask = mask_of_class(a->ip);
    }
    return error;
}

static struct sockaddr_in sockaddr_of(be32 address)
{
    return (struct sockaddr_in) { .sin_family = AF_INET, .sin_addr.s_addr = address };
}

static int set(int fd, const char *name, unsigned long request, be32 address)
{
    struct sockaddr_in in = sockaddr_of(address);
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    memcpy(&ifr.ifr_addr, &in, sizeof in);
    return ioctl(fd, request, &ifr) ? errno : 0;
}

static int add_gateway(int fd, const char *name, be32 gateway)
{
    struct sockaddr_in any = sockaddr_of(0), to = sockaddr_of(gateway);
    char device[IFNAMSIZ];
    struct rtentry route;
    memset(&route, 0, sizeof route);
    snprintf(device, sizeof device, "%s", name);
    memcpy(&route.rt_dst, &any, sizeof any);
    memcpy(&route.rt_genmask, &any, sizeof any);
    memcpy(&route.rt_gateway, &to, sizeof to);
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    route.rt_dev = device;
    return ioctl(fd, SIOCADDRT, &route) && errno != EEXIST ? errno : 0;
}

int netdev_address_set(const char *name, int ifindex, const struct netdev_address *a)
{
    const struct netdev_change up = { .set_admin = true, .admin_up = true };
    int error = netdev_set(ifindex, &up);
    if (error) {
        return error;
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    error = set(fd, name, SIOCSIFADDR, a->ip);
    error = error ? error : set(fd, name, SIOCSIFNETMASK, a->netmask);
    if (!error && a->gateway) {
        error = add_gateway(fd, name, a->gateway);
    }
    close(fd);
    return error;
}
