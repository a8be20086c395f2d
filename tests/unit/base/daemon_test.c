/* SPDX-License-Identifier: Apache-2.0 */
/* Daemons: the program runs itself as one and watches it start, fail, crash, be restarted, change its user and end.
 *
 * Daemons that lost their parent become children of the test, so that their ends can be waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/capability.h>

#include "lib/base/clock.h"
#include "lib/base/daemon.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/signals.h"
#include "lib/base/unixctl.h"

LOG_MODULE(daemon_test);

/* --- The daemon --------------------------------------------------------------------------------------------------- */

static void stop(void *loop)
{
    loop_stop(loop);
}

static void exit_command(struct unixctl_conn *conn, int argc, const char *argv[], void *loop)
{
    unixctl_reply(conn, NULL);
    loop_stop(loop);
}

static void crash_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
}

/* What the kernel says of the process: the line of /proc/self/status that begins with the argument; or its directory. */
static void status_command(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    char text[4096] = "";
    if (!strcmp(argv[1], "cwd")) {
        unixctl_reply(conn, getcwd(text, sizeof text));
        return;
    }
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(text, sizeof text, file) && strncmp(text, argv[1], strlen(argv[1]))) {
    }
    fclose(file);
    unixctl_reply(conn, text);
}

static void fail_on_purpose(void)
{
    const char *how = getenv("DAEMON_FAILS");
    if (how && !strcmp(how, "status")) {
        exit(3);
    } else if (how) {
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
    }
}

static int run_daemon(int argc, char *argv[])
{
    static const struct option options[] = { DAEMON_LONG_OPTIONS, { NULL, 0, NULL, 0 } };
    static const int keep[] = { CAP_NET_RAW, -1 };
    int c;
    char *error;

    hash_init();
    daemon_init("dtest");
    while ((c = getopt_long(argc, argv, "v::", options, NULL)) != -1) {
        if (!daemon_parse_option(c, optarg)) {
            return 2;
        }
    }
    daemon_start();
    fail_on_purpose();
    struct loop *loop = loop_create();
    struct unixctl *unixctl = unixctl_create(loop, daemon_unixctl_path(), &error);
    if (!unixctl) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    signals_start(loop, stop, loop);
    unixctl_register(unixctl, "exit", "", 0, 0, exit_command, loop);
    unixctl_register(unixctl, "crash", "", 0, 0, crash_command, NULL);
    unixctl_register(unixctl, "status", "WORD", 1, 1, status_command, NULL);
    daemon_drop_privileges(keep);
    daemon_complete();
    log_info("complete");
    loop_run(loop);
    log_info("ends");
    unixctl_destroy(unixctl);
    signals_stop();
    loop_destroy(loop);
    daemon_exit();
    return 0;
}

/* --- The test ----------------------------------------------------------------------------------------------------- */

static char directory[] = "/tmp/weft-daemon-test.XXXXXX";
static char *pidfile, *log_path, *stderr_path;

static char *read_file(const char *path)
{
    static char text[16384];
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[n] = '\0';
    if (file) {
        fclose(file);
    }
    return text;
}

/* Starts the daemon with up to four options and returns the process that was started. */
static pid_t start(const char *const options[])
{
    const char *argv[8] = { "dtest", "daemon" };
    for (int i = 0; i < 5 && options[i]; i++) {
        argv[2 + i] = options[i];
    }
    pid_t pid = fork();
    if (!pid) {
        int fd = open(stderr_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, STDERR_FILENO);
        execv("/proc/self/exe", (char **) argv);
        _exit(127);
    }
    return pid;
}

