/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge that has tables, and connections if asked, but no ports and no datapath. */
#include "tests/unit/ofproto/bridge.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "ofproto/connmgr.h"
#include "ofproto/group_table.h"
#include "ofproto/meter_table.h"
#include "ofproto/port_set.h"
#include "ofproto/references.h"

static char rundir[] = "/tmp/weft-ofproto-XXXXXX";
static struct loop *loop;
static char *datapath_path;
static struct ofproto *abandoned[256];
static size_t n_abandoned;

struct loop *bridge_loop(void)
{
    return loop;
}

const char *bridge_rundir(void)
{
    return rundir;
}

void bridge_tests_begin(void)
{
    assert_non_null(mkdtemp(rundir));
    setenv("WEFT_RUNDIR", rundir, 1);
    hash_fixed_basis(3);
    rcu_thread_start();
    clock_stop();
    loop = loop_create();
    datapath_path = xasprintf("%s/no-datapath.sock", rundir);
    struct ofprotos_config config = { .loop = loop, .datapath_path = datapath_path, .n_handlers = 1 };
    char *error = ofprotos_start(&config);
    assert_null(error);
}

void bridge_tests_end(void)
{
    ofprotos_stop(false);
    loop_destroy(loop);
    free(datapath_path);
    rcu_quiesce();
    rcu_barrier_wait();
    rcu_thread_end();

    DIR *dir = opendir(rundir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    rmdir(rundir);
}

struct ofproto *bridge_create(const char *name, bool logged, bool connected)
{
    struct ofproto *ofproto = xzalloc(sizeof *ofproto);
    ofproto->name = xstrdup(name);
    ofproto->datapath_id = 0x1234;
    ofproto->config.fail_secure = true;
    ofproto->ports = port_set_create(ofproto);
    ofproto->groups = group_table_create(ofproto);
    ofproto->meters = meter_table_create(ofproto);
    ofproto->references = references_create();
    ofproto->tables = tables_create(ofproto);
    if (logged) {
        ofproto_log_restore(ofproto);
    }
    if (connected) {
        ofproto->connmgr = connmgr_create(ofproto);
    }
    return ofproto;
}

void bridge_destroy(struct ofproto *ofproto)
{
    connmgr_destroy(ofproto->connmgr);
    ofproto->connmgr = NULL;
    tables_destroy(ofproto->tables);
    references_destroy(ofproto->references);
    meter_table_destroy(ofproto->meters, false);
    group_table_destroy(ofproto->groups);
    port_set_destroy(ofproto->ports, false);
    rcu_quiesce();
    rcu_barrier_wait();
    free(ofproto->name);
    free(ofproto);
}

void bridge_abandon(struct ofproto *ofproto)
{
    assert_true(n_abandoned < ARRAY_SIZE(abandoned));
    rcu_quiesce();
    rcu_barrier_wait(); /* the dead do not free anything later on */
    abandoned[n_abandoned++] = ofproto;
}

void bridge_forget_abandoned(void)
{
    while (n_abandoned) {
        bridge_destroy(abandoned[--n_abandoned]);
    }
}

static enum ofp_flow_command parse_command(const char *s)
{
    static const char *const names[] = {
        [OFPFC_ADD] = "add",
        [OFPFC_MODIFY] = "modify",
        [OFPFC_MODIFY_STRICT] = "modify-strict",
        [OFPFC_DELETE] = "delete",
        [OFPFC_DELETE_STRICT] = "delete-strict",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(s, names[i])) {
            return (enum ofp_flow_command) i;
        }
    }
    fail_msg("%s is not a command", s);
    return OFPFC_ADD;
}

enum ofp_error bridge_flow_mod(struct ofproto *ofproto, enum ofp_version version, const char *command, const char *text)
{
    struct ofp_flow_mod fm;
    char *problem = ofp_flow_mod_parse(&fm, text, parse_command(command), NULL);
    if (problem) {
        fail_msg("%s: %s", text, problem);
    }
    struct ofpbuf buf = { NULL, 0, 0 };
    assert_true(ofp_encode_flow_mod(&buf, version, &fm, version == OFP10, true, htonl(7)));
    ofp_flow_mod_destroy(&fm);

    struct ofp_message msg;
    enum ofp_error error = ofp_decode(buf.data, buf.size, true, &msg);
    assert_int_equal(error, OFPERR_OK);
    const struct flow_mod_source source = {
        .message = buf.data, .size = buf.size, .version = version, .flow_mod_table_id = true,
    };
    error = table_flow_mod(ofproto, &msg.u.flow_mod, &source);
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&buf);
    rcu_quiesce();
    return error;
}

static struct ofp_flow_stats_request all_flows(void)
{
    struct ofp_flow_stats_request request = { .table = OFP_TABLE_ALL, .out_port = OFPP_NONE, .out_group = OFPG_ANY };
    match_init(&request.match);
    return request;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

char *bridge_flows(struct ofproto *ofproto, bool with_counters)
{
    struct ofp_flow_stats_request request = all_flows();
    struct rule_list list = { NULL, 0, 0 };
    table_collect(ofproto, &request, &list);
    char **lines = xcalloc(list.n + 1, sizeof *lines);
    for (size_t i = 0; i < list.n; i++) {
        struct strbuf line = STRBUF_INIT;
        struct ofp_flow_stats stats;
        struct match match;
        table_rule_stats(list.rules[i], &stats, &match);
        if (with_counters) {
            strbuf_putf(&line, "n_packets=%llu, ", (unsigned long long) stats.packets);
        }
        ofp_flow_stats_format(&line, &stats, NULL, false);
        lines[i] = strbuf_steal(&line);
    }
    qsort(lines, list.n, sizeof *lines, compare_lines);
    struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, "");
    for (size_t i = 0; i < list.n; i++) {
        const char *line = lines[i] + strspn(lines[i], " ");
        strbuf_putf(&out, "%s\n", line);
        free(lines[i]);
    }
    free(lines);
    rule_list_destroy(&list);
    return strbuf_steal(&out);
}

size_t bridge_n_flows(struct ofproto *ofproto)
{
    struct ofp_flow_stats_request request = all_flows();
    struct rule_list list = { NULL, 0, 0 };
    table_collect(ofproto, &request, &list);
    size_t n = list.n;
    rule_list_destroy(&list);
    return n;
}

struct rule *bridge_find(struct ofproto *ofproto, const char *text)
{
    struct ofp_flow_mod fm;
    char *problem = ofp_flow_mod_parse(&fm, text, OFPFC_DELETE_STRICT, NULL);
    if (problem) {
        fail_msg("%s: %s", text, problem);
    }
    struct ofp_flow_stats_request request = all_flows();
    struct rule_list list = { NULL, 0, 0 };
    struct rule *found = NULL;
    table_collect(ofproto, &request, &list);
    for (size_t i = 0; i < list.n; i++) {
        struct match match;
        rule_get_match(list.rules[i], &match);
        if (list.rules[i]->priority == fm.priority && match_equal(&match, &fm.match)
            && (fm.table == OFP_TABLE_ALL || fm.table == list.rules[i]->table)) {
            found = list.rules[i];
        }
    }
    rule_list_destroy(&list);
    ofp_flow_mod_destroy(&fm);
    return found;
}
