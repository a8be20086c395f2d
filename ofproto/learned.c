/* SPDX-License-Identifier: Apache-2.0 */
/* Learned flows and their cookies. */
#include "ofproto/learned.h"

#include <stdlib.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/ofp/action.h"
#include "ofproto/table_private.h"

struct learned_cookie {
    struct hmap_node node;
    uint8_t table;
    be64 cookie;
    bool counting;
    size_t n_flows;   /* if counting */
    size_t n_actions; /* with delete_learned */
    bool is_dead;     /* in the list of the dead, or just taken from it */
    struct learned_cookie *next_dead;
};

static uint32_t hash_of(uint8_t table, be64 cookie)
{
    return hash_u64(cookie, table);
}

static struct learned_cookie *find(const struct learned_cookies *cookies, uint8_t table, be64 cookie)
{
    struct learned_cookie *learned;
    hmap_for_each_with_hash (learned, node, hash_of(table, cookie), &cookies->map) {
        if (learned->table == table && learned->cookie == cookie) {
            return learned;
        }
    }
    return NULL;
}

static struct learned_cookie *find_or_create(struct learned_cookies *cookies, uint8_t table, be64 cookie)
{
    struct learned_cookie *learned = find(cookies, table, cookie);
    if (!learned) {
        learned = xzalloc(sizeof *learned);
        learned->table = table;
        learned->cookie = cookie;
        hmap_insert(&cookies->map, &learned->node, hash_of(table, cookie));
    }
    return learned;
}

static void drop(struct learned_cookies *cookies, struct learned_cookie *learned)
{
    if (!learned->n_actions && !learned->counting && !learned->is_dead) {
        hmap_remove(&cookies->map, &learned->node);
        free(learned);
    }
}

void learned_init(struct learned_cookies *cookies)
{
    hmap_init(&cookies->map);
    cookies->n_flows = 0;
    cookies->n_counting = 0;
    cookies->dead = NULL;
}

void learned_destroy(struct learned_cookies *cookies)
{
    struct learned_cookie *learned, *next;
    hmap_for_each_safe (learned, next, node, &cookies->map) {
        hmap_remove(&cookies->map, &learned->node);
        free(learned);
    }
    hmap_destroy(&cookies->map);
}

static void count_flow(struct learned_cookies *cookies, const struct rule *rule, bool in)
{
    struct learned_cookie *learned = find(cookies, rule->table, rule->cookie);
    if (learned && learned->counting && !rule_is_hidden(rule)) {
        learned->n_flows += in ? 1 : -(size_t) 1;
        if (!learned->n_flows) {
            learned->counting = false;
            cookies->n_counting--;
            drop(cookies, learned);
        }
    }
}

static void count_action(struct learned_cookies *cookies, const struct ofp_action_learn *learn, bool in)
{
    struct learned_cookie *learned = find_or_create(cookies, learn->table, learn->cookie);
    learned->n_actions += in ? 1 : -(size_t) 1;
    if (!learned->n_actions && !learned->is_dead) {
        learned->is_dead = true;
        learned->next_dead = cookies->dead;
        cookies->dead = learned;
    }
}

static void count_actions(struct learned_cookies *cookies, const void *actions, size_t size, bool in)
{
    const struct ofp_action *a;
    ofp_action_for_each (a, actions, size) {
        if (a->type == OFPACT_LEARN) {
            const struct ofp_action_learn *learn = (const struct ofp_action_learn *) a;
            if (learn->flags & OFP_LEARN_DELETE_LEARNED) {
                count_action(cookies, learn, in);
            }
        } else if (a->type == OFPACT_CLONE || a->type == OFPACT_WRITE_ACTIONS) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            count_actions(cookies, nested, nested_size, in);
        }
    }
}

static void count(struct tables *tables, const struct rule *rule, bool in)
{
    if (rule->flags & RULE_LEARNED) {
        tables->learned.n_flows += in ? 1 : -1u;
    }
    if (tables->learned.n_counting) {
        count_flow(&tables->learned, rule, in);
    }
    if (rule_has(rule, RULE_DELETES_LEARNED)) {
        count_actions(&tables->learned, rule->actions->data, rule->actions->size, in);
    }
}

void learned_rule_in(struct tables *tables, const struct rule *rule)
{
    count(tables, rule, true);
}

void learned_rule_out(struct tables *tables, const struct rule *rule)
{
    count(tables, rule, false);
}

static void select_by_cookie(const struct tables *tables, uint8_t table, be64 cookie, struct rule_list *list)
{
    const struct minimatch_key everything = { .n_words = 0 };
    const struct rule_filter filter = { .table = table, .cookie = cookie, .cookie_mask = BE64_MAX,
                                        .out_port = OFPP_NONE, .out_group = OFPG_ANY };
    tables_select(tables, &filter, &everything, list);
}

size_t learned_count(struct tables *tables, uint8_t table, be64 cookie)
{
    struct learned_cookie *learned = find(&tables->learned, table, cookie);
    if (!learned || !learned->counting) {
        struct rule_list list = { NULL, 0, 0 };
        select_by_cookie(tables, table, cookie, &list);
        size_t n = list.n;
        rule_list_destroy(&list);
        if (!n) {
            return 0;
        }
        learned = find_or_create(&tables->learned, table, cookie);
        learned->counting = true;
        learned->n_flows = n;
        tables->learned.n_counting++;
    }
    return learned->n_flows;
}

/* The flows of one table whose cookie is among those that died. */
struct condemned {
    const struct learned_cookies *cookies;
    struct rule_list list;
};

static bool condemn(void *aux, struct rule *rule)
{
    struct condemned *condemned = aux;
    const struct learned_cookie *learned = find(condemned->cookies, rule->table, rule->cookie);
    if (learned && learned->is_dead && !learned->n_actions && !rule_is_hidden(rule)) {
        rule_list_add(&condemned->list, rule);
    }
    return true;
}

/* One pass over each table concerned, however many cookies died. */
static void delete_round(struct transaction *txn, struct tables *tables, const struct learned_cookie *dead)
{
    const struct minimatch_key everything = { .n_words = 0 };
    struct condemned condemned = { .cookies = &tables->learned };
    bool concerned[256] = { false };
    for (; dead; dead = dead->next_dead) {
        concerned[dead->table] = true;
    }
    for (unsigned int i = 0; i < OFP_N_TABLES; i++) {
        if (concerned[i]) {
            classifier_for_each(&tables->table[i].cls, &everything, condemn, &condemned);
        }
    }
    for (size_t i = 0; i < condemned.list.n; i++) {
        transaction_take_out(txn, condemned.list.rules[i], OFPRR_DELETE);
    }
    rule_list_destroy(&condemned.list);
}

static void release(struct learned_cookies *cookies, struct learned_cookie *dead)
{
    for (struct learned_cookie *next; dead; dead = next) {
        next = dead->next_dead;
        dead->is_dead = false;
        drop(cookies, dead);
    }
}

/* Flows that were learned may learn, so there may be more rounds than one. */
void learned_delete(struct transaction *txn, struct tables *tables)
{
    while (tables->learned.dead) {
        struct learned_cookie *dead = tables->learned.dead;
        tables->learned.dead = NULL;
        delete_round(txn, tables, dead);
        release(&tables->learned, dead);
    }
}

void learned_forget_dead(struct tables *tables)
{
    struct learned_cookie *dead = tables->learned.dead;
    tables->learned.dead = NULL;
    release(&tables->learned, dead);
}
