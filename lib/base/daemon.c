/* SPDX-License-Identifier: Apache-2.0 */
/* What every daemon does at its start. The processes around it are in daemon_monitor.c, its privileges in daemon_user.c. */
#include "lib/base/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/daemon_monitor.h"
#include "lib/base/daemon_user.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/pidfile.h"
#include "lib/base/signals.h"

LOG_MODULE(daemon);

const char daemon_usage[] =
    "Daemon options:\n"
    "  --detach                run in the background, once the start is complete\n"
    "  --no-chdir              with --detach: stay in the current directory\n"
    "  --pidfile[=FILE]        write and lock FILE (default: RUNDIR/PROGRAM.pid)\n"
    "  --overwrite-pidfile     start even if the pidfile's process is running\n"
    "  --monitor               start again after a crash\n"
    "  --user=USER[:GROUP]     run as USER once the start is complete\n"
    "  --unixctl=FILE          control socket (default: RUNDIR/PROGRAM.PID.ctl)\n"
    "Log options:\n"
    "  -v, --verbose=[SPEC]    set log levels: MODULE:DESTINATION:LEVEL\n"
    "  --log-file[=FILE]       log to FILE (default: LOGDIR/PROGRAM.log)\n";

/* What the options asked for. */
static struct {
    const char *program;
    bool detach, no_chdir, want_pidfile, overwrite_pidfile, monitor, want_log_file;
    char *pidfile, *log_file; /* null: the default */
    char *unixctl;            /* null: the default, made when it is asked for */
    struct daemon_user *user; /* null: stay who we are */
} options;

static struct pidfile *pidfile; /* null: none */

static NO_RETURN void fail(const char *sentence)
{
    fprintf(stderr, "%s: %s\n", options.program, sentence);
    exit(1);
}

/* Exits with 'error' if it is not null. */
static void must(char *error)
{
    if (error) {
        fail(error);
    }
}

/* A file named by an option: the folder in which the daemon was started counts, wherever it goes later. */
static char *absolute(const char *name)
{
    char cwd[PATH_MAX];
    if (!name || name[0] == '/') {
        return name ? xstrdup(name) : NULL;
    }
    return getcwd(cwd, sizeof cwd) ? xasprintf("%s/%s", cwd, name) : xstrdup(name);
}

static void replace(char **string, char *by)
{
    free(*string);
    *string = by;
}

static void start_log(void)
{
    if (options.want_log_file) {
        int error = log_open_file(options.log_file);
        if (error) {
            fail(xasprintf("the log file %s cannot be opened (%s)",
                           options.log_file ? options.log_file : paths_logdir(), strerror(error)));
        }
        log_info("opened log file %s", log_file());
    }
}

/* As many descriptors as are allowed: every port, guest and connection takes some. */
static void raise_limits(void)
{
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit)) {
            log_warn("the limit of open files stays as it is (%s)", strerror(errno));
        }
    }
}

static void make_rundir(void)
{
    if (!mkdir(paths_rundir(), 0755)) {
        if (options.user) {
            must(daemon_user_own(options.user, paths_rundir()));
        }
    } else if (errno != EEXIST) {
        /* It may not be needed, and who needs it will say so. */
        log_warn("%s: cannot be made (%s)", paths_rundir(), strerror(errno));
    }
}

static void make_pidfile(void)
{
    if (options.want_pidfile) {
        char *name = options.pidfile ? xstrdup(options.pidfile)
                                     : xasprintf("%s.pid", options.program);
        char *path = paths_in_rundir(name), *error;
        pidfile = pidfile_create(path, options.overwrite_pidfile, &error);
        must(error);
        free(path);
        free(name);
    }
}

static void leave_terminal(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        log_warn("/dev/null: cannot be opened (%s)", strerror(errno));
        return;
    }
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) {
        close(null);
    }
    must(log_set("console:off"));
}

void daemon_init(const char *program)
{
    options.program = program;
    log_init(program);
    signals_ignore_pipe();
}

bool daemon_parse_option(int c, const char *argument)
{
    switch (c) {
    case DAEMON_OPTION_DETACH:
        options.detach = true;
        break;
    case DAEMON_OPTION_NO_CHDIR:
        options.no_chdir = true;
        break;
    case DAEMON_OPTION_PIDFILE:
        options.want_pidfile = true;
        replace(&options.pidfile, argument ? xstrdup(argument) : NULL);
        break;
    case DAEMON_OPTION_OVERWRITE_PIDFILE:
        options.overwrite_pidfile = true;
        break;
    case DAEMON_OPTION_MONITOR:
        options.monitor = true;
        break;
    case DAEMON_OPTION_USER:
        daemon_user_destroy(options.user);
        must(daemon_user_parse(argument, &options.user));
        break;
    case DAEMON_OPTION_LOG_FILE:
        options.want_log_file = true;
        replace(&options.log_file, absolute(argument));
        break;
    case DAEMON_OPTION_UNIXCTL:
        replace(&options.unixctl, paths_in_rundir(argument));
        break;
    case 'v':
        must(log_set(argument));
        break;
    default:
        return false;
    }
    return true;
}

void daemon_start(void)
{
    umask(022);
    start_log();
    raise_limits();
    make_rundir();
    if (options.detach) {
        daemon_fork_and_exit(options.program);
    }
    if (options.monitor) {
        daemon_fork_monitored(options.program);
    }
    make_pidfile();
}

void daemon_complete(void)
{
    if (options.detach) {
        if (!options.no_chdir && chdir("/")) {
            log_warn("/: cannot change to it (%s)", strerror(errno));
        }
        daemon_report_ready();
        leave_terminal();
    } else {
        daemon_report_ready();
    }
}

void daemon_drop_privileges(const int *keep)
{
    if (options.user && log_file()) {
        daemon_user_own_log(options.user);
    }
    must(daemon_user_become(options.user, keep));
}

const char *daemon_unixctl_path(void)
{
    if (!options.unixctl) {
        char *name = xasprintf("%s.%ld.ctl", options.program, (long) getpid());
        options.unixctl = paths_in_rundir(name);
        free(name);
    }
    return options.unixctl;
}

void daemon_exit(void)
{
    pidfile_destroy(pidfile);
    pidfile = NULL;
    daemon_user_destroy(options.user);
    options.user = NULL;
    replace(&options.pidfile, NULL);
    replace(&options.log_file, NULL);
    replace(&options.unixctl, NULL);
}
