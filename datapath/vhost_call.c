/* SPDX-License-Identifier: Apache-2.0 */
/* Signalling by the completion of a read that has nothing to read. */
#include "datapath/vhost_call.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/aio_abi.h>

#include "lib/base/log.h"

LOG_MODULE(vhost_call);

enum {
    N_REQUESTS = 8,
    RING_MAGIC = 0xa10a10a1,
};

/* Where the kernel puts what is done, mapped into the program (the address is the context's number). What is between head and tail was not
 * taken note of; if that is too much, no more requests are accepted. Source: Linux fs/aio.c; libaio reads it in the same way. */
struct completion_ring {
    uint32_t id, n, head, tail, magic;
};

/* A thread's own, from its first call on. */
struct caller {
    enum { UNKNOWN, WORKS, REFUSED } state;
    aio_context_t context;
};
static __thread struct caller own;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* destroys the context of a thread that ends */
static int empty_fd = -1; /* an eventfd that is never written to: what is read */

static void close_caller(void *caller_)
{
    struct caller *caller = caller_;
    syscall(SYS_io_destroy, caller->context);
    caller->state = UNKNOWN;
}

static void open_common(void)
{
    empty_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pthread_key_create(&key, close_caller)) {
        abort();
    }
}

static bool open_caller(struct caller *caller)
{
    pthread_once(&once, open_common);
    caller->state = REFUSED;
    caller->context = 0;
    if (syscall(SYS_io_setup, N_REQUESTS, &caller->context)) {
        return false;
    }
    const struct completion_ring *ring = (const void *) caller->context;
    if (ring->magic != RING_MAGIC) {
        close_caller(caller);
        caller->state = REFUSED;
        errno = ENOSYS;
        return false;
    }
    caller->state = WORKS;
    (void) pthread_setspecific(key, caller);
    return true;
}

/* False if the kernel had no memory for the request. */
static bool signal_fd(struct caller *caller, int fd)
{
    uint64_t value;
    struct iocb iocb = {.aio_lio_opcode = IOCB_CMD_PREAD,
                        .aio_fildes = empty_fd,
                        .aio_buf = (uintptr_t) &value,
                        .aio_nbytes = sizeof value,
                        .aio_flags = IOCB_FLAG_RESFD,
                        .aio_resfd = fd};
    struct iocb *iocbs[] = {&iocb};
    struct completion_ring *ring = (struct completion_ring *) caller->context;
    bool done = syscall(SYS_io_submit, caller->context, 1, iocbs) == 1;
    /* Nobody wants to know how it went. */
    __atomic_store_n(&ring->head, __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    return done;
}

void vhost_call(int fd)
{
    struct caller *caller = &own;
    if ((caller->state == WORKS || (caller->state == UNKNOWN && open_caller(caller))) && signal_fd(caller, fd)) {
        return;
    }
    /* A guest that is not told is stuck for good. */
    const uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void) ignored;
}

void vhost_call_check(void)
{
    if (own.state == UNKNOWN && !open_caller(&own)) {
        log_warn("no asynchronous input (%s; see fs.aio-max-nr): a guest's end that means harm can bring a forwarding thread to a stop",
                 strerror(errno));
    }
}
