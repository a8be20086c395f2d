/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the server over sockets: methods, the order of messages, waiting transactions, locks, managers, clients that do not
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/jsonrpc.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/base/stream.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/server.h"
#include "lib/ovsdb/transaction.h"
#include "tests/unit/ovsdb/helper.h"
#include "vswitchd/vswitch_schema.h"

struct fixture {
    char dir[32];
    char *socket, *remote;
    struct loop *loop;
    struct ovsdb *db;
    struct ovsdb_server *server;
};

/* A client, whose received messages pile up as one text each. */
struct client {
    struct fixture *f;
    struct jsonrpc *rpc;
    char *messages[64];
    size_t n, taken;
    bool closed;
};

static void received(void *client_, const struct jsonrpc_msg *msg)
{
    struct client *client = client_;
    json_t *json = msg->type == JSONRPC_REPLY   ? json_pack("{sO}", "result", msg->result)
                   : msg->type == JSONRPC_ERROR ? json_pack("{sO}", "error", msg->error)
                                                : json_pack("{sssO}", "method", msg->method, "params", msg->params);
    assert_true(client->n < ARRAY_SIZE(client->messages));
    client->messages[client->n++] = helper_text(json);
    json_decref(json);
}

static void closed(void *client_, int error)
{
    struct client *client = client_;
    client->closed = true;
}

static struct client *connect_client(struct fixture *f)
{
    static const struct jsonrpc_ops ops = { NULL, received, closed };
    struct client *client = xzalloc(sizeof *client);
    char *error;
    struct stream *stream = stream_open(f->loop, f->remote, 0, NULL, NULL, &error);
    assert_non_null(stream);
    client->f = f;
    client->rpc = jsonrpc_create(f->loop, stream, &ops, client);
    return client;
}

static void disconnect(struct client *client)
{
    jsonrpc_destroy(client->rpc);
    for (size_t i = 0; i < client->n; i++) {
        free(client->messages[i]);
    }
    free(client);
}

/* The next message. */
static const char *next(struct client *client)
{
    int64_t deadline = clock_real_ms() + 10000;
    while (client->taken == client->n) {
        assert_true(clock_real_ms() < deadline);
        loop_run_once(client->f->loop, 100);
    }
    return client->messages[client->taken++];
}

static void expect(struct client *client, const char *part)
{
    const char *message = next(client);
    if (!strstr(message, part)) {
        fail_msg("%s instead of %s", message, part);
    }
}

static void request(struct client *client, const char *method, const char *params)
{
    static int id;
    jsonrpc_send_request(client->rpc, method, helper_json(params), json_integer(++id));
}

/* Sends a request and checks the answer, which must come next. */
static void ask(struct client *client, const char *method, const char *params, const char *part)
{
    request(client, method, params);
    expect(client, part);
}

