/* SPDX-License-Identifier: Apache-2.0 */
/* An append-only file of checksummed records, written through a memory map of its end. */
#include "ofproto/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/boot_id.h"

LOG_MODULE(log_file);

enum { WINDOW_MIN = 16 * 1024, WINDOW_MAX = 1024 * 1024 };

static const char magic[8] = "WEFTOFL1";

struct header {
    char magic[8];
    char boot_id[BOOT_ID_LEN];
    uint32_t reserved;
};
static_assert(sizeof(struct header) % 8 == 0, "records are aligned");

struct record_header {
    uint32_t total;    /* with this header and padding; 0 behind the last record */
    uint32_t checksum; /* of the rest of the record and its size */
    uint32_t type;
    uint32_t size;     /* of the data */
};

struct log_file {
    int fd;
    char *path;
    uint64_t end;         /* behind the last record */
    uint8_t *window;      /* mapped, or null */
    uint64_t window_from; /* its place in the file */
    size_t window_size;
    bool holding;         /* between begin and commit: the first record's size is not in the file */
    uint64_t held_at;     /* the first record; 0: there is none yet */
    uint32_t held_total;
};

/* Of a record of 'total' bytes, which its header need not say yet. Not keyed: another process reads it. Guards against cut records,
 * not against malice: the directory is ours. */
static uint32_t checksum_of(const struct record_header *header, uint32_t total)
{
    const uint8_t *p = (const uint8_t *) &header->type;
    size_t n = total - offsetof(struct record_header, type);
    uint64_t h = total;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0x9fb21c651e98df25ULL;
        h ^= h >> 29;
    }
    return (uint32_t) (h ^ h >> 32);
}

size_t log_file_record_size(size_t size)
{
    return sizeof(struct record_header) + ROUND_UP(MAX(size, (size_t) 1), (size_t) 8);
}

static void unmap(struct log_file *file)
{
    if (file->window) {
        munmap(file->window, file->window_size);
        file->window = NULL;
    }
}

/* Maps the file from about its end on, with room for 'n' bytes. */
static int map_end(struct log_file *file, size_t n)
{
    uint64_t page = (uint64_t) sysconf(_SC_PAGESIZE);
    uint64_t from = file->end / page * page;
    size_t size = ROUND_UP(file->end - from + n, page);
    size = MAX(size, (size_t) MIN(MAX(from, (uint64_t) WINDOW_MIN), (uint64_t) WINDOW_MAX) / page * page);
    unmap(file);

    /* Room is taken before it is mapped: a full file system is an error here and not a signal at the first store. */
    int error = posix_fallocate(file->fd, (off_t) from, (off_t) size);
    if (error) {
        return error;
    }
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, (off_t) from);
    if (p == MAP_FAILED) {
        return errno;
    }
    file->window = p;
    file->window_from = from;
    file->window_size = size;
    return 0;
}

static struct log_file *open_fd(const char *path, int flags, int *error)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        *error = errno;
        return NULL;
    }
    struct log_file *file = xzalloc(sizeof *file);
    file->fd = fd;
    file->path = xstrdup(path);
    *error = 0;
    return file;
}

struct log_file *log_file_create(const char *path, int *error)
{
    struct header header = { .reserved = 0 };
    memcpy(header.magic, magic, sizeof magic);
    char boot_id[BOOT_ID_SIZE];
    if (!boot_id_read(boot_id)) {
        *error = ENOENT;
        return NULL;
    }
    memcpy(header.boot_id, boot_id, sizeof header.boot_id);
    unlink(path);
    struct log_file *file = open_fd(path, O_RDWR | O_CREAT | O_EXCL, error);
    if (!file) {
        return NULL;
    }
    ssize_t n = write(file->fd, &header, sizeof header);
    if (n != sizeof header) {
        *error = n < 0 ? errno : ENOSPC;
        log_file_close(file);
        unlink(path);
        return NULL;
    }
    file->end = sizeof header;
    return file;
}

