/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the database share: JSON with single quotes, a small schema, transactions as text. */
#pragma once

#include <jansson.h>
#include <stdint.h>

struct ovsdb;

/* Parses JSON in which ' stands for ". Aborts if it is none. */
json_t *helper_json(const char *text);

/* Compact text with sorted keys and ' for ". The caller frees it. */
char *helper_text(const json_t *);

/* A schema "Test":
 * Root (root, unique name): name (immutable), n, opt (0..1 integers, 0 to 100), ratio (real), flag, tags (up to 3 strings), kids
 *     (strong references to Kid), friends (weak ones), conf (string to string), by_number (integer to strong Kid), mode (enum),
 *     seen (ephemeral integer).
 * Kid: label, next (0..1 strong references to Kid), must (1..* weak references to Root; only in KidW).
 * KidW: label, must.  Keyed (root): k, l (distinct together), m.  Solo (root, at most one row): n. */
extern const char helper_schema[];

/* In memory, empty. */
struct ovsdb *helper_open(void);

/* Executes operations, given as "[{...}, ...]" with ' for ", and returns the result's text, in which each UUID that was not there
 * before is U0, U1, ... in the order of appearance; the caller frees it. */
char *helper_transact(struct ovsdb *, const char *operations);

/* The same with the result checked. */
void helper_expect(struct ovsdb *, const char *operations, const char *result);

/* Forgets the names of UUIDs. */
void helper_forget_uuids(void);

/* A deterministic random number below 'n'. */
uint32_t helper_random(uint32_t n);
void helper_seed(uint64_t);
