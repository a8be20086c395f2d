/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the database share. */
#include "tests/unit/ovsdb/helper.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/ovsdb.h"

const char helper_schema[]
    = "{'name': 'Test', 'version': '1.0.0', 'tables': {"
      "'Root': {'isRoot': true, 'indexes': [['name']], 'columns': {"
      "  'name': {'type': 'string', 'mutable': false},"
      "  'n': {'type': 'integer'},"
      "  'opt': {'type': {'key': {'type': 'integer', 'minInteger': 0, 'maxInteger': 100}, 'min': 0}},"
      "  'ratio': {'type': 'real'},"
      "  'flag': {'type': 'boolean'},"
      "  'tags': {'type': {'key': 'string', 'min': 0, 'max': 3}},"
      "  'kids': {'type': {'key': {'type': 'uuid', 'refTable': 'Kid'}, 'min': 0, 'max': 'unlimited'}},"
      "  'friends': {'type': {'key': {'type': 'uuid', 'refTable': 'Root', 'refType': 'weak'}, 'min': 0,"
      "              'max': 'unlimited'}},"
      "  'conf': {'type': {'key': 'string', 'value': 'string', 'min': 0, 'max': 'unlimited'}},"
      "  'by_number': {'type': {'key': 'integer', 'value': {'type': 'uuid', 'refTable': 'Kid'},"
      "                'min': 0, 'max': 'unlimited'}},"
      "  'mode': {'type': {'key': {'type': 'string', 'enum': ['set', ['slow', 'fast']]}, 'min': 0}},"
      "  'seen': {'type': 'integer', 'ephemeral': true}}},"
      "'Kid': {'columns': {"
      "  'label': {'type': 'string'},"
      "  'next': {'type': {'key': {'type': 'uuid', 'refTable': 'Kid'}, 'min': 0}}}},"
      "'KidW': {'isRoot': true, 'columns': {"
      "  'label': {'type': 'string'},"
      "  'must': {'type': {'key': {'type': 'uuid', 'refTable': 'Root', 'refType': 'weak'}, 'max': 'unlimited'}}}},"
      "'Keyed': {'isRoot': true, 'indexes': [['k', 'l']], 'columns': {'k': {'type': 'integer'},"
      "  'l': {'type': 'integer'}, 'm': {'type': 'integer'}}},"
      "'Solo': {'isRoot': true, 'maxRows': 1, 'columns': {'n': {'type': 'integer'}}}}}";

static char *swap_quotes(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p; p++) {
        *p = *p == '\'' ? '"' : *p == '"' ? '\'' : *p;
    }
    return copy;
}

json_t *helper_json(const char *text)
{
    char *copy = swap_quotes(text);
    json_error_t error;
    json_t *json = json_loads(copy, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        fail_msg("%s: %s", text, error.text);
    }
    free(copy);
    return json;
}

char *helper_text(const json_t *json)
{
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    char *swapped = swap_quotes(text);
    free(text);
    return swapped;
}

struct ovsdb *helper_open(void)
{
    char *error;
    char *schema = swap_quotes(helper_schema);
    struct ovsdb *db = ovsdb_open(schema, NULL, &error);
    assert_null(error);
    assert_non_null(db);
    free(schema);
    helper_forget_uuids();
    return db;
}

static struct uuid seen[256];
static size_t n_seen;

void helper_forget_uuids(void)
{
    n_seen = 0;
}

static size_t number_of(const struct uuid *uuid)
{
    for (size_t i = 0; i < n_seen; i++) {
        if (uuid_equals(&seen[i], uuid)) {
            return i;
        }
    }
    assert_true(n_seen < sizeof seen / sizeof *seen);
    seen[n_seen] = *uuid;
    return n_seen++;
}

/* Replaces UUIDs by U0, U1, ... */
static char *name_uuids(const char *text)
{
    struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "");
    while (*text) {
        char s[UUID_LEN + 1];
        struct uuid uuid;
        snprintf(s, sizeof s, "%s", text);
        if (strlen(s) == UUID_LEN && uuid_from_string(&uuid, s)) {
            strbuf_putf(&out, "U%zu", number_of(&uuid));
            text += UUID_LEN;
        } else {
            strbuf_putc(&out, *text++);
        }
    }
    return strbuf_steal(&out);
}

/* Replaces U0, U1, ... by UUIDs. */
static char *put_uuids(const char *text)
{
    struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "");
    while (*text) {
        if (text[0] == 'U' && isdigit((unsigned char) text[1])) {
            char s[UUID_LEN + 1];
            char *end;
            size_t i = strtoul(text + 1, &end, 10);
            assert_true(i < n_seen);
            uuid_to_string(&seen[i], s);
            strbuf_puts(&out, s);
            text = end;
        } else {
            strbuf_putc(&out, *text++);
        }
    }
    return strbuf_steal(&out);
}

char *helper_transact(struct ovsdb *db, const char *operations)
{
    char *with_uuids = put_uuids(operations);
    json_t *params = helper_json(with_uuids);
    json_array_insert_new(params, 0, json_string("Test"));
    struct ovsdb_execution execution = { .db = db, .params = params };
    int64_t timeout_ms;
    json_t *result = ovsdb_execution_run(&execution, &timeout_ms);
    char *text = result ? helper_text(result) : xasprintf("waits %lld", (long long) timeout_ms);
    char *named = name_uuids(text);
    json_decref(result);
    json_decref(params);
    free(with_uuids);
    free(text);
    return named;
}

/* Makes quotes within strings look like the others. */
static char *flatten_quotes(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != '\\') {
            *to++ = *from == '"' ? '\'' : *from;
        }
    }
    *to = '\0';
    return text;
}

void helper_expect(struct ovsdb *db, const char *operations, const char *result)
{
    char *actual = flatten_quotes(helper_transact(db, operations));
    char *expected = flatten_quotes(xstrdup(result));
    if (strcmp(actual, expected)) {
        fail_msg("%s\n  gives    %s\n  expected %s", operations, actual, expected);
    }
    free(actual);
    free(expected);
}

static uint64_t state;

void helper_seed(uint64_t seed)
{
    state = seed;
}

uint32_t helper_random(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) (state >> 33) % n;
}
