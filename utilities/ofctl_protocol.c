/* SPDX-License-Identifier: Apache-2.0 */
/* Flow formats: the forms in which a flow can be sent to a switch, each of one version of OpenFlow. */
#include "utilities/ofctl_protocol.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

struct protocol_name {
    const char *name;
    uint32_t protocols;
};

/* Names of several formats come first: printing uses the longest that fits. */
static const struct protocol_name names[] = {
    { "any", OFCTL_P_ANY },
    { "OpenFlow10", OFCTL_P_ANY_OF10 },
    { "NXM", OFCTL_P_ANY_NXM },
    { "OXM", OFCTL_P_ANY_OXM },
    { "OpenFlow10-table_id", OFCTL_P_OF10 },
    { "OpenFlow10+table_id", OFCTL_P_OF10_TID },
    { "NXM-table_id", OFCTL_P_NXM },
    { "NXM+table_id", OFCTL_P_NXM_TID },
    { "OpenFlow11", OFCTL_P_OF11 },
    { "OXM-OpenFlow12", OFCTL_P_OXM12 },
    { "OXM-OpenFlow13", OFCTL_P_OXM13 },
    { "OXM-OpenFlow14", OFCTL_P_OXM14 },
    { "OXM-OpenFlow15", OFCTL_P_OXM15 },
};

static const uint32_t by_version[] = {
    [OFP10] = OFCTL_P_ANY_OF10 | OFCTL_P_ANY_NXM,
    [OFP11] = OFCTL_P_OF11,
    [OFP12] = OFCTL_P_OXM12,
    [OFP13] = OFCTL_P_OXM13,
    [OFP14] = OFCTL_P_OXM14,
    [OFP15] = OFCTL_P_OXM15,
};

static uint32_t find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcasecmp(names[i].name, name)) {
            return names[i].protocols;
        }
    }
    return 0;
}

char *ofctl_protocols_parse(const char *text, uint32_t *protocols)
{
    char *copy = xstrdup(text), *save = NULL, *error = NULL;

    *protocols = 0;
    for (char *word = strtok_r(copy, ", ", &save); word && !error;
         word = strtok_r(NULL, ", ", &save)) {
        uint32_t found = find(word);
        if (!found) {
            error = xasprintf("%s: unknown flow protocol", word);
        }
        *protocols |= found;
    }
    if (!error && !*protocols) {
        error = xasprintf("%s: no flow protocol specified", text);
    }
    free(copy);
    return error;
}

char *ofctl_protocols_format(uint32_t protocols)
{
    struct strbuf s = STRBUF_INIT;

    if (!protocols) {
        strbuf_puts(&s, "none");
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (protocols && (protocols & names[i].protocols) == names[i].protocols) {
            strbuf_putf(&s, "%s%s", s.length ? "," : "", names[i].name);
            protocols &= ~names[i].protocols;
        }
    }
    return strbuf_steal(&s);
}

uint32_t ofctl_protocols_of_versions(uint32_t versions)
{
    uint32_t protocols = 0;

    for (size_t v = OFP10; v < ARRAY_SIZE(by_version); v++) {
        protocols |= versions & OFP_VERSION_BIT(v) ? by_version[v] : 0;
    }
    return protocols;
}

uint32_t ofctl_versions_of_protocols(uint32_t protocols)
{
    uint32_t versions = 0;

    for (size_t v = OFP10; v < ARRAY_SIZE(by_version); v++) {
        versions |= by_version[v] & protocols ? OFP_VERSION_BIT(v) : 0;
    }
    return versions;
}

uint32_t ofctl_protocol_initial(enum ofp_version version)
{
    return by_version[version] & -by_version[version];
}
