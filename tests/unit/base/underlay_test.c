/* SPDX-License-Identifier: Apache-2.0 */
/* The underlay: what messages say, and a namespace of our own in which routes, addresses and devices come, change and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/route_msg.h"
#include "lib/base/strbuf.h"
#include "lib/base/underlay.h"
#include "tests/unit/base/namespace.h"

/* --- Addresses ---------------------------------------------------------------------------------------------------- */

static struct inet_addr addr(const char *text)
{
    struct inet_addr a;
    assert_true(inet_addr_parse(text, &a));
    return a;
}

static void assert_prefix(const char *text, unsigned int bits, const char *first, const char *last)
{
    char buffer[INET_ADDR_TEXT_SIZE];
    struct inet_addr a = addr(text);
    struct inet_addr low = inet_addr_prefix(&a, bits), high = inet_addr_prefix_last(&a, bits);
    assert_string_equal(inet_addr_text(&low, buffer), first);
    assert_string_equal(inet_addr_text(&high, buffer), last);
}

static void addresses_have_text_and_prefixes(void **state)
{
    struct inet_addr a;
    unsigned int bits;
    assert_prefix("10.1.2.3", 96 + 24, "10.1.2.0", "10.1.2.255");
    assert_prefix("10.1.2.3", 96 + 31, "10.1.2.2", "10.1.2.3");
    assert_prefix("10.1.2.3", 96, "0.0.0.0", "255.255.255.255");
    assert_prefix("2001:db8::5", 33, "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff");
    assert_true(inet_addr_parse_prefix("10.0.0.0/8", &a, &bits));
    assert_int_equal(bits, 104);
    assert_true(inet_addr_parse_prefix("2001::/16", &a, &bits));
    assert_int_equal(bits, 16);
    static const char *const bad[] = { "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "x/8", "/8", "10.0.0.0/8x", "10.0.0.0/-1" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(inet_addr_parse_prefix(bad[i], &a, &bits));
    }
    a = addr("224.0.0.5");
    assert_true(inet_addr_is_multicast(&a));
    a = addr("ff02::1");
    assert_true(inet_addr_is_multicast(&a));
    a = addr("10.0.0.1");
    assert_false(inet_addr_is_multicast(&a));
}

/* --- Messages ----------------------------------------------------------------------------------------------------- */

static union {
    struct nlmsghdr nlh;
    char bytes[4096];
} buffer;

static struct nlmsghdr *put_route(uint16_t type, uint8_t family, uint8_t bits)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(&buffer);
    nlh->nlmsg_type = type;
    struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof *rtm);
    rtm->rtm_family = family;
    rtm->rtm_dst_len = bits;
    rtm->rtm_type = RTN_UNICAST;
    rtm->rtm_table = RT_TABLE_MAIN;
    return nlh;
}

static void routes_with_several_hops_and_other_families(void **state)
{
    struct route_msg msg;
    struct inet_addr gateway = addr("10.0.0.1"), gateway6 = addr("fe80::1");
    be32 dst = htonl(0x0a010000), via = inet_addr_get_v4(&gateway);

    struct nlmsghdr *nlh = put_route(RTM_NEWROUTE, AF_INET, 16);
    mnl_attr_put(nlh, RTA_DST, sizeof dst, &dst);
    struct nlattr *hops = mnl_attr_nest_start(nlh, RTA_MULTIPATH);
    struct rtnexthop *hop = (struct rtnexthop *) mnl_nlmsg_get_payload_tail(nlh);
    memset(hop, 0, sizeof *hop);
    hop->rtnh_ifindex = 3;
    hop->rtnh_len = sizeof *hop + 8;
    nlh->nlmsg_len += sizeof *hop;
    mnl_attr_put(nlh, RTA_GATEWAY, sizeof via, &via);
    mnl_attr_nest_end(nlh, hops);
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_ROUTE);
    assert_int_equal(msg.route.bits, 112);
    assert_int_equal(msg.route.ifindex, 3);
    assert_memory_equal(&msg.route.gateway, &gateway, sizeof gateway);
    hop->rtnh_len = 200; /* reaches out of the attribute */
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.route.ifindex, 0);

    nlh = put_route(RTM_DELROUTE, AF_INET, 0);
    uint8_t other[2 + 16] = { AF_INET6 };
    memcpy(other + 2, gateway6.bytes, 16);
    mnl_attr_put(nlh, RTA_VIA, sizeof other, other);
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_ROUTE);
    assert_true(msg.gone);
    assert_int_equal(msg.route.bits, 96);
    assert_memory_equal(&msg.route.gateway, &gateway6, sizeof gateway6);
}