static int setup(void **state)
{
    struct fixture *f = xzalloc(sizeof *f);
    char *error;
    strcpy(f->dir, "/tmp/ovsdb-server-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->socket = xasprintf("%s/sock", f->dir);
    f->remote = xasprintf("unix:%s", f->socket);
    f->loop = loop_create();
    f->db = ovsdb_open(vswitch_schema_text, NULL, &error);
    assert_non_null(f->db);
    f->server = ovsdb_server_create(f->loop, f->db);
    char *name = xasprintf("punix:%s", f->socket);
    assert_null(ovsdb_server_add_remote(f->server, name));
    free(name);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ovsdb_server_destroy(f->server);
    ovsdb_close(f->db);
    loop_destroy(f->loop);
    assert_int_equal(rmdir(f->dir), 0);
    free(f->socket);
    free(f->remote);
    free(f);
    return 0;
}

static const char insert_root[] = "['Open_vSwitch',{'op':'insert','table':'Open_vSwitch','row':{'next_cfg':1}}]";

static void test_methods(void **state)
{
    struct client *c = connect_client(*state);
    /* Clients that try a newer method first compare with these very words. */
    ask(c, "no_such_method", "[]", "{'error':'unknown method'}");
    ask(c, "list_dbs", "[]", "{'result':['Open_vSwitch','_Server']}");
    ask(c, "get_schema", "['Open_vSwitch']", "'version':'8.8.0'");
    ask(c, "get_schema", "['_Server']", "'Database'");
    ask(c, "get_schema", "['Nope']", "'error':'unknown database'");
    ask(c, "get_schema", "[]", "'error':'syntax error'");
    ask(c, "get_server_id", "[]", "-4");
    ask(c, "set_db_change_aware", "[true]", "{'result':{}}");
    ask(c, "set_db_change_aware", "[5]", "'error':'syntax error'");
    ask(c, "convert", "['Open_vSwitch',{}]", "'error':'not supported'");
    ask(c, "echo", "['x',5]", "{'result':['x',5]}");
    ask(c, "transact", "['Nope']", "'error':'unknown database'");
    ask(c, "transact", "[5]", "'error':'syntax error'");
    ask(c, "transact", "['_Server',{'op':'delete','table':'Database','where':[]}]", "'error':'not allowed'");
    ask(c, "transact", "['_Server',{'op':'select','table':'Database','where':[['name','==','Open_vSwitch']],"
                       "'columns':['model','connected','leader','cid','index']}]",
        "[{'rows':[{'cid':['set',[]],'connected':true,'index':['set',[]],'leader':true,'model':'standalone'}]}]");
    ask(c, "monitor", "['Nope','m',{}]", "'error':'unknown database'");
    ask(c, "monitor_cancel", "['m']", "'error':'unknown monitor'");
    disconnect(c);
}

static void test_update_before_reply(void **state)
{
    struct fixture *f = *state;
    struct client *a = connect_client(f), *b = connect_client(f);
    ask(a, "monitor", "['Open_vSwitch',['id',1],{'Open_vSwitch':{'columns':['next_cfg']}}]", "{'result':{}}");
    ask(a, "monitor", "['Open_vSwitch',['id',1],{}]", "duplicate monitor ID");
    ask(b, "monitor_cond_since", "['Open_vSwitch','m',{'Open_vSwitch':{'columns':['next_cfg']}},"
                                 "'00000000-0000-0000-0000-000000000000']",
        "{'result':[false,'00000000-0000-0000-0000-000000000000',{}]}");
    request(a, "transact", insert_root);
    expect(a, "{'method':'update','params':[['id',1],{'Open_vSwitch':{");
    expect(a, "{'result':[{'uuid':");
    expect(b, "{'method':'update3','params':['m','00000000-0000-0000-0000-000000000000',{'Open_vSwitch':{");

    /* What the daemon writes is told too; what changes nothing is not. */
    struct ovsdb_txn *txn = ovsdb_txn_begin(f->db);
    ovsdb_txn_set_int(txn, ovsdb_only(f->db, "Open_vSwitch"), "next_cfg", 1);
    assert_null(ovsdb_txn_commit(txn));
    txn = ovsdb_txn_begin(f->db);
    ovsdb_txn_set_int(txn, ovsdb_only(f->db, "Open_vSwitch"), "next_cfg", 8);
    assert_null(ovsdb_txn_commit(txn));
    expect(a, "'new':{'next_cfg':8}");
    expect(b, "'modify':{'next_cfg':8}");

    ask(a, "monitor_cancel", "[['id',1]]", "{'result':{}}");
    request(b, "transact", "['Open_vSwitch',{'op':'update','table':'Open_vSwitch','where':[],'row':{'next_cfg':9}}]");
    expect(b, "update3");
    expect(b, "{'result':[{'count':1}]}");
    ask(a, "echo", "[]", "{'result':[]}");
    disconnect(a);
    disconnect(b);
}

static void test_change_conditions(void **state)
{
    struct client *c = connect_client(*state);
    ask(c, "transact", "['Open_vSwitch',{'op':'insert','table':'QoS','row':{'type':'x'}},{'op':'insert','table':'QoS','row':{'type':'y'}}]",
        "result");
    ask(c, "monitor_cond", "['Open_vSwitch','m',{'QoS':[{'columns':['type'],'where':[['type','==','x']]}]}]", "'initial':{'type':'x'}");
    request(c, "monitor_cond_change", "['m','m2',{'QoS':[{'where':[['type','==','y']]}]}]");
    expect(c, "{'method':'update2','params':['m2',{'QoS':{");
    expect(c, "{'result':{}}");
    ask(c, "monitor_cond_change", "['m','m3',{}]", "'error':'unknown monitor'");
    ask(c, "monitor_cancel", "['m2']", "{'result':{}}");
    disconnect(c);
}

static void test_wait(void **state)
{
    struct client *a = connect_client(*state), *b = connect_client(*state);
    static const char wait[] = "['Open_vSwitch',{'op':'wait','table':'QoS','where':[],'columns':['type'],'until':'==','rows':"
                               "[{'type':'x'}]%s},{'op':'comment','comment':'go'}]";
    char forever[256], soon[256], canceled[256];
    snprintf(forever, sizeof forever, wait, "");
    snprintf(soon, sizeof soon, wait, ",'timeout':30");
    snprintf(canceled, sizeof canceled, wait, ",'timeout':60000");
    request(a, "transact", forever);
    ask(a, "transact", soon, "'error':'timed out'");
    jsonrpc_send_request(a->rpc, "transact", helper_json(canceled), json_string("to cancel"));
    jsonrpc_send_notify(a->rpc, "cancel", helper_json("['to cancel']"));
    expect(a, "{'error':'canceled'}");
    ask(b, "transact", "['Open_vSwitch',{'op':'insert','table':'QoS','row':{'type':'y'}}]", "result");
    ask(b, "transact", "['Open_vSwitch',{'op':'update','table':'QoS','where':[],'row':{'type':'x'}}]", "result");
    expect(a, "{'result':[{},{}]}");
    disconnect(a);
    disconnect(b);
}

static void test_locks(void **state)
{
    struct client *a = connect_client(*state), *b = connect_client(*state), *c = connect_client(*state);
    ask(a, "lock", "['l']", "{'result':{'locked':true}}");
    ask(a, "lock", "['l']", "'error':'syntax error'");
    ask(b, "lock", "['l']", "{'result':{'locked':false}}");
    ask(b, "transact", "['Open_vSwitch',{'op':'assert','lock':'l'}]", "'error':'not owner'");
    ask(a, "transact", "['Open_vSwitch',{'op':'assert','lock':'l'}]", "{'result':[{}]}");
    ask(c, "steal", "['l']", "{'result':{'locked':true}}");
    expect(a, "{'method':'stolen','params':['l']}");
    ask(c, "unlock", "['l']", "{'result':{}}");
    expect(a, "{'method':'locked','params':['l']}");
    ask(c, "unlock", "['l']", "'error':'syntax error'");
    disconnect(a);
    expect(b, "{'method':'locked','params':['l']}");
    ask(b, "lock", "[5]", "'error':'syntax error'");
    disconnect(b);
    disconnect(c);
}

static void test_garbage_closes(void **state)
{
    struct fixture *f = *state;
    struct client *good = connect_client(f);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, f->socket);
    assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal(write(fd, "{\"method\": \x01}", 13), 13);
    char byte;
    ssize_t n;
    for (int i = 0; (n = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0; i++) {
        assert_true(i < 100);
        loop_run_once(f->loop, 100);
    }
    assert_int_equal(n, 0);
    close(fd);
    ask(good, "list_dbs", "[]", "result");
    disconnect(good);
}

static size_t count_sessions(const struct fixture *f)
{
    struct strbuf text = STRBUF_INIT;
    ovsdb_server_memory(f->server, &text);
    size_t n = atoi(strstr(strbuf_str(&text), "sessions:") + 9);
    strbuf_destroy(&text);
    return n;
}

/* A client that asks to be told of changes and then reads nothing is let go, others stay. */
static void test_backlog(void **state)
{
    struct fixture *f = *state;
    struct client *good = connect_client(f);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    static const char monitor[]
        = "{\"id\":1,\"method\":\"monitor\",\"params\":[\"Open_vSwitch\",1,{\"QoS\":{\"columns\":[\"type\"]}}]}";
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, f->socket);
    assert_int_equal(connect(fd, (struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal(write(fd, monitor, sizeof monitor - 1), sizeof monitor - 1);
    ask(good, "transact", "['Open_vSwitch',{'op':'insert','table':'QoS','row':{'type':''}}]", "result");
    assert_int_equal(count_sessions(f), 2);

    size_t size = 4 << 20;
    char *big = xmalloc(size + 1);
    memset(big, 'x', size);
    big[size] = '\0';
    int i = 0;
    for (; i < 200 && count_sessions(f) == 2; i++) {
        struct ovsdb_txn *txn = ovsdb_txn_begin(f->db);
        big[0] = 'a' + i % 20;
        ovsdb_txn_set_string(txn, ovsdb_only(f->db, "QoS"), "type", big);
        assert_null(ovsdb_txn_commit(txn));
        loop_run_once(f->loop, 0);
    }
    assert_int_equal(count_sessions(f), 1);
    assert_in_range(i, 4, 100);
    free(big);
    ask(good, "list_dbs", "[]", "result");
    close(fd);
    disconnect(good);
}

static void test_managers(void **state)
{
    struct fixture *f = *state;
    struct client *c = connect_client(f);
    char request_text[512];
    ovsdb_server_follow_managers(f->server);
    snprintf(request_text, sizeof request_text,
             "['Open_vSwitch',{'op':'insert','table':'Open_vSwitch','row':{'manager_options':['set',[['named-uuid','a'],['named-uuid','b'],"
             "['named-uuid','x']]]}},{'op':'insert','table':'Manager','uuid-name':'a','row':{'target':'punix:%s.2'}},"
             "{'op':'insert','table':'Manager','uuid-name':'b','row':{'target':'ptcp:0:127.0.0.1','inactivity_probe':0}},"
             "{'op':'insert','table':'Manager','uuid-name':'x','row':{'target':'nonsense'}}]",
             f->socket);
    ask(c, "transact", request_text, "result");

    /* The new listeners are there once the rows say so. */
    static const char wait[] = "['Open_vSwitch',{'op':'wait','table':'Manager','where':[['status','==',['map',[]]]],'columns':[],"
                               "'until':'==','rows':[]}]";
    ask(c, "transact", wait, "{'result':[{}]}");
    char *other_socket = xasprintf("unix:%s.2", f->socket), *old = f->remote;
    f->remote = other_socket;
    struct client *second = connect_client(f);
    f->remote = old;
    ask(second, "list_dbs", "[]", "result");
    ask(c, "transact", "['Open_vSwitch',{'op':'wait','table':'Manager','where':[['is_connected','==',true]],'columns':[],'until':'!=',"
                       "'rows':[]},{'op':'select','table':'Manager','where':[['is_connected','==',true]],'columns':['status']}]",
        "['state','ACTIVE']");
    ask(c, "transact", "['Open_vSwitch',{'op':'select','table':'Manager','where':[['target','==','ptcp:0:127.0.0.1']],'columns':['status']}]",
        "'bound_port'");
    ask(c, "transact", "['Open_vSwitch',{'op':'select','table':'Manager','where':[['target','==','nonsense']],'columns':['status']}]",
        "'last_error'");

    /* Gone with the row, and its sessions with it. */
    request(c, "transact", "['Open_vSwitch',{'op':'update','table':'Open_vSwitch','where':[],'row':{'manager_options':['set',[]]}}]");
    expect(c, "result");
    for (int i = 0; !second->closed; i++) {
        assert_true(i < 100);
        loop_run_once(f->loop, 100);
    }
    struct strbuf remotes = STRBUF_INIT;
    ovsdb_server_list_remotes(f->server, &remotes);
    char *expected = xasprintf("punix:%s\n", f->socket);
    assert_string_equal(strbuf_str(&remotes), expected);
    strbuf_destroy(&remotes);
    free(expected);
    free(other_socket);
    disconnect(second);
    disconnect(c);
}

/* A manager to connect to: tried again until somebody listens. */
static void accepted(void *listener_, struct stream *stream)
{
    *(struct stream **) listener_ = stream;
}

static void test_active_manager(void **state)
{
    struct fixture *f = *state;
    struct stream *stream = NULL;
    char *name = xasprintf("unix:%s/manager", f->dir), *passive = xasprintf("punix:%s/manager", f->dir), *error;
    assert_null(ovsdb_server_add_remote(f->server, name));
    loop_run_once(f->loop, 0);
    struct listener *listener = listener_open(f->loop, passive, 0, accepted, &stream, &error);
    assert_non_null(listener);
    for (int i = 0; !stream; i++) {
        assert_true(i < 100);
        loop_run_once(f->loop, 100);
    }
    static const struct jsonrpc_ops ops = { NULL, received, closed };
    struct client *c = xzalloc(sizeof *c);
    c->f = f;
    c->rpc = jsonrpc_create(f->loop, stream, &ops, c);
    ask(c, "list_dbs", "[]", "'Open_vSwitch'");
    assert_true(ovsdb_server_remove_remote(f->server, name));
    assert_false(ovsdb_server_remove_remote(f->server, name));
    disconnect(c);
    listener_destroy(listener);
    free(name);
    free(passive);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_methods), TEST(test_update_before_reply), TEST(test_change_conditions), TEST(test_wait),
        TEST(test_locks),   TEST(test_garbage_closes),      TEST(test_backlog),           TEST(test_managers),
        TEST(test_active_manager),
    };
    char *error = log_set("console:off");
    assert_null(error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
