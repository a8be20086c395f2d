/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a select action as text: "select(table=7,alg=fields,basis=0,fields(nw_dst,tp_src))".
 *
 * The mask of what is hashed is a list of the flow's fields: by name alone if all of the field is hashed,
 * else with the mask's bytes in hexadecimal, as they lie in struct flow ("nw_dst=ffffff00"). Bytes that
 * belong to no field are named by their offset ("@57=ff"). */
#pragma once

#include "lib/net/action.h"
#include "lib/net/scan.h"

struct strbuf;

/* Prints all in front of the first bucket. */
void select_text_format(struct strbuf *, const struct action_select *);

/* Parses what follows "select(" up to the first bucket. Null, or what is wrong (the caller frees it). */
struct select_head {
    uint32_t table_id, basis;
    enum action_select_alg alg;
    struct flow mask;
};
char *select_text_scan(struct scanner *, struct select_head *) WARN_UNUSED;
