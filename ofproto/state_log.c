/* SPDX-License-Identifier: Apache-2.0 */
/* The run-time log of a bridge's OpenFlow state: what goes into it, and how it is put back. The file itself is ofproto/log_file.h's. */
#include "ofproto/state_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/hmap.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "ofproto/counters.h"
#include "ofproto/group_table.h"
#include "ofproto/log_file.h"
#include "ofproto/private.h"
#include "ofproto/state_log_object.h"
#include "ofproto/table_private.h"

LOG_MODULE(state_log);

#define LOG_SUFFIX ".oflog"
#define COUNTERS_SUFFIX ".ofcounters"

/* The log is copied when it has this much beyond twice of what is in use. */
enum { SLACK = 256 * 1024 };

/* Records. The slot of its counters names a flow: a later record of the same slot replaces an earlier one. */
enum { RECORD_FLOW = 1, RECORD_REMOVED = 2, RECORD_OBJECT = 3, RECORD_OBJECT_REMOVED = 4 };

struct flow_record {
    uint32_t slot;
    uint16_t priority;
    uint8_t table;
    uint8_t flow_mod_table_id; /* for ofp_decode() */
    uint16_t idle_timeout, hard_timeout, importance, flags;
    be64 cookie;
    int64_t created_ms, modified_ms;
    uint8_t message[]; /* a flow-mod */
};

/* A group, a meter, the table of options. A later record of the same one replaces an earlier one. */
struct object_record {
    uint32_t id, kind;
    uint8_t data[];
};

/* Where the record is that counts. */
struct object {
    struct hmap_node node; /* in the log, by kind and id */
    uint32_t id, kind;
    uint64_t where;
    struct group_tally *tally; /* while it is put back: a group's counters, a reference */
};

struct state_log {
    char *log_path, *counters_path;
    struct counters *counters;
    struct log_file *file;  /* null once it broke */
    struct hmap objects;    /* struct object.node */
    uint64_t live;          /* bytes of records that count */
    bool changing;          /* between begin and commit: the log is not copied */
};

/* A slot tells where its record is and how long: both are multiples of 8. */
enum { SIZE_BITS = 16 };

static uint64_t location(uint64_t offset, size_t size)
{
    return offset / 8 << SIZE_BITS | size / 8;
}

static size_t location_size(uint64_t where)
{
    return (where & ((1u << SIZE_BITS) - 1)) * 8;
}

static void give_up(struct state_log *log, int error)
{
    log_err("%s: %s; flows of this bridge will not survive a restart", log->log_path, strerror(error));
    log_file_close(log->file);
    log->file = NULL;
    unlink(log->log_path); /* an old state would be worse than none */
}

/* Groups, meters and the table of tunnel options. */

static struct object *find_object(const struct state_log *log, uint32_t kind, uint32_t id)
{
    struct object *object;
    hmap_for_each_with_hash (object, node, hash_u64((uint64_t) kind << 32 | id, 0), &log->objects) {
        if (object->kind == kind && object->id == id) {
            return object;
        }
    }
    return NULL;
}

static void set_object(struct state_log *log, uint32_t kind, uint32_t id, uint64_t where)
{
    struct object *object = find_object(log, kind, id);
    if (!object) {
        object = xzalloc(sizeof *object);
        object->kind = kind;
        object->id = id;
        hmap_insert(&log->objects, &object->node, hash_u64((uint64_t) kind << 32 | id, 0));
    }
    object->where = where;
}

static void forget_object(struct state_log *log, struct object *object)
{
    hmap_remove(&log->objects, &object->node);
    free(object);
}

/* Of a record, if it is the one that counts. */
static struct object *object_of(const struct state_log *log, const struct log_record *record)
{
    const struct object_record *data = record->data;
    if (record->type != RECORD_OBJECT || record->size < sizeof *data) {
        return NULL;
    }
    struct object *object = find_object(log, data->kind, data->id);
    return object && object->where == location(record->offset, record->total) ? object : NULL;
}

/* Copying. */

struct copy {
    struct state_log *log;
    struct log_file *to;
    uint64_t live;
    int error;
};

