/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the datapath's socket with dummy ports behind it, for tests of server and client. It has a thread of its own, which is the
 * datapath's main thread; the test's thread has the clients. */
#pragma once

#include "datapath/client.h"
#include "lib/net/action.h"

enum { SERVER_FIXTURE_MAX_FLOWS = 8192 };

/* The server's socket. */
extern char server_fixture_path[64];

/* Start and stop the server: functions for cmocka_run_group_tests(). */
int server_fixture_start(void **state);
int server_fixture_stop(void **state);

/* These fail the test on any error. The caller destroys the client. */
struct dp_client *open_client(void);
uint32_t add_port(struct dp_client *, const char *name); /* of type "dummy"; returns its number */

struct uuid make_ufid(uint32_t i);

/* Makes 'op' the put of the flow for nw_src 'i' (host order) under make_ufid(i); 'key', 'mask' and 'actions' must live as long as it does. */
void make_put(struct dp_op *op, struct flow *key, struct flow *mask, const struct actions *actions, uint32_t in_port, uint32_t i);
