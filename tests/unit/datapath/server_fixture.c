/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/datapath/server_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "datapath/datapath.h"
#include "datapath/port_kinds.h"
#include "datapath/server.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/rcu.h"
#include "lib/base/smap.h"

char server_fixture_path[64];
static char directory[] = "/tmp/weft-server-test.XXXXXX";
static struct loop *loop;
static pthread_t thread;
static pthread_barrier_t ready;

static void ignore_exit(void *aux)
{
}

static void *run_server(void *aux)
{
    const struct datapath_config config = { .max_flows = SERVER_FIXTURE_MAX_FLOWS,
                                            .n_threads = 1,
                                            .n_frames = 2048 };
    char *error = NULL;

    rcu_thread_start();
    loop = loop_create();
    struct datapath *dp = datapath_create(&config, &error);
    assert_non_null(dp);
    const struct server_config server_config = { .loop = loop,
                                                 .datapath = dp,
                                                 .path = server_fixture_path,
                                                 .name = "test-dp",
                                                 .program = "test",
                                                 .max_flows = SERVER_FIXTURE_MAX_FLOWS,
                                                 .enable_dummy = true,
                                                 .exit = ignore_exit };
    struct server *server = server_create(&server_config, &error);
    assert_non_null(server);
    pthread_barrier_wait(&ready);
    loop_run(loop);
    server_destroy(server);
    datapath_destroy(dp);
    rcu_thread_end();
    return NULL;
}

int server_fixture_start(void **state)
{
    hash_init();
    free(log_set("ANY:ANY:off"));
    assert_non_null(mkdtemp(directory));
    snprintf(server_fixture_path, sizeof server_fixture_path, "%s/dp", directory);
    port_kinds_enable_dummy();
    pthread_barrier_init(&ready, NULL, 2);
    assert_false(pthread_create(&thread, NULL, run_server, NULL));
    pthread_barrier_wait(&ready);
    return 0;
}

int server_fixture_stop(void **state)
{
    loop_stop(loop);
    pthread_join(thread, NULL);
    loop_destroy(loop); /* here, because the thread may go before loop_stop() has returned */
    assert_int_equal(access(server_fixture_path, F_OK), -1); /* the socket is removed */
    return rmdir(directory);
}

struct dp_client *open_client(void)
{
    char *error = NULL;
    struct dp_client *client = dp_client_open(server_fixture_path, &error);

    if (!client) {
        fail_msg("%s", error);
    }
    return client;
}

uint32_t add_port(struct dp_client *client, const char *name)
{
    struct smap options = SMAP_INIT;
    uint32_t no = DP_PORT_NONE;
    char *error = NULL;

    if (dp_port_add(client, name, "dummy", &options, &no, &error)) {
        fail_msg("%s", error);
    }
    return no;
}

struct uuid make_ufid(uint32_t i)
{
    struct uuid ufid = { { 1 } };

    memcpy(&ufid.bytes[8], &i, sizeof i);
    return ufid;
}

void make_put(struct dp_op *op, struct flow *key, struct flow *mask,
                     const struct actions *actions, uint32_t in_port, uint32_t i)
{
    flow_init(key);
    key->in_port = in_port;
    key->eth_type = htons(ETH_TYPE_IP);
    flow_use_line(key, FLOW_LINE_L3);
    key->nw_src = htonl(i);
    flow_mask_init(mask);
    FLOW_MASK_FIELD(mask, in_port);
    FLOW_MASK_FIELD(mask, recirc_id);
    FLOW_MASK_FIELD(mask, eth_type);
    FLOW_MASK_FIELD(mask, nw_src);
    *op = (struct dp_op) { .type = DP_OP_FLOW_PUT,
                           .flags = DP_PUT_CREATE,
                           .ufid = make_ufid(i),
                           .key = key,
                           .mask = mask,
                           .actions = actions->data,
                           .actions_size = actions->size };
}
