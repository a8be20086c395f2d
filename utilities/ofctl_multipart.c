/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose answer comes in parts. */
#include "utilities/ofctl_multipart.h"

#include "lib/ofp/msg_header.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_names.h"

void ofctl_multipart(struct connection *c, struct ofpbuf *request, enum ofp_msg_type type,
                     ofctl_multipart_cb *cb, void *aux)
{
    struct ofpbuf reply = { NULL, 0, 0 };
    be32 xid = get_be32(request->data + 4);
    bool more = true;

    connection_send(c, request);
    while (more) {
        struct ofp_message msg;
        connection_recv_xid(c, xid, &reply);
        ofctl_decode(c, &reply, type, &msg);
        cb(aux, &msg, &reply);
        more = msg.more;
        ofp_message_destroy(&msg);
    }
    ofpbuf_destroy(&reply);
}

void ofctl_multipart_dump(struct connection *c, struct ofpbuf *request, enum ofp_msg_type type,
                          const struct ofp_names *names)
{
    struct ofpbuf reply = { NULL, 0, 0 };
    be32 xid = get_be32(request->data + 4);
    bool more = true;

    connection_send(c, request);
    while (more) {
        struct ofp_message msg;
        connection_recv_xid(c, xid, &reply);
        ofctl_print(stdout, &reply, names, 1);
        enum ofp_error error = ofp_decode(reply.data, reply.size, false, &msg);
        if (!error && msg.type != type && msg.type != OFPMSG_ERROR) {
            ofctl_fatal("%s: received a reply that was not asked for", connection_name(c));
        }
        more = !error && msg.type == type && msg.more;
        ofp_message_destroy(&msg);
    }
    ofpbuf_destroy(&reply);
}

void ofctl_multipart_command(const char *target, enum ofp_msg_type request_type,
                             enum ofp_msg_type reply_type, const void *body)
{
    struct connection *c = connection_open(target, ofctl_options.versions);
    enum ofp_version version = connection_version(c);
    bool nx = !msg_wire_find(request_type, version, false);
    struct ofpbuf request = { NULL, 0, 0 };

    if (nx && !msg_wire_find(request_type, version, true)) {
        ofctl_fatal("%s does not have this request", ofp_version_name(version));
    }
    ofp_encode_stats_request(&request, version, request_type, body, nx, connection_xid());
    ofctl_multipart_dump(c, &request, reply_type, ofctl_names_shown(target));
    ofpbuf_destroy(&request);
    connection_close(c);
}