static bool copy_object(struct copy *copy, const struct log_record *record)
{
    struct object *object = object_of(copy->log, record);
    if (object) {
        uint64_t offset;
        copy->error = log_file_append(copy->to, RECORD_OBJECT, record->data, record->size, NULL, 0, &offset);
        object->where = location(offset, record->total);
        copy->live += record->total;
    }
    return !copy->error;
}

/* Keeps a record if it is still the one of its slot. */
static bool copy_record(void *aux, const struct log_record *record)
{
    struct copy *copy = aux;
    const struct flow_record *flow = record->data;
    if (record->type == RECORD_OBJECT) {
        return copy_object(copy, record);
    }
    if (record->type != RECORD_FLOW) {
        return true;
    }
    struct rule_counters *slot = counters_get(copy->log->counters, flow->slot);
    if (!slot || slot->log_offset != location(record->offset, record->total)) {
        return true;
    }
    uint64_t offset;
    copy->error = log_file_append(copy->to, RECORD_FLOW, flow, record->size, NULL, 0, &offset);
    slot->log_offset = location(offset, record->total);
    copy->live += record->total;
    return !copy->error;
}

static void compact(struct state_log *log)
{
    char *path = xasprintf("%s.new", log->log_path);
    struct copy copy = { .log = log };
    copy.to = log_file_create(path, &copy.error);
    if (copy.to) {
        log_file_for_each(log->file, copy_record, &copy);
    }
    if (!copy.error && rename(path, log->log_path)) {
        copy.error = errno;
    }
    if (copy.error) {
        log_file_close(copy.to);
        unlink(path);
        give_up(log, copy.error);
    } else {
        log_file_close(log->file);
        log->file = copy.to;
        log->live = copy.live;
    }
    free(path);
}

/* Writing. */

static void append(struct state_log *log, unsigned int type, const void *head, size_t head_size, const void *body,
                   size_t body_size, uint64_t *offset)
{
    int error = log_file_append(log->file, type, head, head_size, body, body_size, offset);
    if (error) {
        give_up(log, error);
    }
}

static void forget_record(struct state_log *log, struct rule_counters *slot)
{
    log->live -= location_size(slot->log_offset);
    slot->log_offset = 0;
}

static void compact_if_sparse(struct state_log *log)
{
    if (log->file && !log->changing && log_file_size(log->file) > 2 * log->live + SLACK) {
        compact(log);
    }
}

void state_log_begin(struct state_log *log)
{
    if (log && log->file) {
        log->changing = true;
        log_file_begin(log->file);
    }
}

void state_log_commit(struct state_log *log)
{
    if (log && log->changing) {
        log->changing = false;
        int error = log->file ? log_file_commit(log->file) : 0;
        if (error) {
            give_up(log, error);
        }
        compact_if_sparse(log);
    }
}

/* The rule as a flow-mod "add", for one that does not come as that. */
static bool encode(const struct rule *rule, enum ofp_version version, struct ofpbuf *out)
{
    struct ofp_flow_mod fm = { .command = OFPFC_ADD, .buffer_id = UINT32_MAX, .out_port = OFPP_NONE,
                               .out_group = OFPG_ANY, .priority = (uint16_t) rule->priority };
    rule_get_match(rule, &fm.match);
    fm.actions.data = (uint8_t *) rule->actions->data;
    fm.actions.size = rule->actions->size;
    fm.version = (uint8_t) version;
    return ofp_encode_flow_mod(out, version, &fm, version == OFP10, false, 0);
}

void state_log_add(struct state_log *log, struct rule *rule, const struct flow_mod_source *source)
{
    if (!log || !log->file || rule_is_hidden(rule)) {
        return;
    }
    struct ofpbuf encoded = { NULL, 0, 0 };
    const uint8_t *message = source->message;
    size_t size = source->size;
    if (!message) {
        const struct field_map *before = field_map_use(&rule->ofproto->options);
        bool ok = encode(rule, source->version, &encoded);
        field_map_use(before);
        if (!ok) {
            log_warn_rl("a flow is too large to be logged and will not survive a restart");
            return;
        }
        message = encoded.data;
        size = encoded.size;
    }
    struct flow_record record = {
        .slot = counters_number(rule->counters),
        .priority = (uint16_t) rule->priority,
        .table = rule->table,
        .flow_mod_table_id = source->message && source->flow_mod_table_id,
        .idle_timeout = rule->idle_timeout,
        .hard_timeout = rule->hard_timeout,
        .importance = rule->importance,
        .flags = rule->flags,
        .cookie = rule->cookie,
        .created_ms = rule->created_ms,
        .modified_ms = rule_modified_ms(rule),
    };
    uint64_t offset = 0;
    append(log, RECORD_FLOW, &record, offsetof(struct flow_record, message), message, size, &offset);
    ofpbuf_destroy(&encoded);
    if (log->file) {
        size_t total = log_file_record_size(offsetof(struct flow_record, message) + size);
        forget_record(log, rule->counters);
        rule->counters->log_offset = location(offset, total);
        log->live += total;
        compact_if_sparse(log);
    }
}

