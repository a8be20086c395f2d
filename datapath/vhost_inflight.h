/* SPDX-License-Identifier: Apache-2.0 */
/* The in-flight buffer: what a restarted switch must know of the guests' rings to go on where the
 * last one stopped, in memory that the front-end keeps for it.
 *
 * Weft takes chains in order and gives them back in the order and the pass in which it took them.
 * So of a split ring the used index, which lies in the guest's memory, says it all; of a packed
 * ring it is where the batch begins and ends that is given back, which is noted here before any of
 * it is. Chains that another back-end left marked as being in work are given back unused.
 *
 * QEMU's network devices have no such buffer. For them a packed ring's position is kept in the
 * guest's memory, in the word by which the device says whether the driver is to kick. While nobody
 * is connected, QEMU gives back what the guest sends, from where it last knew a packed ring to be;
 * vhost_packed_recover() makes up for that.
 *
 * Source: "Inflight I/O tracking" of the vhost-user protocol. Main thread only. */
#pragma once

#include "datapath/vhost_device.h"

/* Makes a buffer; sets '*fd' and what the answer says. Null or what is wrong. */
const char *vhost_inflight_get(struct vhost_device *, struct vhost_inflight_info *,
                               int *fd) WARN_UNUSED;

/* Uses a buffer that was made here or by an earlier back-end. Null or what is wrong. */
const char *vhost_inflight_set(struct vhost_device *, const struct vhost_inflight_info *,
                               int fd) WARN_UNUSED;

/* The base at which ring 'index', placed and about to start, goes on; ties the ring to its part of
 * the buffer. */
uint32_t vhost_inflight_base(struct vhost_device *, unsigned int index);

/* The front-end was told where ring 'index' stopped, and from now on it alone knows. */
void vhost_inflight_forget(struct vhost_device *, unsigned int index);
