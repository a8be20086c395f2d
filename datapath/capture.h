/* SPDX-License-Identifier: Apache-2.0 */
/* Records packets in a capture file of libpcap's format, which is created or continued. Any thread;
 * calls lock one another out, so this is for ports of tests and recordings only. */
#pragma once

#include "lib/base/compiler.h"

struct capture;
struct packet;

/* An existing file is continued if it is a capture of Ethernet packets, and refused if it is
 * anything else. Null and a sentence in
 * '*errorp' (the caller frees it) on failure. */
struct capture *capture_open(const char *path, char **errorp) WARN_UNUSED;
void capture_close(struct capture *); /* null is fine */
void capture_packet(struct capture *, const struct packet *);

/* Everything recorded so far is in the file. */
void capture_flush(struct capture *);