static bool header_ok(struct log_file *file)
{
    struct header header;
    char boot_id[BOOT_ID_SIZE];
    return pread(file->fd, &header, sizeof header, 0) == sizeof header
           && !memcmp(header.magic, magic, sizeof magic) && boot_id_read(boot_id)
           && !memcmp(header.boot_id, boot_id, sizeof header.boot_id);
}

struct log_file *log_file_open(const char *path, int *error)
{
    struct log_file *file = open_fd(path, O_RDONLY, error);
    struct stat st;
    if (!file) {
        return NULL;
    }
    if (fstat(file->fd, &st) || !header_ok(file)) {
        log_file_close(file);
        return NULL;
    }
    file->end = (uint64_t) st.st_size;
    return file;
}

void log_file_close(struct log_file *file)
{
    if (file) {
        unmap(file);
        close(file->fd);
        free(file->path);
        free(file);
    }
}

uint64_t log_file_size(const struct log_file *file)
{
    return file->end;
}

int log_file_append(struct log_file *file, unsigned int type, const void *head, size_t head_size, const void *body,
                    size_t body_size, uint64_t *offset)
{
    size_t total = log_file_record_size(head_size + body_size);
    if (head_size + body_size > LOG_RECORD_MAX) {
        return E2BIG;
    }
    if (!file->window || file->end + total > file->window_from + file->window_size) {
        int error = map_end(file, total);
        if (error) {
            return error;
        }
    }

    uint8_t *p = file->window + (file->end - file->window_from);
    struct record_header *in_file = (struct record_header *) (void *) p;
    in_file->type = type;
    in_file->size = (uint32_t) (head_size + body_size);
    memcpy(p + sizeof *in_file, head, head_size);
    if (body_size) {
        memcpy(p + sizeof *in_file + head_size, body, body_size);
    }

    *offset = file->end;
    file->end += total;
    in_file->checksum = checksum_of(in_file, (uint32_t) total);
    if (file->holding && !file->held_at) {
        file->held_at = *offset;
        file->held_total = (uint32_t) total;
    } else {
        __atomic_store_n(&in_file->total, (uint32_t) total, __ATOMIC_RELEASE);
    }
    return 0;
}

void log_file_begin(struct log_file *file)
{
    file->holding = true;
    file->held_at = 0;
}

/* A reader stops at the first record until its size is there. */
int log_file_commit(struct log_file *file)
{
    int error = 0;
    uint64_t at = file->held_at;
    if (at >= file->window_from && at && file->window) {
        struct record_header *header = (struct record_header *) (void *) (file->window + (at - file->window_from));
        __atomic_store_n(&header->total, file->held_total, __ATOMIC_RELEASE);
    } else if (at) {
        ssize_t n = pwrite(file->fd, &file->held_total, sizeof file->held_total,
                           (off_t) (at + offsetof(struct record_header, total)));
        error = n == sizeof file->held_total ? 0 : n < 0 ? errno : EIO;
    }
    file->holding = false;
    file->held_at = 0;
    return error;
}

/* The record at 'offset' of the 'n' bytes at 'base', or false if there is no whole one. */
static bool parse(const uint8_t *base, uint64_t n, uint64_t offset, struct log_record *record)
{
    if (n - offset < sizeof(struct record_header)) {
        return false;
    }
    const struct record_header *header = (const struct record_header *) (const void *) (base + offset);
    if (header->size > LOG_RECORD_MAX || header->total != log_file_record_size(header->size)
        || header->total > n - offset || header->checksum != checksum_of(header, header->total)) {
        return false;
    }
    *record = (struct log_record) { offset, header->total, header->type, header + 1, header->size };
    return true;
}

void log_file_for_each(const struct log_file *file, bool (*cb)(void *aux, const struct log_record *), void *aux)
{
    const uint8_t *base = mmap(NULL, file->end, PROT_READ, MAP_SHARED, file->fd, 0);
    if (base == MAP_FAILED) {
        log_warn("%s: cannot be read (%s)", file->path, strerror(errno));
        return;
    }
    uint64_t offset = sizeof(struct header);
    struct log_record record;
    while (parse(base, file->end, offset, &record) && cb(aux, &record)) {
        offset += record.total;
    }
    munmap((void *) base, file->end);
}
