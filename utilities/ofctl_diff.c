/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: diff-flows and replace-flows. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/strbuf.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_bundle.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_dump.h"
#include "utilities/ofctl_flow_file.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_flow_table.h"
#include "utilities/ofctl_names.h"

struct source {
    struct flow_table *table;
    int index;
    uint32_t formats; /* OFCTL_P_*: in which all flows can be sent */
};

static void put_from_switch(void *aux, const struct ofp_flow_stats *fs)
{
    struct source *source = aux;
    struct flow_version version = {
        .cookie = fs->cookie,
        .idle_timeout = fs->idle_timeout,
        .hard_timeout = fs->hard_timeout,
        .importance = fs->importance,
    };

    ofpbuf_put(&version.actions, fs->actions, fs->actions_size);
    flow_table_put(source->table, source->index, fs->table, fs->priority, fs->match, &version);
}

static void read_switch(struct source *source, struct connection *c)
{
    struct ofp_flow_stats_request all;

    ofctl_flow_stats_request_all(&all);
    ofctl_flows_fetch(c, &all, put_from_switch, source);
}

static void read_file(struct source *source, const char *file, const struct ofp_names *names)
{
    struct flow_list list;

    flow_list_init(&list, names);
    flow_list_read(&list, file, OFPFC_ADD, false);
    for (size_t i = 0; i < list.n; i++) {
        struct ofp_flow_mod fm;
        struct ofpbuf actions = { NULL, 0, 0 };
        flow_list_get(&list, i, &fm);
        ofpbuf_put(&actions, fm.actions.data, fm.actions.size);
        struct flow_version version = {
            .cookie = fm.new_cookie,
            .idle_timeout = fm.idle_timeout,
            .hard_timeout = fm.hard_timeout,
            .importance = fm.importance,
            .flags = fm.flags,
            .actions = actions,
        };
        flow_table_put(source->table, source->index, fm.table == OFP_TABLE_ALL ? 0 : fm.table,
                       fm.priority, &fm.match, &version);
    }
    source->formats = list.formats;
    flow_list_destroy(&list);
}

/* A file, unless the name is that of a stream or no such file exists. */
static bool is_file(const char *name)
{
    struct stat st;

    return name[0] == '/' || name[0] == '.' || (!strchr(name, ':') && !stat(name, &st));
}

int ofctl_diff_flows(int argc, char *argv[])
{
    struct flow_table table = FLOW_TABLE_INIT;
    struct strbuf s = STRBUF_INIT;
    bool differ = false;

    for (int i = 0; i < FLOW_TABLE_SOURCES; i++) {
        struct source source = { &table, i, OFCTL_P_ANY };
        if (is_file(argv[i + 1])) {
            read_file(&source, argv[i + 1], NULL);
        } else {
            struct connection *c = connection_open(argv[i + 1], ofctl_options.versions);
            read_switch(&source, c);
            connection_close(c);
        }
    }
    struct flow_entry **sorted = flow_table_sorted(&table);
    for (size_t i = 0; sorted[i]; i++) {
        for (int j = 0; j < FLOW_TABLE_SOURCES && !flow_entry_is_equal(sorted[i]); j++) {
            differ = true;
            strbuf_clear(&s);
            flow_entry_format(&s, sorted[i], j);
            if (s.length) {
                printf("%c%s", j ? '+' : '-', strbuf_str(&s));
            }
        }
    }
    free(sorted);
    strbuf_destroy(&s);
    flow_table_destroy(&table);
    return differ ? 2 : 0;
}

/* The file is the first source, the switch the second. */
enum { FILE_SOURCE, SWITCH_SOURCE };

/* Adds (or replaces) the flow as the file has it, or deletes what the file does not have. */
static void put_request(struct ofpbuf *requests, const struct flow_entry *entry, uint32_t format)
{
    const struct flow_version *version = entry->versions[FILE_SOURCE];
    struct ofp_flow_mod fm = {
        .command = version ? OFPFC_ADD : OFPFC_DELETE_STRICT,
        .table = format & OFCTL_P_ANY_TID || entry->table ? entry->table : OFP_TABLE_ALL,
        .priority = entry->priority,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
        .new_cookie = version ? version->cookie : BE64_MAX,
    };

    flow_entry_match(entry, &fm.match);
    if (version) {
        fm.idle_timeout = version->idle_timeout;
        fm.hard_timeout = version->hard_timeout;
        fm.importance = version->importance;
        fm.flags = version->flags;
        fm.actions = version->actions; /* stay the table's */
    }
    ofctl_flow_mod_encode(requests, &fm, format, connection_xid());
}

/* The formats in which every flow of the table can be deleted by its match. */
static uint32_t formats_of_switch(struct flow_entry **sorted)
{
    uint32_t formats = OFCTL_P_ANY;

    for (size_t i = 0; sorted[i]; i++) {
        struct ofp_flow_mod fm = { .table = sorted[i]->table ? sorted[i]->table : OFP_TABLE_ALL };
        flow_entry_match(sorted[i], &fm.match);
        formats &= ofctl_flow_mod_formats(&fm);
    }
    return formats;
}

int ofctl_replace_flows(int argc, char *argv[])
{
    struct flow_table table = FLOW_TABLE_INIT;
    struct source file = { &table, FILE_SOURCE, OFCTL_P_ANY },
                  the_switch = { &table, SWITCH_SOURCE, OFCTL_P_ANY };
    struct ofpbuf requests = { NULL, 0, 0 };

    read_file(&file, argv[2], ofctl_names_accepted(argv[1]));
    if (ofctl_options.bundle) {
        file.formats = ofctl_bundle_formats(file.formats);
    }
    ofctl_formats_check(file.formats);
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    read_switch(&the_switch, c);

    struct flow_entry **sorted = flow_table_sorted(&table);
    uint32_t begins_with = connection_version(c) == OFP10
                               ? OFCTL_P_NXM
                               : ofctl_protocol_initial(connection_version(c));
    uint32_t format =
        ofctl_format_for_flow_mods(c, file.formats & formats_of_switch(sorted), begins_with);
    for (size_t i = 0; sorted[i]; i++) {
        if (sorted[i]->versions[FILE_SOURCE] &&
            (ofctl_options.readd || !flow_entry_is_equal(sorted[i]))) {
            put_request(&requests, sorted[i], format);
        }
    }
    for (size_t i = 0; sorted[i]; i++) {
        if (!sorted[i]->versions[FILE_SOURCE]) {
            put_request(&requests, sorted[i], format);
        }
    }
    ofctl_send_requests(c, &requests, ofctl_options.bundle, NULL);
    ofpbuf_destroy(&requests);
    free(sorted);
    connection_close(c);
    flow_table_destroy(&table);
    return 0;
}
