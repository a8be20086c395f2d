/* SPDX-License-Identifier: Apache-2.0 */
/* Actions, once as text and once as the bytes of a list from the other program: what is taken
 * prints, and what was printed parses to the same list. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/parse.h"
#include "lib/net/rewrite.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the list's header changes on a packet, as the datapath would. */
static void run(const uint8_t *list, size_t size)
{
    static const char *const texts[] = {"vlan(vid=3),encap(ipv4(proto=6),tcp(src=1))",
                                        "ipv6(proto=58),icmpv6(type=135,code=0)", "arp(op=1)",
                                        "mpls(label=3,bos=1)", "eth_type(0x88e7),pbb(isid=5)"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct flow key;
        uint8_t frame[256] __attribute__((aligned(2)));
        struct packet p;
        require(!flow_parse_text(texts[i], NULL, &key, NULL));
        size_t n = flow_compose(&key, frame + 16, sizeof frame - 16, 10);
        packet_use(&p, frame, sizeof frame, 16, n);
        require(parse_packet(&p, &key) == PARSE_OK);
        const struct action *a;
        action_for_each (a, list, size) {
            require(rewrite_action(&p, a) < DROP_N_REASONS);
        }
    }
}

static void check_list(const uint8_t *list, size_t size)
{
    struct strbuf out = STRBUF_INIT;
    struct actions again = ACTIONS_INIT;
    actions_format(&out, list, size, NULL);
    require(!actions_parse_text(strbuf_str(&out), NULL, &again));
    require(again.size == size && (!size || !memcmp(again.data, list, size)));
    run(list, size);
    actions_destroy(&again);
    strbuf_destroy(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    struct actions list = ACTIONS_INIT;
    char *error = actions_parse_text(text, NULL, &list);
    if (error) {
        require(*error && !list.size);
        free(error);
    } else {
        require(!actions_validate(list.data, list.size));
        check_list(list.data, list.size);
    }
    actions_destroy(&list);
    free(text);

    uint8_t *bytes = size ? xmemdup(data, size) : NULL;
    if (!actions_validate(bytes, size)) {
        check_list(bytes, size);
    }
    free(bytes);
    return 0;
}
