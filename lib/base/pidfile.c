/* SPDX-License-Identifier: Apache-2.0 */
/* Pidfiles: a process number under a lock. */
#include "lib/base/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"

/* Attempts to lock a file that other processes remove or replace at the same time. */
enum { ATTEMPTS = 100 };

struct pidfile {
    char *path;
    int fd; /* open and locked as long as the pidfile is ours */
};

static bool is_same_file(int fd, const char *path)
{
    struct stat a, b;
    return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The process that holds the lock, or 0. */
static pid_t lock_owner(int fd)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

/* Opens and locks 'path'. Returns the descriptor, or -1 with a positive errno: EAGAIN to try again, EBUSY with '*owner' if another
 * process holds the lock. */
static int open_locked(const char *path, pid_t *owner, int *error)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        *error = errno;
        return -1;
    }
    if (!fcntl(fd, F_SETLK, &lock)) {
        if (is_same_file(fd, path)) {
            *error = 0;
            return fd;
        }
        *error = EAGAIN; /* it was removed between open() and the lock */
    } else if (errno == EACCES || errno == EAGAIN) {
        *owner = lock_owner(fd);
        *error = *owner ? EBUSY : EAGAIN;
    } else {
        *error = errno;
    }
    close(fd);
    return -1;
}

static bool write_pid(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long) getpid());
    return !ftruncate(fd, 0) && pwrite(fd, text, (size_t) n, 0) == n;
}

struct pidfile *pidfile_create(const char *path, bool overwrite, char **errorp)
{
    pid_t owner = 0;
    int error = EAGAIN, fd = -1;

    *errorp = NULL;
    for (int i = 0; i < ATTEMPTS && error == EAGAIN; i++) {
        fd = open_locked(path, &owner, &error);
        if (error == EBUSY && overwrite && (!unlink(path) || errno == ENOENT)) {
            error = EAGAIN;
        }
    }
    if (fd < 0) {
        *errorp = error == EBUSY ? xasprintf("%s: already running as process %ld", path, (long) owner)
                                 : xasprintf("%s: cannot create the pidfile (%s)", path,
                                             strerror(error));
        return NULL;
    }
    if (!write_pid(fd)) {
        *errorp = xasprintf("%s: cannot write the pidfile (%s)", path, strerror(errno));
        unlink(path);
        close(fd);
        return NULL;
    }
    struct pidfile *p = xzalloc(sizeof *p);
    p->path = xstrdup(path);
    p->fd = fd;
    return p;
}

void pidfile_destroy(struct pidfile *p)
{
    if (p) {
        if (is_same_file(p->fd, p->path)) {
            unlink(p->path);
        }
        close(p->fd);
        free(p->path);
        free(p);
    }
}
