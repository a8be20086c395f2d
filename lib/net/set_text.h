/* SPDX-License-Identifier: Apache-2.0 */
/* Set actions as text: "set(ipv4(src=10.0.0.1/255.0.0.0,ttl=64))". */
#pragma once

#include "lib/net/action.h"
#include "lib/net/scan.h"

struct strbuf;

void set_text_format(struct strbuf *, const struct action_set *);

/* Parses what follows "set(", with the closing parenthesis, and adds the action. Null, or what is
 * wrong (the caller frees it). */
char *set_text_scan(struct scanner *, struct actions *) WARN_UNUSED;
