/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a batch's translations against a search of all, with few and with many different masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/compiler.h"
#include "ofproto/translation_index.h"

static struct flow keys[TRANSLATION_INDEX_MAX], masks[TRANSLATION_INDEX_MAX], packet;

static void make_flow(struct flow *flow)
{
    memset(flow, 0, sizeof *flow);
    flow->lines = 1u << FLOW_LINE_L2 | 1u << FLOW_LINE_L3;
    flow->in_port = 1 + random() % 2;
    flow->nw_src = (be32) (random() % 3);
    flow->nw_dst = (be32) (random() % 3);
    flow->tp_src = (be16) (random() % 3);
}

/* One of 'n' masks: those bits of the number that are set choose what it looks at. */
static void make_mask(struct flow *mask, unsigned int number)
{
    memset(mask, 0, sizeof *mask);
    mask->lines = 1u << FLOW_LINE_L2 | (number % 8 ? 1u << FLOW_LINE_L3 : 0);
    mask->in_port = UINT32_MAX;
    mask->nw_src = number & 1 ? BE32_MAX : 0;
    mask->nw_dst = number & 2 ? BE32_MAX : 0;
    mask->tp_src = number & 4 ? BE16_MAX : 0;
}

/* May 'key' be answered with number 'i'? */
static bool answers(unsigned int i, const struct flow *key)
{
    return flow_equal_masked(key, &keys[i], &masks[i]);
}

static bool any_answers(unsigned int n, const struct flow *key)
{
    unsigned int i = 0;
    while (i < n && !answers(i, key)) {
        i++;
    }
    return i < n;
}

static void run(unsigned int n_masks)
{
    static struct translation_index index;
    unsigned int n_found = 0, n_missed = 0;
    for (int round = 0; round < 200; round++) {
        unsigned int n = 0;
        translation_index_init(&index);
        while (n < TRANSLATION_INDEX_MAX) {
            make_flow(&packet);
            bool found = any_answers(n, &packet);
            uint8_t value = translation_index_find(&index, &packet);
            if (!found) {
                assert_int_equal(value, TRANSLATION_INDEX_NONE);
                n_missed++;
            } else {
                assert_true(value < n && answers(value, &packet));
                n_found++;
            }
            if (!found || random() % 4 == 0) {
                keys[n] = packet;
                make_mask(&masks[n], (unsigned int) random() % n_masks);
                translation_index_add(&index, &keys[n], &masks[n], (uint8_t) n);
                n++;
            }
        }
    }
    assert_true(n_found > 1000 && n_missed > 200);
}

static void few_masks(void **state)
{
    run(TRANSLATION_INDEX_MASKS);
}

static void many_masks(void **state)
{
    run(8);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(few_masks), cmocka_unit_test(many_masks) };
    srandom(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
