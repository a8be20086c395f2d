/* SPDX-License-Identifier: Apache-2.0 */
/* How long packets that missed wait for their answer: from the forwarding thread's ring to the flow and the packet
 * that the datapath has carried out. Counted in powers of two of microseconds. Any thread. */
#pragma once

#include <stddef.h>

struct dp_upcall;
struct strbuf;

/* 'n' upcalls have just been answered. */
void upcall_latency_record(const struct dp_upcall *, size_t n);

/* A table of all since the start or the last upcall_latency_clear(). */
void upcall_latency_show(struct strbuf *);
void upcall_latency_clear(void);