static void what_is_not_valid_is_no_news(void **state)
{
    struct route_msg msg;
    struct nlmsghdr *nlh = put_route(RTM_NEWROUTE, AF_INET, 33);
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_NONE);
    nlh = put_route(RTM_NEWROUTE, AF_INET, 8); /* a prefix without its address */
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_NONE);
    nlh = put_route(RTM_NEWROUTE, AF_BRIDGE, 0);
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_NONE);
    nlh = mnl_nlmsg_put_header(&buffer);
    nlh->nlmsg_type = RTM_NEWADDR;
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_NONE);
    nlh->nlmsg_type = RTM_NEWRULE;
    route_msg_parse(nlh, &msg);
    assert_int_equal(msg.news, ROUTE_NEWS_POLICY);
}

/* --- The kernel --------------------------------------------------------------------------------------------------- */

static struct loop *loop;
static struct underlay *underlay;
static int n_changed;
static struct inet_addr last_neighbour;
static bool last_usable;

static void changed(void *aux)
{
    n_changed++;
}

static void neighbour(void *aux, int ifindex, const struct inet_addr *a, const uint8_t mac[6])
{
    last_neighbour = *a;
    last_usable = mac != NULL;
}

static void neighbours_lost(void *aux)
{
}

static const struct underlay_events events = { changed, neighbour, neighbours_lost };

#define RUN_UNTIL(CONDITION)                                                                       \
    while (!(CONDITION)) {                                                                         \
        loop_run_once(loop, -1);                                                                   \
    }

static int start(void **state)
{
    char *error;
    loop = NULL;
    underlay = NULL;
    if (!namespace_enter()) {
        return 0;
    }
    namespace_run("ip link add u0 type veth peer name u1 && ip link set u1 up && ip link set u0 up mtu 1400"
        " && ip addr add 10.0.0.1/24 dev u0 && ip addr add fd00::1/64 dev u0 nodad");
    loop = loop_create();
    underlay = underlay_create(loop, &events, NULL, &error);
    return !underlay;
}

static int stop(void **state)
{
    underlay_destroy(underlay);
    loop_destroy(loop);
    if (underlay) {
        namespace_run("ip link del u0");
    }
    return 0;
}

static struct underlay_answer *ask(const char *dst, const char *src, uint32_t mark, struct underlay_route *route)
{
    struct underlay_key key = { .dst = addr(dst), .src = src ? addr(src) : inet_addr_none(), .mark = mark };
    return underlay_ask(underlay, &key, route);
}

static struct underlay_route route_of(struct underlay_answer *answer)
{
    struct underlay_route route;
    underlay_answer_get(underlay, answer, &route);
    return route;
}

static void assert_addr(const struct inet_addr *a, const char *text)
{
    char s[INET_ADDR_TEXT_SIZE];
    assert_string_equal(inet_addr_is_set(a) ? inet_addr_text(a, s) : "", text);
}

static uint64_t n_questions(void)
{
    struct underlay_work work;
    underlay_work(underlay, &work);
    return work.questions;
}

