/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the datapath that backs all bridges.
 *
 * Connects, and connects again after the datapath went away, from the loop. Once connected the program is the datapath's control program.
 * What the datapath has from before (ports, flows) is adopted: a port that is asked for by name and type is taken over as it is; once the
 * configuration is complete what nobody asked for is deleted, and the threads that answer upcalls and look after flows
 * start. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "datapath/client.h"

struct ofprotos_config;
struct strbuf;

/* Tries to connect at once, and then until it works. */
void backer_start(const struct ofprotos_config *);
void backer_stop(void);

bool backer_connected(void);

/* For requests of the main thread; null while there is no datapath. A request that fails with the connection needs no handling but
 * backer_check(). */
struct dp_client *backer_client(void);

/* The path of the datapath's socket, null for the default. */
const char *backer_path(void);

/* Returns 'error'. If it is that of a broken connection, everything that hangs on the connection is put away, from the loop. */
int backer_check(int error);

/* The first configuration is in place. */
void backer_complete(void);

/* The program ends: stops the threads and forgets the cached flows, which stay in the datapath. */
void backer_detach(void);

/* How many handlers to use, 0: chosen. */
void backer_set_n_handlers(unsigned int n);
unsigned int backer_n_handlers(void); /* that run */

/* Ports. 0 or a positive errno with a sentence in '*errorp' (the caller frees it); ENOTCONN without a datapath. */

/* Adopts the port or adds it; asks for the number 'hint' (DP_PORT_NONE: any). */
int backer_port_open(const char *name, const char *type, const struct smap *options, uint32_t hint,
                     struct dp_port *port, char **errorp) WARN_UNUSED;
/* Takes over a port of the datapath as it is. False if there is none of this name and type. */
bool backer_port_adopt(const char *name, const char *type, struct dp_port *port);
int backer_port_close(uint32_t dp_no);
int backer_port_change(uint32_t dp_no, const struct dp_port_change *, struct dp_port *port, char **errorp) WARN_UNUSED;
int backer_port_stats(uint32_t dp_no, struct dp_port *, struct dp_port_stats *) WARN_UNUSED;

/* Carries out one operation, for packet-outs and commands. 0, the operation's errno, or ENOTCONN. */
int backer_operate(struct dp_op *) WARN_UNUSED;
int backer_command(int argc, const char *const argv[], struct strbuf *reply) WARN_UNUSED;
