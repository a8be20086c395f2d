/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that did not come by the datapath's parser: their flows. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/net/action.h"
#include "lib/net/flow.h"

/* The flow of a packet without metadata. False if it is too short for an Ethernet header, or longer than any packet. */
bool packet_key(const void *packet, size_t n, struct flow *key) WARN_UNUSED;

/* The flow of the packet after the top-level actions of 'list' that rewrite it. */
bool packet_key_after(const void *packet, size_t n, const struct actions *list, struct flow *key) WARN_UNUSED;
