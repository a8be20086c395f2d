/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the datapath as a whole. A setting that comes with an empty value goes back to what it
 * is without being set. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/datapath.h"
#include "datapath/forwarder.h"
#include "datapath/server_request.h"
#include "lib/base/mem.h"
#include "lib/base/smap.h"

enum { MAX_SLEEP_US = 10000 };

static bool parse_number(const char *s, long min, long max, long *value)
{
    char *end;
    errno = 0;
    *value = strtol(s, &end, 10);
    return end != s && !*end && !errno && *value >= min && *value <= max;
}

static int fail(char **errorp, char *sentence)
{
    *errorp = sentence;
    return EINVAL;
}

/* The rules for spreading queues, which go to the datapath together. */
struct rules {
    enum rx_policy policy;
    bool isolate;
    bool set;
};

/* One setting: 0, or a positive errno and a sentence. */
typedef int setting_fn(struct datapath *, const char *value, struct rules *, char **errorp);

static int set_n_threads(struct datapath *dp, const char *value, struct rules *rules, char **errorp)
{
    long n;
    if (!parse_number(value, 1, DATAPATH_MAX_THREADS, &n)) {
        return fail(errorp,
                    xasprintf("n-threads=%s: must be 1 to %d", value, DATAPATH_MAX_THREADS));
    }
    return datapath_set_n_threads(dp, n);
}

static int set_cpu_mask(struct datapath *dp, const char *value, struct rules *rules, char **errorp)
{
    return datapath_set_cpu_mask(dp, value, errorp);
}

static int set_max_sleep(struct datapath *dp, const char *value, struct rules *rules, char **errorp)
{
    long us = FORWARDER_SLEEP_FOREVER;
    if (value[0] && !parse_number(value, 0, MAX_SLEEP_US, &us)) {
        return fail(errorp, xasprintf("pmd-sleep-max=%s: must be 0 to %d microseconds", value,
                                      MAX_SLEEP_US));
    }
    datapath_set_max_sleep(dp, us);
    return 0;
}

static int set_policy(struct datapath *dp, const char *value, struct rules *rules, char **errorp)
{
    int policy = value[0] ? rx_policy_parse(value) : RX_POLICY_CYCLES;
    if (policy < 0) {
        return fail(errorp, xasprintf("pmd-rxq-assign=%s: must be roundrobin, cycles or group", value));
    }
    rules->policy = policy;
    rules->set = true;
    return 0;
}

static int set_isolate(struct datapath *dp, const char *value, struct rules *rules, char **errorp)
{
    if (value[0] && strcmp(value, "true") && strcmp(value, "false")) {
        return fail(errorp, xasprintf("pmd-rxq-isolate=%s: must be true or false", value));
    }
    rules->isolate = strcmp(value, "false");
    rules->set = true;
    return 0;
}

static const struct setting {
    const char *name;
    setting_fn *set;
} settings[] = {
    { "n-threads", set_n_threads },        { "pmd-cpu-mask", set_cpu_mask },
    { "pmd-rxq-assign", set_policy },      { "pmd-rxq-isolate", set_isolate },
    { "pmd-sleep-max", set_max_sleep },
};

static int set_one(struct server *server, const struct smap_node *entry, struct rules *rules,
                   char **errorp)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (!strcmp(entry->key, settings[i].name)) {
            return settings[i].set(server->dp, entry->value, rules, errorp);
        }
    }
    return fail(errorp, xasprintf("there is no setting \"%s\"", entry->key));
}

/* A setting that is refused does not keep the others from being made; the first refusal is told. */
int server_config_set(struct server *server, struct server_answer *answer)
{
    const struct smap_node *entry;
    struct smap map = SMAP_INIT;
    struct rules rules = { .set = false };
    int first = 0;

    datapath_get_rx_rules(server->dp, &rules.policy, &rules.isolate);
    dp_attr_settings(answer->request->attr[DP_A_SETTINGS], &map);
    smap_for_each (entry, &map) {
        char *sentence = NULL;
        int error = set_one(server, entry, &rules, &sentence);
        if (error && !first) {
            first = error;
            answer->error = sentence;
        } else {
            free(sentence);
        }
    }
    if (rules.set) {
        datapath_set_rx_rules(server->dp, rules.policy, rules.isolate);
    }
    smap_destroy(&map);
    return first;
}
