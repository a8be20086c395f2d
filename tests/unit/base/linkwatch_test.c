/* SPDX-License-Identifier: Apache-2.0 */
/* Link watching: what messages say, and a namespace of our own in which links come, change and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "lib/base/coverage.h"
#include "lib/base/linkwatch_msg.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "tests/unit/base/namespace.h"

/* --- Messages ---------------------------------------------------------------------------------------------------- */

static union {
    struct nlmsghdr nlh;
    char bytes[4096];
} buffer;

static struct nlmsghdr *put_link(uint16_t type, uint8_t family, int ifindex)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(&buffer);
    nlh->nlmsg_type = type;
    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = family;
    ifi->ifi_index = ifindex;
    ifi->ifi_flags = IFF_UP | IFF_RUNNING;
    return nlh;
}

static void whole_message(void **state)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
    struct link_info info;
    struct nlmsghdr *nlh = put_link(RTM_NEWLINK, AF_UNSPEC, 7);
    mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
    mnl_attr_put_u32(nlh, IFLA_MTU, 9000);
    mnl_attr_put(nlh, IFLA_ADDRESS, sizeof mac, mac);
    mnl_attr_put_u8(nlh, IFLA_CARRIER, 0);
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_UPDATE);
    assert_string_equal(info.name, "eth0");
    assert_int_equal(info.ifindex, 7);
    assert_int_equal(info.mtu, 9000);
    assert_int_equal(info.flags, IFF_UP | IFF_RUNNING);
    assert_memory_equal(info.mac, mac, sizeof mac);
    assert_false(info.carrier);
    assert_false(info.gone);

    nlh->nlmsg_type = RTM_DELLINK;
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_DELETED);
    assert_true(info.gone);
}

static void odd_attributes_are_passed_over(void **state)
{
    struct link_info info;
    struct nlmsghdr *nlh = put_link(RTM_NEWLINK, AF_UNSPEC, 7);
    mnl_attr_put_strz(nlh, IFLA_IFNAME, "a");
    mnl_attr_put_u8(nlh, IFLA_MTU, 1);
    mnl_attr_put_u32(nlh, IFLA_ADDRESS, 1);
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_UPDATE);
    assert_int_equal(info.mtu, 0);
    assert_true(info.carrier); /* from the flags */
}

static enum link_news parse_named(const void *name, size_t n)
{
    struct link_info info;
    struct nlmsghdr *nlh = put_link(RTM_NEWLINK, AF_UNSPEC, 7);
    mnl_attr_put(nlh, IFLA_IFNAME, n, name);
    return linkwatch_msg_parse(nlh, &info);
}

static void names(void **state)
{
    assert_int_equal(parse_named("123456789012345", 16), LINK_NEWS_UPDATE);
    assert_int_equal(parse_named("1234567890123456", 17), LINK_NEWS_NONE);
    assert_int_equal(parse_named("abc", 3), LINK_NEWS_NONE);
    assert_int_equal(parse_named("", 1), LINK_NEWS_NONE);
    assert_int_equal(parse_named("", 0), LINK_NEWS_NONE);
}

static void what_is_not_news_of_a_link(void **state)
{
    struct link_info info;
    struct nlmsghdr *nlh = put_link(RTM_NEWLINK, AF_UNSPEC, 7);
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_NONE); /* no name */
    mnl_attr_put_strz(nlh, IFLA_IFNAME, "a");
    nlh->nlmsg_type = RTM_NEWADDR;
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_NONE);

    nlh = put_link(RTM_DELLINK, AF_BRIDGE, 7); /* it left a Linux bridge */
    mnl_attr_put_strz(nlh, IFLA_IFNAME, "a");
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_NONE);
    nlh = put_link(RTM_NEWLINK, AF_UNSPEC, 0);
    mnl_attr_put_strz(nlh, IFLA_IFNAME, "a");
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_NONE);
    nlh = mnl_nlmsg_put_header(&buffer);
    nlh->nlmsg_type = RTM_NEWLINK;
    assert_int_equal(linkwatch_msg_parse(nlh, &info), LINK_NEWS_NONE); /* too short */
}

/* --- The kernel --------------------------------------------------------------------------------------------------- */

static struct loop *loop;
static struct linkwatch *watch;
static struct link_info last; /* what was told last of the link whose name is in 'followed' */
static const char *followed;
static int n_told;

static void changed(void *aux, const struct link_info *info)
{
    if (!strcmp(info->name, followed)) {
        last = *info;
        n_told++;
    }
}

#define RUN_UNTIL(CONDITION)                                                                       \
    while (!(CONDITION)) {                                                                         \
        loop_run_once(loop, -1);                                                                   \
    }