void state_log_remove(struct state_log *log, const struct rule *rule)
{
    if (!rule->counters->log_offset) {
        return;
    }
    if (!log || !log->file) {
        rule->counters->log_offset = 0;
        return;
    }
    uint32_t slot = counters_number(rule->counters);
    uint64_t offset;
    append(log, RECORD_REMOVED, &slot, sizeof slot, NULL, 0, &offset);
    forget_record(log, rule->counters);
    compact_if_sparse(log);
}

bool state_log_put(struct state_log *log, enum state_log_kind kind, uint32_t id, const void *data, size_t size)
{
    const struct object_record head = { id, (uint32_t) kind };
    if (!log || !log->file) {
        return true;
    }
    if (sizeof head + size > LOG_RECORD_MAX) {
        return false;
    }
    uint64_t offset = 0;
    append(log, RECORD_OBJECT, &head, sizeof head, data, size, &offset);
    if (log->file) {
        struct object *old = find_object(log, kind, id);
        size_t total = log_file_record_size(sizeof head + size);
        log->live += total - (old ? location_size(old->where) : 0);
        set_object(log, kind, id, location(offset, total));
        compact_if_sparse(log);
    }
    return true;
}

void state_log_drop(struct state_log *log, enum state_log_kind kind, uint32_t id)
{
    struct object *object = log ? find_object(log, kind, id) : NULL;
    if (object && log->file) {
        const struct object_record head = { id, (uint32_t) kind };
        uint64_t offset;
        append(log, RECORD_OBJECT_REMOVED, &head, sizeof head, NULL, 0, &offset);
        log->live -= location_size(object->where);
        forget_object(log, object);
        compact_if_sparse(log);
    }
}

/* Putting back. */

enum { MAX_SLOTS = 1 << 26 };

struct restore {
    struct state_log *log;
    struct tables *tables;
    struct transaction *txn;
    struct counters *counters;
    uint64_t *offsets;            /* of the record that counts of each slot; 0: there is none */
    struct rule_counters **slots; /* null: the counters are lost */
    size_t n_slots;
    struct rule_list homeless;    /* rules whose counters have another slot now than their record says */
    size_t n_flows, n_objects, n_bad;
    bool options_only;            /* of all objects: flows and groups may use them */
    int64_t now;
};

static void grow(struct restore *restore, uint32_t slot)
{
    size_t n = MAX(restore->n_slots, (size_t) 1024);
    while (n <= slot) {
        n *= 2;
    }
    restore->offsets = xrealloc(restore->offsets, n * sizeof *restore->offsets);
    memset(restore->offsets + restore->n_slots, 0, (n - restore->n_slots) * sizeof *restore->offsets);
    restore->n_slots = n;
}

static void note_object(struct restore *restore, const struct log_record *record)
{
    const struct object_record *data = record->data;
    if (record->size < sizeof *data) {
        restore->n_bad++;
    } else if (record->type == RECORD_OBJECT) {
        set_object(restore->log, data->kind, data->id, location(record->offset, record->total));
    } else {
        struct object *object = find_object(restore->log, data->kind, data->id);
        if (object) {
            forget_object(restore->log, object);
        }
    }
}

