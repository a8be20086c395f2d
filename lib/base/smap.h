/* SPDX-License-Identifier: Apache-2.0 */
/* A map from string to string, both owned by the map: options, external ids, status. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/hmap.h"

struct smap {
    struct hmap map; /* struct smap_node.node */
};

struct smap_node {
    struct hmap_node node;
    char *key, *value;
};

#define SMAP_INIT                                                                                  \
    {                                                                                              \
        HMAP_INIT                                                                                  \
    }
#define smap_for_each(entry, smap) hmap_for_each (entry, node, &(smap)->map)

void smap_init(struct smap *);
void smap_destroy(struct smap *);
void smap_clear(struct smap *);
void smap_clone(struct smap *to, const struct smap *from); /* 'to' is uninitialised */
bool smap_equals(const struct smap *, const struct smap *);
size_t smap_count(const struct smap *);

/* Adds or replaces; copies both strings. */
void smap_set(struct smap *, const char *key, const char *value);
void smap_setf(struct smap *, const char *key, const char *format, ...) PRINTF_FORMAT(3, 4);
void smap_remove(struct smap *, const char *key);

const char *smap_get(const struct smap *, const char *key); /* null: not there */
const char *smap_get_or(const struct smap *, const char *key, const char *otherwise);
bool smap_get_bool(const struct smap *, const char *key, bool otherwise); /* "true" or "false" */
long long smap_get_int(const struct smap *, const char *key, long long otherwise);

/* The entries sorted by key; free() the array, not its elements. */
const struct smap_node **smap_sorted(const struct smap *);
