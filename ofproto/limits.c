/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that are one number each. */
#include "ofproto/limits.h"

#include "datapath/client.h"
#include "lib/base/compiler.h"
#include "lib/base/smap.h"
#include "ofproto/flow_monitor.h"
#include "ofproto/xlate.h"

enum limit { METERS, LEARNED, ALL_LEARNED, RESUBMITS, MONITORS, N_LIMITS };

/* Never more than by default, but for learned flows, which have no limit then. */
static const struct {
    const char *name;
    uint32_t usual, most;
} settings[N_LIMITS] = {
    [METERS] = { "meter-limit", DP_MAX_METERS, DP_MAX_METERS },
    [LEARNED] = { "learn-limit", 0, UINT32_MAX },
    [ALL_LEARNED] = { "learned-flow-limit", 0, UINT32_MAX },
    [RESUBMITS] = { "resubmit-limit", XLATE_MAX_RESUBMITS, XLATE_MAX_RESUBMITS },
    [MONITORS] = { "monitor-limit", FLOW_MONITOR_MAX, FLOW_MONITOR_MAX },
};

/* Any thread: ro; main: wo; atomic. */
static uint32_t values[N_LIMITS] = {
    [METERS] = DP_MAX_METERS, [RESUBMITS] = XLATE_MAX_RESUBMITS, [MONITORS] = FLOW_MONITOR_MAX,
};

void limits_set_options(const struct smap *options)
{
    for (int i = 0; i < N_LIMITS; i++) {
        long long value = smap_get_int(options, settings[i].name, settings[i].usual);
        if (value < 0 || value > settings[i].most) {
            value = settings[i].usual;
        }
        __atomic_store_n(&values[i], (uint32_t) value, __ATOMIC_RELAXED);
    }
}

static uint32_t get(enum limit limit)
{
    return __atomic_load_n(&values[limit], __ATOMIC_RELAXED);
}

uint32_t limits_meters(void)
{
    return get(METERS);
}

uint32_t limits_learned(void)
{
    return get(LEARNED);
}

uint32_t limits_all_learned(void)
{
    return get(ALL_LEARNED);
}

uint32_t limits_resubmits(void)
{
    return get(RESUBMITS);
}

uint32_t limits_monitors(void)
{
    return get(MONITORS);
}
