/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: add-meter, mod-meter, del-meter, del-meters, dump-meter, dump-meters, meter-stats and meter-features. */
#include <string.h>

#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"

/* Meters came with 1.3. */
static void need_meters(void)
{
    ofctl_formats_check(OFCTL_P_OXM13 | OFCTL_P_OXM14 | OFCTL_P_OXM15);
}

/* What the user says of a meter; without anything, all of them. */
static void parse(int argc, char *argv[], enum ofp_meter_command command, struct ofp_meter_mod *mm)
{
    if (argc > 2) {
        ofctl_check(ofp_meter_mod_parse(mm, argv[2], command));
    } else {
        *mm = (struct ofp_meter_mod) { .command = command, .config.id = OFPM_ALL };
    }
}

static int change(int argc, char *argv[], enum ofp_meter_command command)
{
    struct ofpbuf request = { NULL, 0, 0 };
    struct ofp_meter_mod mm;

    parse(argc, argv, command, &mm);
    need_meters();
    struct connection *c = connection_open(argv[1], ofctl_options.versions);
    ofp_encode_meter_mod(&request, connection_version(c), &mm, connection_xid());
    ofctl_transact_noreply(c, &request, ofctl_names_shown(argv[1]));
    ofpbuf_destroy(&request);
    connection_close(c);
    return 0;
}

static int dump(int argc, char *argv[], enum ofp_msg_type request, enum ofp_msg_type reply)
{
    struct ofp_meter_mod mm;

    parse(argc, argv, OFPMC_DELETE, &mm);
    need_meters();
    struct ofp_meter_request body = { mm.config.id };
    ofctl_multipart_command(argv[1], request, reply, &body);
    return 0;
}

int ofctl_add_meter(int argc, char *argv[])
{
    return change(argc, argv, OFPMC_ADD);
}

int ofctl_mod_meter(int argc, char *argv[])
{
    return change(argc, argv, OFPMC_MODIFY);
}

int ofctl_del_meters(int argc, char *argv[])
{
    return change(argc, argv, OFPMC_DELETE);
}

int ofctl_dump_meters(int argc, char *argv[])
{
    return dump(argc, argv, OFPMSG_METER_CONFIG_REQUEST, OFPMSG_METER_CONFIG_REPLY);
}

int ofctl_meter_stats(int argc, char *argv[])
{
    return dump(argc, argv, OFPMSG_METER_STATS_REQUEST, OFPMSG_METER_STATS_REPLY);
}

int ofctl_meter_features(int argc, char *argv[])
{
    need_meters();
    ofctl_multipart_command(argv[1], OFPMSG_METER_FEATURES_REQUEST, OFPMSG_METER_FEATURES_REPLY,
                            NULL);
    return 0;
}
