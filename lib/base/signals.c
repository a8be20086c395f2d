/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of a daemon: the handler notes what came and wakes the loop by an eventfd. */
#include "lib/base/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/compiler.h"
#include "lib/base/log.h"

LOG_MODULE(signals);

static const int terminating[] = { SIGTERM, SIGINT };

static int event_fd = -1; /* main thread: rw; handler: ro */
static volatile sig_atomic_t n_terminate, hangup;
static struct loop_watch *watch;
static loop_cb *terminate_cb;
static void *terminate_aux;

/* In a signal handler: only write() and _exit(). */
static void handle(int signal_number)
{
    int saved_errno = errno;
    uint64_t one = 1;
    if (signal_number == SIGHUP) {
        hangup = 1;
    } else if (++n_terminate > 1) {
        _exit(128 + signal_number);
    }
    (void) !write(event_fd, &one, sizeof one);
    errno = saved_errno;
}

static void noticed(void *aux, unsigned int events)
{
    uint64_t count;
    (void) !read(event_fd, &count, sizeof count);
    if (hangup) {
        hangup = 0;
        int error = log_reopen_file();
        if (error) {
            log_warn("%s: cannot be opened again (%s)", log_file(), strerror(error));
        }
    }
    if (n_terminate == 1) {
        log_info("asked to terminate by a signal");
        terminate_cb(terminate_aux);
    }
}

static void set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void signals_ignore_pipe(void)
{
    set_handler(SIGPIPE, SIG_IGN);
}

void signals_start(struct loop *loop, loop_cb *terminate, void *aux)
{
    event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (event_fd < 0) {
        log_abort("no eventfd for signals (%s)", strerror(errno));
    }
    terminate_cb = terminate;
    terminate_aux = aux;
    n_terminate = 0;
    hangup = 0;
    watch = loop_watch_create(loop, event_fd, LOOP_READ, noticed, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(terminating); i++) {
        set_handler(terminating[i], handle);
    }
    set_handler(SIGHUP, handle);
}

void signals_stop(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(terminating); i++) {
        set_handler(terminating[i], SIG_DFL);
    }
    set_handler(SIGHUP, SIG_DFL);
    loop_watch_destroy(watch);
    watch = NULL;
    close(event_fd);
    event_fd = -1;
}