static bool restore_object(void *aux, const struct log_record *record)
{
    struct restore *restore = aux;
    struct object *object = object_of(restore->log, record);
    const struct object_record *data = record->data;
    if (!object || (object->kind == STATE_LOG_OPTIONS) != restore->options_only) {
        return true;
    }
    if (state_log_restore_object(restore->txn, restore->tables->ofproto, (enum state_log_kind) data->kind, data->data,
                                 record->size - sizeof *data, object->tally)) {
        restore->n_objects++;
        object->tally = NULL;
    } else {
        restore->n_bad++;
        forget_object(restore->log, object);
    }
    return true;
}

static bool note_record(void *aux, const struct log_record *record)
{
    struct restore *restore = aux;
    uint32_t slot;
    if (record->type == RECORD_OBJECT || record->type == RECORD_OBJECT_REMOVED) {
        note_object(restore, record);
        return true;
    }
    memcpy(&slot, record->data, sizeof slot); /* first in every record of a flow */
    if (slot >= restore->n_slots && slot < MAX_SLOTS) {
        grow(restore, slot);
    }
    if (slot >= restore->n_slots) {
        restore->n_bad++;
    } else if (record->type == RECORD_FLOW && record->size >= sizeof(struct flow_record)) {
        restore->offsets[slot] = record->offset;
    } else if (record->type == RECORD_REMOVED) {
        restore->offsets[slot] = 0;
    }
    return true;
}

/* A rule, not in its table yet, or null; '*old' is another one with the same match, or null. */
static struct rule *decode(struct restore *restore, const struct flow_record *flow, size_t size, struct rule **old)
{
    struct ofp_message msg;
    struct rule *rule = NULL;
    enum ofp_error error = ofp_decode(flow->message, size - sizeof *flow, flow->flow_mod_table_id, &msg);
    if (!error && msg.type == OFPMSG_FLOW_MOD && flow->table < OFP_N_TABLES) {
        struct minimatch_key key;
        const struct ofp_flow_mod *fm = &msg.u.flow_mod;
        minimatch_key_init(&key, &fm->match);
        *old = classifier_find(&tables_table(restore->tables, flow->table)->cls, &key, flow->priority);
        rule = rule_create(restore->tables->ofproto, flow->table, flow->priority, &key, fm->actions.data,
                           fm->actions.size);
        rule->cookie = flow->cookie;
        rule->idle_timeout = flow->idle_timeout;
        rule->hard_timeout = flow->hard_timeout;
        rule->importance = flow->importance;
        rule->flags = (uint8_t) flow->flags;
        rule->created_ms = MIN(flow->created_ms, restore->now);
        rule->modified_ms = MIN(flow->modified_ms, restore->now);
    }
    ofp_message_destroy(&msg);
    return rule;
}

/* The flow of a record, if it is the one that counts of its slot. */
static const struct flow_record *flow_of(const struct restore *restore, const struct log_record *record)
{
    const struct flow_record *flow = record->data;
    bool counts = record->type == RECORD_FLOW && flow->slot < restore->n_slots
                  && restore->offsets[flow->slot] == record->offset;
    return counts ? flow : NULL;
}

static bool adopt_slot(void *aux, const struct log_record *record)
{
    struct restore *restore = aux;
    const struct flow_record *flow = flow_of(restore, record);
    struct object *object = object_of(restore->log, record);
    if (flow) {
        restore->slots[flow->slot] = counters_adopt(restore->counters, flow->slot);
    } else if (object && object->kind == STATE_LOG_GROUP) {
        const struct object_record *data = record->data;
        object->tally = state_log_adopt_tally(restore->counters, data->data, record->size - sizeof *data);
    }
    return true;
}

static bool restore_rule(void *aux, const struct log_record *record)
{
    struct restore *restore = aux;
    const struct flow_record *flow = flow_of(restore, record);
    if (!flow) {
        return true;
    }
    struct rule_counters *slot = restore->slots[flow->slot];
    struct rule *old, *rule = decode(restore, flow, record->size, &old);
    if (!rule) {
        restore->n_bad++;
        counters_free(slot);
        return true;
    }
    if (slot) {
        slot->used_ms = MIN(slot->used_ms, restore->now);
        slot->log_offset = location(record->offset, record->total);
    }
    rule->counters = slot;
    transaction_put(restore->txn, rule, old, NULL, OFP13);
    if (!slot) {
        rule_list_add(&restore->homeless, rule);
    }
    restore->n_flows++;
    return true;
}

