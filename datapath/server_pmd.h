/* SPDX-License-Identifier: Apache-2.0 */
/* dpif-netdev/...: commands about forwarding threads, with the names and the output that the tools of
 * Open vSwitch's users know. Main thread only. */
#pragma once

#include <stdbool.h>

struct server;
struct strbuf;

/* As the other commands of the server: false if it failed, with the reason in 'reply'. */
typedef bool server_pmd_command(struct server *, int argc, const char *const argv[],
                                struct strbuf *reply);

server_pmd_command server_pmd_stats_show, server_pmd_stats_clear, server_pmd_perf_show;
server_pmd_command server_pmd_rxq_show, server_pmd_rxq_rebalance, server_pmd_sleep_show;
