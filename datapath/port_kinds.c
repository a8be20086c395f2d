/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the kinds of ports. */
#include "datapath/port_kinds.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"

const struct port_ops *const port_kinds[] = {
    &port_packet_ops,
    &port_internal_ops,
    &port_tap_ops,
    &port_pcap_ops,
    &port_dummy_ops,
    &port_vhost_client_ops,
    &port_vhost_server_ops,
    &port_vhost_dpdk_client_ops,
    &port_vhost_dpdk_server_ops,
    NULL,
};

static bool dummy_enabled;

void port_kinds_enable_dummy(void)
{
    dummy_enabled = true;
}

const struct port_ops *port_kind_find(const char *type)
{
    for (size_t i = 0; port_kinds[i]; i++) {
        if (!strcmp(port_kinds[i]->type, type)) {
            return port_kinds[i] != &port_dummy_ops || dummy_enabled ? port_kinds[i] : NULL;
        }
    }
    return NULL;
}

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
