/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: commands that need no switch: ofp-print, ofp-parse, parse-flow, parse-flows and
 * print-error. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/error_table.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"
#include "utilities/ofctl_flow_file.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_hex.h"

int ofctl_ofp_print(int argc, char *argv[])
{
    struct ofpbuf msg = { NULL, 0, 0 };

    if (*hex_parse(argv[1], &msg)) {
        ofctl_fatal("trailing garbage following hex bytes");
    }
    if (argc > 2) {
        ofctl_options.verbosity = (int) strtol(argv[2], NULL, 10);
    }
    ofctl_print(stdout, &msg, NULL, 0);
    ofpbuf_destroy(&msg);
    return 0;
}

/* Reads 'n' more bytes of a message. False at the end of the file, before the first byte of a
 * message. */
static bool read_bytes(FILE *stream, const char *name, struct ofpbuf *msg, size_t n)
{
    size_t got = fread(ofpbuf_put_zeros(msg, n), 1, n, stream);

    if (ferror(stream)) {
        ofctl_fatal("%s: read failed (%s)", name, strerror(errno));
    }
    if (!got && msg->size == n) {
        return false;
    }
    if (got < n) {
        ofctl_fatal("%s: unexpected end of file mid-message", name);
    }
    return true;
}

int ofctl_ofp_parse(int argc, char *argv[])
{
    FILE *stream = strcmp(argv[1], "-") ? fopen(argv[1], "r") : stdin;
    struct ofpbuf msg = { NULL, 0, 0 };

    if (!stream) {
        ofctl_fatal("%s: open (%s)", argv[1], strerror(errno));
    }
    while (read_bytes(stream, argv[1], &msg, OFP_HEADER_LEN)) {
        unsigned int len = ntohs(get_be16(msg.data + 2));
        if (len < OFP_HEADER_LEN) {
            ofctl_fatal("%s: %u-byte message is too short for OpenFlow", argv[1], len);
        }
        if (len > OFP_HEADER_LEN) {
            read_bytes(stream, argv[1], &msg, len - OFP_HEADER_LEN);
        }
        ofctl_print(stdout, &msg, NULL, 2);
        msg.size = 0;
    }
    ofpbuf_destroy(&msg);
    if (stream != stdin) {
        fclose(stream);
    }
    return 0;
}

/* The flows as messages, in the first format that is usable and allowed. */
static int print_flows(const struct flow_list *list)
{
    uint32_t usable = list->formats & ofctl_options.protocols;
    char *name = ofctl_protocols_format(list->formats);
    struct ofpbuf msg = { NULL, 0, 0 };

    printf("usable protocols: %s\n", name);
    free(name);
    if (!usable) {
        ofctl_fatal("no usable protocol");
    }
    uint32_t format = usable & -usable;
    name = ofctl_protocols_format(format);
    printf("chosen protocol: %s\n", name);
    free(name);
    for (size_t i = 0; i < list->n; i++) {
        struct ofp_flow_mod fm;
        flow_list_get(list, i, &fm);
        ofctl_flow_mod_encode(&msg, &fm, format, connection_xid());
        ofctl_print(stdout, &msg, NULL, 0);
        msg.size = 0;
    }
    ofpbuf_destroy(&msg);
    return 0;
}

int ofctl_parse_flow(int argc, char *argv[])
{
    struct flow_list list;

    flow_list_init(&list, NULL);
    ofctl_check(flow_list_add(&list, argv[1], OFPFC_ADD));
    int status = print_flows(&list);
    flow_list_destroy(&list);
    return status;
}

int ofctl_parse_flows(int argc, char *argv[])
{
    struct flow_list list;

    flow_list_init(&list, NULL);
    flow_list_read(&list, argv[1], OFPFC_ADD, false);
    int status = print_flows(&list);
    flow_list_destroy(&list);
    return status;
}

int ofctl_print_error(int argc, char *argv[])
{
    enum ofp_error error = ofp_error_from_name(argv[1]);

    if (error == OFPERR_OK) {
        ofctl_fatal("unknown error \"%s\"", argv[1]);
    }
    for (int version = OFP10; version <= OFP15; version++) {
        const struct ofp_error_wire *wire = ofp_error_wire(error, (enum ofp_version) version);
        if (wire) {
            printf("OpenFlow 1.%d: vendor %#x, type %u, code %u\n", version - OFP10, wire->vendor,
                   wire->type, wire->code);
        }
    }
    return 0;
}
