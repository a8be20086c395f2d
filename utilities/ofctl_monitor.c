/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: monitor and snoop, which print what the switch says of its own accord, until they are
 * interrupted. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
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
    printf("%s.%03d: ", text, (int) (now % 1000));
}

static NO_RETURN void print_for_ever(struct connection *c, bool answer_echo,
                                     const struct ofp_names *names)
{
    struct ofpbuf msg = { NULL, 0, 0 };

    for (;;) {
        connection_recv(c, &msg);
        if (ofctl_options.timestamp) {
            print_timestamp();
        }
        ofctl_print(stdout, &msg, names, 2);
        if (answer_echo && connection_msg_type(&msg) == CONNECTION_TYPE_ECHO_REQUEST) {
            connection_answer_echo(c, &msg);
        }
    }
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

int ofctl_monitor(int argc, char *argv[])
{
    uint32_t versions = ofctl_options.versions;

    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "invalid_ttl")) {
            versions = versions_with_invalid_ttl();
        } else if (!isdigit((unsigned char) argv[i][0])) {
            ofctl_fatal("%s: unsupported \"monitor\" argument", argv[i]);
        }
    }
    struct connection *c = connection_open(argv[1], versions);
    for (int i = 2; i < argc; i++) {
        if (isdigit((unsigned char) argv[i][0])) {
            set_miss_len(c, argv[i]);
        } else {
            set_invalid_ttl(c);
        }
    }
    choose_packet_in_format(c);
    print_for_ever(c, true, ofctl_names_shown(argv[1]));
}

int ofctl_snoop(int argc, char *argv[])
{
    print_for_ever(connection_open_snoop(argv[1]), false, ofctl_names_shown(argv[1]));
}
