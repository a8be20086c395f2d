/* SPDX-License-Identifier: Apache-2.0 */
/* What every daemon does at its start: options, pidfile, background, log, user.
 *
 * Options as OVS's daemons have them: --detach, --no-chdir, --pidfile[=FILE], --overwrite-pidfile, --monitor, --user=USER[:GROUP],
 * --log-file[=FILE], -v/--verbose[=SPEC], --syslog-target is not there, --unixctl=FILE, -h/--help, -V/--version.
 *
 * Order: daemon_parse_option() for each option, daemon_start() (detaches, takes the pidfile's lock), set up, then
 * daemon_complete(), after which the parent of --detach exits with 0. A daemon that dies in between makes it exit with 1.
 * Main thread only. */
#pragma once

#include <getopt.h>
#include <stdbool.h>

enum {
    DAEMON_OPTION_FIRST = 0x1000, /* values of the long options below; a program's own start under it */
    DAEMON_OPTION_DETACH = DAEMON_OPTION_FIRST,
    DAEMON_OPTION_NO_CHDIR,
    DAEMON_OPTION_PIDFILE,
    DAEMON_OPTION_OVERWRITE_PIDFILE,
    DAEMON_OPTION_MONITOR,
    DAEMON_OPTION_USER,
    DAEMON_OPTION_LOG_FILE,
    DAEMON_OPTION_UNIXCTL,
    DAEMON_OPTION_LAST
};

/* The entries for getopt_long(). -v has the value 'v'. */
#define DAEMON_LONG_OPTIONS                                                                        \
    { "detach", no_argument, NULL, DAEMON_OPTION_DETACH },                                         \
        { "no-chdir", no_argument, NULL, DAEMON_OPTION_NO_CHDIR },                                 \
        { "pidfile", optional_argument, NULL, DAEMON_OPTION_PIDFILE },                             \
        { "overwrite-pidfile", no_argument, NULL, DAEMON_OPTION_OVERWRITE_PIDFILE },               \
        { "monitor", no_argument, NULL, DAEMON_OPTION_MONITOR },                                   \
        { "user", required_argument, NULL, DAEMON_OPTION_USER },                                   \
        { "log-file", optional_argument, NULL, DAEMON_OPTION_LOG_FILE },                           \
        { "unixctl", required_argument, NULL, DAEMON_OPTION_UNIXCTL },                             \
        { "verbose", optional_argument, NULL, 'v' }

/* For the usage message. */
extern const char daemon_usage[];

/* 'program' is used for the pidfile, the log file and syslog. Call before the options are parsed. */
void daemon_init(const char *program);

/* Handles one option; true if it was one of the above. Exits with a message if its argument is wrong. */
bool daemon_parse_option(int c, const char *argument);

/* Opens the log file, raises the limit of descriptors, makes the run-time directory, goes to the background if asked and locks and writes the
 * pidfile. Exits with a message on failure. The calling process may be another one than before, and has no threads. */
void daemon_start(void);

/* Releases the parent of --detach. */
void daemon_complete(void);

/* Becomes the user of --user, keeping the capabilities in the 0-terminated-by--1 list 'keep' (CAP_* numbers), and drops all
 * others, for programs that it starts as well. Without --user only the capabilities are dropped; those that the process never had are
 * not an error here. Capabilities belong to threads: call it before others are started. Exits with a message on failure. */
void daemon_drop_privileges(const int *keep);

/* The path of the control socket: --unixctl, or RUNDIR/PROGRAM.PID.ctl. Owned by the module. */
const char *daemon_unixctl_path(void);

/* Removes the pidfile. At an orderly exit. */
void daemon_exit(void);
