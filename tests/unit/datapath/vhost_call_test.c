/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling eventfds: every signal counts, and none waits, whatever the other end does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "datapath/vhost_call.h"
#include "lib/base/compiler.h"

enum { N_THREADS = 4, N_CALLS = 5000 };

static uint64_t take(int fd)
{
    uint64_t value = 0;
    assert_int_equal(read(fd, &value, sizeof value), sizeof value);
    return value;
}

static void *call_often(void *fd)
{
    for (int i = 0; i < N_CALLS; i++) {
        vhost_call(*(int *) fd);
    }
    return NULL;
}

static void all_count(void **state)
{
    pthread_t threads[N_THREADS];
    int fd = eventfd(0, EFD_CLOEXEC);
    vhost_call_check();
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &fd), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    call_often(&fd);
    assert_int_equal(take(fd), (N_THREADS + 1) * N_CALLS);
    close(fd);
}

/* A write to this one would wait for ever. */
static void none_waits(void **state)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    const uint64_t most = UINT64_MAX - 1;
    assert_int_equal(write(fd, &most, sizeof most), sizeof most);
    call_often(&fd);
    assert_true(take(fd) >= most);
    vhost_call(fd);
    assert_int_equal(take(fd), 1);
    close(fd);
}

/* No harm comes from what is no eventfd. */
static void other_descriptors(void **state)
{
    int fds[2];
    char byte;
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    vhost_call(fds[0]);
    assert_int_equal(read(fds[0], &byte, 1), -1);
    close(fds[0]);
    close(fds[1]);
    vhost_call(fds[0]);
}

/* A kernel, or whoever confines the program, that knows no asynchronous input. */
static void *refused(void *fd)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* offsetof(struct seccomp_data, nr) */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38), /* ENOSYS */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { ARRAY_SIZE(filter), filter };
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    vhost_call_check();
    return call_often(fd);
}

static void without_asynchronous_input(void **state)
{
    pthread_t thread;
    int fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&thread, NULL, refused, &fd), 0);
    pthread_join(thread, NULL);
    assert_int_equal(take(fd), N_CALLS);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_count),
        cmocka_unit_test(none_waits),
        cmocka_unit_test(other_descriptors),
        cmocka_unit_test(without_asynchronous_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