static void answers_follow_the_kernels_routes(void **state)
{
    struct underlay_route route;
    if (!underlay) {
        skip();
    }
    struct underlay_answer *near = ask("10.0.0.7", NULL, 0, &route);
    assert_true(route.found && !route.local);
    assert_addr(&route.source, "10.0.0.1");
    assert_addr(&route.gateway, "");
    assert_string_equal(route.device, "u0");
    assert_int_equal(route.mtu, 0); /* the device's */

    struct underlay_answer *far = ask("10.9.9.9", NULL, 0, &route);
    assert_false(route.found);
    struct underlay_answer *marked = ask("10.9.9.9", NULL, 5, &route);
    uint64_t version = underlay_version(underlay), asked = n_questions();
    n_changed = 0;
    namespace_run("ip route add 10.9.0.0/16 via 10.0.0.254 mtu 1300");
    RUN_UNTIL(underlay_version(underlay) != version);
    assert_int_equal(n_changed, 1);
    assert_addr(&(struct inet_addr[]) { route_of(far).gateway }[0], "10.0.0.254");
    assert_int_equal(route_of(far).mtu, 1300);
    route_of(near);
    assert_int_equal(n_questions(), asked + 1); /* the one that the prefix covers, once */

    version = underlay_version(underlay);
    namespace_run("ip rule add fwmark 5 table 77 && ip route add 10.9.0.0/16 via 10.0.0.77 table 77");
    RUN_UNTIL(underlay_version(underlay) != version && (loop_run_once(loop, 0), true));
    assert_addr(&(struct inet_addr[]) { route_of(marked).gateway }[0], "10.0.0.77");
    assert_addr(&(struct inet_addr[]) { route_of(far).gateway }[0], "10.0.0.254");
    namespace_run("ip rule del fwmark 5");

    version = underlay_version(underlay);
    namespace_run("ip link set u0 down"); /* the kernel says nothing of its routes */
    RUN_UNTIL(underlay_version(underlay) != version && !route_of(near).found);
    assert_false(route_of(far).found);
    underlay_answer_unref(underlay, near);
    underlay_answer_unref(underlay, far);
    underlay_answer_unref(underlay, marked);
    struct underlay_work work;
    underlay_work(underlay, &work);
    assert_int_equal(work.answers, 0);
}

static void sources_and_own_addresses(void **state)
{
    struct underlay_route route;
    struct inet_addr own = addr("10.0.0.1"), more = addr("10.0.5.1");
    if (!underlay) {
        skip();
    }
    assert_true(underlay_has_address(underlay, "u0", &own));
    assert_false(underlay_has_address(underlay, "u1", &own));
    assert_false(underlay_has_address(underlay, "u0", &more));
    namespace_run("ip addr add 10.0.5.1/24 dev u0");
    RUN_UNTIL(underlay_has_address(underlay, "u0", &more));
    underlay_answer_unref(underlay, ask("10.0.0.7", "10.0.5.1", 0, &route));
    assert_true(route.found);
    assert_addr(&route.source, "10.0.5.1");
    underlay_answer_unref(underlay, ask("10.0.0.7", "10.77.0.1", 0, &route)); /* nobody's */
    assert_false(route.found);
    underlay_answer_unref(underlay, ask("10.0.0.1", NULL, 0, &route));
    assert_true(route.local);
    underlay_answer_unref(underlay, ask("fd00::7", NULL, 0, &route));
    assert_addr(&route.source, "fd00::1");
    namespace_run("ip addr del 10.0.5.1/24 dev u0");
    RUN_UNTIL(!underlay_has_address(underlay, "u0", &more));
}

static void neighbours_are_told_and_asked_for(void **state)
{
    uint8_t mac[6];
    struct inet_addr a = addr("10.0.0.9"), unknown = addr("10.0.0.10");
    if (!underlay) {
        skip();
    }
    assert_false(underlay_neighbour(underlay, "u0", &a, mac));
    namespace_run("ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev u0");
    RUN_UNTIL(inet_addr_equals(&last_neighbour, &a) && last_usable);
    assert_true(underlay_neighbour(underlay, "u0", &a, mac));
    assert_int_equal(mac[5], 9);
    assert_false(underlay_neighbour(underlay, "u0", &unknown, mac));
    assert_false(underlay_neighbour(underlay, "nodev", &a, mac));
    namespace_run("ip neigh del 10.0.0.9 dev u0");
    RUN_UNTIL(!last_usable);
}

