/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text. */
#include "lib/net/flow_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/scan.h"

void eth_format(struct strbuf *out, struct eth_addr a)
{
    strbuf_putf(out, "%02x:%02x:%02x:%02x:%02x:%02x", a.ea[0], a.ea[1], a.ea[2], a.ea[3], a.ea[4],
                a.ea[5]);
}

void eth_format_masked(struct strbuf *out, struct eth_addr a, struct eth_addr mask)
{
    eth_format(out, a);
    if (!flow_mask_is_exact_bits(&mask, sizeof mask)) {
        strbuf_putc(out, '/');
        eth_format(out, mask);
    }
}

bool eth_parse(const char *s, struct eth_addr *a)
{
    for (int i = 0; i < 6; i++) {
        char *end;
        if (!isxdigit((unsigned char)*s)) {
            return false;
        }
        unsigned long byte = strtoul(s, &end, 16);
        if (byte > 0xff || end - s > 2 || *end != (i < 5 ? ':' : '\0')) {
            return false;
        }
        a->ea[i] = byte;
        s = end + 1;
    }
    return true;
}

static void ipv4_format(struct strbuf *out, be32 ip)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &ip, text, sizeof text);
    strbuf_puts(out, text);
}

void ipv6_format(struct strbuf *out, const uint8_t ip[16])
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, ip, text, sizeof text);
    strbuf_puts(out, text);
}

/* The length of a mask that is a prefix, else -1. */
static int prefix_length(const uint8_t *mask, int n)
{
    int i = 0;
    while (i < n && mask[i] == 0xff) {
        i++;
    }
    if (i == n) {
        return n * 8;
    }
    int bits = mask[i] ? __builtin_clz((uint8_t)~mask[i]) - 24 : 0;
    if ((uint8_t)(mask[i] << bits)) {
        return -1;
    }
    for (int j = i + 1; j < n; j++) {
        if (mask[j]) {
            return -1;
        }
    }
    return i * 8 + bits;
}

static void prefix_mask(uint8_t *mask, int n, int length)
{
    for (int i = 0; i < n; i++, length -= 8) {
        mask[i] = length >= 8 ? 0xff : length <= 0 ? 0 : (uint8_t)(0xff00 >> length);
    }
}

void ipv4_format_masked(struct strbuf *out, be32 ip, be32 mask)
{
    ipv4_format(out, ip);
    int length = prefix_length((const uint8_t *)&mask, sizeof mask);
    if (length < 0) {
        strbuf_putc(out, '/');
        ipv4_format(out, mask);
    } else if (length < 32) {
        strbuf_putf(out, "/%d", length);
    }
}

void ipv6_format_masked(struct strbuf *out, const uint8_t ip[16], const uint8_t mask[16])
{
    ipv6_format(out, ip);
    int length = prefix_length(mask, 16);
    if (length < 0) {
        strbuf_putc(out, '/');
        ipv6_format(out, mask);
    } else if (length < 128) {
        strbuf_putf(out, "/%d", length);
    }
}

/* ADDRESS, ADDRESS/LENGTH or ADDRESS/MASK of either family. */
static char *parse_masked(const char *text, int family, void *ip, void *mask)
{
    int n = family == AF_INET ? 4 : 16;
    const char *what = family == AF_INET ? "an IPv4 address" : "an IPv6 address";
    char address[INET6_ADDRSTRLEN];
    size_t address_n = strcspn(text, "/");
    if (address_n < sizeof address) {
        memcpy(address, text, address_n);
        address[address_n] = '\0';
    }
    if (address_n >= sizeof address || inet_pton(family, address, ip) != 1) {
        return xasprintf("'%.60s' is not %s", text, what);
    }
    if (!text[address_n]) {
        memset(mask, 0xff, n);
        return NULL;
    }
    const char *mask_text = text + address_n + 1;
    uint64_t length;
    if (strspn(mask_text, "0123456789") == strlen(mask_text) &&
        scan_u64(mask_text, n * 8, &length)) {
        prefix_mask(mask, n, length);
        return NULL;
    }
    return inet_pton(family, mask_text, mask) == 1
               ? NULL
               : xasprintf("'%.60s' is not a mask of %s", mask_text, what);
}

char *ipv4_parse_masked(const char *text, be32 *ip, be32 *mask)
{
    return parse_masked(text, AF_INET, ip, mask);
}

char *ipv6_parse_masked(const char *text, uint8_t ip[16], uint8_t mask[16])
{
    return parse_masked(text, AF_INET6, ip, mask);
}
