/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, commands and totals of the datapath, as clients ask for them. */
#include <errno.h>
#include <string.h>

#include "datapath/client_request.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

enum { COMMAND_MAX_REPLY = 64 << 20 }; /* bytes; a datapath that says more than this is mad */

int dp_config_set(struct dp_client *client, const struct smap *settings, char **errorp)
{
    struct dp_parsed answer;

    *errorp = NULL;
    dp_build_settings(dp_request_start(client, DP_MSG_CONFIG_SET), settings);
    return dp_request_call(client, &answer, errorp);
}

static void append_text(struct strbuf *reply, const struct dp_parsed *answer)
{
    const struct dp_attr *text = answer->attr[DP_A_TEXT];

    if (text) {
        strbuf_put(reply, dp_attr_content(text), text->len);
    }
    if (answer->attr[DP_A_ERROR]) {
        strbuf_puts(reply, dp_attr_string(answer->attr[DP_A_ERROR]));
    }
}

int dp_command(struct dp_client *client, int argc, const char *const argv[], struct strbuf *reply)
{
    struct dp_builder *b = dp_request_start(client, DP_MSG_COMMAND);
    size_t start = reply->length;

    for (int i = 0; i < argc; i++) {
        dp_build_string(b, DP_A_ARG, argv[i]);
    }
    if (argc < 1 || argc > DP_MAX_ARGS) {
        strbuf_puts(reply, "too many or too few words");
        return EINVAL;
    }
    int error = dp_request_send(client);
    if (error == E2BIG) {
        strbuf_puts(reply, "the command is too long");
        return EINVAL;
    }
    while (!error) {
        struct dp_parsed answer;
        error = dp_request_receive(client, &answer);
        if (error) {
            break;
        }
        append_text(reply, &answer);
        if (!(answer.msg->flags & DP_MSG_MORE)) {
            return answer.msg->error;
        }
        if (reply->length - start > COMMAND_MAX_REPLY) {
            error = dp_request_break(client, EPROTO);
        }
    }
    return error;
}

int dp_totals_get(struct dp_client *client, struct dp_totals *totals)
{
    struct dp_parsed answer;

    dp_request_start(client, DP_MSG_TOTALS);
    int error = dp_request_call(client, &answer, NULL);
    if (error) {
        return error;
    }
    const struct dp_wire_totals *wire = dp_attr_content(answer.attr[DP_A_TOTALS]);
    *totals = (struct dp_totals) { .n_hit = wire->n_hit,
                                   .n_missed = wire->n_missed,
                                   .n_lost = wire->n_lost,
                                   .n_cache_hit = wire->n_cache_hit,
                                   .n_mask_hit = wire->n_mask_hit,
                                   .n_flows = wire->n_flows,
                                   .n_masks = wire->n_masks,
                                   .n_ports = wire->n_ports,
                                   .malformed = wire->malformed,
                                   .n_frames = wire->n_frames,
                                   .n_frames_free = wire->n_frames_free };
    const struct dp_attr *drops = answer.attr[DP_A_DROPS];
    memcpy(totals->drops, dp_attr_content(drops), MIN(drops->len, sizeof totals->drops));
    return 0;
}
