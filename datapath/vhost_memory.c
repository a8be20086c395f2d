/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping guests' memory, and surviving when it goes away. */
#include "datapath/vhost_memory.h"

#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* What the SIGBUS handler reads: a slot is in use while 'size' is not 0. A mapping is entered
 * before anybody touches it and taken out when nobody does any more. Main: wo; the handler, on any
 * thread: ro, and it sets 'lost'. */
enum { MAX_GUARDS = 16384 };
static struct guard {
    uintptr_t base;
    size_t size;
    bool lost;
} guards[MAX_GUARDS];
static unsigned int n_guards; /* slots that were ever in use */

/* Only calls that are safe in a handler. A fault at no guest's memory is fatal as ever: the
 * default action takes it when the instruction is tried again. */
static void handle_sigbus(int sig, siginfo_t *info, void *context)
{
    uintptr_t addr = (uintptr_t)info->si_addr;
    int saved_errno = errno;
    unsigned int n = __atomic_load_n(&n_guards, __ATOMIC_ACQUIRE);
    (void)context;
    for (unsigned int i = 0; i < n; i++) {
        struct guard *g = &guards[i];
        size_t size = __atomic_load_n(&g->size, __ATOMIC_ACQUIRE);
        uintptr_t base = __atomic_load_n(&g->base, __ATOMIC_RELAXED);
        if (addr - base < size &&
            mmap((void *)base, size, PROT_READ | PROT_WRITE,
                 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED) {
            __atomic_store_n(&g->lost, true, __ATOMIC_RELEASE);
            errno = saved_errno;
            return;
        }
    }
    signal(sig, SIG_DFL);
    errno = saved_errno;
}

static void install_handler(void)
{
    static bool installed;
    if (!installed) {
        struct sigaction action = {.sa_sigaction = handle_sigbus,
                                   .sa_flags = SA_SIGINFO | SA_NODEFER};
        sigemptyset(&action.sa_mask);
        sigaction(SIGBUS, &action, NULL);
        installed = true;
    }
}

/* The number of a free slot, -1 if there is none. */
static int add_guard(void *base, size_t size)
{
    unsigned int i = 0;
    while (i < n_guards && guards[i].size) {
        i++;
    }
    if (i == MAX_GUARDS) {
        return -1;
    }
    __atomic_store_n(&guards[i].base, (uintptr_t)base, __ATOMIC_RELAXED);
    __atomic_store_n(&guards[i].lost, false, __ATOMIC_RELAXED);
    __atomic_store_n(&guards[i].size, size, __ATOMIC_RELEASE);
    if (i == n_guards) {
        __atomic_store_n(&n_guards, i + 1, __ATOMIC_RELEASE);
    }
    return i;
}

/* A file on a file system that asks another program or machine for its pages could make a
 * forwarding thread wait for ever. */
static bool is_local(int fd)
{
    enum { HUGETLBFS = HUGETLBFS_MAGIC, RAMFS = RAMFS_MAGIC, XFS = 0x58465342 };
    struct statfs fs;
    if (fstatfs(fd, &fs)) {
        return false;
    }
    switch ((uint32_t)fs.f_type) {
    case TMPFS_MAGIC:
    case HUGETLBFS:
    case RAMFS:
    case EXT4_SUPER_MAGIC:
    case XFS:
    case (uint32_t)BTRFS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

const char *vhost_mapping_create(struct vhost_mapping *m, int fd, uint64_t offset, uint64_t size,
                                 uint8_t **p)
{
    struct stat st;
    uint64_t end;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        return "memory that is not a file";
    }
    if (!size || __builtin_add_overflow(offset, size, &end) || end > (uint64_t)st.st_size) {
        return "memory that lies outside of its file";
    }
    if (!is_local(fd)) {
        return "memory on a file system that is neither in memory nor on a local disk";
    }
    uint64_t page = MAX(st.st_blksize, 4096);
    uint64_t start = offset / page * page;
    size_t map_size = ROUND_UP(end - start, page);
    install_handler();
    void *base =
        mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, start);
    if (base == MAP_FAILED) {
        return "memory that cannot be mapped";
    }
    int guard = add_guard(base, map_size);
    if (guard < 0) {
        munmap(base, map_size);
        return "more memory regions than there is room for";
    }
    madvise(base, map_size, MADV_DONTDUMP);
    *m = (struct vhost_mapping){base, map_size, guard};
    *p = (uint8_t *)base + (offset - start);
    return NULL;
}

void vhost_mapping_destroy(struct vhost_mapping *m)
{
    if (m->base) {
        __atomic_store_n(&guards[m->guard].size, 0, __ATOMIC_RELEASE);
        munmap(m->base, m->size);
        *m = (struct vhost_mapping){NULL, 0, -1};
    }
}

bool vhost_mapping_is_lost(const struct vhost_mapping *m)
{
    return m->base && __atomic_load_n(&guards[m->guard].lost, __ATOMIC_ACQUIRE);
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

static struct vhost_region *find_region(struct vhost_memory *m,
                                        const struct vhost_region_info *info)
{
    for (unsigned int i = 0; i < m->n; i++) {
        struct vhost_region *r = &m->regions[i];
        if (r->guest_addr == info->guest_addr && r->user_addr == info->user_addr &&
            r->size == info->size) {
            return r;
        }
    }
    return NULL;
}

/* Null, or why it cannot be a region of its own. */
static const char *check_region(const struct vhost_memory *m, const struct vhost_region_info *info)
{
    uint64_t ignored;
    if (m->n == VHOST_MAX_REGIONS) {
        return "more memory regions than were agreed on";
    }
    if (__builtin_add_overflow(info->guest_addr, info->size, &ignored) ||
        __builtin_add_overflow(info->user_addr, info->size, &ignored)) {
        return "a memory region with impossible addresses";
    }
    for (unsigned int i = 0; i < m->n; i++) {
        const struct vhost_region *r = &m->regions[i];
        if (overlap(r->guest_addr, r->size, info->guest_addr, info->size) ||
            overlap(r->user_addr, r->size, info->user_addr, info->size)) {
            return "memory regions that overlap";
        }
    }
    return NULL;
}

const char *vhost_memory_add(struct vhost_memory *m, const struct vhost_region_info *info, int fd)
{
    struct vhost_region *known = find_region(m, info);
    if (known && known->offset == info->offset && known->n_added < VHOST_MAX_QUEUE_PAIRS) {
        known->n_added++;
        return NULL;
    }
    struct vhost_region r = {.guest_addr = info->guest_addr,
                             .size = info->size,
                             .user_addr = info->user_addr,
                             .offset = info->offset,
                             .n_added = 1};
    const char *error = check_region(m, info);
    if (!error) {
        error = vhost_mapping_create(&r.mapping, fd, info->offset, info->size, &r.base);
    }
    if (error) {
        return error;
    }
    unsigned int at = m->n++;
    for (; at && m->regions[at - 1].size < r.size; at--) {
        m->regions[at] = m->regions[at - 1];
    }
    m->regions[at] = r;
    return NULL;
}

const char *vhost_memory_remove(struct vhost_memory *m, const struct vhost_region_info *info)
{
    struct vhost_region *r = find_region(m, info);
    if (!r) {
        return "no such memory region";
    }
    if (!--r->n_added) {
        vhost_mapping_destroy(&r->mapping);
        m->n--;
        memmove(r, r + 1, (m->regions + m->n - r) * sizeof *r);
    }
    return NULL;
}

void vhost_memory_clear(struct vhost_memory *m)
{
    for (unsigned int i = 0; i < m->n; i++) {
        vhost_mapping_destroy(&m->regions[i].mapping);
    }
    m->n = 0;
}

bool vhost_memory_is_lost(const struct vhost_memory *m)
{
    for (unsigned int i = 0; i < m->n; i++) {
        if (vhost_mapping_is_lost(&m->regions[i].mapping)) {
            return true;
        }
    }
    return false;
}

void *vhost_memory_at_user(const struct vhost_memory *m, uint64_t user_addr, uint64_t size,
                           size_t alignment)
{
    for (unsigned int i = 0; i < m->n; i++) {
        const struct vhost_region *r = &m->regions[i];
        uint64_t offset = user_addr - r->user_addr;
        if (offset < r->size && size <= r->size - offset) {
            uint8_t *p = r->base + offset;
            return (uintptr_t)p % alignment ? NULL : p;
        }
    }
    return NULL;
}

uint64_t vhost_memory_guest_addr(const struct vhost_memory *m, uint64_t user_addr)
{
    for (unsigned int i = 0; i < m->n; i++) {
        const struct vhost_region *r = &m->regions[i];
        if (user_addr - r->user_addr < r->size) {
            return r->guest_addr + (user_addr - r->user_addr);
        }
    }
    return 0;
}