static void users_routes_come_first(void **state)
{
    struct underlay_route route;
    struct underlay_user_route user = { .prefix = addr("10.0.0.99"), .bits = 96 + 25, .gateway = addr("10.3.0.3") };
    struct inet_addr dummy = addr("10.3.0.1");
    if (!underlay) {
        skip();
    }
    struct underlay_answer *answer = ask("10.0.0.7", NULL, 0, &route);
    assert_string_equal(route.device, "u0");
    strcpy(user.device, "br9");
    assert_int_equal(underlay_add_route(underlay, &user), ENOENT); /* it has no address */
    underlay_add_address(underlay, "br9", &dummy, 96 + 24);
    assert_int_equal(underlay_add_route(underlay, &user), 0);
    route = route_of(answer);
    assert_string_equal(route.device, "br9");
    assert_addr(&route.source, "10.3.0.1");
    assert_addr(&route.gateway, "10.3.0.3");

    struct strbuf s = STRBUF_INIT;
    underlay_show(underlay, &s);
    assert_non_null(strstr(strbuf_str(&s), "Route Table:\nUser: 10.0.0.0/25 dev br9 GW 10.3.0.3 SRC 10.3.0.1\n"));
    assert_non_null(strstr(strbuf_str(&s), "Cached: 10.0.0.0/24 dev u0 SRC 10.0.0.1\n"));
    assert_non_null(strstr(strbuf_str(&s), "Cached: 10.0.0.1/32 dev u0 SRC 10.0.0.1 local\n"));
    assert_non_null(strstr(strbuf_str(&s), "Cached: fd00::/64 dev u0 SRC fd00::1\n"));
    strbuf_destroy(&s);

    assert_false(underlay_del_route(underlay, &user.prefix, user.bits, 3));
    assert_true(underlay_del_route(underlay, &user.prefix, user.bits, 0));
    assert_string_equal(route_of(answer).device, "u0");
    underlay_answer_unref(underlay, answer);
}

/* A flood of routes: the kernel's queue overflows, and still the few answers that matter are right, for the price of asking for
 * them again. */
static void a_flood_of_routes(void **state)
{
    enum { N_ROUTES = 10000, N_ANSWERS = 30 };
    struct underlay_answer *answers[N_ANSWERS];
    struct underlay_route route;
    struct underlay_work before, after;
    if (!underlay) {
        skip();
    }
    for (int i = 0; i < N_ANSWERS; i++) {
        char text[INET_ADDR_TEXT_SIZE];
        snprintf(text, sizeof text, "20.0.%d.9", i);
        answers[i] = ask(text, NULL, 0, &route);
        assert_false(route.found);
    }
    underlay_work(underlay, &before);
    FILE *ip = popen("ip -batch -", "w");
    assert_non_null(ip);
    for (int i = 0; i < N_ROUTES; i++) {
        fprintf(ip, "route add 20.%d.%d.%d/32 via 10.0.0.2\n", i >> 16, i >> 8 & 255, i & 255);
    }
    assert_int_equal(pclose(ip), 0);
    int n_found = 0;
    RUN_UNTIL((underlay_work(underlay, &after), after.overruns > before.overruns));
    while (underlay_work(underlay, &before), loop_run_once(loop, 50), underlay_work(underlay, &after), before.news != after.news) {
    }
    for (int i = 0; i < N_ANSWERS; i++) {
        n_found += route_of(answers[i]).found;
        underlay_answer_unref(underlay, answers[i]);
    }
    assert_int_equal(n_found, N_ANSWERS);
    underlay_work(underlay, &after);
    assert_int_equal(after.answers, 0);
    assert_true(after.questions < 10 * N_ANSWERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_text_and_prefixes),
        cmocka_unit_test(routes_with_several_hops_and_other_families),
        cmocka_unit_test(what_is_not_valid_is_no_news),
        cmocka_unit_test_setup_teardown(answers_follow_the_kernels_routes, start, stop),
        cmocka_unit_test_setup_teardown(sources_and_own_addresses, start, stop),
        cmocka_unit_test_setup_teardown(neighbours_are_told_and_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(users_routes_come_first, start, stop),
        cmocka_unit_test_setup_teardown(a_flood_of_routes, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
