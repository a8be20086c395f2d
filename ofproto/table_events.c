/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of tables tells connections, on its way to the main thread. */
#include "ofproto/table_events.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/rcu.h"
#include "ofproto/flow_removed.h"
#include "ofproto/private.h"
#include "ofproto/table_private.h"

LOG_MODULE(table_events);

struct item {
    struct cds_list_head node;
    struct ofproto *ofproto;
    struct table_event event;
    bool removed_message;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the queue; taken inside tables_lock() */
static CDS_LIST_HEAD(queue);

/* Main thread; the descriptor is read by any thread while a bridge is there. */
static pthread_t main_thread;
static unsigned int n_bridges;
static int fd = -1; /* an eventfd: another thread has queued something */
static struct loop_watch *watch;

static void free_item(struct item *item)
{
    rule_unref(item->event.rule);
    rule_unref(item->event.old);
    free(item);
}

void table_events_put(struct ofproto *ofproto, const struct table_event *event, bool removed_message)
{
    struct item *item = xmalloc(sizeof *item);
    *item = (struct item) { .ofproto = ofproto, .event = *event, .removed_message = removed_message };
    if (event->rule) {
        rule_ref(event->rule);
    }
    if (event->old) {
        rule_ref(event->old);
    }
    pthread_mutex_lock(&lock);
    cds_list_add_tail(&item->node, &queue);
    pthread_mutex_unlock(&lock);
}

static struct item *take(void)
{
    struct item *item = NULL;
    pthread_mutex_lock(&lock);
    if (!cds_list_empty(&queue)) {
        item = cds_list_entry(queue.next, struct item, node);
        cds_list_del(&item->node);
    }
    pthread_mutex_unlock(&lock);
    return item;
}

/* So that the counts in the messages are right. */
static void push_stats(bool *pushed)
{
    if (!*pushed) {
        ofproto_push_stats();
        *pushed = true;
    }
}

static void flush(struct ofproto *ofproto)
{
    const struct table_listener *listener = ofproto ? &ofproto->tables->listener : NULL;
    if (listener && listener->flush) {
        listener->flush(listener->aux);
    }
}

void table_events_run(void)
{
    bool pushed = false;
    struct ofproto *last = NULL;
    for (struct item *item; (item = take());) {
        const struct table_listener *listener = &item->ofproto->tables->listener;
        if (last != item->ofproto) {
            flush(last);
            last = item->ofproto;
        }
        if (item->removed_message) {
            push_stats(&pushed);
            flow_removed_send(item->event.old, item->event.reason);
        }
        if (listener->cb && (listener->flows || item->event.type == TABLE_EVENT_STATUS)) {
            listener->cb(listener->aux, &item->event);
        }
        free_item(item);
    }
    flush(last);
}

void table_events_flush(bool later)
{
    if (!later && pthread_equal(pthread_self(), main_thread)) {
        table_events_run();
        return;
    }
    pthread_mutex_lock(&lock);
    bool any = !cds_list_empty(&queue);
    pthread_mutex_unlock(&lock);
    if (any && fd >= 0) {
        uint64_t one = 1;
        ssize_t n = write(fd, &one, sizeof one);
        (void) n; /* cannot fail: the count is small */
    }
}

static void deliver(void *aux, unsigned int events)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    (void) n; /* it may be 0 already */
    table_events_run();
}

void table_events_attach(struct ofproto *ofproto)
{
    if (n_bridges++) {
        return;
    }
    main_thread = pthread_self();
    const struct ofprotos_config *config = ofprotos_config();
    if (config && config->loop) {
        fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (fd < 0) {
            log_abort("no eventfd: %s", strerror(errno));
        }
        watch = loop_watch_create(config->loop, fd, LOOP_READ, deliver, NULL);
    }
}

void table_events_detach(struct ofproto *ofproto)
{
    struct item *item, *next;
    pthread_mutex_lock(&lock);
    cds_list_for_each_entry_safe (item, next, &queue, node) {
        if (item->ofproto == ofproto) {
            cds_list_del(&item->node);
            free_item(item);
        }
    }
    pthread_mutex_unlock(&lock);
    if (!--n_bridges && fd >= 0) {
        loop_watch_destroy(watch);
        close(fd);
        fd = -1;
    }
}

void table_set_listener(struct ofproto *ofproto, const struct table_listener *listener)
{
    tables_lock();
    ofproto->tables->listener = *listener;
    tables_unlock();
}
