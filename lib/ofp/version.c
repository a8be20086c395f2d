/* SPDX-License-Identifier: Apache-2.0 */
/* The names of OpenFlow's versions. */
#include "lib/ofp/ofp.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/base/mem.h"

static const struct {
    enum ofp_version version;
    const char *name;
    const char *dotted;
} versions[] = {
    { OFP10, "OpenFlow10", "OpenFlow1.0" }, { OFP11, "OpenFlow11", "OpenFlow1.1" },
    { OFP12, "OpenFlow12", "OpenFlow1.2" }, { OFP13, "OpenFlow13", "OpenFlow1.3" },
    { OFP14, "OpenFlow14", "OpenFlow1.4" }, { OFP15, "OpenFlow15", "OpenFlow1.5" },
};

const char *ofp_version_name(enum ofp_version version)
{
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        if (versions[i].version == version) {
            return versions[i].name;
        }
    }
    return "unknown version";
}

static uint32_t bit_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        if (!strcasecmp(name, versions[i].name) || !strcasecmp(name, versions[i].dotted)) {
            return OFP_VERSION_BIT(versions[i].version);
        }
    }
    return 0;
}

char *ofp_versions_from_string(const char *s, uint32_t *bitmap)
{
    char *copy = xstrdup(s), *rest = copy, *word, *error = NULL;

    *bitmap = 0;
    while (!error && (word = strsep(&rest, ", "))) {
        uint32_t bit = *word ? bit_of(word) : 0;

        if (*word && !bit) {
            error = xasprintf("%s: unknown OpenFlow version", word);
        }
        *bitmap |= bit;
    }
    if (!error && !*bitmap) {
        error = xasprintf("%s: no OpenFlow version", s);
    }
    free(copy);
    return error;
}