/* Their counters may have other slots now than their records say. */
static void log_groups(struct state_log *log, const struct ofproto *ofproto)
{
    struct group **list;
    size_t n = group_table_list(ofproto, OFPG_ALL, &list);
    for (size_t i = 0; i < n; i++) {
        state_log_put_group(log, list[i]);
    }
    free(list);
}

static void restore_all(struct tables *tables, struct state_log *log)
{
    struct restore restore = { .log = log, .tables = tables, .counters = log->counters, .now = clock_ms() };
    log_file_for_each(log->file, note_record, &restore);
    restore.slots = xcalloc(restore.n_slots + 1, sizeof *restore.slots);
    log_file_for_each(log->file, adopt_slot, &restore);
    restore.txn = transaction_begin();
    restore.options_only = true;
    log_file_for_each(log->file, restore_object, &restore);
    const struct field_map *before = field_map_use(&tables->ofproto->options);
    restore.options_only = false;
    log_file_for_each(log->file, restore_object, &restore);
    log_file_for_each(log->file, restore_rule, &restore);
    field_map_use(before);
    transaction_commit(restore.txn); /* there is no log yet that it would go into */
    free(restore.offsets);
    free(restore.slots);

    /* A new log without the torn tail and what went. */
    compact(log);
    for (size_t i = 0; i < restore.homeless.n; i++) {
        state_log_add(log, restore.homeless.rules[i], &(struct flow_mod_source) { .version = OFP13 });
    }
    rule_list_destroy(&restore.homeless);
    log_groups(log, tables->ofproto);
    if (restore.n_bad) {
        log_warn("%s: %zu records were wrong", log->log_path, restore.n_bad);
    }
    log_info("%s: restored %zu flows, %zu groups and meters", log->log_path, restore.n_flows, restore.n_objects);
}

/* Opening and closing. */

static struct state_log *create(const char *name)
{
    struct state_log *log = xzalloc(sizeof *log);
    hmap_init(&log->objects);
    char *file = xasprintf("%s" LOG_SUFFIX, name);
    log->log_path = paths_in_rundir(file);
    free(file);
    file = xasprintf("%s" COUNTERS_SUFFIX, name);
    log->counters_path = paths_in_rundir(file);
    free(file);
    return log;
}

void state_log_open(struct tables *tables, const char *name)
{
    struct state_log *log = create(name);
    int error = 0;
    log->file = log_file_open(log->log_path, &error);
    if (!log->file) {
        /* There is none of this boot. */
        unlink(log->counters_path);
    }
    log->counters = counters_create(log->counters_path, &error);
    bool restored = log->file && log->counters;
    if (log->counters) {
        counters_unref(tables->counters);
        tables->counters = log->counters;
    }
    if (restored) {
        restore_all(tables, log);
    } else if (log->counters) {
        log->file = log_file_create(log->log_path, &error);
    }
    if (!log->file || !log->counters) {
        log_err("%s: %s; flows of this bridge will not survive a restart", log->log_path, strerror(error));
        state_log_close(log, false);
        return;
    }
    tables->log = log;
    tables->restored = restored;
}

void state_log_close(struct state_log *log, bool forget)
{
    if (!log) {
        return;
    }
    log_file_close(log->file);
    struct object *object, *next;
    hmap_for_each_safe (object, next, node, &log->objects) {
        forget_object(log, object);
    }
    hmap_destroy(&log->objects);
    if (forget) {
        unlink(log->log_path);
        unlink(log->counters_path);
    }
    free(log->log_path);
    free(log->counters_path);
    free(log);
}

void state_log_clean(bool (*exists)(const char *name))
{
    static const char *const suffixes[] = { LOG_SUFFIX, COUNTERS_SUFFIX };
    DIR *dir = opendir(paths_rundir());
    if (!dir) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
            size_t length = strlen(entry->d_name), suffix = strlen(suffixes[i]);
            if (length > suffix && !strcmp(entry->d_name + length - suffix, suffixes[i])) {
                char *name = xstrndup(entry->d_name, length - suffix);
                if (!exists(name)) {
                    unlinkat(dirfd(dir), entry->d_name, 0);
                }
                free(name);
            }
        }
    }
    closedir(dir);
}
