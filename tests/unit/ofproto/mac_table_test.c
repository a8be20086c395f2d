/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC table beside a naive twin, its rules one by one, and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "ofproto/mac_store.h"
#include "ofproto/mac_table.h"

enum { TWIN_MAX = 64 };

static uint32_t rng;

static uint32_t random_below(uint32_t n)
{
    rng = rng * 1664525u + 1013904223u;
    return (uint32_t) (((uint64_t) rng * n) >> 32);
}

static struct eth_addr make_mac(uint32_t i)
{
    return (struct eth_addr) { { 2, 0, 0, 0, (uint8_t) (i >> 8), (uint8_t) i } };
}

static enum mac_learned learn(struct mac_table *table, uint32_t mac, uint16_t vlan, ofp_port_t port, int64_t when)
{
    struct mac_source source = { .mac = make_mac(mac), .vlan = vlan, .port = port };
    return mac_table_learn(table, &source, when);
}

/* The port of an entry, or 0. */
static ofp_port_t where(struct mac_table *table, uint32_t mac, uint16_t vlan)
{
    ofp_port_t port;
    return mac_table_lookup(table, make_mac(mac), vlan, &port) ? port : 0;
}

/* The twin: a list of entries. */

struct twin {
    struct mac_entry_info entries[TWIN_MAX];
    uint64_t order[TWIN_MAX]; /* of the last use */
    size_t n;
    uint64_t clock;
};

static int twin_find(const struct twin *twin, struct eth_addr mac, uint16_t vlan)
{
    for (size_t i = 0; i < twin->n; i++) {
        if (twin->entries[i].vlan == vlan && !memcmp(&twin->entries[i].mac, &mac, sizeof mac)) {
            return (int) i;
        }
    }
    return -1;
}

static void twin_remove(struct twin *twin, size_t i)
{
    twin->n--;
    twin->entries[i] = twin->entries[twin->n];
    twin->order[i] = twin->order[twin->n];
}

static size_t twin_count(const struct twin *twin, ofp_port_t port)
{
    size_t n = 0;
    for (size_t i = 0; i < twin->n; i++) {
        n += twin->entries[i].port == port && !twin->entries[i].is_static;
    }
    return n;
}

/* Entry 'i' was displaced: is it the longest unused one of a port that has most? */
static void check_evicted(const struct twin *twin, size_t i)
{
    const struct mac_entry_info *gone = &twin->entries[i];
    assert_false(gone->is_static);
    for (size_t j = 0; j < twin->n; j++) {
        assert_true(twin_count(twin, twin->entries[j].port) <= twin_count(twin, gone->port));
        if (twin->entries[j].port == gone->port && !twin->entries[j].is_static) {
            assert_true(twin->order[j] >= twin->order[i]);
        }
    }
}

static void twin_learn(struct twin *twin, struct mac_table *table, uint32_t mac, uint16_t vlan, ofp_port_t port,
                       int64_t now)
{
    int i = twin_find(twin, make_mac(mac), vlan);
    enum mac_learned learned = learn(table, mac, vlan, port, now);
    if (i >= 0 && twin->entries[i].is_static) {
        assert_int_equal(learned, twin->entries[i].port == port ? MAC_KNOWN : MAC_REFUSED);
        return;
    }
    if (i >= 0) {
        bool moved = twin->entries[i].port != port;
        bool later = now > twin->entries[i].used_ms;
        assert_int_equal(learned, moved ? MAC_MOVED : MAC_KNOWN);
        twin->entries[i].port = port;
        twin->entries[i].used_ms = now;
        if (moved || later) {
            twin->order[i] = ++twin->clock;
        }
        return;
    }
    for (size_t j = 0; learned == MAC_NEW && j < twin->n; j++) {
        ofp_port_t unused;
        if (!mac_table_lookup(table, twin->entries[j].mac, twin->entries[j].vlan, &unused)) {
            check_evicted(twin, j);
            twin_remove(twin, j);
            break;
        }
    }
    if (learned == MAC_NEW) {
        twin->entries[twin->n] = (struct mac_entry_info) { make_mac(mac), vlan, port, false, now };
        twin->order[twin->n++] = ++twin->clock;
    } else {
        assert_int_equal(learned, MAC_REFUSED); /* full of static entries */
        for (size_t j = 0; j < twin->n; j++) {
            assert_true(twin->entries[j].is_static);
        }
    }
}

