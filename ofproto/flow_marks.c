/* SPDX-License-Identifier: Apache-2.0 */
/* How much of each cached flow's statistics was credited to rules, in a file that survives the program. */
#include "ofproto/flow_marks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"

LOG_MODULE(flow_marks);

/* The file: a header of one page, then an array of marks by flow id. A mark whose ufid is zero is empty. */
struct mark {
    struct uuid ufid;
    uint64_t packets, bytes;
};

enum { HEADER_SIZE = 4096, CHUNK_MARKS = 2048, CHUNK_SIZE = CHUNK_MARKS * sizeof(struct mark) };

static const char magic[8] = "WEFTMRK1";

struct header {
    char magic[8];
    struct uuid instance; /* differs from boot to boot, too */
};

struct flow_marks {
    pthread_mutex_t lock; /* while a chunk is mapped */
    int fd;               /* -1: memory only */
    uint64_t file_size;   /* when it was opened */
    uint32_t n_chunks;
    struct mark *chunks[]; /* any thread, atomic; null: not mapped yet */
};

/* The file of this instance, emptied if it was of another. */
static int open_file(const char *path, const struct uuid *instance, uint64_t *size)
{
    struct header header;
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -1;
    }
    if (pread(fd, &header, sizeof header, 0) != sizeof header || memcmp(header.magic, magic, sizeof magic)
        || !uuid_equals(&header.instance, instance)) {
        memcpy(header.magic, magic, sizeof magic);
        header.instance = *instance;
        if (ftruncate(fd, 0) || pwrite(fd, &header, sizeof header, 0) != sizeof header) {
            close(fd);
            return -1;
        }
    }
    *size = fstat(fd, &st) ? 0 : (uint64_t) st.st_size;
    return fd;
}

struct flow_marks *flow_marks_open(const char *path, const struct uuid *instance, uint32_t max_flows)
{
    uint32_t n_chunks = max_flows / CHUNK_MARKS + 1;
    struct flow_marks *marks = xzalloc(sizeof *marks + n_chunks * sizeof marks->chunks[0]);
    char *name = paths_in_rundir(path ? path : "flow-marks");
    pthread_mutex_init(&marks->lock, NULL);
    marks->n_chunks = n_chunks;
    marks->fd = open_file(name, instance, &marks->file_size);
    if (marks->fd < 0) {
        log_warn("%s: %s; counters will not be exact after a restart", name, strerror(errno));
    }
    free(name);
    return marks;
}

void flow_marks_close(struct flow_marks *marks)
{
    if (!marks) {
        return;
    }
    for (uint32_t i = 0; i < marks->n_chunks; i++) {
        if (marks->chunks[i]) {
            munmap(marks->chunks[i], CHUNK_SIZE);
        }
    }
    if (marks->fd >= 0) {
        close(marks->fd);
    }
    pthread_mutex_destroy(&marks->lock);
    free(marks);
}

static struct mark *map_chunk(const struct flow_marks *marks, uint32_t index)
{
    off_t offset = HEADER_SIZE + (off_t) index * CHUNK_SIZE;
    void *p = MAP_FAILED;

    /* Room is taken before it is mapped: a full file system is an error here and not a signal at the first store. */
    if (marks->fd >= 0 && !posix_fallocate(marks->fd, offset, CHUNK_SIZE)) {
        p = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, marks->fd, offset);
    }
    if (p == MAP_FAILED) {
        p = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (p == MAP_FAILED) {
        log_abort("no memory for the marks of flows: %s", strerror(errno));
    }
    return p;
}

/* The mark of 'flow_id'; null if there is no such id, or if its chunk is new and 'create' is false. */
static struct mark *find(struct flow_marks *marks, uint32_t flow_id, bool create)
{
    uint32_t index = flow_id / CHUNK_MARKS;
    if (index >= marks->n_chunks) {
        return NULL;
    }
    struct mark *chunk = __atomic_load_n(&marks->chunks[index], __ATOMIC_ACQUIRE);
    bool in_file = HEADER_SIZE + (uint64_t) index * CHUNK_SIZE < marks->file_size;
    if (!chunk && (create || in_file)) {
        pthread_mutex_lock(&marks->lock);
        chunk = marks->chunks[index];
        if (!chunk) {
            chunk = map_chunk(marks, index);
            __atomic_store_n(&marks->chunks[index], chunk, __ATOMIC_RELEASE);
        }
        pthread_mutex_unlock(&marks->lock);
    }
    return chunk ? &chunk[flow_id % CHUNK_MARKS] : NULL;
}

bool flow_marks_get(struct flow_marks *marks, uint32_t flow_id, const struct uuid *ufid, uint64_t *packets, uint64_t *bytes)
{
    const struct mark *mark = find(marks, flow_id, false);
    bool found = mark && !uuid_is_zero(ufid) && uuid_equals(&mark->ufid, ufid);
    *packets = found ? mark->packets : 0;
    *bytes = found ? mark->bytes : 0;
    return found;
}

void flow_marks_prefetch(struct flow_marks *marks, uint32_t flow_id)
{
    const struct mark *mark = find(marks, flow_id, true);
    if (mark) {
        __builtin_prefetch(mark, 1);
    }
}

void flow_marks_set(struct flow_marks *marks, uint32_t flow_id, const struct uuid *ufid, uint64_t packets, uint64_t bytes)
{
    struct mark *mark = find(marks, flow_id, true);
    if (!mark) {
        return;
    }
    if (!uuid_equals(&mark->ufid, ufid)) {
        memset(&mark->ufid, 0, sizeof mark->ufid); /* no mark while the numbers are those of neither flow */
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        __atomic_store_n(&mark->packets, packets, __ATOMIC_RELAXED);
        __atomic_store_n(&mark->bytes, bytes, __ATOMIC_RELAXED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        mark->ufid = *ufid;
    } else {
        __atomic_store_n(&mark->packets, packets, __ATOMIC_RELAXED);
        __atomic_store_n(&mark->bytes, bytes, __ATOMIC_RELAXED);
    }
}
