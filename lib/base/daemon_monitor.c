/* SPDX-License-Identifier: Apache-2.0 */
/* The processes around a daemon: the parent that waits for its start, and the monitor that restarts it. */
#include "lib/base/daemon_monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/compiler.h"
#include "lib/base/log.h"

LOG_MODULE(daemon);

/* A child that lived at least so long is restarted at once, and so is the first that did not; the next wait 1, 2, 4, ... s, at
 * most so many. */
enum { HEALTHY_MS = 10000, MAX_DELAY_S = 10 };

static const int forwarded_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

static int ready_fd = -1;                /* to the waiting parent, or -1 */
static volatile sig_atomic_t worker_pid; /* monitor: the child; 0 while there is none */
static volatile sig_atomic_t terminated; /* monitor: asked to end while there is no child */

static NO_RETURN void fail(const char *program, const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", program, what, strerror(errno));
    exit(1);
}

/* Forks a child whose ready_fd leads to '*from_child', on which the parent waits. */
static pid_t fork_child(const char *program, int *from_child)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC)) {
        fail(program, "no pipe");
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        fail(program, "cannot fork");
    }
    if (!pid) {
        close(fds[0]);
        if (ready_fd >= 0) {
            close(ready_fd);
        }
        ready_fd = fds[1];
        return 0;
    }
    close(fds[1]);
    *from_child = fds[0];
    return pid;
}

/* True once the child is ready; false if it ended before. Closes 'fd'. */
static bool wait_until_ready(int fd)
{
    char byte;
    ssize_t n;
    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    close(fd);
    return n == 1;
}

static int wait_for_exit(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return 1 << 8;
        }
    }
    return status;
}

static void describe_status(char *text, size_t size, int status)
{
    if (WIFSIGNALED(status)) {
        snprintf(text, size, "was killed by signal %d (%s)%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), WCOREDUMP(status) ? " and dumped core" : "");
    } else {
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
    }
}

/* SIGKILL is among them: that is how a kernel short of memory ends a daemon, and forwarding must come back. Who wants it to end
 * says so with SIGTERM. */
static bool tells_of_fault(int status)
{
    static const int faults[] = { SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGKILL,
                                  SIGPIPE, SIGSEGV, SIGSYS, SIGXCPU, SIGXFSZ };
    for (size_t i = 0; WIFSIGNALED(status) && i < ARRAY_SIZE(faults); i++) {
        if (WTERMSIG(status) == faults[i]) {
            return true;
        }
    }
    return false;
}

static void forward(int signal_number)
{
    int saved_errno = errno;
    pid_t pid = (pid_t) worker_pid;
    if (pid > 0) {
        kill(pid, signal_number);
    } else if (signal_number == SIGTERM || signal_number == SIGINT) {
        terminated = 1;
    }
    errno = saved_errno;
}

static void set_signals(void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_SIZE(forwarded_signals); i++) {
        sigaction(forwarded_signals[i], &action, NULL);
    }
}

static void block_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(forwarded_signals); i++) {
        sigaddset(&set, forwarded_signals[i]);
    }
    sigprocmask(how, &set, NULL);
}

/* The monitor keeps nothing of the terminal and the folder that it was started from. */
static void detach_stdio(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        close(null);
    }
}

/* Sleeps before the next start; false if the monitor was asked to end meanwhile. */
static bool delay_restart(int seconds)
{
    int64_t until = clock_real_ms() + seconds * 1000;
    while (!terminated && clock_real_ms() < until) {
        usleep(50000);
    }
    return !terminated;
}

/* One life of the child. Returns 0 in the child; in the monitor its process id, with its '*status' after its end, and whether it had
 * got '*ready' before. */
static pid_t live_once(const char *program, int *status, bool *ready)
{
    int fd = -1;

    /* A signal that comes meanwhile waits, and so reaches the child in any case. */
    block_signals(SIG_BLOCK);
    pid_t pid = fork_child(program, &fd);
    worker_pid = pid;
    set_signals(pid ? forward : SIG_DFL);
    block_signals(SIG_UNBLOCK);
    if (!pid) {
        return 0;
    }
    *ready = wait_until_ready(fd);
    if (*ready) {
        daemon_report_ready();
        detach_stdio();
    }
    *status = wait_for_exit(pid);
    worker_pid = 0;
    return pid;
}

void daemon_fork_and_exit(const char *program)
{
    int fd = -1;
    pid_t pid = fork_child(program, &fd);
    if (!pid) {
        setsid();
        return;
    }
    if (wait_until_ready(fd)) {
        _exit(0);
    }
    int status = wait_for_exit(pid);
    if (WIFSIGNALED(status)) {
        char text[100];
        describe_status(text, sizeof text, status);
        fprintf(stderr, "%s: the daemon %s during its start\n", program, text);
    }
    _exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1);
}

void daemon_fork_monitored(const char *program)
{
    bool was_ready = false;
    int n_short = 0; /* lives in a row that were short */
    for (;;) {
        int status;
        bool ready;
        int64_t born = clock_real_ms();
        if (!live_once(program, &status, &ready)) {
            return;
        }
        prctl(PR_SET_NAME, "monitor");
        was_ready |= ready;

        char text[100];
        describe_status(text, sizeof text, status);
        /* After a first good start a child that fails to start again is tried until it does. */
        if (!was_ready || !(tells_of_fault(status) || (!ready && WIFEXITED(status)))) {
            log_info("process %s, the monitor ends", text);
            exit(was_ready && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
        }
        n_short = clock_real_ms() - born >= HEALTHY_MS ? 0 : MIN(n_short + 1, 8);
        int delay_s = n_short < 2 ? 0 : MIN(1 << (n_short - 2), MAX_DELAY_S);
        log_err("process %s, restarting in %d s", text, delay_s);
        if (!delay_restart(delay_s)) {
            exit(0);
        }
    }
}

void daemon_report_ready(void)
{
    if (ready_fd >= 0) {
        /* Nobody listens any more if the parent was killed; the daemon goes on all the same. */
        (void) !write(ready_fd, "", 1);
        close(ready_fd);
        ready_fd = -1;
    }
}
