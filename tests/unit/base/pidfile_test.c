/* SPDX-License-Identifier: Apache-2.0 */
/* Pidfiles and paths: locks between processes, stale files, and how a tool finds a daemon's control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/pidfile.h"

static char directory[] = "/tmp/weft-pidfile-test.XXXXXX";
static char *path;

/* A process that holds the pidfile until it is told to go. */
static pid_t hold(int *to_child)
{
    int up[2], down[2];
    char c;
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t pid = fork();
    if (!pid) {
        char *error;
        close(down[1]);
        struct pidfile *p = pidfile_create(path, false, &error);
        (void) !write(up[1], p ? "y" : "n", 1);
        (void) !read(down[0], &c, 1);
        if (c == 'q') {
            pidfile_destroy(p);
        }
        _exit(0);
    }
    assert_int_equal(read(up[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    close(up[0]);
    close(up[1]);
    close(down[0]);
    *to_child = down[1];
    return pid;
}

static void release(pid_t pid, int to_child, char how)
{
    assert_int_equal(write(to_child, &how, 1), 1);
    close(to_child);
    waitpid(pid, NULL, 0);
}

static long read_number(void)
{
    long n = -1;
    FILE *file = fopen(path, "r");
    if (file) {
        assert_int_equal(fscanf(file, "%ld\n", &n), 1);
        fclose(file);
    }
    return n;
}

static void created_and_removed(void **state)
{
    int to_child;
    pid_t pid = hold(&to_child);
    assert_int_equal(read_number(), pid);
    release(pid, to_child, 'q');
    assert_int_equal(access(path, F_OK), -1);
}

static void one_holder(void **state)
{
    int to_child;
    char *error;
    pid_t pid = hold(&to_child);
    assert_null(pidfile_create(path, false, &error));
    char *expected = xasprintf("already running as process %ld", (long) pid);
    assert_non_null(strstr(error, expected));
    free(expected);
    free(error);
    assert_int_equal(read_number(), pid);

    /* Overwritten: the other one does not remove it any more when it ends. */
    struct pidfile *p = pidfile_create(path, true, &error);
    assert_non_null(p);
    release(pid, to_child, 'q');
    assert_int_equal(access(path, F_OK), 0);
    pidfile_destroy(p);
    assert_int_equal(access(path, F_OK), -1);
}

static void stale_file_is_taken_over(void **state)
{
    int to_child;
    char *error;
    pid_t pid = hold(&to_child);
    release(pid, to_child, 'x'); /* ends without removing it */
    assert_int_equal(read_number(), pid);
    struct pidfile *p = pidfile_create(path, false, &error);
    assert_non_null(p);
    pidfile_destroy(p);
    pidfile_destroy(NULL);
}

static void cannot_be_created(void **state)
{
    char *error;
    assert_null(pidfile_create("/no/such/folder/x.pid", false, &error));
    assert_non_null(strstr(error, "/no/such/folder/x.pid"));
    free(error);
    assert_int_equal(symlink("elsewhere", path), 0); /* not followed: who made it might aim at another file */
    assert_null(pidfile_create(path, false, &error));
    free(error);
    unlink(path);
}

static void assert_not_found(const char *target, const char *word)
{
    char *error;
    assert_null(paths_find_unixctl(target, &error));
    if (!strstr(error, word)) {
        fail_msg("\"%s\" lacks \"%s\"", error, word);
    }
    free(error);
}

static void write_pidfile(const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void finds_control_socket(void **state)
{
    int to_child;
    char *error;
    pid_t pid = hold(&to_child);
    char *expected = xasprintf("%s/test.%ld.ctl", directory, (long) pid);
    char *found = paths_find_unixctl("test", &error);
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    release(pid, to_child, 'x');
    assert_not_found("test", "stale");

    found = paths_find_unixctl("./some/path", &error);
    assert_string_equal(found, "./some/path");
    free(found);
    write_pidfile("");
    assert_not_found("test", "does not hold");
    write_pidfile("-5\n");
    assert_not_found("test", "does not hold");
    write_pidfile("5x\n");
    assert_not_found("test", "does not hold");
    unlink(path);
    assert_not_found("test", "is test running?");
}

static void directories(void **state)
{
    assert_string_equal(paths_rundir(), directory);
    char *s = paths_in_rundir("x");
    assert_memory_equal(s, directory, strlen(directory));
    assert_string_equal(s + strlen(directory), "/x");
    free(s);
    s = paths_in_dbdir("/x");
    assert_string_equal(s, "/x");
    free(s);
    setenv("WEFT_DBDIR", "", 1); /* empty is as good as not there */
    assert_string_equal(paths_dbdir(), WEFT_DEFAULT_DBDIR);
    setenv("WEFT_LOGDIR", "/logs", 1);
    assert_string_equal(paths_logdir(), "/logs");
}

static int set_up(void **state)
{
    path = mkdtemp(directory) ? xasprintf("%s/test.pid", directory) : NULL;
    setenv("WEFT_RUNDIR", directory, 1);
    return !path;
}

static int tear_down(void **state)
{
    free(path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(created_and_removed),      cmocka_unit_test(one_holder),
        cmocka_unit_test(stale_file_is_taken_over), cmocka_unit_test(cannot_be_created),
        cmocka_unit_test(finds_control_socket),     cmocka_unit_test(directories),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
