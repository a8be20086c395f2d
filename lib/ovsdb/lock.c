/* SPDX-License-Identifier: Apache-2.0 */
/* Named locks with a queue each. Few clients use any, so a list is searched. */
#include "lib/ovsdb/lock.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* Those who asked for the same lock come in the order of the queue, whatever lies between them. */
struct waiter {
    struct waiter *next;
    void *owner;
    char *name;
};

struct ovsdb_locks {
    struct waiter *waiters;
    ovsdb_lock_cb *changed;
};

struct ovsdb_locks *ovsdb_locks_create(ovsdb_lock_cb *changed)
{
    struct ovsdb_locks *locks = xzalloc(sizeof *locks);
    locks->changed = changed;
    return locks;
}

void ovsdb_locks_destroy(struct ovsdb_locks *locks)
{
    if (locks) {
        while (locks->waiters) {
            struct waiter *waiter = locks->waiters;
            locks->waiters = waiter->next;
            free(waiter->name);
            free(waiter);
        }
        free(locks);
    }
}

static struct waiter *find_owner(const struct ovsdb_locks *locks, const char *name)
{
    struct waiter *waiter = locks->waiters;
    while (waiter && strcmp(waiter->name, name)) {
        waiter = waiter->next;
    }
    return waiter;
}

bool ovsdb_locks_add(struct ovsdb_locks *locks, void *owner, const char *name, bool steal)
{
    struct waiter *previous = find_owner(locks, name);
    struct waiter *waiter = xzalloc(sizeof *waiter);
    struct waiter **at = &locks->waiters;
    while (!steal && *at) {
        at = &(*at)->next;
    }
    waiter->owner = owner;
    waiter->name = xstrdup(name);
    waiter->next = *at;
    *at = waiter;
    if (steal && previous) {
        locks->changed(previous->owner, name, false);
    }
    return steal || !previous;
}

bool ovsdb_locks_remove(struct ovsdb_locks *locks, void *owner, const char *name)
{
    struct waiter **p = &locks->waiters;
    while (*p && ((*p)->owner != owner || strcmp((*p)->name, name))) {
        p = &(*p)->next;
    }
    struct waiter *waiter = *p;
    if (!waiter) {
        return false;
    }
    bool owned = find_owner(locks, name) == waiter;
    *p = waiter->next;
    struct waiter *next = owned ? find_owner(locks, name) : NULL;
    if (next) {
        locks->changed(next->owner, next->name, true);
    }
    free(waiter->name);
    free(waiter);
    return true;
}

void ovsdb_locks_remove_owner(struct ovsdb_locks *locks, void *owner)
{
    struct waiter *waiter = locks->waiters;
    while (waiter) {
        if (waiter->owner == owner) {
            char *name = xstrdup(waiter->name);
            ovsdb_locks_remove(locks, owner, name);
            free(name);
            waiter = locks->waiters;
        } else {
            waiter = waiter->next;
        }
    }
}

bool ovsdb_locks_is_waiting(const struct ovsdb_locks *locks, const void *owner, const char *name)
{
    for (const struct waiter *waiter = locks->waiters; waiter; waiter = waiter->next) {
        if (waiter->owner == owner && !strcmp(waiter->name, name)) {
            return true;
        }
    }
    return false;
}

bool ovsdb_locks_is_owner(const struct ovsdb_locks *locks, const void *owner, const char *name)
{
    const struct waiter *waiter = find_owner(locks, name);
    return waiter && waiter->owner == owner;
}

size_t ovsdb_locks_count(const struct ovsdb_locks *locks, const void *owner)
{
    size_t n = 0;
    for (const struct waiter *waiter = locks->waiters; waiter; waiter = waiter->next) {
        n += waiter->owner == owner;
    }
    return n;
}
