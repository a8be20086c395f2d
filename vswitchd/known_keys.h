/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of maps (options, other_config) that Weft knows.
 *
 * OVSDB stores any key in silence, which turns a typing error into hours of searching. Each key that Weft does not act on is reported once in
 * the log, with the nearest one that exists. */
#pragma once

struct ovsdb_row;

void known_keys_check_interface(const struct ovsdb_row *);
void known_keys_check_bridge(const struct ovsdb_row *);
void known_keys_check_qos(const struct ovsdb_row *);
void known_keys_check_queue(const struct ovsdb_row *);
void known_keys_check_port(const struct ovsdb_row *);
void known_keys_check_open_vswitch(const struct ovsdb_row *);
