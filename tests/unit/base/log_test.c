/* SPDX-License-Identifier: Apache-2.0 */
/* The log: line formats, levels, specifications, limits, the file and its rotation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

LOG_MODULE(log_test);

static char directory[] = "/tmp/weft-log-test.XXXXXX";
static char *console_path, *file_path;
static int real_stderr;

static char *read_file(const char *path)
{
    static char text[65536];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

/* What went to the console since the last call. */
static char *console(void)
{
    char *text = read_file(console_path);
    assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
    return text;
}

static void set(const char *spec)
{
    char *error = log_set(spec);
    assert_null(error);
}

static int begin(void **state)
{
    console();
    set("ANY:info");
    return log_set_limited(NULL, true) != NULL;
}

/* The text behind the time, the only part that differs from run to run, and the number. */
static const char *body(const char *line)
{
    const char *bar = strchr(line, '|');
    return bar ? strchr(bar + 1, '|') : NULL;
}

static void line_formats(void **state)
{
    log_info("number %d", 5);
    const char *line = console();
    assert_int_equal(strlen(line), strlen("2026-01-01T00:00:00Z|00001|log_test|INFO|number 5\n"));
    assert_int_equal(line[4], '-');
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[19], 'Z');
    assert_string_equal(body(line), "|log_test|INFO|number 5\n");

    assert_int_equal(log_open_file(file_path), 0);
    assert_string_equal(log_file(), file_path);
    log_warn("to the file");
    line = read_file(file_path);
    assert_int_equal(line[19], '.');
    assert_int_equal(line[23], 'Z');
    assert_string_equal(body(line), "|log_test|WARN|to the file\n");
    log_close_file();
}

static void one_message_is_one_line(void **state)
{
    log_info("a\nb\tc\x1b[0m\r");
    assert_string_equal(body(console()), "|log_test|INFO|a\\nb\\x09c\\x1b[0m\\x0d\n");
}

static void long_message(void **state)
{
    char *text = xmalloc(20001);
    memset(text, 'x', 20000);
    text[20000] = '\0';
    log_info("%s", text);
    assert_int_equal(strlen(body(console())), strlen("|log_test|INFO|\n") + 20000);
    free(text);
}

static void errno_is_kept(void **state)
{
    errno = EXDEV;
    log_info("x");
    assert_int_equal(errno, EXDEV);
}

static void levels(void **state)
{
    log_dbg("no");
    assert_string_equal(console(), "");
    set("log_test:console:dbg");
    log_dbg("yes");
    assert_string_equal(body(console()), "|log_test|DBG|yes\n");
    set("console:err");
    log_warn("no");
    assert_string_equal(console(), "");
    log_err("yes");
    assert_string_equal(body(console()), "|log_test|ERR|yes\n");
    set("LOG_TEST:Off:CONSOLE");
    log_emer("no");
    assert_string_equal(console(), "");
    set("log_test console,emer");
    log_emer("yes");
    assert_string_equal(body(console()), "|log_test|EMER|yes\n");
    assert_true(log_enabled(&this_log_module, LOG_INFO)); /* syslog still wants it */
    set("off");
    assert_false(log_enabled(&this_log_module, LOG_EMER));
    set(NULL);
    assert_true(log_enabled(&this_log_module, LOG_DBG));
}

static void file_levels_count_only_with_a_file(void **state)
{
    set("ANY:warn");
    set("file:dbg");
    assert_false(log_enabled(&this_log_module, LOG_DBG));
    assert_int_equal(log_open_file(file_path), 0);
    assert_true(log_enabled(&this_log_module, LOG_DBG));
    log_close_file();
    assert_false(log_enabled(&this_log_module, LOG_DBG));
}

static void assert_bad(const char *spec, const char *word)
{
    char *error = log_set(spec);
    assert_non_null(error);
    assert_non_null(strstr(error, word));
    free(error);
}

static void bad_specifications(void **state)
{
    assert_bad("nonsense", "\"nonsense\"");
    assert_bad("log_test:console:loud", "\"loud\"");
    assert_bad("log_test:log_test:dbg", "\"log_test\"");
    assert_bad("PATTERN:console:%m", "PATTERN");
    assert_false(log_enabled(&this_log_module, LOG_DBG));
    char *error = log_set_limited("nonsense", false);
    assert_non_null(error);
    free(error);
}

