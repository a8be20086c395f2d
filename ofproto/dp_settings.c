/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the datapath. */
#include "ofproto/dp_settings.h"

#include <stdlib.h>
#include <string.h>

#include "datapath/client.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "ofproto/backer.h"

LOG_MODULE(dp_settings);

static const char *const names[] = { "pmd-cpu-mask", "pmd-rxq-assign", "pmd-rxq-isolate",
                                     "pmd-sleep-max" };

static struct {
    struct uuid instance; /* that was told */
    struct smap told;
} last = { .told = SMAP_INIT };

void dp_settings_apply(const struct smap *options)
{
    struct dp_client *client = backer_client();
    if (!client) {
        return;
    }
    struct smap wanted = SMAP_INIT;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        smap_set(&wanted, names[i], smap_get_or(options, names[i], ""));
    }
    const struct dp_info *info = dp_client_info(client);
    if (uuid_equals(&last.instance, &info->instance) && smap_equals(&last.told, &wanted)) {
        smap_destroy(&wanted);
        return;
    }
    char *error = NULL;
    int errnum = backer_check(dp_config_set(client, &wanted, &error));
    if (errnum) {
        log_warn("the datapath does not take the settings of its threads: %s", error ? error : strerror(errnum));
    }
    free(error);
    smap_destroy(&last.told);
    last.told = wanted;
    last.instance = info->instance;
}

void dp_settings_forget(void)
{
    smap_clear(&last.told);
    memset(&last.instance, 0, sizeof last.instance);
}
