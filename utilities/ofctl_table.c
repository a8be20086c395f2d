/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: mod-table and dump-table-desc. */
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"

enum { SINCE_14 = 1 << OFP14 | 1 << OFP15, SINCE_13 = 1 << OFP13 | SINCE_14 };

int ofctl_dump_table_desc(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 };

    if (connection_version(c) < OFP14) {
        ofctl_fatal("dump-table-desc needs OpenFlow 1.4 or later ('-O OpenFlow14')");
    }
    ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_DESC_REQUEST, NULL,
                             false, connection_xid());
    ofctl_multipart_dump(c, &request, OFPMSG_TABLE_DESC_REPLY, ofctl_names_shown(argv[1]));
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}

struct search {
    uint8_t table;
    bool found;
    struct ofp_table_desc desc;
};

static void find_desc(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct search *search = aux;
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_table_desc desc;

        if (ofp_table_desc_next(&iter, &desc)) {
            ofctl_fatal("cannot decode the descriptions of tables");
        }
        if (desc.table == search->table) {
            search->desc = desc;
            search->found = true;
        }
    }
}

/* A table-mod of 1.4 says everything anew: what is not to change is what the switch says now. */
static void keep_rest(struct connection *c, struct ofp_table_mod *tm)
{
    struct search search = { .table = tm->table };
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_DESC_REQUEST, NULL,
                             false, connection_xid());
    ofctl_multipart(c, &request, OFPMSG_TABLE_DESC_REPLY, find_desc, &search);
    ofpbuf_destroy(&request);
    if (!search.found) {
        return;
    }
    if (tm->eviction < 0) {
        tm->eviction = search.desc.eviction;
        tm->eviction_flags = search.desc.eviction_flags;
    }
    if (tm->vacancy < 0) {
        tm->vacancy = search.desc.vacancy;
        tm->vacancy_down = search.desc.vacancy_down;
        tm->vacancy_up = search.desc.vacancy_up;
    }
}

/* "OpenFlow14, OpenFlow15" */
static void require_versions(const char *setting, uint32_t usable)
{
    struct strbuf names = STRBUF_INIT;

    if (usable & ofctl_options.versions) {
        return;
    }
    for (int v = OFP10; v <= OFP15; v++) {
        if (usable & OFP_VERSION_BIT(v)) {
            strbuf_putf(&names, "%s%s", names.length ? ", " : "",
                        ofp_version_name((enum ofp_version) v));
        }
    }
    ofctl_fatal("table_mod '%s' requires one of the OpenFlow versions %s", setting,
                strbuf_str(&names));
}

struct rename {
    uint8_t table;
    const char *name;
    struct ofpbuf *out;
    enum ofp_version version;
    size_t start;
    bool found;
};

/* Takes over the table's features as they came, with another name; before 1.5 those of all other tables too. */
static void rename_table(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    enum { NAME_AT = 8, NAME_LEN = 32, ENTRY_LEN = 64, ID_AT = 2, COMMAND_AT = 3, MODIFY = 1 };
    struct rename *r = aux;
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n >= ENTRY_LEN) {
        const uint8_t *entry = iter.p;
        struct ofp_table_features tf;

        if (ofp_table_features_next(&iter, &tf)) {
            ofctl_fatal("cannot decode table features");
        }
        if (tf.id != r->table && r->version >= OFP15) {
            continue;
        }
        size_t at = r->out->size;
        ofpbuf_put(r->out, entry, (size_t) (iter.p - entry));
        if (tf.id == r->table) {
            memset(r->out->data + at + NAME_AT, 0, NAME_LEN);
            memcpy(r->out->data + at + NAME_AT, r->name, strlen(r->name));
            r->found = true;
        }
        if (r->version >= OFP15) {
            r->out->data[at + COMMAND_AT] = MODIFY;
        }
    }
}

/* The features in messages of a multipart request, of which all but the last say that more follow. */
static void send_features(struct connection *c, const struct ofpbuf *entries)
{
    enum { FLAGS_AT = 10, HEADER_LEN = 16, MORE = 1 };
    struct ofpbuf out = { NULL, 0, 0 };
    be32 xid = connection_xid();

    for (size_t at = 0; at < entries->size;) {
        size_t start = out.size, end = at;

        ofp_encode_stats_request(&out, connection_version(c), OFPMSG_TABLE_FEATURES_REQUEST, NULL,
                                 false, xid);
        while (end < entries->size) {
            size_t len = ntohs(get_be16(entries->data + end));
            if (HEADER_LEN + end - at + len > OFP_MAX_MESSAGE) {
                break;
            }
            end += len;
        }
        ofpbuf_put(&out, entries->data + at, end - at);
        put_be16(out.data + start + 2, htons((uint16_t) (out.size - start)));
        put_be16(out.data + start + FLAGS_AT, htons(end < entries->size ? MORE : 0));
        at = end;
    }
    ofctl_transact_noreply(c, &out, NULL);
    ofpbuf_destroy(&out);
}

static int set_name(const char *target, uint8_t table, const char *setting)
{
    struct ofpbuf request = { NULL, 0, 0 }, entries = { NULL, 0, 0 };
    const char *name = setting + strlen("name:");

    require_versions(setting, SINCE_13);
    if (strlen(name) >= 32) {
        ofctl_fatal("table name %s is longer than 31 bytes", name);
    }
    struct connection *c = connection_open(target, ofctl_options.versions & SINCE_13);
    struct rename r = { table, name, &entries, connection_version(c), 0, false };
    ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_FEATURES_REQUEST, NULL,
                             false, connection_xid());
    ofctl_multipart(c, &request, OFPMSG_TABLE_FEATURES_REPLY, rename_table, &r);
    if (!r.found) {
        ofctl_fatal("%s: the switch has no table %u", target, table);
    }
    send_features(c, &entries);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&entries);
    connection_close(c);
    return 0;
}

int ofctl_mod_table(int argc, char *argv[])
{
    const struct ofp_names *names = ofctl_names_accepted(argv[1]);
    bool rename = !strncmp(argv[3], "name:", 5);
    struct ofpbuf request = { NULL, 0, 0 };
    uint32_t usable = OFP_VERSIONS_IMPLEMENTED;
    struct ofp_table_mod tm;

    ofctl_check(ofp_table_mod_parse(&tm, argv[2], rename ? "drop" : argv[3], &usable, names));
    if (rename) {
        return set_name(argv[1], tm.table, argv[3]);
    }
    require_versions(argv[3], usable);
    struct connection *c = connection_open(argv[1], ofctl_options.versions & usable);
    if (connection_version(c) >= OFP14) {
        keep_rest(c, &tm);
    }
    ofp_encode_table_mod(&request, connection_version(c), &tm, connection_xid());
    ofctl_transact_noreply(c, &request, ofctl_names_shown(argv[1]));
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}
