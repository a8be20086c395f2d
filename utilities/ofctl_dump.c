/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: dump-flows and dump-aggregate. */
#include "utilities/ofctl_dump.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/field.h"
#include "lib/ofp/stats.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"

/* What the flows are sorted by; a null field is the priority. */
enum { MAX_CRITERIA = 32, MAX_KEPT = 1 << 24 };
static struct {
    const struct field *field;
    bool descending;
} criteria[MAX_CRITERIA];
static size_t n_criteria;

void ofctl_sort_add(const char *name, bool descending)
{
    if (n_criteria == MAX_CRITERIA) {
        ofctl_fatal("--sort and --rsort may be given %d times", MAX_CRITERIA);
    }
    criteria[n_criteria].descending = descending;
    if (name && strcmp(name, "priority")) {
        criteria[n_criteria].field = field_by_name(name);
        if (!criteria[n_criteria].field) {
            ofctl_fatal("%s: unknown field name", name);
        }
    }
    n_criteria++;
}

void ofctl_flow_stats_request_all(struct ofp_flow_stats_request *r)
{
    memset(r, 0, sizeof *r);
    match_init(&r->match);
    r->table = OFP_TABLE_ALL;
    r->out_port = OFPP_NONE;
    r->out_group = OFPG_ANY;
}

/* The filter on the command line, or everything. */
static void parse_request(int argc, char *argv[], struct ofp_flow_stats_request *r)
{
    if (argc > 2) {
        ofctl_check(ofp_flow_stats_request_parse(r, argv[2], ofctl_names_accepted(argv[1])));
    } else {
        ofctl_flow_stats_request_all(r);
    }
}

/* Encodes the request in the best format that the switch takes. */
static void encode(struct connection *c, enum ofp_msg_type type,
                   const struct ofp_flow_stats_request *r, struct ofpbuf *request)
{
    uint32_t format = ofctl_format_for_dump(c, ofctl_flow_stats_request_formats(r));

    ofp_encode_stats_request(request, connection_version(c), type, r, format & OFCTL_P_ANY_NXM,
                             connection_xid());
}

struct fetch {
    const struct connection *connection;
    ofctl_flow_cb *cb;
    void *aux;
    struct match match;
    struct ofpbuf actions;
};

static void walk_flows(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct fetch *fetch = aux;
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_flow_stats fs;
        enum ofp_error error = ofp_flow_stats_next(&iter, &fs, &fetch->match, &fetch->actions);
        if (error) {
            ofctl_fatal("%s: received a flow that cannot be decoded (%s)",
                        connection_name(fetch->connection), ofp_error_name(error));
        }
        fetch->cb(fetch->aux, &fs);
    }
}

void ofctl_flows_fetch(struct connection *c, const struct ofp_flow_stats_request *r,
                       ofctl_flow_cb *cb, void *aux)
{
    struct fetch *fetch = xzalloc(sizeof *fetch);
    struct ofpbuf request = { NULL, 0, 0 };

    *fetch = (struct fetch){ .connection = c, .cb = cb, .aux = aux };
    encode(c, OFPMSG_FLOW_STATS_REQUEST, r, &request);
    ofctl_multipart(c, &request, OFPMSG_FLOW_STATS_REPLY, walk_flows, fetch);
    ofpbuf_destroy(&fetch->actions);
    ofpbuf_destroy(&request);
    free(fetch);
}

/* A flow in text, with what it is sorted by. */
struct kept {
    char *text;
    size_t index;
    uint16_t priority;
    bool present[MAX_CRITERIA];
    union field_value *values; /* of the fields among the criteria */
};

struct kept_list {
    struct kept *flows;
    size_t n, allocated;
    const struct ofp_names *names;
};

static void format_flow(const struct ofp_flow_stats *fs, const struct ofp_names *names,
                        struct strbuf *s)
{
    struct ofp_flow_stats copy = *fs;

    copy.idle_age = copy.hard_age = -1;
    ofp_flow_stats_format(s, &copy, names, !ofctl_options.hide_stats);
}

