/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: add-flow, add-flows, mod-flows and del-flows. */
#include <string.h>

#include "utilities/ofctl.h"
#include "utilities/ofctl_bundle.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_file.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_names.h"

/* All flows as one bundle. */
static void send_bundle(const char *target, const struct flow_list *list)
{
    uint32_t usable = ofctl_bundle_formats(list->formats);
    struct ofpbuf requests = { NULL, 0, 0 };

    ofctl_formats_check(usable);
    struct connection *c = connection_open(target, ofctl_options.versions);
    uint32_t format =
        ofctl_format_for_flow_mods(c, usable, ofctl_protocol_initial(connection_version(c)));
    for (size_t i = 0; i < list->n; i++) {
        struct ofp_flow_mod fm;
        flow_list_get(list, i, &fm);
        ofctl_flow_mod_encode(&requests, &fm, format, connection_xid());
    }
    ofctl_send_requests(c, &requests, true, ofctl_names_shown(target));
    ofpbuf_destroy(&requests);
    connection_close(c);
}

/* Each flow is confirmed before the next is sent: what stands behind one that the switch refuses is
 * not done. */
static void send_flows(const char *target, const struct flow_list *list)
{
    if (ofctl_options.bundle) {
        send_bundle(target, list);
        return;
    }
    ofctl_formats_check(list->formats);
    struct connection *c = connection_open(target, ofctl_options.versions);
    uint32_t format =
        ofctl_format_for_flow_mods(c, list->formats, ofctl_protocol_initial(connection_version(c)));
    struct ofpbuf request = { NULL, 0, 0 };

    for (size_t i = 0; i < list->n; i++) {
        struct ofp_flow_mod fm;
        flow_list_get(list, i, &fm);
        ofctl_flow_mod_encode(&request, &fm, format, connection_xid());
        ofctl_transact_noreply(c, &request, ofctl_names_shown(target));
    }
    ofpbuf_destroy(&request);
    connection_close(c);
}

/* 'text' is a flow, or "-" for flows from standard input. */
static int change(const char *target, const char *text, enum ofp_flow_command command)
{
    struct flow_list list;

    flow_list_init(&list, ofctl_names_accepted(target));
    if (!strcmp(text, "-")) {
        flow_list_read(&list, text, command, false);
    } else {
        ofctl_check(flow_list_add(&list, text, command));
    }
    send_flows(target, &list);
    flow_list_destroy(&list);
    return 0;
}

static int change_from_file(const char *target, const char *file)
{
    struct flow_list list;

    flow_list_init(&list, ofctl_names_accepted(target));
    flow_list_read(&list, file, OFPFC_ADD, true);
    send_flows(target, &list);
    flow_list_destroy(&list);
    return 0;
}

int ofctl_add_flow(int argc, char *argv[])
{
    return !strcmp(argv[2], "-") ? change_from_file(argv[1], argv[2])
                                 : change(argv[1], argv[2], OFPFC_ADD);
}

int ofctl_add_flows(int argc, char *argv[])
{
    return change_from_file(argv[1], argv[2]);
}

int ofctl_mod_flows(int argc, char *argv[])
{
    return change(argv[1], argv[2], ofctl_options.strict ? OFPFC_MODIFY_STRICT : OFPFC_MODIFY);
}

int ofctl_del_flows(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "",
                  ofctl_options.strict ? OFPFC_DELETE_STRICT : OFPFC_DELETE);
}
