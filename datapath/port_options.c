/* SPDX-License-Identifier: Apache-2.0 */
/* Options that several kinds of ports have in common. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/port_kinds.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

static bool is_named(const char *key, va_list args)
{
    va_list rest;
    bool found = false;

    va_copy(rest, args);
    for (const char *name; !found && (name = va_arg(rest, const char *));) {
        found = !strcmp(key, name);
    }
    va_end(rest);
    return found;
}

char *port_check_options(const struct smap *options, ...)
{
    const struct smap_node **sorted = smap_sorted(options);
    char *error = NULL;
    va_list args;

    va_start(args, options);
    for (size_t i = 0; i < smap_count(options) && !error; i++) {
        if (!is_named(sorted[i]->key, args)) {
            error = xasprintf("there is no option \"%s\" for ports of this type", sorted[i]->key);
        }
    }
    va_end(args);
    free(sorted);
    return error;
}

char *port_n_rxq_option(const struct smap *options, unsigned int *n)
{
    const char *text = smap_get_or(options, "n_rxq", "1");
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *n = value;
    return *text && !*end && value >= 1 && value <= PORT_MAX_QUEUES
               ? NULL
               : xasprintf("options:n_rxq=%s: must be 1 to %d", text, PORT_MAX_QUEUES);
}
