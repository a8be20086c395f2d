/* SPDX-License-Identifier: Apache-2.0 */
/* The control program's end of the upcall rings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datapath/client_request.h"
#include "datapath/upcall_ring.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

LOG_MODULE(dp_upcall);

struct handler {
    int bell;                       /* the waiting end */
    struct upcall_consumer **rings; /* one per thread of the datapath */
    bool *broken;                   /* the ring's fault was logged */
    unsigned int turn;              /* the ring to look at first */

    /* The rings that the records handed out and not released came from, oldest first, as a circular
     * queue. */
    uint16_t *queue;
    size_t queue_first, queue_n, queue_allocated; /* allocated: a power of two or 0 */
} CACHE_ALIGNED;

struct dp_upcalls {
    unsigned int n_threads, n_handlers;
    struct handler *handlers;
};

static void create_handlers(struct dp_upcalls *upcalls, const struct dp_wire_fds *fds)
{
    upcalls->n_threads = fds->n_threads;
    upcalls->n_handlers = fds->n_handlers;
    upcalls->handlers = xzalloc_cacheline(fds->n_handlers * sizeof *upcalls->handlers);
    for (unsigned int h = 0; h < upcalls->n_handlers; h++) {
        struct handler *handler = &upcalls->handlers[h];
        handler->bell = -1;
        handler->rings = xcalloc(upcalls->n_threads, sizeof *handler->rings);
        handler->broken = xcalloc(upcalls->n_threads, sizeof *handler->broken);
    }
}

/* Puts the descriptor with number 'i' in the sequence of all to where it belongs. */
static char *take_fd(struct dp_upcalls *upcalls, unsigned int i, int *fd)
{
    unsigned int n_rings = upcalls->n_threads * upcalls->n_handlers;
    char *error = NULL;

    if (i < n_rings) {
        struct handler *handler = &upcalls->handlers[i % upcalls->n_handlers];
        handler->rings[i / upcalls->n_handlers] = upcall_consumer_create(*fd, &error);
    } else {
        upcalls->handlers[i - n_rings].bell = *fd;
        *fd = -1;
    }
    return error;
}

/* Receives all rings and bells. Null or an error that the caller frees; a wrong sequence also
 * breaks the connection. */
static char *receive(struct dp_client *client, struct dp_upcalls *upcalls)
{
    unsigned int n_done = 0;

    for (;;) {
        struct dp_parsed answer;
        int error = dp_request_receive(client, &answer);
        if (error) {
            return xasprintf("connection to the datapath failed (%s)", strerror(error));
        }
        if (answer.msg->error) {
            return dp_request_error_text(&answer);
        }

        const struct dp_wire_fds *fds = dp_attr_content(answer.attr[DP_A_FDS]);
        if (!upcalls->handlers) {
            create_handlers(upcalls, fds);
        }
        unsigned int n_all = (upcalls->n_threads + 1) * upcalls->n_handlers;
        if (fds->n_threads != upcalls->n_threads || fds->n_handlers != upcalls->n_handlers ||
            fds->first != n_done || fds->n != client->n_fds || !fds->n || fds->n > n_all - n_done) {
            break;
        }
        for (unsigned int i = 0; i < fds->n; i++) {
            char *wrong = take_fd(upcalls, n_done + i, &client->fds[i]);
            if (wrong) {
                dp_request_break(client, EPROTO);
                return wrong;
            }
        }
        n_done += fds->n;

        bool more = answer.msg->flags & DP_MSG_MORE;
        if (more != (n_done < n_all)) {
            break;
        }
        if (!more) {
            return NULL;
        }
    }
    dp_request_break(client, EPROTO);
    return xstrdup("the datapath sent a bad message");
}

struct dp_upcalls *dp_upcalls_open(struct dp_client *client, unsigned int n_handlers, char **errorp)
{
    *errorp = NULL;
    if (!n_handlers || n_handlers > DP_MAX_HANDLERS) {
        *errorp = xasprintf("%u handlers: must be 1 to %d", n_handlers, DP_MAX_HANDLERS);
        return NULL;
    }
    dp_build_u32(dp_request_start(client, DP_MSG_UPCALLS_OPEN), DP_A_HANDLERS, n_handlers);
    int error = dp_request_send(client);
    if (error) {
        *errorp = xasprintf("connection to the datapath failed (%s)", strerror(error));
        return NULL;
    }

