/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses of both versions, and their text. */
#include "lib/base/inet_addr.h"

#include <stdlib.h>

#include "lib/base/strbuf.h"

static_assert(INET_ADDR_TEXT_SIZE == INET6_ADDRSTRLEN, "netinet/in.h");

bool inet_addr_is_multicast(const struct inet_addr *a)
{
    if (inet_addr_is_v4(a)) {
        return (a->bytes[INET_ADDR_V4_OFFSET] & 0xf0) == 0xe0 || inet_addr_get_v4(a) == BE32_MAX;
    }
    return a->bytes[0] == 0xff;
}

struct inet_addr inet_addr_prefix(const struct inet_addr *a, unsigned int bits)
{
    struct inet_addr p = *a;
    for (unsigned int i = 0; i < sizeof p.bytes; i++) {
        unsigned int kept = bits > 8 * i ? MIN(bits - 8 * i, 8u) : 0;
        p.bytes[i] &= (uint8_t) ~(0xffu >> kept);
    }
    return p;
}

struct inet_addr inet_addr_prefix_last(const struct inet_addr *a, unsigned int bits)
{
    struct inet_addr p = *a;
    for (unsigned int i = 0; i < sizeof p.bytes; i++) {
        unsigned int kept = bits > 8 * i ? MIN(bits - 8 * i, 8u) : 0;
        p.bytes[i] |= (uint8_t) (0xffu >> kept);
    }
    return p;
}

bool inet_addr_parse(const char *text, struct inet_addr *a)
{
    be32 ip;
    if (inet_pton(AF_INET, text, &ip) == 1) {
        *a = inet_addr_v4(ip);
        return true;
    }
    return inet_pton(AF_INET6, text, a->bytes) == 1;
}

bool inet_addr_parse_prefix(const char *text, struct inet_addr *a, unsigned int *bits)
{
    char address[INET_ADDR_TEXT_SIZE];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t) (slash - text) : 0;
    if (!n || n >= sizeof address) {
        return false;
    }
    memcpy(address, text, n);
    address[n] = '\0';
    if (!inet_addr_parse(address, a)) {
        return false;
    }
    const char *number = slash + 1;
    size_t digits = strspn(number, "0123456789");
    unsigned int first = strchr(address, ':') ? 0 : INET_ADDR_V4_BITS;
    if (!digits || digits > 3 || number[digits]) {
        return false;
    }
    *bits = first + (unsigned int) strtoul(number, NULL, 10);
    return *bits <= INET_ADDR_BITS;
}

const char *inet_addr_text(const struct inet_addr *a, char text[INET_ADDR_TEXT_SIZE])
{
    be32 ip = inet_addr_get_v4(a);
    inet_ntop(inet_addr_is_v4(a) ? AF_INET : AF_INET6, inet_addr_is_v4(a) ? (const void *) &ip : a->bytes, text,
              INET_ADDR_TEXT_SIZE);
    return text;
}

void inet_addr_put(struct strbuf *s, const struct inet_addr *a)
{
    char text[INET_ADDR_TEXT_SIZE];
    strbuf_puts(s, inet_addr_text(a, text));
}
