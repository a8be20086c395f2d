/* SPDX-License-Identifier: Apache-2.0 */
/* Regions of guests' memory: which may be added, how they are found, when they go. */
#include "datapath/vhost_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 1 << 16, BASE = 1 << 20, USER = 1 << 24 };

static struct vhost_memory memory;
static int fd;

static int set_up(void **state)
{
    (void)state;
    memory.n = 0;
    fd = memfd_create("guest", MFD_CLOEXEC);
    return fd < 0 || ftruncate(fd, 4 * SIZE);
}

static int tear_down(void **state)
{
    (void)state;
    vhost_memory_clear(&memory);
    return close(fd);
}

static struct vhost_region_info region(unsigned int i, uint64_t size)
{
    return (struct vhost_region_info){.guest_addr = BASE + i * SIZE,
                                      .size = size,
                                      .user_addr = USER + i * SIZE,
                                      .offset = i * SIZE};
}

static bool is_there(unsigned int i)
{
    uint32_t len = 1;
    bool there = vhost_memory_at(&memory, BASE + i * SIZE, &len) != NULL;
    assert_int_equal(there, vhost_memory_at_user(&memory, USER + i * SIZE, 1, 1) != NULL);
    return there;
}

static void test_add_and_remove(void **state)
{
    struct vhost_region_info r[3];
    (void)state;
    for (unsigned int i = 0; i < 3; i++) {
        r[i] = region(i, SIZE);
        assert_null(vhost_memory_add(&memory, &r[i], fd));
    }
    assert_null(vhost_memory_remove(&memory, &r[1]));
    assert_true(is_there(0) && !is_there(1) && is_there(2));
    assert_string_equal(vhost_memory_remove(&memory, &r[1]), "no such memory region");
    assert_null(vhost_memory_remove(&memory, &r[0]));
    assert_null(vhost_memory_remove(&memory, &r[2]));
    assert_int_equal(memory.n, 0);
}

/* Each of a front-end's queue pairs adds and removes all regions. */
static void test_the_same_again(void **state)
{
    struct vhost_region_info r = region(0, SIZE), other = r;
    (void)state;
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        assert_null(vhost_memory_add(&memory, &r, fd));
    }
    assert_int_equal(memory.n, 1);
    assert_string_equal(vhost_memory_add(&memory, &r, fd), "memory regions that overlap");
    other.offset = SIZE;
    assert_string_equal(vhost_memory_add(&memory, &other, fd), "memory regions that overlap");
    for (unsigned int i = 0; i < VHOST_MAX_QUEUE_PAIRS; i++) {
        assert_true(is_there(0));
        assert_null(vhost_memory_remove(&memory, &r));
    }
    assert_false(is_there(0));
}

static void test_refused(void **state)
{
    struct vhost_region_info r = region(1, SIZE), bad = region(1, SIZE - 1);
    (void)state;
    assert_null(vhost_memory_add(&memory, &r, fd));
    assert_string_equal(vhost_memory_add(&memory, &bad, fd), "memory regions that overlap");
    bad = region(0, SIZE + 1);
    assert_string_equal(vhost_memory_add(&memory, &bad, fd), "memory regions that overlap");
    bad = region(2, UINT64_MAX);
    assert_string_equal(vhost_memory_add(&memory, &bad, fd),
                        "a memory region with impossible addresses");
    bad = region(3, 2 * SIZE);
    assert_string_equal(vhost_memory_add(&memory, &bad, fd),
                        "memory that lies outside of its file");
    assert_int_equal(memory.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_and_remove, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