static void follow(const char *name)
{
    followed = name;
    n_told = 0;
    memset(&last, 0, sizeof last);
}

static int start_watch(void **state)
{
    char *error;
    loop = NULL;
    watch = NULL;
    if (!namespace_enter()) {
        return 0;
    }
    loop = loop_create();
    watch = linkwatch_create(loop, changed, NULL, &error);
    return !watch;
}

static int stop_watch(void **state)
{
    linkwatch_destroy(watch);
    loop_destroy(loop);
    return 0;
}

static void a_link_comes_changes_and_goes(void **state)
{
    if (!watch) {
        skip();
    }
    follow("w0");
    assert_non_null(linkwatch_find(watch, "lo"));
    assert_null(linkwatch_find(watch, "w0"));
    namespace_run("ip link add w0 address 02:00:00:00:00:07 type veth peer name w1");
    RUN_UNTIL(linkwatch_find(watch, "w0") && linkwatch_find(watch, "w1"));
    assert_int_equal(last.mac[5], 7);
    assert_false(last.flags & IFF_UP);
    assert_false(last.carrier);
    int ifindex = last.ifindex;

    namespace_run("ip link set w0 up mtu 1400");
    namespace_run("ip link set w1 up");
    RUN_UNTIL(last.carrier && last.mtu == 1400);
    assert_true(last.flags & IFF_UP);
    namespace_run("ip link set w0 down");
    RUN_UNTIL(!(last.flags & IFF_UP) && !last.carrier);

    follow("w0");
    namespace_run("ip link set w0 name w2");
    RUN_UNTIL(last.gone && linkwatch_find(watch, "w2"));
    assert_int_equal(linkwatch_find(watch, "w2")->ifindex, ifindex);
    assert_null(linkwatch_find(watch, "w0"));
    follow("w2");
    namespace_run("ip link del w2");
    RUN_UNTIL(last.gone && !linkwatch_find(watch, "w1"));
    assert_null(linkwatch_find(watch, "w2"));
}

static void joining_a_linux_bridge_is_no_end(void **state)
{
    if (!watch) {
        skip();
    }
    namespace_run("ip link add w0 type veth peer name w1");
    if (system("ip link add b0 type bridge 2>/dev/null")) {
        namespace_run("ip link del w0");
        skip();
    }
    RUN_UNTIL(linkwatch_find(watch, "w0"));
    follow("w0");
    namespace_run("ip link set w0 master b0");
    namespace_run("ip link set w0 nomaster");
    namespace_run("ip link del b0");
    namespace_run("ip link set w0 mtu 1300");
    RUN_UNTIL(last.mtu == 1300);
    assert_non_null(linkwatch_find(watch, "w0"));
    namespace_run("ip link del w0");
    RUN_UNTIL(!linkwatch_find(watch, "w0"));
}

static uint64_t n_overruns(void)
{
    uint64_t n;
    assert_true(coverage_read("linkwatch_overrun", &n));
    return n;
}

/* More news than the kernel keeps for us: some are lost, but not the end result. */
static void lost_news(void **state)
{
    if (!watch) {
        skip();
    }
    namespace_run("ip link add w0 type veth peer name w1");
    namespace_run("ip link add w4 type veth peer name w5");
    RUN_UNTIL(linkwatch_find(watch, "w5"));

    uint64_t before = n_overruns();
    FILE *batch = popen("ip -batch -", "w");
    for (int i = 0; i < 1500; i++) {
        fprintf(batch, "link set w0 mtu %d\n", 1000 + i % 2);
    }
    fprintf(batch, "link set w0 mtu 1234\nlink del w4\nlink set w1 name w3\n");
    assert_int_equal(pclose(batch), 0);

    follow("w4");
    RUN_UNTIL(linkwatch_find(watch, "w0")->mtu == 1234 && linkwatch_find(watch, "w3")
              && !linkwatch_find(watch, "w4"));
    assert_null(linkwatch_find(watch, "w1"));
    assert_null(linkwatch_find(watch, "w5"));
    assert_true(last.gone);
    assert_int_equal(n_told, 1);
    assert_true(n_overruns() > before);
    namespace_run("ip link del w0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_message),
        cmocka_unit_test(odd_attributes_are_passed_over),
        cmocka_unit_test(names),
        cmocka_unit_test(what_is_not_news_of_a_link),
        cmocka_unit_test_setup_teardown(a_link_comes_changes_and_goes, start_watch, stop_watch),
        cmocka_unit_test_setup_teardown(joining_a_linux_bridge_is_no_end, start_watch, stop_watch),
        cmocka_unit_test_setup_teardown(lost_news, start_watch, stop_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
