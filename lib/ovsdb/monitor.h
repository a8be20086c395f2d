/* SPDX-License-Identifier: Apache-2.0 */
/* Monitors: what a client asked to be told about a database (RFC 7047 section 4.1.5, and OVS's monitor_cond, monitor_cond_since).
 *
 * A monitor is a description; it holds no rows. Updates are composed from the list of changes of a transaction while the old
 * values are still there. What a monitor with conditions shows of a row is decided by the row's old and new values: a row that
 * begins to match is an insertion, one that ceases to is a deletion. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/compiler.h"

struct ovsdb;
struct ovsdb_changes;
struct ovsdb_error;
struct ovsdb_monitor;

/* The form of updates: RFC 7047's "update", and OVS's "update2" and "update3", which differ in their envelope only. */
enum ovsdb_monitor_version { OVSDB_MONITOR_V1 = 1, OVSDB_MONITOR_V2, OVSDB_MONITOR_V3 };

/* 'requests' is the object of <monitor-request>s by table. */
struct ovsdb_error *ovsdb_monitor_create(struct ovsdb *, enum ovsdb_monitor_version,
                                         const json_t *requests, struct ovsdb_monitor **)
    WARN_UNUSED;
void ovsdb_monitor_destroy(struct ovsdb_monitor *); /* null is fine */

enum ovsdb_monitor_version ovsdb_monitor_version(const struct ovsdb_monitor *);
struct ovsdb *ovsdb_monitor_db(const struct ovsdb_monitor *);

/* <table-updates> with the rows that are there now; an object, maybe empty. */
json_t *ovsdb_monitor_initial(const struct ovsdb_monitor *);

/* <table-updates> with what the changes mean to this monitor; null if nothing. */
json_t *ovsdb_monitor_update(const struct ovsdb_monitor *, const struct ovsdb_changes *);

/* Replaces the conditions of the tables in 'requests'; '*update' becomes what this adds and removes, or null. */
struct ovsdb_error *ovsdb_monitor_change_conditions(struct ovsdb_monitor *, const json_t *requests,
                                                    json_t **update) WARN_UNUSED;
