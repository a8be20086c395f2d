/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: monitor and snoop, which print what the switch says of its own accord, until they are
 * interrupted or told to end. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/ofp/flow_monitor.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_control.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"
#include "utilities/ofctl_switch.h"

LOG_MODULE(monitor);

static void print_timestamp(void)
{
    int64_t now = clock_wall_ms();
    time_t seconds = now / 1000;
    struct tm tm;
    char text[32];

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(stderr, "%s.%03d: ", text, (int) (now % 1000));
}

/* A packet-in that has a continuation goes back as it came. */
static void resume(struct connection *c, const struct ofpbuf *packet_in)
{
    struct ofpbuf request = { NULL, 0, 0 };
    struct ofp_message msg;

    if (!ofp_decode(packet_in->data, packet_in->size, false, &msg) &&
        msg.type == OFPMSG_PACKET_IN && msg.u.packet_in.continuation_len &&
        ofp_encode_resume(&request, connection_version(c), &msg.u.packet_in, connection_xid())) {
        connection_send(c, &request);
    }
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&request);
}

/* How what comes is treated. */
struct manner {
    bool answer_echo, resumes;
    const struct ofp_names *accepted, *shown;
};

/* Prints to standard error, as ovs-ofctl does: standard output is for what was asked for. */
static void handle(struct connection *c, const struct manner *manner, const struct ofpbuf *msg)
{
    if (ofctl_options.timestamp) {
        print_timestamp();
    }
    ofctl_print(stderr, msg, manner->shown, 2);
    fflush(stderr);
    if (manner->answer_echo && connection_msg_type(msg) == CONNECTION_TYPE_ECHO_REQUEST) {
        connection_answer_echo(c, msg);
    }
    if (manner->resumes) {
        resume(c, msg);
    }
}

/* Until a command or a signal ends it. */
static int print_what_comes(struct connection *c, const struct manner *manner)
{
    struct control *control = control_start(c, manner->accepted);
    struct ofpbuf msg = { NULL, 0, 0 };

    while (control_run(control)) {
        if (control_is_blocked(control) || !connection_recv_for(c, &msg, 0)) {
            connection_wait(c);
        } else {
            handle(c, manner, &msg);
            control_received(control, &msg);
        }
    }
    control_stop(control);
    ofpbuf_destroy(&msg);
    connection_close(c);
    return 0;
}

/* False if the switch refuses. */
static bool try_packet_in_format(struct connection *c, enum ofp_packet_in_format format,
                                 struct ofpbuf *reply)
{
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_nx_setting(&request, connection_version(c), OFPMSG_NXT_SET_PACKET_IN_FORMAT, format,
                          connection_xid());
    bool ok = connection_transact_noreply(c, &request, reply);
    ofpbuf_destroy(&request);
    return ok;
}

/* The form that says most, unless a certain one is asked for; what the switch does not know of is
 * not missed. */
static void choose_packet_in_format(struct connection *c)
{
    struct ofpbuf reply = { NULL, 0, 0 };
    int wanted = ofctl_options.packet_in_format;

    if (wanted >= 0) {
        if (!try_packet_in_format(c, (enum ofp_packet_in_format) wanted, &reply)) {
            ofctl_print(stderr, &reply, NULL, 2);
            exit(1);
        }
    } else if (!try_packet_in_format(c, OFP_PACKET_IN_NXT2, &reply) &&
               connection_version(c) == OFP10) {
        if (!try_packet_in_format(c, OFP_PACKET_IN_NXT, &reply)) {
            log_dbg("%s: the switch sends packets in the standard form only", connection_name(c));
        }
    }
    ofpbuf_destroy(&reply);
}

static void set_miss_len(struct connection *c, const char *text)
{
    struct ofp_switch_config config;
    char *end;
    unsigned long len = strtoul(text, &end, 10);

    if (*end || len > UINT16_MAX) {
        ofctl_fatal("%s: not a length of packets from 0 to %u", text, UINT16_MAX);
    }
    ofctl_switch_config_get(c, &config);
    config.miss_send_len = (uint16_t) len;
    ofctl_switch_config_set(c, &config);
}

