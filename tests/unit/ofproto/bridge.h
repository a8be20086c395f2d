/* SPDX-License-Identifier: Apache-2.0 */
/* A bridge that has tables, and connections if asked, but no ports and no datapath: for tests of what is above translation. */
#pragma once

#include <stdbool.h>

#include "lib/ofp/message.h"
#include "ofproto/private.h"

/* Sets up a private run directory, the loop and the clock, stopped; takes them down. Once per program. */
void bridge_tests_begin(void);
void bridge_tests_end(void);
struct loop *bridge_loop(void);
const char *bridge_rundir(void);

/* 'logged': with a state log, from which flows of an earlier bridge of the name are restored. */
struct ofproto *bridge_create(const char *name, bool logged, bool connected);
void bridge_destroy(struct ofproto *);

/* As if the program had been killed: nothing is written, nothing is closed, and another bridge of the name may be created. */
void bridge_abandon(struct ofproto *);
void bridge_forget_abandoned(void);

/* "add", "modify", "modify-strict", "delete", "delete-strict" with text as ovs-ofctl reads it. With 'version', what the codec does in
 * between is part of the test: the text is encoded and decoded. */
enum ofp_error bridge_flow_mod(struct ofproto *, enum ofp_version, const char *command, const char *text);

/* Visible flows, one per line, sorted, without ages: "table=T,priority=P,MATCH actions=...". The caller frees it. */
char *bridge_flows(struct ofproto *, bool with_counters);
size_t bridge_n_flows(struct ofproto *);

/* The only flow that matches exactly 'text' (as of "delete-strict"), or null. */
struct rule *bridge_find(struct ofproto *, const char *text);
