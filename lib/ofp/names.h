/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of ports and tables, or their names where there are any: printing and reading both. */
#pragma once

#include "lib/ofp/message.h"

/* 'names' may be null. A name that could be taken for something else is put in double quotes. */
void names_format_port(struct strbuf *, ofp_port_t, const struct ofp_names *names);
void names_format_table(struct strbuf *, uint8_t, const struct ofp_names *names);
bool names_parse_port(const char *, const struct ofp_names *names, ofp_port_t *) WARN_UNUSED;
bool names_parse_table(const char *, const struct ofp_names *names, uint8_t *) WARN_UNUSED;
