/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of the protocol. For session.c and the files that implement them. */
#pragma once

#include <jansson.h>

struct ovsdb_changes;
struct ovsdb_error;
struct ovsdb_session;

/* What a method answers; both null: nothing now. */
struct ovsdb_answer {
    json_t *result;
    json_t *error;
};

/* 'params' is an array, 'id' the request's. Null, or an error that becomes the answer. */
typedef struct ovsdb_error *ovsdb_method_cb(struct ovsdb_session *, const json_t *params,
                                            const json_t *id, struct ovsdb_answer *);

/* session_monitor.c */
ovsdb_method_cb ovsdb_method_monitor, ovsdb_method_monitor_cond, ovsdb_method_monitor_cond_since,
    ovsdb_method_monitor_cond_change, ovsdb_method_monitor_cancel;

/* session_transact.c */
ovsdb_method_cb ovsdb_method_transact;

/* Answers a waiting transaction "canceled", if there is one with this id. */
void ovsdb_session_cancel_wait(struct ovsdb_session *, const json_t *id);

/* Sends each monitor what the changes mean to it. */
void ovsdb_session_send_updates(struct ovsdb_session *, const struct ovsdb_changes *);

void ovsdb_session_destroy_waits(struct ovsdb_session *);
void ovsdb_session_destroy_monitors(struct ovsdb_session *);
