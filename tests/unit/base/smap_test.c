/* SPDX-License-Identifier: Apache-2.0 */
/* smap: set, get, remove, compare, and the readings of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/smap.h"

static void set_get_remove(void **state)
{
    struct smap m = SMAP_INIT;
    assert_null(smap_get(&m, "a"));
    smap_set(&m, "a", "1");
    smap_set(&m, "b", "2");
    smap_set(&m, "a", "3");
    smap_setf(&m, "c", "%d-%s", 4, "x");
    assert_int_equal(smap_count(&m), 3);
    assert_string_equal(smap_get(&m, "a"), "3");
    assert_string_equal(smap_get(&m, "c"), "4-x");
    assert_string_equal(smap_get_or(&m, "z", "otherwise"), "otherwise");
    smap_remove(&m, "a");
    smap_remove(&m, "never there");
    assert_null(smap_get(&m, "a"));
    assert_int_equal(smap_count(&m), 2);
    smap_destroy(&m);
}

/* The value that is replaced may be the source of the new one. */
static void set_from_itself(void **state)
{
    struct smap m = SMAP_INIT;
    smap_set(&m, "a", "text");
    smap_set(&m, "a", smap_get(&m, "a"));
    smap_setf(&m, "a", "%s!", smap_get(&m, "a"));
    assert_string_equal(smap_get(&m, "a"), "text!");
    smap_destroy(&m);
}

static void readings(void **state)
{
    struct smap m = SMAP_INIT;
    smap_set(&m, "t", "true");
    smap_set(&m, "f", "false");
    smap_set(&m, "junk", "yes");
    smap_set(&m, "n", "-12");
    smap_set(&m, "hex", "0x10");
    smap_set(&m, "tail", "12x");
    smap_set(&m, "empty", "");
    smap_set(&m, "huge", "99999999999999999999999");
    assert_true(smap_get_bool(&m, "t", false));
    assert_false(smap_get_bool(&m, "f", true));
    assert_true(smap_get_bool(&m, "junk", true));
    assert_false(smap_get_bool(&m, "junk", false));
    assert_true(smap_get_bool(&m, "none", true));
    assert_int_equal(smap_get_int(&m, "n", 5), -12);
    assert_int_equal(smap_get_int(&m, "hex", 5), 16);
    assert_int_equal(smap_get_int(&m, "tail", 5), 5);
    assert_int_equal(smap_get_int(&m, "empty", 5), 5);
    assert_int_equal(smap_get_int(&m, "huge", 5), 5);
    assert_int_equal(smap_get_int(&m, "none", 5), 5);
    smap_destroy(&m);
}

static void clone_and_compare(void **state)
{
    struct smap a = SMAP_INIT, b;
    char key[16];
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "k%d", i);
        smap_set(&a, key, "v");
    }
    smap_clone(&b, &a);
    assert_true(smap_equals(&a, &b));
    smap_set(&b, "k7", "w");
    assert_false(smap_equals(&a, &b));
    smap_set(&b, "k7", "v");
    smap_remove(&b, "k8");
    assert_false(smap_equals(&a, &b));
    smap_set(&b, "other", "v"); /* as many, but not the same keys */
    assert_false(smap_equals(&a, &b));
    smap_clear(&b);
    assert_int_equal(smap_count(&b), 0);
    smap_destroy(&a);
    smap_destroy(&b);
}

static void sorted(void **state)
{
    struct smap m = SMAP_INIT;
    smap_set(&m, "c", "3");
    smap_set(&m, "a", "1");
    smap_set(&m, "b", "2");
    const struct smap_node **nodes = smap_sorted(&m);
    assert_string_equal(nodes[0]->key, "a");
    assert_string_equal(nodes[1]->value, "2");
    assert_string_equal(nodes[2]->key, "c");
    free(nodes);
    smap_destroy(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_get_remove), cmocka_unit_test(set_from_itself),
        cmocka_unit_test(readings),       cmocka_unit_test(clone_and_compare),
        cmocka_unit_test(sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
