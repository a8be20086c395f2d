/* SPDX-License-Identifier: Apache-2.0 */
/* The user and the capabilities under which a daemon runs, by libcap-ng. */
#include "lib/base/daemon_user.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"

LOG_MODULE(daemon);

struct daemon_user {
    char *name; /* for messages */
    uid_t uid;
    gid_t gid;
};

static char *look_up_user(struct daemon_user *u, const char *name)
{
    const struct passwd *pw = getpwnam(name);
    if (!pw) {
        return xasprintf("--user: there is no user \"%s\"", name);
    }
    u->uid = pw->pw_uid;
    u->gid = pw->pw_gid;
    return NULL;
}

static char *look_up_group(struct daemon_user *u, const char *name)
{
    const struct group *gr = getgrnam(name);
    if (!gr) {
        return xasprintf("--user: there is no group \"%s\"", name);
    }
    u->gid = gr->gr_gid;
    return NULL;
}

char *daemon_user_parse(const char *text, struct daemon_user **up)
{
    *up = NULL;
    if (geteuid()) {
        return xstrdup("--user needs to be started as root");
    }
    struct daemon_user *u = xzalloc(sizeof *u);
    u->name = xstrdup(text);
    u->uid = getuid();
    u->gid = getgid();

    char *user = xstrdup(text), *error = NULL;
    char *group = strchr(user, ':');
    if (group) {
        *group++ = '\0';
    }
    if (*user) {
        error = look_up_user(u, user);
    }
    if (!error && group && *group) {
        error = look_up_group(u, group);
    }
    if (!error && !*user && !(group && *group)) {
        error = xstrdup("--user: neither a user nor a group is named");
    }
    free(user);
    if (error) {
        daemon_user_destroy(u);
    } else {
        *up = u;
    }
    return error;
}

void daemon_user_destroy(struct daemon_user *u)
{
    if (u) {
        free(u->name);
        free(u);
    }
}

char *daemon_user_own(const struct daemon_user *u, const char *path)
{
    return chown(path, u->uid, u->gid) ? xasprintf("%s: cannot be given to %s (%s)", path, u->name,
                                                   strerror(errno))
                                       : NULL;
}

void daemon_user_own_log(const struct daemon_user *u)
{
    int error = log_chown_file(u->uid, u->gid);
    if (error) {
        log_warn("%s: cannot be given to %s (%s)", log_file(), u->name, strerror(error));
    }
}

/* libcap-ng's working set becomes 'keep', as far as the process has it. */
static void select_capabilities(const int *keep)
{
    bool have[CAP_LAST_CAP + 1];
    capng_get_caps_process();
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
        have[cap] = capng_have_capability(CAPNG_PERMITTED, (unsigned int) cap) > 0;
    }
    capng_clear(CAPNG_SELECT_BOTH);
    for (; *keep >= 0; keep++) {
        if (*keep <= CAP_LAST_CAP && have[*keep]) {
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
                         (unsigned int) *keep);
        }
    }
}

char *daemon_user_become(const struct daemon_user *u, const int *keep)
{
    capng_get_caps_process();
    bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) > 0;

    select_capabilities(keep);
    if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS)) {
        return xasprintf("the bounding set of capabilities cannot be lowered (%s)",
                         strerror(errno));
    }
    if (u) {
        int error = capng_change_id((int) u->uid, (int) u->gid, CAPNG_DROP_SUPP_GRP);
        if (error) {
            return xasprintf("cannot become user %s (step %d: %s)", u->name, -error,
                             strerror(errno));
        }
        log_info("running as user %s", u->name);
    } else if (capng_apply(CAPNG_SELECT_CAPS)) {
        return xasprintf("capabilities cannot be dropped (%s)", strerror(errno));
    }
    return NULL;
}