static void list(void **state)
{
    struct strbuf s = STRBUF_INIT;
    set("log_test:console:warn");
    set("log_test:file:off");
    log_list(&s);
    assert_non_null(strstr(strbuf_str(&s), "                 console    syslog    file\n"
                                           "                 -------    ------    ------\n"));
    assert_non_null(strstr(strbuf_str(&s), "\nlog_test          WARN       INFO        OFF\n"));
    strbuf_destroy(&s);
}

static int n_lines(const char *text)
{
    int n = 0;
    for (; *text; text++) {
        n += *text == '\n';
    }
    return n;
}

static void complain(const char *text)
{
    log_warn_rl("%s", text);
}

static void limits(void **state)
{
    for (int i = 0; i < 20; i++) {
        complain("again");
    }
    assert_int_equal(n_lines(console()), 5);
    clock_warp(5999);
    complain("again");
    assert_string_equal(console(), "");
    clock_warp(1); /* ten a minute: one more after six seconds */
    complain("again");
    assert_string_equal(body(console()),
                        "|log_test|WARN|again (16 more like this were held back)\n");
    complain("again");
    assert_string_equal(console(), "");
    clock_warp(3600000);
    for (int i = 0; i < 20; i++) {
        complain("again");
    }
    assert_int_equal(n_lines(console()), 5);

    assert_null(log_set_limited("log_test", false));
    for (int i = 0; i < 20; i++) {
        complain("again");
    }
    assert_int_equal(n_lines(console()), 20);
}

static void reopen_after_rotation(void **state)
{
    char *rotated = xasprintf("%s.1", file_path);
    unlink(file_path);
    assert_int_equal(log_open_file(file_path), 0);
    log_info("first");
    assert_int_equal(rename(file_path, rotated), 0);
    log_info("second");
    assert_int_equal(log_reopen_file(), 0);
    log_info("third");
    assert_int_equal(n_lines(read_file(rotated)), 2);
    assert_string_equal(body(read_file(file_path)), "|log_test|INFO|third\n");
    log_close_file();
    log_info("fourth");
    assert_int_equal(n_lines(read_file(file_path)), 1);
    unlink(rotated);
    free(rotated);
    assert_int_equal(log_open_file("/no such folder/x.log"), ENOENT);
    assert_string_equal(log_file(), file_path);
}

static void *log_from_thread(void *aux)
{
    pthread_setname_np(pthread_self(), "worker7");
    for (int i = 0; i < 100; i++) {
        log_info("from a thread");
    }
    return NULL;
}

static void threads(void **state)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_from_thread, NULL), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    static const char expected[] = "|log_test(worker7)|INFO|from a thread\n";
    const char *text = console();
    assert_int_equal(n_lines(text), 200);
    for (int i = 0; i < 200; i++) {
        assert_memory_equal(body(text), expected, strlen(expected));
        text = strchr(text, '\n') + 1;
    }
}

static int set_up(void **state)
{
    if (!mkdtemp(directory)) {
        return -1;
    }
    console_path = xasprintf("%s/console", directory);
    file_path = xasprintf("%s/file.log", directory);
    real_stderr = dup(STDERR_FILENO);
    int fd = open(console_path, O_RDWR | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDERR_FILENO);
    close(fd);
    clock_stop();
    return 0;
}

static int tear_down(void **state)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    unlink(console_path);
    unlink(file_path);
    rmdir(directory);
    free(console_path);
    free(file_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(line_formats, begin),
        cmocka_unit_test_setup(one_message_is_one_line, begin),
        cmocka_unit_test_setup(long_message, begin),
        cmocka_unit_test_setup(errno_is_kept, begin),
        cmocka_unit_test_setup(levels, begin),
        cmocka_unit_test_setup(file_levels_count_only_with_a_file, begin),
        cmocka_unit_test_setup(bad_specifications, begin),
        cmocka_unit_test_setup(list, begin),
        cmocka_unit_test_setup(limits, begin),
        cmocka_unit_test_setup(reopen_after_rotation, begin),
        cmocka_unit_test_setup(threads, begin),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