    struct dp_upcalls *upcalls = xzalloc(sizeof *upcalls);
    *errorp = receive(client, upcalls);
    if (!*errorp && upcalls->n_handlers != n_handlers) {
        dp_request_break(client, EPROTO);
        *errorp = xstrdup("the datapath sent a bad message");
    }
    if (*errorp) {
        dp_upcalls_close(upcalls);
        return NULL;
    }
    return upcalls;
}

void dp_upcalls_close(struct dp_upcalls *upcalls)
{
    if (!upcalls) {
        return;
    }
    for (unsigned int h = 0; h < upcalls->n_handlers; h++) {
        struct handler *handler = &upcalls->handlers[h];
        for (unsigned int t = 0; t < upcalls->n_threads; t++) {
            upcall_consumer_destroy(handler->rings[t]);
        }
        if (handler->bell >= 0) {
            close(handler->bell);
        }
        free(handler->rings);
        free(handler->broken);
        free(handler->queue);
    }
    free(upcalls->handlers);
    free(upcalls);
}

int dp_upcalls_fd(const struct dp_upcalls *upcalls, unsigned int h)
{
    return upcalls->handlers[h].bell;
}

static void enqueue(struct handler *handler, unsigned int ring)
{
    if (handler->queue_n == handler->queue_allocated) {
        size_t allocated = handler->queue_allocated ? 2 * handler->queue_allocated : 64;
        uint16_t *queue = xcalloc(allocated, sizeof *queue);
        for (size_t i = 0; i < handler->queue_n; i++) {
            queue[i] = handler->queue[(handler->queue_first + i) & (handler->queue_allocated - 1)];
        }
        free(handler->queue);
        handler->queue = queue;
        handler->queue_first = 0;
        handler->queue_allocated = allocated;
    }
    handler->queue[(handler->queue_first + handler->queue_n++) & (handler->queue_allocated - 1)] =
        ring;
}

/* Takes one record, beginning with the ring whose turn it is. */
static bool take(struct dp_upcalls *upcalls, struct handler *handler, struct dp_upcall *upcall)
{
    for (unsigned int i = 0; i < upcalls->n_threads; i++) {
        unsigned int ring = (handler->turn + i) % upcalls->n_threads;
        if (upcall_consumer_next(handler->rings[ring], upcall)) {
            handler->turn = (ring + 1) % upcalls->n_threads;
            enqueue(handler, ring);
            return true;
        }
        const char *error = upcall_consumer_error(handler->rings[ring]);
        if (error && !handler->broken[ring]) {
            handler->broken[ring] = true;
            log_err("an upcall ring of the datapath is broken (%s)", error);
        }
    }
    return false;
}

bool dp_upcall_recv(struct dp_upcalls *upcalls, unsigned int h, struct dp_upcall *upcall)
{
    struct handler *handler = &upcalls->handlers[h];

    if (take(upcalls, handler, upcall)) {
        return true;
    }

    /* Arm all bells, then look once more: what came in between would otherwise ring nobody. */
    upcall_bell_drain(handler->bell);
    bool arrived = false;
    for (unsigned int t = 0; t < upcalls->n_threads; t++) {
        arrived |= !upcall_consumer_wait(handler->rings[t]);
    }
    return arrived && take(upcalls, handler, upcall);
}

void dp_upcall_release(struct dp_upcalls *upcalls, unsigned int h, size_t n)
{
    struct handler *handler = &upcalls->handlers[h];

    for (; n && handler->queue_n; n--) {
        unsigned int ring = handler->queue[handler->queue_first];
        handler->queue_first = (handler->queue_first + 1) & (handler->queue_allocated - 1);
        handler->queue_n--;
        upcall_consumer_release(handler->rings[ring], 1);
    }
}
