/* SPDX-License-Identifier: Apache-2.0 */
/* Words for the reasons of packet-ins. */
#include "lib/ofp/packet_in_reason.h"

#include <strings.h>

#include "lib/base/strbuf.h"

static const char *const words[] = {
    [OFPR_NO_MATCH] = "no_match",       [OFPR_ACTION] = "action",
    [OFPR_INVALID_TTL] = "invalid_ttl", [OFPR_ACTION_SET] = "action_set",
    [OFPR_GROUP] = "group",             [OFPR_PACKET_OUT] = "packet_out",
    [OFPR_EXPLICIT_MISS] = "explicit_miss",
};

void packet_in_reason_format(struct strbuf *s, unsigned int reason)
{
    if (reason < ARRAY_SIZE(words)) {
        strbuf_puts(s, words[reason]);
    } else {
        strbuf_putf(s, "%u", reason);
    }
}

bool packet_in_reason_parse(const char *text, uint8_t *reason)
{
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcasecmp(text, words[i])) {
            *reason = (uint8_t) i;
            return true;
        }
    }
    return false;
}