static void compare(const struct twin *twin, struct mac_table *table)
{
    struct mac_entry_info *entries;
    size_t n = mac_table_dump(table, &entries);
    assert_int_equal(n, twin->n);
    for (size_t i = 0; i < n; i++) {
        int j = twin_find(twin, entries[i].mac, entries[i].vlan);
        assert_true(j >= 0);
        assert_int_equal(entries[i].port, twin->entries[j].port);
        assert_int_equal(entries[i].is_static, twin->entries[j].is_static);
        if (!entries[i].is_static) {
            assert_int_equal(entries[i].used_ms, twin->entries[j].used_ms);
        }
    }
    free(entries);
}

static void twin_flush_port(struct twin *twin, ofp_port_t port)
{
    for (size_t i = twin->n; i-- > 0;) {
        if (twin->entries[i].port == port) {
            twin_remove(twin, i);
        }
    }
}

static void twin_add_static(struct twin *twin, struct mac_table *table, uint32_t mac, uint16_t vlan, ofp_port_t port,
                            size_t max)
{
    int i = twin_find(twin, make_mac(mac), vlan);
    if (i < 0 && twin->n == max) {
        return; /* what is displaced is another case's business */
    }
    assert_true(mac_table_add_static(table, make_mac(mac), vlan, port));
    if (i >= 0) {
        twin_remove(twin, (size_t) i);
    }
    twin->entries[twin->n] = (struct mac_entry_info) { make_mac(mac), vlan, port, true, 0 };
    twin->order[twin->n++] = ++twin->clock;
}

static void twin_expire(struct twin *twin, int64_t now)
{
    for (size_t i = twin->n; i-- > 0;) {
        if (!twin->entries[i].is_static && twin->entries[i].used_ms + 300000 <= now) {
            twin_remove(twin, i);
        }
    }
}

static void random_operations(void **state)
{
    enum { MAX = 20, STEPS = 20000 };
    struct mac_table *table = mac_table_create(300, MAX);
    struct twin twin = { .n = 0 };
    int64_t now = 1000;
    rng = 42;
    for (int step = 0; step < STEPS; step++) {
        uint32_t mac = random_below(40);
        uint16_t vlan = (uint16_t) random_below(3);
        ofp_port_t port = 1 + random_below(4);
        now += random_below(8000);
        switch (random_below(40)) {
        case 0:
            mac_table_flush_port(table, port);
            twin_flush_port(&twin, port);
            break;
        case 1:
            twin_add_static(&twin, table, mac, vlan, port, MAX);
            break;
        case 2: {
            int i = twin_find(&twin, make_mac(mac), vlan);
            assert_int_equal(mac_table_delete(table, make_mac(mac), vlan), i >= 0);
            if (i >= 0) {
                twin_remove(&twin, (size_t) i);
            }
            break;
        }
        case 3:
            mac_table_expire(table, now);
            twin_expire(&twin, now);
            break;
        default:
            twin_learn(&twin, table, mac, vlan, port, now);
        }
        compare(&twin, table);
    }
    mac_table_unref(table);
}

static void vlans_are_apart(void **state)
{
    struct mac_table *table = mac_table_create(0, 0);
    assert_int_equal(learn(table, 1, 10, 1, 0), MAC_NEW);
    assert_int_equal(learn(table, 1, 20, 2, 0), MAC_NEW);
    assert_int_equal(where(table, 1, 10), 1);
    assert_int_equal(where(table, 1, 20), 2);
    assert_int_equal(where(table, 1, 0), 0);
    mac_table_unref(table);
}

static void group_addresses_and_flood_vlans_are_refused(void **state)
{
    struct mac_table *table = mac_table_create(0, 0);
    struct mac_source group = { .mac = { { 1, 0, 0x5e, 0, 0, 1 } }, .port = 1 };
    assert_int_equal(mac_table_learn(table, &group, 0), MAC_REFUSED);

    assert_int_equal(learn(table, 1, 7, 1, 0), MAC_NEW);
    uint64_t flood[VLAN_N / 64] = { UINT64_C(1) << 7 };
    assert_true(mac_table_configure(table, 300, 8192, flood));
    assert_int_equal(where(table, 1, 7), 0);
    assert_int_equal(learn(table, 1, 7, 1, 0), MAC_REFUSED);
    assert_int_equal(learn(table, 1, 8, 1, 0), MAC_NEW);
    mac_table_unref(table);
}

static void a_flooding_port_displaces_its_own(void **state)
{
    struct mac_table *table = mac_table_create(300, 100);
    for (uint32_t i = 0; i < 10; i++) {
        learn(table, i, 0, 1, i);
    }
    for (uint32_t i = 100; i < 5000; i++) {
        learn(table, i, 0, 2, i);
    }
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(where(table, i, 0), 1);
    }
    struct mac_table_stats stats;
    mac_table_stats(table, &stats);
    assert_int_equal(stats.n, 100);
    assert_int_equal(stats.evicted, 4910 - 100);
    mac_table_unref(table);
}

