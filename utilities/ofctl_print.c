/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: printing of messages, and what all commands do with answers. */
#include <stdlib.h>

#include "lib/base/strbuf.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"

void ofctl_print(FILE *stream, const struct ofpbuf *msg, const struct ofp_names *names, int extra)
{
    struct strbuf s = STRBUF_INIT;

    ofp_format(&s, msg->data, msg->size, names, ofctl_options.verbosity + extra);
    fputs(strbuf_str(&s), stream);
    strbuf_destroy(&s);
    if (fflush(stream)) {
        exit(1);
    }
}

void ofctl_transact_noreply(struct connection *c, struct ofpbuf *request,
                            const struct ofp_names *names)
{
    struct ofpbuf reply = { NULL, 0, 0 };

    if (!connection_transact_noreply(c, request, &reply)) {
        fflush(stdout);
        ofctl_print(stderr, &reply, names, 2);
        exit(1);
    }
    ofpbuf_destroy(&reply);
}

void ofctl_decode(const struct connection *c, const struct ofpbuf *reply, enum ofp_msg_type type,
                  struct ofp_message *msg)
{
    enum ofp_error error = ofp_decode(reply->data, reply->size, false, msg);

    if (!error && msg->type != type) {
        struct strbuf s = STRBUF_INIT;

        ofp_format(&s, reply->data, reply->size, NULL, ofctl_options.verbosity + 1);
        ofctl_fatal("received bad reply: %s", strbuf_str(&s));
    }
    if (error) {
        fflush(stdout);
        ofctl_print(stderr, reply, NULL, 2);
        ofctl_fatal("%s: received a reply that cannot be decoded", connection_name(c));
    }
}
