/* SPDX-License-Identifier: Apache-2.0 */
/* The program in front of the host's stack on kernels with and without links for it. Needs root: a
 * network namespace of its own. */
#define syscall fake_syscall
#include "datapath/port_ingress.c"
#undef syscall

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <net/if.h>

#include <cmocka.h>

long syscall(long number, ...); /* unistd.h was read under the other name */

static bool have_links; /* does the kernel that is played have them? */

long fake_syscall(long number, ...)
{
    va_list args;

    va_start(args, number);
    int command = va_arg(args, int);
    union bpf_attr *attr = va_arg(args, union bpf_attr *);
    size_t size = va_arg(args, size_t);
    va_end(args);
    if (command == BPF_LINK_CREATE && !have_links) {
        errno = EINVAL;
        return -1;
    }
    return syscall(number, command, attr, size);
}

/* True if the output of 'command' is not empty. */
static bool says_something(const char *command)
{
    char line[256];
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    bool something = fgets(line, sizeof line, pipe);
    pclose(pipe);
    return something;
}

static bool has_filter(void)
{
    return says_something("tc filter show dev v0 ingress 2>/dev/null | grep weft_ingress");
}

static bool has_clsact(void)
{
    return says_something("tc qdisc show dev v0 2>/dev/null | grep clsact");
}

static void classifier(void **state)
{
    int ifindex = if_nametoindex("v0");

    have_links = false;
    struct port_ingress *ingress = port_ingress_take(ifindex);
    assert_non_null(ingress);
    assert_true(has_filter());
    port_ingress_release(ingress);
    assert_false(has_filter());
    assert_false(has_clsact());

    /* Left behind by one that was killed: replaced, and gone afterwards, but not the queue that it
     * did not make. */
    ingress = port_ingress_take(ifindex);
    assert_non_null(ingress);
    struct port_ingress *second = port_ingress_take(ifindex);
    assert_non_null(second);
    free(ingress);
    port_ingress_release(second);
    assert_false(has_filter());
    assert_true(has_clsact());
}

static void links(void **state)
{
    int ifindex = if_nametoindex("v0");

    have_links = true;
    struct port_ingress *ingress = port_ingress_take(ifindex);
    assert_non_null(ingress);
    assert_false(has_filter());
    if (ingress->link_fd < 0) { /* a kernel without them */
        port_ingress_release(ingress);
        skip();
    }
    port_ingress_release(ingress);
    assert_null(port_ingress_take(99999));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(links), cmocka_unit_test(classifier) };

    if (geteuid() || unshare(CLONE_NEWNET)) {
        printf("skipped: needs root\n");
        return 77;
    }
    if (system("ip link add v0 type veth peer name v1 2>/dev/null && tc qdisc show dev v0 "
               ">/dev/null 2>&1")) {
        printf("skipped: needs veth devices and tc\n");
        return 77;
    }
    port_ingress_init();
    if (prog_fd < 0) {
        printf("skipped: the kernel takes no program\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
