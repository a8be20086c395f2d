/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar that flows and actions share: words separated by commas or blanks, each with a value
 * behind ":", "=" or in parentheses, which nest. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

/* Takes the next word off '*text', which is cut up in place, and advances it. '*value' is empty if
 * there is none, '*has_value' tells the two apart. Returns false at the end of the text. */
struct key_value {
    char *key, *value;
    bool has_value;
};
bool key_value_next(char **text, struct key_value *) WARN_UNUSED;
