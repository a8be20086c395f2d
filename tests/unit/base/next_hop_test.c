/* SPDX-License-Identifier: Apache-2.0 */
/* Next hops, as far as any machine has the same: itself, and what is no address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "lib/base/next_hop.h"

static void own_address(void **state)
{
    struct next_hop hop;
    struct sockaddr_storage ss = { .ss_family = AF_INET };
    ((struct sockaddr_in *) &ss)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(next_hop_find(&ss, &hop), 0);
    assert_true(hop.is_local);
    assert_true(hop.ifindex > 0);
    assert_false(hop.mac_known);
}

static void no_address(void **state)
{
    struct next_hop hop;
    struct sockaddr_storage ss = { .ss_family = AF_UNIX };
    assert_int_equal(next_hop_find(&ss, &hop), EAFNOSUPPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_address),
        cmocka_unit_test(no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
