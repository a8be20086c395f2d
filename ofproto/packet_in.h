/* SPDX-License-Identifier: Apache-2.0 */
/* From a packet that an action sent up to the controllers' packet-in. Any thread, inside an RCU section. */
#pragma once

struct dp_upcall;

/* Queues a packet-in for what the action's user data says. An upcall whose user data is strange, or whose bridge is gone, is dropped. */
void packet_in_from_upcall(const struct dp_upcall *);
