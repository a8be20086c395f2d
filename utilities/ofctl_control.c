/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: commands for a monitor that runs. */
#include "utilities/ofctl_control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/list.h>

#include "lib/base/daemon.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/signals.h"
#include "lib/base/strbuf.h"
#include "lib/base/unixctl.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_hex.h"
#include "utilities/ofctl_packet_out.h"

LOG_MODULE(control);

enum { LAST_TURNS = 10 /* of the loop, in which the last answer leaves */ };

/* A message that a command wants to be sent, or what is wrong with it. */
struct item {
    struct ofpbuf message;
    char *wrong;
};

struct order {
    struct cds_list_head node; /* in control->orders */
    struct unixctl_conn *conn; /* to be answered; null: by the barrier's reply */
    struct item *items;
    size_t n;
    bool quiet; /* what was sent is printed, but not answered */
};

struct control {
    struct connection *c;
    const struct ofp_names *accepted;
    struct unixctl *unixctl; /* null: there is no socket */
    struct cds_list_head orders;
    struct unixctl_conn *barrier; /* waits for a reply */
    bool blocked, exiting, by_signal;
};

static bool wanted; /* some option of the daemon's was given */

bool control_parse_option(int c, const char *argument)
{
    bool is_daemon = c >= DAEMON_OPTION_FIRST && c < DAEMON_OPTION_LAST && daemon_parse_option(c, argument);
    wanted |= is_daemon;
    return is_daemon;
}

void control_begin(void)
{
    daemon_init("weft-ofctl");
    if (wanted) {
        daemon_start();
    }
    atexit(daemon_exit);
}

static struct order *make_order(struct control *control, struct unixctl_conn *conn, size_t n)
{
    struct order *order = xzalloc(sizeof *order);
    order->conn = conn;
    order->items = xcalloc(n, sizeof *order->items);
    cds_list_add_tail(&order->node, &control->orders);
    return order;
}

static void free_order(struct order *order)
{
    cds_list_del(&order->node);
    for (size_t i = 0; i < order->n; i++) {
        ofpbuf_destroy(&order->items[i].message);
        free(order->items[i].wrong);
    }
    free(order->items);
    free(order);
}

/* Null, or what is wrong with the bytes. */
static const char *parse_message(const char *text, struct ofpbuf *msg)
{
    const char *rest = hex_parse(text, msg);
    if (*rest) {
        return "Trailing garbage in hex data";
    }
    if (msg->size < OFP_HEADER_LEN) {
        return "Message too short for OpenFlow";
    }
    return get_be16(msg->data + 2) == htons((uint16_t) msg->size) && msg->size <= UINT16_MAX
               ? NULL : "Message size does not match length in OpenFlow header";
}

/* ofctl/send OFMSG... */
static void command_send(struct unixctl_conn *conn, int argc, const char *argv[], void *control)
{
    struct order *order = make_order(control, conn, (size_t) argc);
    for (int i = 1; i < argc; i++) {
        struct item *item = &order->items[order->n++];
        const char *wrong = parse_message(argv[i], &item->message);
        item->wrong = wrong ? xstrdup(wrong) : NULL;
    }
}

/* ofctl/packet-out "in_port=PORT packet=HEX actions=..." */
static void command_packet_out(struct unixctl_conn *conn, int argc, const char *argv[], void *control_)
{
    struct control *control = control_;
    struct order *order = make_order(control, conn, 1);
    struct ofp_packet_out po = { .in_port = OFPP_CONTROLLER, .buffer_id = UINT32_MAX };
    struct ofpbuf packet = { NULL, 0, 0 };
    struct item *item = &order->items[order->n++];
    order->quiet = true;
    char *text = xstrdup(argv[1]);
    item->wrong = ofctl_packet_out_parse(text, control->accepted, &po, &packet);
    if (!item->wrong && !ofp_encode_packet_out(&item->message, connection_version(control->c), &po, connection_xid())) {
        item->wrong = xstrdup("the packet is too long for an OpenFlow message");
    }
    ofpbuf_destroy(&po.actions);
    ofpbuf_destroy(&packet);
    free(text);
}

static void command_barrier(struct unixctl_conn *conn, int argc, const char *argv[], void *control_)
{
    struct control *control = control_;
    if (control->barrier) {
        unixctl_reply_error(conn, "already waiting for barrier reply");
        return;
    }
    control->barrier = conn;
    struct order *order = make_order(control, NULL, 1);
    /* On a connection that snoops no version was agreed on. */
    enum ofp_version version = connection_version(control->c);
    ofp_encode_empty(&order->items[order->n++].message, version ? version : OFP10, OFPMSG_BARRIER_REQUEST, connection_xid());
}

/* What is printed from now on goes to the file. */
static void command_set_output_file(struct unixctl_conn *conn, int argc, const char *argv[], void *control)
{
    int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) {
        unixctl_reply_error(conn, strerror(errno));
        return;
    }
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    close(fd);
    unixctl_reply(conn, NULL);
}

