/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the server: its clients and how requests are answered. Main thread only. */
#pragma once

#include <urcu/list.h>

#include "datapath/protocol.h"
#include "datapath/server.h"
#include "lib/base/hmap.h"

struct linkwatch;
struct loop_timer;
struct loop_watch;
struct port;
struct server_client;

struct server {
    struct server_config config;
    struct datapath *dp;
    struct uuid instance;
    char *path;
    int listen_fd;
    struct loop_watch *listen_watch;
    struct cds_list_head clients; /* struct server_client.node */
    unsigned int n_clients;
    struct server_client *control; /* the control program, or null */
    uint8_t *in;                   /* the request in progress, DP_MSG_MAX bytes */
    uint8_t *out;                  /* the answer in progress */
    uint8_t *event;                /* the port event in progress */

    /* server_port.c */
    struct hmap known_ports; /* as last announced */
    struct linkwatch *linkwatch;
    struct loop_timer *tick; /* once a second */
    unsigned int n_ticks;

    struct server_op *ops; /* in progress, see server_flow.c; or null */
};

/* An answer in the making. */
struct server_answer {
    struct server_client *client;
    const struct dp_parsed *request;
    struct dp_builder b;
    int fds[DP_MSG_MAX_FDS]; /* go with the message; stay the datapath's */
    size_t n_fds;
    char *error; /* the sentence for a refusal, owned; may be null */
};

/* Handles a request that was checked: 0 if the answer is in answer->b, else the errno to refuse it
 * with. */
typedef int server_handler(struct server *, struct server_answer *);

server_handler server_port_add, server_port_del, server_port_set, server_port_get, server_port_dump;
server_handler server_operate, server_flow_flush, server_flow_dump, server_flow_get;
server_handler server_totals, server_stats_open, server_upcalls_open;
server_handler server_config_set, server_command;
server_handler server_select_put, server_select_del, server_select_stats, server_select_dump;
server_handler server_port_qos, server_port_queues;
server_handler server_meter_set, server_meter_del, server_meter_stats, server_meter_dump;

/* Of the protocol, as HELLO has settled it. */
uint32_t server_client_version(const struct server_client *);

/* Sends what answer->b holds with DP_MSG_MORE and begins the next part. */
void server_answer_continue(struct server_answer *);

/* A port event for all who subscribed. */
void server_send_event(struct server *, const struct dp_port *, bool deleted);

/* Brings what is known of the port up to date, and announces it if it changed. */
void server_port_refresh(struct server *, struct port *);

/* Starts and stops the watch over ports. Null or what is wrong (the caller frees it). */
char *server_ports_start(struct server *) WARN_UNUSED;
void server_ports_stop(struct server *);

/* 'client' goes: if it was the control program there is none any more. */
void server_client_left(struct server *, struct server_client *);
