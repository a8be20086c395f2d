/* SPDX-License-Identifier: Apache-2.0 */
/* The snoop socket of a bridge. */
#include "ofproto/snoop.h"

#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "lib/base/stream.h"
#include "lib/ofp/message.h"

LOG_MODULE(snoop);

enum { MAX_SNOOPERS = 16, MAX_BACKLOG = 1024 * 1024 };

struct snoop {
    struct listener *listener;
    struct cds_list_head snoopers;
    unsigned int n;
};

struct snooper {
    struct cds_list_head node;
    struct snoop *snoop;
    struct stream *stream;
};

static void destroy_snooper(struct snooper *snooper)
{
    cds_list_del(&snooper->node);
    snooper->snoop->n--;
    stream_destroy(snooper->stream);
    free(snooper);
}

/* Of what a snooper says only echo requests are answered. */
static void answer(struct snooper *snooper, const uint8_t *data, size_t n)
{
    struct ofp_message msg;
    struct ofpbuf buf = { NULL, 0, 0 };
    if (!ofp_decode(data, n, false, &msg) && msg.type == OFPMSG_ECHO_REQUEST) {
        ofp_encode_echo(&buf, msg.version, true, msg.u.echo.data, msg.u.echo.len, msg.xid);
        stream_send(snooper->stream, buf.data, buf.size);
    }
    ofpbuf_destroy(&buf);
    ofp_message_destroy(&msg);
}

static size_t on_received(void *aux, const uint8_t *data, size_t n)
{
    int length = ofp_message_len(data, n);
    if (length < 0) {
        destroy_snooper(aux);
        return n;
    }
    if (!length || (size_t) length > n) {
        return 0;
    }
    answer(aux, data, (size_t) length);
    return (size_t) length;
}

static void on_closed(void *aux, int error)
{
    destroy_snooper(aux);
}

static const struct stream_ops ops = { NULL, on_received, NULL, on_closed };

static void accepted(void *aux, struct stream *stream)
{
    struct snoop *snoop = aux;
    if (snoop->n >= MAX_SNOOPERS) {
        log_warn_rl("%s: too many snoopers", stream_name(stream));
        stream_destroy(stream);
        return;
    }
    struct snooper *snooper = xzalloc(sizeof *snooper);
    snooper->snoop = snoop;
    snooper->stream = stream;
    cds_list_add_tail(&snooper->node, &snoop->snoopers);
    snoop->n++;
    stream_set_ops(stream, &ops, snooper);

    struct ofpbuf buf = { NULL, 0, 0 };
    ofp_encode_hello(&buf, OFP_VERSIONS_IMPLEMENTED, htonl(1));
    stream_send(stream, buf.data, buf.size);
    ofpbuf_destroy(&buf);
}

struct snoop *snoop_create(struct loop *loop, const char *name)
{
    char *error;
    struct snoop *snoop = xzalloc(sizeof *snoop);
    CDS_INIT_LIST_HEAD(&snoop->snoopers);
    snoop->listener = listener_open(loop, name, 0, accepted, snoop, &error);
    if (!snoop->listener) {
        log_warn("%s", error);
        free(error);
        free(snoop);
        return NULL;
    }
    return snoop;
}

void snoop_destroy(struct snoop *snoop)
{
    if (snoop) {
        listener_destroy(snoop->listener);
        struct snooper *snooper, *next;
        cds_list_for_each_entry_safe (snooper, next, &snoop->snoopers, node) {
            destroy_snooper(snooper);
        }
        free(snoop);
    }
}

void snoop_copy(struct snoop *snoop, const void *message, size_t size)
{
    if (snoop) {
        struct snooper *snooper;
        cds_list_for_each_entry (snooper, &snoop->snoopers, node) {
            if (stream_backlog(snooper->stream) < MAX_BACKLOG) {
                stream_send(snooper->stream, message, size);
            }
        }
    }
}
