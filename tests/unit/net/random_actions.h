/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up lists of valid actions for tests, driven by random(). */
#pragma once

#include "lib/net/action.h"
#include "lib/net/tunnel_header.h"

/* Adds some actions of every kind, nested ones too. */
void random_actions(struct actions *);

/* Value and mask of a set that passes validation. */
void random_set_value(enum action_set_field, union action_set_value *value,
                      union action_set_value *mask);

/* Outer headers of any kind. */
void random_tunnel_header(struct tunnel_header *);
