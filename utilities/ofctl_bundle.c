/* SPDX-License-Identifier: Apache-2.0 */
/* Sending requests that change a switch, one by one or in a bundle (OpenFlow 1.4 section 6.8). */
#include "utilities/ofctl_bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/bundle.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_protocol.h"

enum { BUNDLE_FLAGS = OFPBF_ATOMIC | OFPBF_ORDERED, CHUNK = 1 << 16, MAX_ERRORS = 1000 };

uint32_t ofctl_bundle_formats(uint32_t usable)
{
    enum { HAVE_BUNDLES = OFCTL_P_OXM13 | OFCTL_P_OXM14 | OFCTL_P_OXM15 };

    if (!(ofctl_options.protocols & HAVE_BUNDLES)) {
        ofctl_options.protocols |= OFCTL_P_OXM14;
        ofctl_options.versions |= OFP_VERSION_BIT(OFP14);
    }
    return usable & HAVE_BUNDLES;
}

/* A bundle under way. */
struct bundle {
    struct connection *c;
    const struct ofpbuf *requests; /* what it holds */
    struct strbuf errors;          /* what the switch said is wrong, in text */
    size_t n_errors;
    const struct ofp_names *names;
};

static be32 xid_of(const uint8_t *msg)
{
    return get_be32(msg + 4);
}

static size_t len_of(const uint8_t *msg)
{
    return ntohs(get_be16(msg + 2));
}

/* The request inside of the bundle that has the number, or null. */
static const uint8_t *find_request(const struct bundle *b, be32 xid)
{
    for (size_t at = 0; at < b->requests->size; at += len_of(b->requests->data + at)) {
        if (xid_of(b->requests->data + at) == xid) {
            return b->requests->data + at;
        }
    }
    return NULL;
}

/* An error is told with the request that it is about; if that was one to add to the bundle, with what was added. */
static void note_error(struct bundle *b, const struct ofpbuf *reply)
{
    const uint8_t *request = find_request(b, xid_of(reply->data));
    struct ofp_message msg;

    if (b->n_errors++ >= MAX_ERRORS || ofp_decode(reply->data, reply->size, false, &msg)) {
        return;
    }
    strbuf_putf(&b->errors, "Error %s for: ", ofp_error_name(msg.u.error.error));
    if (request) {
        ofp_format(&b->errors, request, len_of(request), b->names, ofctl_options.verbosity + 1);
    } else {
        ofp_format(&b->errors, msg.u.error.data, msg.u.error.data_len, b->names,
                   ofctl_options.verbosity + 1);
    }
    ofp_message_destroy(&msg);
}

/* What came unasked: errors, and echo requests that want an answer. */
static void take(struct bundle *b, const struct ofpbuf *msg)
{
    if (connection_msg_type(msg) == CONNECTION_TYPE_ERROR) {
        note_error(b, msg);
    } else if (connection_msg_type(msg) == CONNECTION_TYPE_ECHO_REQUEST) {
        connection_answer_echo(b->c, msg);
    }
}

/* Sends 'request' and waits for what answers it; errors that come meanwhile are noted, and the answer if it is one. */
static bool transact(struct bundle *b, struct ofpbuf *request)
{
    be32 xid = xid_of(request->data);
    struct ofpbuf reply = { NULL, 0, 0 };
    bool answered = false, ok = true;

    connection_send(b->c, request);
    while (!answered) {
        connection_recv(b->c, &reply);
        answered = xid_of(reply.data) == xid;
        ok = !answered || connection_msg_type(&reply) != CONNECTION_TYPE_ERROR;
        take(b, &reply);
    }
    ofpbuf_destroy(&reply);
    return ok;
}

static bool control(struct bundle *b, enum ofp_bundle_ctrl_type type)
{
    struct ofp_bundle_ctrl ctrl = { 0, (uint16_t) type, BUNDLE_FLAGS };
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_bundle_ctrl(&request, connection_version(b->c), &ctrl, connection_xid());
    bool ok = transact(b, &request);
    ofpbuf_destroy(&request);
    return ok;
}

/* Sends all requests; what the switch says of them is read in between, so that it never has to wait for us to listen. */
static void add_all(struct bundle *b)
{
    struct ofpbuf out = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    for (size_t at = 0; at < b->requests->size;) {
        const uint8_t *msg = b->requests->data + at;
        struct ofp_bundle_add add = { 0, BUNDLE_FLAGS, msg, len_of(msg) };

        if (!ofp_encode_bundle_add(&out, connection_version(b->c), &add, xid_of(msg))) {
            ofctl_fatal("a request is too long for a bundle");
        }
        at += add.message_len;
        if (out.size >= CHUNK || at >= b->requests->size) {
            connection_send(b->c, &out);
            while (connection_recv_for(b->c, &reply, 0)) {
                take(b, &reply);
            }
        }
    }
    ofp_encode_empty(&out, connection_version(b->c), OFPMSG_BARRIER_REQUEST, connection_xid());
    transact(b, &out);
    ofpbuf_destroy(&out);
    ofpbuf_destroy(&reply);
}

static void run_bundle(struct connection *c, const struct ofpbuf *requests,
                       const struct ofp_names *names)
{
    struct bundle b = { .c = c, .requests = requests, .names = names };

    if (control(&b, OFPBCT_OPEN_REQUEST)) {
        add_all(&b);
        control(&b, b.n_errors ? OFPBCT_DISCARD_REQUEST : OFPBCT_COMMIT_REQUEST);
    }
    if (b.n_errors) {
        fflush(stdout);
        fputs(strbuf_str(&b.errors), stderr);
        ofctl_fatal("talking to %s (%s)", connection_name(c), strerror(EPROTO));
    }
    strbuf_destroy(&b.errors);
}

void ofctl_send_requests(struct connection *c, struct ofpbuf *requests, bool bundle,
                         const struct ofp_names *names)
{
    struct ofpbuf one = { NULL, 0, 0 };

    if (bundle) {
        run_bundle(c, requests, names);
    }
    for (size_t at = 0; !bundle && at < requests->size; at += one.size) {
        one.size = 0;
        ofpbuf_put(&one, requests->data + at, len_of(requests->data + at));
        size_t len = one.size;
        ofctl_transact_noreply(c, &one, names);
        one.size = len;
    }
    requests->size = 0;
    ofpbuf_destroy(&one);
}