static void old_news_moves_nothing(void **state)
{
    struct mac_table *table = mac_table_create(0, 0);
    learn(table, 1, 0, 1, 1000);
    assert_int_equal(learn(table, 1, 0, 2, 500), MAC_KNOWN);
    assert_int_equal(where(table, 1, 0), 1);
    assert_int_equal(learn(table, 1, 0, 2, 1000), MAC_MOVED);
    mac_table_unref(table);
}

static void gratuitous_arp_locks_against_bonds(void **state)
{
    struct mac_table *table = mac_table_create(0, 0);
    struct mac_source told = { .mac = make_mac(1), .port = 1, .gratuitous_arp = true };
    struct mac_source reflected = { .mac = make_mac(1), .port = 2, .bonded = true };
    assert_int_equal(mac_table_learn(table, &told, 0), MAC_NEW);
    assert_int_equal(mac_table_learn(table, &reflected, 4999), MAC_REFUSED);
    assert_int_equal(where(table, 1, 0), 1);
    assert_int_equal(mac_table_learn(table, &reflected, 5000), MAC_MOVED);
    mac_table_unref(table);
}

/* The file. */

static void with_store(struct mac_table *table, const char *path, int64_t now)
{
    int error = 0;
    struct mac_store *store = mac_store_open(path, &error);
    assert_non_null(store);
    mac_table_attach_store(table, store, now);
}

static char *temporary_path(void)
{
    char *path = xstrdup("/tmp/mac_table_test.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return path;
}

static void entries_survive(void **state)
{
    char *path = temporary_path();
    struct mac_table *table = mac_table_create(300, 0);
    with_store(table, path, 1000);
    for (uint32_t i = 0; i < 3000; i++) { /* more than the file begins with */
        learn(table, i, 5, 1 + i % 3, 1000 + i);
    }
    assert_true(mac_table_add_static(table, make_mac(9999), 6, 2));
    learn(table, 0, 5, 2, 5000);
    mac_table_delete(table, make_mac(1), 5);
    mac_table_unref(table); /* as if killed: the file stays */

    table = mac_table_create(300, 0);
    with_store(table, path, 5000);
    assert_int_equal(where(table, 0, 5), 2);
    assert_int_equal(where(table, 1, 5), 0);
    for (uint32_t i = 2; i < 3000; i++) {
        assert_int_equal(where(table, i, 5), 1 + i % 3);
    }
    assert_int_equal(where(table, 9999, 6), 2);
    mac_table_unref(table);

    /* Later what is too old is left out, static entries are not. */
    table = mac_table_create(300, 0);
    with_store(table, path, 1000 + 300000 + 1500);
    assert_int_equal(where(table, 1000, 5), 0);
    assert_int_equal(where(table, 2000, 5), 1 + 2000 % 3);
    assert_int_equal(where(table, 9999, 6), 2);
    mac_table_forget_store(table);
    assert_int_equal(access(path, F_OK), -1);
    mac_table_unref(table);
    free(path);
}

static void damage_is_left_out(void **state)
{
    char *path = temporary_path();
    struct mac_table *table = mac_table_create(300, 0);
    with_store(table, path, 0);
    learn(table, 1, 0, 1, 0);
    learn(table, 2, 0, 1, 0);
    mac_table_unref(table);

    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, 64 + 8, SEEK_SET), 0); /* the port of the first slot */
    assert_int_equal(fputc(9, f), 9);
    fclose(f);
    table = mac_table_create(300, 0);
    with_store(table, path, 0);
    assert_int_equal(where(table, 1, 0), 0);
    assert_int_equal(where(table, 2, 0), 1);
    mac_table_unref(table);

    f = fopen(path, "r+"); /* another boot */
    assert_int_equal(fseek(f, 20, SEEK_SET), 0);
    assert_int_equal(fputc('#', f), '#');
    fclose(f);
    table = mac_table_create(300, 0);
    with_store(table, path, 0);
    assert_int_equal(where(table, 2, 0), 0);
    mac_table_unref(table);
    unlink(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(vlans_are_apart),
        cmocka_unit_test(group_addresses_and_flood_vlans_are_refused),
        cmocka_unit_test(a_flooding_port_displaces_its_own),
        cmocka_unit_test(old_news_moves_nothing),
        cmocka_unit_test(gratuitous_arp_locks_against_bonds),
        cmocka_unit_test(entries_survive),
        cmocka_unit_test(damage_is_left_out),
    };
    hash_fixed_basis(7);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
