/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in hexadecimal. */
#pragma once

#include "lib/ofp/ofp.h"

/* Appends the bytes that 'text' begins with, two digits each; blanks may stand between them. Returns what follows them. */
const char *hex_parse(const char *text, struct ofpbuf *);
