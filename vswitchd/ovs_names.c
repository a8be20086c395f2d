/* SPDX-License-Identifier: Apache-2.0 */
/* Links under which Open vSwitch's tools find the daemon. */
#include "vswitchd/ovs_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/base/daemon.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"

static char *link_path(const char *suffix)
{
    char *name = suffix ? xasprintf("ovs-vswitchd.%s", suffix)
                        : xasprintf("ovs-vswitchd.%ld.ctl", (long) getpid());
    char *path = paths_in_rundir(name);
    free(name);
    return path;
}

/* Replaces a link that an earlier run left, but nothing else. */
static char *make_link(const char *target, char *path)
{
    char *error = NULL;
    char old[1];
    if (readlink(path, old, sizeof old) >= 0) {
        unlink(path);
    }
    if (symlink(target, path)) {
        error = xasprintf("%s: %s", path, strerror(errno));
    }
    free(path);
    return error;
}

char *ovs_names_create(void)
{
    char *error = make_link(daemon_unixctl_path(), link_path(NULL));
    if (!error) {
        char *pidfile = paths_in_rundir("weft-vswitchd.pid");
        error = make_link(pidfile, link_path("pid"));
        free(pidfile);
    }
    return error;
}

void ovs_names_remove(void)
{
    char *ctl = link_path(NULL);
    char *pid = link_path("pid");
    unlink(ctl);
    unlink(pid);
    free(ctl);
    free(pid);
}