static void set_blocked(struct control *control, struct unixctl_conn *conn, bool blocked)
{
    if (control->blocked == blocked) {
        unixctl_reply(conn, blocked ? "already blocking" : "already unblocked");
    } else {
        control->blocked = blocked;
        unixctl_reply(conn, NULL);
    }
}

static void command_block(struct unixctl_conn *conn, int argc, const char *argv[], void *control)
{
    set_blocked(control, conn, true);
}

static void command_unblock(struct unixctl_conn *conn, int argc, const char *argv[], void *control)
{
    set_blocked(control, conn, false);
}

static void command_exit(struct unixctl_conn *conn, int argc, const char *argv[], void *control_)
{
    struct control *control = control_;
    control->exiting = true;
    unixctl_reply(conn, NULL);
}

static void stop_by_signal(void *control_)
{
    struct control *control = control_;
    control->exiting = control->by_signal = true;
}

static void open_socket(struct control *control)
{
    char *error = NULL;
    control->unixctl = unixctl_create(connection_loop(control->c), daemon_unixctl_path(), &error);
    if (!control->unixctl) {
        if (wanted) {
            ofctl_fatal("failed to create unixctl server (%s)", error);
        }
        log_dbg("no control socket: %s", error);
        free(error);
        return;
    }
    unixctl_register(control->unixctl, "exit", "", 0, 0, command_exit, control);
    unixctl_register(control->unixctl, "ofctl/send", "OFMSG...", 1, -1, command_send, control);
    unixctl_register(control->unixctl, "ofctl/packet-out", "\"in_port=<port> packet=<hex data> actions=...\"", 1, 1, command_packet_out, control);
    unixctl_register(control->unixctl, "ofctl/barrier", "", 0, 0, command_barrier, control);
    unixctl_register(control->unixctl, "ofctl/set-output-file", "FILE", 1, 1, command_set_output_file, control);
    unixctl_register(control->unixctl, "ofctl/block", "", 0, 0, command_block, control);
    unixctl_register(control->unixctl, "ofctl/unblock", "", 0, 0, command_unblock, control);
}

struct control *control_start(struct connection *c, const struct ofp_names *accepted)
{
    struct control *control = xzalloc(sizeof *control);
    control->c = c;
    control->accepted = accepted;
    CDS_INIT_LIST_HEAD(&control->orders);
    open_socket(control);
    signals_start(connection_loop(c), stop_by_signal, control);
    if (wanted) {
        /* The background has no terminal, but where the user sent the output it still goes. */
        fflush(stdout);
        int output = dup(STDERR_FILENO);
        daemon_complete();
        dup2(output, STDERR_FILENO);
        close(output);
    }
    return control;
}

/* Sends what the command wants, and answers it. */
static void carry_out(struct control *control, struct order *order)
{
    struct strbuf reply = STRBUF_INIT;
    bool failed = false;
    for (size_t i = 0; i < order->n; i++) {
        struct item *item = &order->items[i];
        failed |= item->wrong != NULL;
        if (item->wrong || !order->quiet) {
            strbuf_putf(&reply, "%s\n", item->wrong ? item->wrong : "sent");
        }
        if (item->wrong) {
            continue;
        }
        if (order->conn) {
            fputs(order->quiet ? "" : "send: ", stderr);
            ofctl_print(stderr, &item->message, NULL, 0);
        }
        connection_send(control->c, &item->message);
    }
    if (order->conn && failed) {
        unixctl_reply_error(order->conn, strbuf_str(&reply));
    } else if (order->conn) {
        unixctl_reply(order->conn, strbuf_str(&reply));
    }
    strbuf_destroy(&reply);
    free_order(order);
}

bool control_run(struct control *control)
{
    while (!cds_list_empty(&control->orders)) {
        carry_out(control, cds_list_entry(control->orders.next, struct order, node));
    }
    return !control->exiting;
}

bool control_is_blocked(const struct control *control)
{
    return control->blocked;
}

void control_received(struct control *control, const struct ofpbuf *buf)
{
    struct ofp_message msg;
    if (control->barrier && !ofp_decode(buf->data, buf->size, false, &msg)) {
        if (msg.type == OFPMSG_BARRIER_REPLY) {
            unixctl_reply(control->barrier, NULL);
            control->barrier = NULL;
        }
        ofp_message_destroy(&msg);
    }
}

void control_stop(struct control *control)
{
    bool by_signal = control->by_signal;
    for (int i = 0; i < LAST_TURNS; i++) {
        loop_run_once(connection_loop(control->c), 0);
    }
    while (!cds_list_empty(&control->orders)) {
        free_order(cds_list_entry(control->orders.next, struct order, node));
    }
    signals_stop();
    unixctl_destroy(control->unixctl);
    free(control);
    if (by_signal) {
        fflush(stderr);
        daemon_exit();
        raise(SIGTERM);
    }
}
