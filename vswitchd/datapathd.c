/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the other program: found beside this one, or where it was installed. */
#include "vswitchd/datapathd.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"

LOG_MODULE(datapathd);

extern char **environ;

static bool is_answering(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) {
        return false;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool answering = fd >= 0 && !connect(fd, (struct sockaddr *) &address, sizeof address);
    if (fd >= 0) {
        close(fd);
    }
    return answering;
}

/* The program beside this one's, as in a build tree or an installation; or the configured place. */
static char *find_program(void)
{
    static const char *const neighbours[] = { "weft-datapathd", "../datapath/weft-datapathd" };
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        const char *dir = dirname(self);
        for (size_t i = 0; i < ARRAY_SIZE(neighbours); i++) {
            char *path = xasprintf("%s/%s", dir, neighbours[i]);
            if (!access(path, X_OK)) {
                return path;
            }
            free(path);
        }
    }
    return xasprintf("%s/weft-datapathd", WEFT_DEFAULT_SBINDIR);
}

static char *run(const char *program, char *const argv[])
{
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none, to_default;
    sigemptyset(&none);
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &to_default);
    pid_t pid;
    int error = posix_spawn(&pid, program, NULL, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    if (error) {
        return xasprintf("%s could not be started: %s", program, strerror(error));
    }

    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return xasprintf("waiting for %s: %s", program, strerror(errno));
        }
    }
    return WIFEXITED(status) && !WEXITSTATUS(status)
               ? NULL
               : xasprintf("%s did not start; its log says why", program);
}

char *datapathd_ensure(const char *socket_path, bool dummy)
{
    char *path = socket_path ? xstrdup(socket_path) : paths_in_rundir("datapath.sock");
    if (is_answering(path)) {
        log_info("adopting the datapath that runs at %s", path);
        free(path);
        return NULL;
    }

    char *program = find_program();
    char *socket_option = xasprintf("--socket=%s", path);
    char *argv[] = {
        program, "--detach", "--monitor", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off",
        socket_option, dummy ? "--enable-dummy" : NULL, NULL,
    };
    log_info("starting %s", program);
    char *error = run(program, argv);
    free(socket_option);
    free(program);
    free(path);
    return error;
}
