/* SPDX-License-Identifier: Apache-2.0 */
/* What options say of a device's address. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "datapath/netdev_address.h"
#include "lib/base/smap.h"

static char *parse(const char *ip, const char *netmask, const char *gateway, struct netdev_address *address)
{
    struct smap options = SMAP_INIT;
    smap_set(&options, "local_ip", ip);
    smap_set(&options, "local_netmask", netmask);
    smap_set(&options, "local_gateway", gateway);
    char *error = netdev_address_parse(&options, address);
    smap_destroy(&options);
    return error;
}

static void check(const char *ip, const char *netmask, const char *gateway, uint32_t wanted_mask)
{
    struct netdev_address address;
    assert_null(parse(ip, netmask, gateway, &address));
    assert_int_equal(ntohl(address.ip), 0x0a000001);
    assert_int_equal(ntohl(address.netmask), wanted_mask);
    assert_int_equal(ntohl(address.gateway), *gateway ? 0x0a000009 : 0);
}

static void good(void **state)
{
    struct netdev_address address;
    struct smap none = SMAP_INIT;
    check("10.0.0.1", "255.255.255.128", "10.0.0.9", 0xffffff80);
    check("10.0.0.1", "255.255.255.255", "", 0xffffffff);
    check("10.0.0.1", "", "", 0xff000000); /* of its class */
    assert_null(parse("172.16.0.1", "", "", &address));
    assert_int_equal(ntohl(address.netmask), 0xffff0000);
    assert_null(parse("192.168.0.1", "0.0.0.0", "", &address)); /* as none, as Open vSwitch takes it */
    assert_int_equal(ntohl(address.netmask), 0xffffff00);
    assert_null(netdev_address_parse(&none, &address));
    assert_int_equal(address.ip, 0);
    smap_destroy(&none);
}

static void bad(void **state)
{
    static const char *const cases[][4] = {
        { "10.0.0.300", "", "", "options:local_ip=10.0.0.300 is not an IPv4 address" },
        { "fd00::1", "", "", "options:local_ip=fd00::1 is not an IPv4 address" },
        { "10.0.0.1", "24", "", "options:local_netmask=24 is not an IPv4 address" },
        { "10.0.0.1", "255.0.255.0", "", "options:local_netmask=255.0.255.0 is not a netmask" },
        { "10.0.0.1", "255.0.0.0", "there", "options:local_gateway=there is not an IPv4 address" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct netdev_address address;
        char *error = parse(cases[i][0], cases[i][1], cases[i][2], &address);
        assert_non_null(error);
        assert_string_equal(error, cases[i][3]);
        free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
