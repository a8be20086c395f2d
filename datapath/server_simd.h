/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about the versions of the lookup's inner loops (datapath/line_ops.h). Main thread only. */
#pragma once

#include <stdbool.h>

struct server;
struct strbuf;

/* As the other commands of the server. */
typedef bool server_simd_command(struct server *, int argc, const char *const argv[],
                                 struct strbuf *reply);

server_simd_command server_simd; /* dpif/simd [NAME] */

/* The names under which Open vSwitch's users know such things. What Weft has in one version only can be
 * asked for, and set to that one. */
server_simd_command server_simd_lookup_get, server_simd_lookup_set;
server_simd_command server_simd_dpif_get, server_simd_dpif_set;
server_simd_command server_simd_parser_get, server_simd_parser_set;
