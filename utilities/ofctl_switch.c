/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: what a switch is and how it is set: show, dump-desc, dump-tables,
 * dump-table-features, get-frags and set-frags. */
#include <string.h>
#include <strings.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/stats.h"
#include "lib/ofp/table_features.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"
#include "utilities/ofctl_switch.h"

/* A request without a body. */
static void transact_empty(struct connection *c, enum ofp_msg_type type, struct ofpbuf *reply)
{
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_empty(&request, connection_version(c), type, connection_xid());
    connection_transact(c, &request, reply);
    ofpbuf_destroy(&request);
}

/* A multipart request without a body, or with one that asks for all. */
static void dump(const char *target, enum ofp_msg_type request_type, enum ofp_msg_type reply_type)
{
    struct connection *c = connection_open(target, ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_stats_request(&request, connection_version(c), request_type, NULL, false,
                             connection_xid());
    ofctl_multipart_dump(c, &request, reply_type, ofctl_names_shown(target));
    ofpbuf_destroy(&request);
    connection_close(c);
}

void ofctl_switch_config_get(struct connection *c, struct ofp_switch_config *config)
{
    struct ofpbuf reply = { NULL, 0, 0 };
    struct ofp_message msg;

    transact_empty(c, OFPMSG_GET_CONFIG_REQUEST, &reply);
    ofctl_decode(c, &reply, OFPMSG_GET_CONFIG_REPLY, &msg);
    *config = msg.u.config;
    ofp_message_destroy(&msg);
    ofpbuf_destroy(&reply);
}

void ofctl_switch_config_set(struct connection *c, const struct ofp_switch_config *config)
{
    struct ofpbuf request = { NULL, 0, 0 };

    ofp_encode_config(&request, connection_version(c), true, config, connection_xid());
    ofctl_transact_noreply(c, &request, NULL);
    ofpbuf_destroy(&request);
}

/* A features reply that is as long as a message can be may lack ports; the switch is then asked for
 * them. */
static bool has_all_ports(struct connection *c, const struct ofpbuf *reply)
{
    enum { PORT_10_LEN = 48, PORT_11_LEN = 64 };
    size_t port_len = connection_version(c) == OFP10 ? PORT_10_LEN : PORT_11_LEN;

    return connection_version(c) < OFP13 && reply->size + port_len <= OFP_MAX_MESSAGE;
}

int ofctl_show(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };
    ofp_port_t all = OFPP_NONE;

    transact_empty(c, OFPMSG_FEATURES_REQUEST, &reply);
    ofctl_print(stdout, &reply, NULL, 1);
    if (!has_all_ports(c, &reply)) {
        ofp_encode_stats_request(&request, connection_version(c), OFPMSG_PORT_DESC_REQUEST, &all,
                                 false, connection_xid());
        ofctl_multipart_dump(c, &request, OFPMSG_PORT_DESC_REPLY, NULL);
    }
    transact_empty(c, OFPMSG_GET_CONFIG_REQUEST, &reply);
    ofctl_print(stdout, &reply, NULL, 1);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    connection_close(c);
    return 0;
}

int ofctl_dump_desc(int argc, char *argv[])
{
    dump(argv[1], OFPMSG_DESC_REQUEST, OFPMSG_DESC_REPLY);
    return 0;
}

int ofctl_dump_tables(int argc, char *argv[])
{
    dump(argv[1], OFPMSG_TABLE_STATS_REQUEST, OFPMSG_TABLE_STATS_REPLY);
    return 0;
}

static void put_features(void *aux, const struct ofp_message *msg, const struct ofpbuf *raw)
{
    struct ofp_table_printer *printer = aux;
    struct ofp_stats_iter iter;
    struct ofp_table_features tf;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        enum ofp_error error = ofp_table_features_next(&iter, &tf);
        if (error) {
            ofctl_fatal("cannot decode table features (%s)", ofp_error_name(error));
        }
        ofp_table_printer_put(printer, NULL, &tf);
        fputs(strbuf_str(printer->s), stdout);
        strbuf_clear(printer->s);
    }
}

int ofctl_dump_table_features(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofpbuf request = { NULL, 0, 0 };
    struct strbuf s = STRBUF_INIT;
    struct ofp_table_printer printer;

    if (connection_version(c) < OFP13) {
        ofctl_fatal("dump-table-features needs OpenFlow 1.3 or later ('-O OpenFlow13')");
    }
    ofp_table_printer_init(&printer, &s, ofctl_names_shown(argv[1]));
    ofp_encode_stats_request(&request, connection_version(c), OFPMSG_TABLE_FEATURES_REQUEST, NULL,
                             false, connection_xid());
    ofctl_multipart(c, &request, OFPMSG_TABLE_FEATURES_REPLY, put_features, &printer);
    ofp_table_printer_finish(&printer);
    printf("%s\n", strbuf_str(&s));
    strbuf_destroy(&s);
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}

/* By their number in the configuration's flags. */
static const char *const frag_modes[] = { "normal", "drop", "reassemble", "nx-match" };

int ofctl_get_frags(int argc, char *argv[])
{
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    struct ofp_switch_config config;

    ofctl_switch_config_get(c, &config);
    puts(frag_modes[config.flags & 3]);
    connection_close(c);
    return 0;
}

int ofctl_set_frags(int argc, char *argv[])
{
    uint16_t mode = 0;
    struct ofp_switch_config config;

    while (mode < ARRAY_SIZE(frag_modes) && strcasecmp(argv[2], frag_modes[mode])) {
        mode++;
    }
    if (mode == ARRAY_SIZE(frag_modes)) {
        ofctl_fatal("%s: unknown fragment handling mode", argv[2]);
    }
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    ofctl_switch_config_get(c, &config);
    if (config.flags != mode) {
        config.flags = mode;
        ofctl_switch_config_set(c, &config);
        ofctl_switch_config_get(c, &config);
        if (config.flags != mode) {
            ofctl_fatal("%s: setting fragment handling mode failed (this switch probably doesn't "
                        "support mode \"%s\")",
                        argv[1], frag_modes[mode]);
        }
    }
    connection_close(c);
    return 0;
}
