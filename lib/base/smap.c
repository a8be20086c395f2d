/* SPDX-License-Identifier: Apache-2.0 */
/* A map from string to string. */
#include "lib/base/smap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

static struct smap_node *find(const struct smap *smap, const char *key)
{
    struct smap_node *node;
    hmap_for_each_with_hash (node, node, hash_string(key, 0), &smap->map) {
        if (!strcmp(node->key, key)) {
            return node;
        }
    }
    return NULL;
}

/* Takes over 'value'. */
static void set(struct smap *smap, const char *key, char *value)
{
    struct smap_node *node = find(smap, key);
    if (node) {
        free(node->value);
    } else {
        node = xzalloc(sizeof *node);
        node->key = xstrdup(key);
        hmap_insert(&smap->map, &node->node, hash_string(key, 0));
    }
    node->value = value;
}

static void delete(struct smap *smap, struct smap_node *node)
{
    hmap_remove(&smap->map, &node->node);
    free(node->key);
    free(node->value);
    free(node);
}

static int compare_keys(const void *a_, const void *b_)
{
    const struct smap_node *const *a = a_;
    const struct smap_node *const *b = b_;
    return strcmp((*a)->key, (*b)->key);
}

void smap_init(struct smap *smap)
{
    hmap_init(&smap->map);
}

void smap_destroy(struct smap *smap)
{
    if (smap) {
        smap_clear(smap);
        hmap_destroy(&smap->map);
    }
}

void smap_clear(struct smap *smap)
{
    struct smap_node *node, *next;
    hmap_for_each_safe (node, next, node, &smap->map) {
        delete(smap, node);
    }
}

void smap_clone(struct smap *to, const struct smap *from)
{
    struct smap_node *node;
    smap_init(to);
    smap_for_each (node, from) {
        smap_set(to, node->key, node->value);
    }
}

bool smap_equals(const struct smap *a, const struct smap *b)
{
    if (smap_count(a) != smap_count(b)) {
        return false;
    }
    struct smap_node *node;
    smap_for_each (node, a) {
        const char *other = smap_get(b, node->key);
        if (!other || strcmp(other, node->value)) {
            return false;
        }
    }
    return true;
}

size_t smap_count(const struct smap *smap)
{
    return hmap_count(&smap->map);
}

void smap_set(struct smap *smap, const char *key, const char *value)
{
    set(smap, key, xstrdup(value));
}

void smap_setf(struct smap *smap, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(smap, key, xvasprintf(format, args));
    va_end(args);
}

void smap_remove(struct smap *smap, const char *key)
{
    struct smap_node *node = find(smap, key);
    if (node) {
        delete(smap, node);
    }
}

const char *smap_get(const struct smap *smap, const char *key)
{
    return smap_get_or(smap, key, NULL);
}

const char *smap_get_or(const struct smap *smap, const char *key, const char *otherwise)
{
    const struct smap_node *node = find(smap, key);
    return node ? node->value : otherwise;
}

bool smap_get_bool(const struct smap *smap, const char *key, bool otherwise)
{
    const char *value = smap_get_or(smap, key, "");
    if (!strcasecmp(value, otherwise ? "false" : "true")) {
        return !otherwise;
    }
    return otherwise;
}

long long smap_get_int(const struct smap *smap, const char *key, long long otherwise)
{
    const char *value = smap_get(smap, key);
    if (!value || !*value) {
        return otherwise;
    }
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 0);
    return errno || *end ? otherwise : number;
}

const struct smap_node **smap_sorted(const struct smap *smap)
{
    const struct smap_node **nodes = xcalloc(smap_count(smap), sizeof *nodes);
    const struct smap_node *node;
    size_t n = 0;
    smap_for_each (node, smap) {
        nodes[n++] = node;
    }
    qsort(nodes, n, sizeof *nodes, compare_keys);
    return nodes;
}