static void set_invalid_ttl(struct connection *c)
{
    struct ofp_switch_config config;

    ofctl_switch_config_get(c, &config);
    if (config.invalid_ttl_to_controller <= 0) {
        config.invalid_ttl_to_controller = 1;
        ofctl_switch_config_set(c, &config);
        ofctl_switch_config_get(c, &config);
        if (config.invalid_ttl_to_controller <= 0) {
            ofctl_fatal("setting invalid_ttl_to_controller failed (this switch probably doesn't "
                        "support this flag)");
        }
    }
}

/* Those versions have the flag. */
static uint32_t versions_with_invalid_ttl(void)
{
    uint32_t versions = ofctl_options.versions &
                        (OFP_VERSION_BIT(OFP10) | OFP_VERSION_BIT(OFP11) | OFP_VERSION_BIT(OFP12));

    if (!versions) {
        ofctl_fatal("invalid_ttl needs OpenFlow 1.0, 1.1 or 1.2");
    }
    return versions;
}

/* Flows to watch: the switch answers with those that there are, and tells of changes from then on. */
static void watch(struct connection *c, const char *text, uint32_t id,
                  const struct ofp_names *accepted, const struct ofp_names *shown)
{
    struct ofp_flow_monitor_request r;
    struct ofpbuf request = { NULL, 0, 0 };

    char *error = ofp_flow_monitor_request_parse(&r, text, accepted);
    if (error) {
        ofctl_fatal("%s: %s", text, error);
    }
    r.id = id;
    ofp_encode_flow_monitor_request(&request, connection_version(c), &r, connection_xid());
    ofctl_multipart_dump(c, &request, OFPMSG_FLOW_MONITOR_REPLY, shown);
    ofpbuf_destroy(&request);
}

/* Which versions can do what the arguments ask for; ends the program at one that is not known. */
static uint32_t check_arguments(int argc, char *argv[])
{
    uint32_t versions = ofctl_options.versions;

    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "invalid_ttl")) {
            versions = versions_with_invalid_ttl();
        } else if (!isdigit((unsigned char) argv[i][0]) && strcmp(argv[i], "resume") &&
                   strncmp(argv[i], "watch:", 6)) {
            ofctl_fatal("%s: unsupported \"monitor\" argument", argv[i]);
        }
    }
    return versions;
}

int ofctl_monitor(int argc, char *argv[])
{
    control_begin();
    const struct ofp_names *accepted = ofctl_names_accepted(argv[1]);
    const struct ofp_names *shown = ofctl_names_shown(argv[1]);
    struct connection *c = connection_open(argv[1], check_arguments(argc, argv));
    bool resumes = false;
    uint32_t id = 0;

    for (int i = 2; i < argc; i++) {
        if (isdigit((unsigned char) argv[i][0])) {
            set_miss_len(c, argv[i]);
        } else if (!strcmp(argv[i], "invalid_ttl")) {
            set_invalid_ttl(c);
        } else if (!strcmp(argv[i], "resume")) {
            set_miss_len(c, "65535"); /* else a service connection hears of no packet */
            resumes = true;
        }
    }
    choose_packet_in_format(c);
    /* From here on all that comes is printed: changes of flows may come at once. */
    for (int i = 2; i < argc; i++) {
        if (!strncmp(argv[i], "watch:", 6)) {
            watch(c, argv[i] + strlen("watch:"), id++, accepted, shown);
        }
    }
    const struct manner manner = { true, resumes, accepted, shown };
    return print_what_comes(c, &manner);
}

int ofctl_snoop(int argc, char *argv[])
{
    control_begin();
    const struct manner manner = { false, false, ofctl_names_accepted(argv[1]), ofctl_names_shown(argv[1]) };
    return print_what_comes(connection_open_snoop(argv[1]), &manner);
}
