/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers: the threads that answer the datapath's upcalls.
 *
 * Each handler has a connection of its own and its share of the upcall rings. It takes a batch of upcalls, translates each packet's flow, and
 * sends back, in one exchange, the megaflows to install and the packets to execute. Packets of one batch that fall into the same megaflow
 * are translated once. A handler stays an RCU reader from the first upcall of a batch until its flows are installed: so a grace
 * period that began after a change means that no flow of before the change is still on its way.
 *
 * Packets that an action sent up carry user data (ofproto/userdata.h), and go to the controllers. */
#pragma once

#include "datapath/client.h"
#include "lib/base/compiler.h"

struct strbuf;
struct ukeys;
struct upcalls;

/* Main thread. */

/* Makes 'client' the control program's connection, with 'n' handlers; upcalls wait in the rings until upcalls_run(). 'client' outlives
 * the handlers. Null and a sentence on failure (the caller frees it). */
struct upcalls *upcalls_open(struct dp_client *client, unsigned int n, char **errorp) WARN_UNUSED;

/* Starts the threads, each with a connection to 'path'. Null, or a sentence (the caller frees it). */
char *upcalls_run(struct upcalls *, const char *path, struct ukeys *) WARN_UNUSED;

/* Ends the threads and closes the rings. Null is fine. */
void upcalls_close(struct upcalls *);

unsigned int upcalls_n_handlers(const struct upcalls *);
