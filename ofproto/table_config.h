/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables: from OVSDB's Flow_Table (ofproto_configure_table() in ofproto/ofproto.h) and from OpenFlow's table-mod. */
#pragma once

#include "lib/ofp/message.h"

struct ofproto;

/* Main thread. */

/* OpenFlow 1.1 section A.3.4.3, 1.4 section 7.3.4.2. On an error nothing has changed. */
enum ofp_error table_mod(struct ofproto *, const struct ofp_table_mod *) WARN_UNUSED;
void table_describe(const struct ofproto *, uint8_t table, struct ofp_table_desc *);

/* "" if it has none; valid until the table is configured again. 'any' tells whether any table of the bridge has one. */
const char *table_name(const struct ofproto *, uint8_t table);
bool table_any_named(const struct ofproto *);

/* A controller's name for a table, "" takes it away. One from the database goes before. */
void table_set_name(struct ofproto *, uint8_t table, const char *name);

/* UINT32_MAX: no limit. */
uint32_t table_max_flows(const struct ofproto *, uint8_t table);

/* Any thread: what happens to packets that match nothing in the table. */
enum ofp_table_miss table_miss(const struct ofproto *, uint8_t table);
