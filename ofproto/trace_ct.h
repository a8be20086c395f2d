/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace's --ct-next says that connection tracking would find. */
#pragma once

#include <stdint.h>

#include "lib/base/compiler.h"

struct strbuf;

/* "trk,new": flags by their names, separated by commas or blanks. An error, which the caller frees, if there is no such flag or if no
 * packet can be in such a state; or null. */
char *trace_ct_parse(const char *text, uint8_t *state) WARN_UNUSED;

/* That the trace came to no action that asks for the state. */
void trace_ct_format_unused(struct strbuf *, uint8_t state);
