/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: add-group, add-groups, mod-group, del-groups, insert-buckets, remove-buckets, dump-groups, dump-group-stats,
 * dump-group-features and parse-group. */
#include "utilities/ofctl_group.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_bundle.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_lines.h"
#include "utilities/ofctl_multipart.h"
#include "utilities/ofctl_names.h"

LOG_MODULE(group);

/* Commands on buckets came with 1.5; Nicira's messages of 1.0 have them as well. */
enum { HAVE_BUCKET_COMMANDS = OFCTL_P_ANY_OF10 | OFCTL_P_ANY_NXM | OFCTL_P_OXM15 };

void group_list_init(struct group_list *list, const struct ofp_names *names)
{
    *list = (struct group_list) { .formats = OFCTL_P_ANY, .names = names };
}

void group_list_destroy(struct group_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        ofp_group_mod_destroy(&list->groups[i]);
    }
    free(list->groups);
}

char *group_list_add(struct group_list *list, const char *text, enum ofp_group_command command)
{
    struct ofp_group_mod gm;
    char *error = ofp_group_mod_parse(&gm, text, command, list->names);

    if (error) {
        return error;
    }
    if (command == OFPGC_REMOVE_BUCKET) {
        list->formats &= HAVE_BUCKET_COMMANDS;
    }
    if (list->n == list->allocated) {
        list->groups = grow_array(list->groups, &list->allocated, sizeof *list->groups);
    }
    list->groups[list->n++] = gm;
    return NULL;
}

char *group_list_add_command(struct group_list *list, const char *text)
{
    static const char *const names[] = {
        "add", "delete", "modify", "add_or_mod", "insert_bucket", "remove_bucket", NULL,
    };
    static const enum ofp_group_command commands[] = {
        OFPGC_ADD,        OFPGC_DELETE,        OFPGC_MODIFY,
        OFPGC_ADD_OR_MOD, OFPGC_INSERT_BUCKET, OFPGC_REMOVE_BUCKET,
    };
    int i = ofctl_line_command(text, names, &text);

    return group_list_add(list, text + strspn(text, ", \t"), i < 0 ? OFPGC_ADD : commands[i]);
}

static char *add_line(void *aux, char *line)
{
    return group_list_add_command(aux, line);
}

void group_list_encode(const struct group_list *list, size_t i, struct ofpbuf *out,
                       enum ofp_version version, be32 xid)
{
    const struct ofp_group_mod *gm = &list->groups[i];
    bool on_buckets = gm->command == OFPGC_INSERT_BUCKET || gm->command == OFPGC_REMOVE_BUCKET;

    if (on_buckets && version != OFP10 && version < OFP15) {
        ofctl_fatal("%s needs OpenFlow 1.5 or later ('-O OpenFlow15')",
                    gm->command == OFPGC_INSERT_BUCKET ? "insert-bucket" : "remove-bucket");
    }
    if (!ofp_encode_group_mod(out, version, gm, xid)) {
        ofctl_fatal("a group is too long for an OpenFlow message");
    }
}

static void send_groups(const char *target, const struct group_list *list)
{
    uint32_t usable = list->formats;
    struct ofpbuf requests = { NULL, 0, 0 };

    if (ofctl_options.bundle) {
        usable = ofctl_bundle_formats(usable);
    }
    ofctl_formats_check(usable);
    struct connection *c = connection_open(target, ofctl_options.versions);
    for (size_t i = 0; i < list->n; i++) {
        group_list_encode(list, i, &requests, connection_version(c), connection_xid());
    }
    ofctl_send_requests(c, &requests, ofctl_options.bundle, ofctl_names_shown(target));
    ofpbuf_destroy(&requests);
    connection_close(c);
}

/* 'text' is a group, or "-" for groups from standard input. */
static int change(const char *target, const char *text, enum ofp_group_command command)
{
    struct group_list list;

    group_list_init(&list, ofctl_names_accepted(target));
    if (!strcmp(text, "-")) {
        ofctl_lines_read(text, add_line, &list);
    } else {
        ofctl_check(group_list_add(&list, text, command));
    }
    send_groups(target, &list);
    group_list_destroy(&list);
    return 0;
}

int ofctl_add_group(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "", OFPGC_ADD);
}

int ofctl_add_groups(int argc, char *argv[])
{
    struct group_list list;

    group_list_init(&list, ofctl_names_accepted(argv[1]));
    ofctl_lines_read(argv[2], add_line, &list);
    send_groups(argv[1], &list);
    group_list_destroy(&list);
    return 0;
}

int ofctl_mod_group(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "",
                  ofctl_options.may_create ? OFPGC_ADD_OR_MOD : OFPGC_MODIFY);
}

int ofctl_del_groups(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "", OFPGC_DELETE);
}

int ofctl_insert_buckets(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "", OFPGC_INSERT_BUCKET);
}

int ofctl_remove_buckets(int argc, char *argv[])
{
    return change(argv[1], argc > 2 ? argv[2] : "", OFPGC_REMOVE_BUCKET);
}

static uint32_t parse_id(const char *text)
{
    char *end;

    if (!strcasecmp(text, "all")) {
        return OFPG_ALL;
    }
    if (!strcasecmp(text, "any")) {
        return OFPG_ANY;
    }
    unsigned long id = strtoul(text, &end, 0);
    if (!*text || *end || id > UINT32_MAX) {
        log_warn("%s is not a valid group ID.  (Valid group IDs are 32-bit nonnegative integers or "
                 "the keywords ANY or ALL.)",
                 text);
        return OFPG_ALL;
    }
    return (uint32_t) id;
}

int ofctl_dump_groups(int argc, char *argv[])
{
    struct ofp_group_request request = { argc > 2 ? parse_id(argv[2]) : OFPG_ALL };

    ofctl_multipart_command(argv[1], OFPMSG_GROUP_DESC_REQUEST, OFPMSG_GROUP_DESC_REPLY, &request);
    return 0;
}

int ofctl_dump_group_stats(int argc, char *argv[])
{
    struct ofp_group_request request = { OFPG_ALL };
    struct ofp_group_mod gm;

    if (argc > 2) {
        ofctl_check(
            ofp_group_mod_parse(&gm, argv[2], OFPGC_DELETE, ofctl_names_accepted(argv[1])));
        request.id = gm.id;
        ofp_group_mod_destroy(&gm);
    }
    ofctl_multipart_command(argv[1], OFPMSG_GROUP_STATS_REQUEST, OFPMSG_GROUP_STATS_REPLY,
                            &request);
    return 0;
}

int ofctl_dump_group_features(int argc, char *argv[])
{
    ofctl_multipart_command(argv[1], OFPMSG_GROUP_FEATURES_REQUEST, OFPMSG_GROUP_FEATURES_REPLY,
                            NULL);
    return 0;
}

int ofctl_parse_group(int argc, char *argv[])
{
    struct ofpbuf request = { NULL, 0, 0 };
    struct group_list list;

    group_list_init(&list, NULL);
    ofctl_check(group_list_add(&list, argv[1], OFPGC_ADD));
    char *usable = ofctl_protocols_format(list.formats);
    enum ofp_version version =
        (enum ofp_version) (31 - __builtin_clz(ofctl_options.versions));
    printf("usable protocols: %s\nchosen version: %s\n", usable, ofp_version_name(version));
    free(usable);
    group_list_encode(&list, 0, &request, version, connection_xid());
    ofctl_print(stdout, &request, NULL, 0);
    group_list_destroy(&list);
    ofpbuf_destroy(&request);
    return 0;
}