static int wait_status(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define START(...) start((const char *[6]) { __VA_ARGS__ })

/* The exit status of what was started: of a daemon that does not start, or of the parent of one that detaches. */
#define RUN(...) wait_status(START(__VA_ARGS__))

static long pid_in_file(void)
{
    return strtol(read_file(pidfile), NULL, 10);
}

/* Calls the running daemon. Null if it did not answer. */
static char *ask(const char *command, const char *argument)
{
    char *error = NULL, *result = NULL, *error2 = NULL;
    char *path = paths_find_unixctl("dtest", &error);
    if (path) {
        char *argv[] = { (char *) command, (char *) argument };
        (void) !unixctl_call(path, argument ? 2 : 1, argv, 0, &result, &error2);
    }
    free(path);
    free(error);
    free(error2);
    return result;
}

static void assert_status(const char *word, const char *expected)
{
    char *line = ask("status", word);
    assert_non_null(line);
    if (!strstr(line, expected)) {
        fail_msg("%s lacks %s", line, expected);
    }
    free(line);
}

static void assert_said(const char *word)
{
    if (!strstr(read_file(stderr_path), word)) {
        fail_msg("\"%s\" lacks \"%s\"", read_file(stderr_path), word);
    }
}

static void detached(void **state)
{
    assert_int_equal(RUN("--detach", "--pidfile", "--log-file"), 0);
    pid_t pid = (pid_t) pid_in_file();
    assert_int_not_equal(pid, getpid());
    assert_int_equal(getpgid(pid), pid);
    assert_status("cwd", "/\n");
    char *levels = ask("vlog/list", NULL);
    assert_non_null(strstr(levels, "daemon_test        OFF       INFO       INFO\n"));
    free(levels);

    assert_int_equal(RUN("--pidfile"), 1);
    assert_said("already running as process");

    free(ask("exit", NULL));
    assert_int_equal(wait_status(pid), 0);
    assert_int_equal(access(pidfile, F_OK), -1);
    assert_non_null(strstr(read_file(log_path), "|daemon_test|INFO|ends\n"));
}

static void terminated(void **state)
{
    assert_int_equal(RUN("--detach", "--pidfile", "--no-chdir", "--unixctl=other.ctl"), 0);
    pid_t pid = (pid_t) pid_in_file();
    char cwd[4096], *result, *error, *argv[] = { "status", "cwd" };
    char *path = paths_in_rundir("other.ctl");
    assert_int_equal(unixctl_call(path, 2, argv, 0, &result, &error), 0);
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_memory_equal(result, cwd, strlen(cwd));
    free(result);
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void failed_start(void **state)
{
    setenv("DAEMON_FAILS", "status", 1);
    assert_int_equal(RUN("--detach"), 3);
    assert_int_equal(RUN("--detach", "--monitor"), 1);
    setenv("DAEMON_FAILS", "signal", 1);
    assert_int_equal(RUN("--detach"), 1);
    assert_said("killed by signal 6");
    unsetenv("DAEMON_FAILS");
}

static void bad_options(void **state)
{
    assert_int_equal(RUN("-vnonsense"), 1);
    assert_said("\"nonsense\"");
    assert_int_equal(RUN("--log-file=/no/such/folder/x.log"), 1);
    assert_said("/no/such/folder/x.log");
    assert_int_equal(RUN("--pidfile=/no/such/folder/x.pid", "--detach"), 1);
    assert_said("/no/such/folder/x.pid");
    assert_int_equal(RUN("--unixctl=/no/such/folder/x.ctl", "--detach"), 1);
    assert_said("/no/such/folder/x.ctl");
    assert_int_equal(RUN("--user=no such user"), 1);
    assert_said("--user");
    assert_int_equal(RUN("--user=:"), 1);
    assert_said("--user");
}

static void hangup_reopens_the_log(void **state)
{
    unlink(log_path);
    assert_int_equal(RUN("--detach", "--pidfile", "--log-file"), 0);
    pid_t pid = (pid_t) pid_in_file();
    unlink(log_path);
    kill(pid, SIGHUP);
    while (access(log_path, F_OK)) {
        free(ask("version", NULL));
    }
    kill(pid, SIGINT);
    assert_int_equal(wait_status(pid), 0);
}

/* The next process under the pidfile, one that answers. */
static pid_t successor(pid_t pid)
{
    for (int64_t start_ms = clock_real_ms(); clock_real_ms() < start_ms + 60000;) {
        char *answer = pid_in_file() != pid ? ask("version", NULL) : NULL;
        if (answer) {
            free(answer);
            return (pid_t) pid_in_file();
        }
        usleep(1000);
    }
    fail_msg("no daemon came after process %ld", (long) pid);
    return 0;
}

static void monitored(void **state)
{
    unlink(log_path);
    /* Not detached, so that the process that is started is the monitor. */
    pid_t monitor = START("--pidfile", "--monitor", "--log-file");
    pid_t first = successor(0);
    assert_int_not_equal(first, monitor);
    free(ask("crash", NULL));
    pid_t second = successor(first);
    assert_int_not_equal(second, monitor);
    assert_non_null(strstr(read_file(log_path), "was killed by signal 6 (Aborted), restarting in 0 s"));

    /* Signals to the monitor are the daemon's; an orderly end of the daemon is the monitor's as well. */
    kill(monitor, SIGTERM);
    assert_int_equal(wait_status(monitor), 0);
    assert_int_equal(access(pidfile, F_OK), -1);
    assert_non_null(strstr(read_file(log_path), "ended with status 0, the monitor ends"));
    char *stale = xasprintf("%s/dtest.%ld.ctl", directory, (long) first);
    unlink(stale); /* the crashed one could not */
    free(stale);
}

static void monitored_and_detached(void **state)
{
    assert_int_equal(RUN("--pidfile", "--monitor", "--detach"), 0);
    pid_t pid = (pid_t) pid_in_file();
    char stat[64];
    snprintf(stat, sizeof stat, "/proc/%ld/stat", (long) pid);
    int parent;
    assert_int_equal(sscanf(strrchr(read_file(stat), ')'), ") %*c %d", &parent), 1);
    kill(pid, SIGKILL); /* as a kernel short of memory does */
    pid_t second = successor(pid);
    assert_int_not_equal(second, parent);
    kill(parent, SIGTERM);
    assert_int_equal(wait_status(parent), 0);
    assert_int_equal(access(pidfile, F_OK), -1);
    char *stale = xasprintf("%s/dtest.%ld.ctl", directory, (long) pid);
    unlink(stale);
    free(stale);
}

static void privileges(void **state)
{
    if (geteuid()) {
        skip();
    }
    assert_int_equal(RUN("--detach", "--pidfile"), 0);
    pid_t pid = (pid_t) pid_in_file();
    assert_status("Uid:", "\t0\t0\t0\t0");
    assert_status("CapEff:", "0000000000002000");
    assert_status("CapPrm:", "0000000000002000");
    assert_status("CapBnd:", "0000000000002000");
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);

    assert_int_equal(RUN("--detach", "--pidfile", "--user=nobody", "--log-file"), 0);
    pid = (pid_t) pid_in_file();
    assert_status("Uid:", "\t65534\t65534\t65534\t65534");
    char *groups = ask("status", "Groups:");
    assert_null(strpbrk(groups, "0123456789"));
    free(groups);
    assert_status("CapEff:", "0000000000002000");
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
    unlink(pidfile); /* nobody may not, in a folder of root's */
    char *left = xasprintf("%s/dtest.%ld.ctl", directory, (long) pid);
    unlink(left);
    free(left);
}

static int set_up(void **state)
{
    if (!mkdtemp(directory)) {
        return -1;
    }
    setenv("WEFT_RUNDIR", directory, 1);
    setenv("WEFT_LOGDIR", directory, 1);
    pidfile = xasprintf("%s/dtest.pid", directory);
    log_path = xasprintf("%s/dtest.log", directory);
    stderr_path = xasprintf("%s/stderr", directory);
    static const struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core); /* some of the daemons crash */
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* What a failed test left running: all are children of the test by now. */
static void kill_children(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long) getpid());
    for (long child; sscanf(read_file(path), "%ld", &child) == 1;) {
        kill((pid_t) child, SIGKILL);
        waitpid((pid_t) child, NULL, 0);
    }
}

static int tear_down(void **state)
{
    kill_children();
    unlink(log_path);
    unlink(stderr_path);
    int left = rmdir(directory);
    if (left) { /* a daemon did not clean up after itself */
        char *command = xasprintf("ls %s; rm -rf %s", directory, directory);
        left = system(command) || left;
        free(command);
    }
    free(pidfile);
    free(log_path);
    free(stderr_path);
    return left;
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detached),
        cmocka_unit_test(terminated),
        cmocka_unit_test(failed_start),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(hangup_reopens_the_log),
        cmocka_unit_test(monitored),
        cmocka_unit_test(monitored_and_detached),
        cmocka_unit_test(privileges),
    };
    if (argc > 1 && !strcmp(argv[1], "daemon")) {
        return run_daemon(argc - 1, argv + 1);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
