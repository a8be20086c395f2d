/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are. */
#include "lib/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"

static const char *override(const char *variable, const char *configured)
{
    const char *value = getenv(variable);
    return value && *value ? value : configured;
}

const char *paths_rundir(void)
{
    return override("WEFT_RUNDIR", WEFT_DEFAULT_RUNDIR);
}

const char *paths_dbdir(void)
{
    return override("WEFT_DBDIR", WEFT_DEFAULT_DBDIR);
}

const char *paths_logdir(void)
{
    return override("WEFT_LOGDIR", WEFT_DEFAULT_LOGDIR);
}

const char *paths_pkgdatadir(void)
{
    return override("WEFT_PKGDATADIR", WEFT_DEFAULT_DATADIR);
}

static char *in_directory(const char *directory, const char *name)
{
    return name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", directory, name);
}

char *paths_in_rundir(const char *name)
{
    return in_directory(paths_rundir(), name);
}

char *paths_in_dbdir(const char *name)
{
    return in_directory(paths_dbdir(), name);
}

/* The process number in the open pidfile, or 0 with a sentence in '*errorp' about 'path'. */
static long read_pid(int fd, const char *path, char **errorp)
{
    char text[32];
    ssize_t n = read(fd, text, sizeof text - 1);
    if (n < 0) {
        *errorp = xasprintf("%s: cannot be read (%s)", path, strerror(errno));
        return 0;
    }
    text[n] = '\0';
    char *end;
    long pid = strtol(text, &end, 10);
    if (pid <= 0 || pid > 0x7fffffff || (*end && *end != '\n')) {
        *errorp = xasprintf("%s: does not hold a process number", path);
        return 0;
    }

    /* A daemon keeps its pidfile locked; without the lock nobody lives behind the number. */
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    if (!fcntl(fd, F_GETLK, &lock) && lock.l_type == F_UNLCK) {
        *errorp = xasprintf("%s: stale pidfile of process %ld, which is not running", path, pid);
        return 0;
    }
    return pid;
}

char *paths_find_unixctl(const char *target, char **errorp)
{
    *errorp = NULL;
    if (strchr(target, '/')) {
        return xstrdup(target);
    }
    char *pidfile = xasprintf("%s/%s.pid", paths_rundir(), target);
    int fd = open(pidfile, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *errorp = xasprintf("%s: cannot be opened (%s); is %s running?", pidfile, strerror(errno),
                            target);
        free(pidfile);
        return NULL;
    }
    long pid = read_pid(fd, pidfile, errorp);
    close(fd);
    free(pidfile);
    return pid ? xasprintf("%s/%s.%ld.ctl", paths_rundir(), target, pid) : NULL;
}
