/* SPDX-License-Identifier: Apache-2.0 */
/* The whole switch: keeps what runs the same as what the database says.
 *
 * Every change of the database, and every change below that may let a failed port succeed, leads to one reconfiguration, which compares all
 * that is wanted with all that is and ends with one transaction: the results together with cur_cfg. Nothing is reconfigured while
 * the datapath is away. Main thread only. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

struct loop;
struct ovsdb;
struct vswitch;

struct vswitch *vswitch_create(struct loop *, struct ovsdb *);

/* Ends it; ports and flows stay in the datapath unless 'cleanup'. Call after ofprotos_stop() has nothing to do any more. */
void vswitch_destroy(struct vswitch *, bool cleanup);

/* Something below changed (ofprotos_config.changed): look again, soon. */
void vswitch_poke(void *vswitch);