static void print_flow(void *aux, const struct ofp_flow_stats *fs)
{
    struct strbuf s = STRBUF_INIT;

    format_flow(fs, aux, &s);
    printf(" %s\n", strbuf_str(&s));
    strbuf_destroy(&s);
}

static void keep_flow(void *aux, const struct ofp_flow_stats *fs)
{
    struct kept_list *list = aux;
    struct strbuf s = STRBUF_INIT;

    if (list->n == MAX_KEPT) {
        ofctl_fatal("there are too many flows to sort");
    }
    if (list->n == list->allocated) {
        list->flows = grow_array(list->flows, &list->allocated, sizeof *list->flows);
    }
    struct kept *kept = &list->flows[list->n];
    *kept = (struct kept){ .index = list->n++, .priority = fs->priority };
    format_flow(fs, list->names, &s);
    kept->text = strbuf_steal(&s);
    kept->values = xcalloc(n_criteria, sizeof *kept->values);
    for (size_t i = 0; i < n_criteria; i++) {
        union field_value mask;
        kept->present[i] = criteria[i].field &&
                           field_match_prereqs_met(criteria[i].field, fs->match) &&
                           field_get_match(criteria[i].field, fs->match, &kept->values[i], &mask);
    }
}

/* Flows without the field come last, in either direction; what is equal stays in the order of the
 * switch. */
static int compare(const void *a_, const void *b_)
{
    const struct kept *a = a_, *b = b_;

    for (size_t i = 0; i < n_criteria; i++) {
        const struct field *field = criteria[i].field;
        int order;
        if (field && a->present[i] != b->present[i]) {
            return a->present[i] ? -1 : 1;
        }
        order = field ? memcmp(&a->values[i], &b->values[i], field->n_bytes)
                      : (int) a->priority - b->priority;
        if (order) {
            return criteria[i].descending ? -order : order;
        }
    }
    return a->index < b->index ? -1 : 1;
}

static void dump_sorted(struct connection *c, const struct ofp_flow_stats_request *r,
                        const struct ofp_names *names)
{
    struct kept_list list = { NULL, 0, 0, names };

    ofctl_flows_fetch(c, r, keep_flow, &list);
    if (list.n) {
        qsort(list.flows, list.n, sizeof *list.flows, compare);
    }
    for (size_t i = 0; i < list.n; i++) {
        printf(" %s\n", list.flows[i].text);
        free(list.flows[i].text);
        free(list.flows[i].values);
    }
    free(list.flows);
}

/* Prints the answers as they come. */
static void dump_raw(struct connection *c, const struct ofp_flow_stats_request *r, bool aggregate,
                     const struct ofp_names *names)
{
    struct ofpbuf request = { NULL, 0, 0 };

    encode(c, aggregate ? OFPMSG_AGGREGATE_REQUEST : OFPMSG_FLOW_STATS_REQUEST, r, &request);
    ofctl_multipart_dump(c, &request, aggregate ? OFPMSG_AGGREGATE_REPLY : OFPMSG_FLOW_STATS_REPLY,
                         names);
    ofpbuf_destroy(&request);
}

int ofctl_dump_flows(int argc, char *argv[])
{
    const struct ofp_names *names = ofctl_names_shown(argv[1]);
    struct ofp_flow_stats_request r;

    parse_request(argc, argv, &r);
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    if (n_criteria) {
        dump_sorted(c, &r, names);
    } else if (names || ofctl_options.hide_stats) {
        ofctl_flows_fetch(c, &r, print_flow, (void *) names);
    } else {
        dump_raw(c, &r, false, names);
    }
    connection_close(c);
    return 0;
}

int ofctl_dump_aggregate(int argc, char *argv[])
{
    struct ofp_flow_stats_request r;

    parse_request(argc, argv, &r);
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    dump_raw(c, &r, true, ofctl_names_shown(argv[1]));
    connection_close(c);
    return 0;
}
