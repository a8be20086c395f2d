/* SPDX-License-Identifier: Apache-2.0 */
/* Flows in text on standard input, one a line behind the number of an OpenFlow version (0: NXM): prints "ok", the match and the
 * instructions in hex as they are on the wire, the match and what the decoded actions print as; or "error" and why.
 *
 * A line "VERSION #HEX" is instructions on the wire (actions in 1.0): prints "ok" and what they decode to, or "error". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/message.h"
#include "lib/ofp/nxm.h"

static void put_hex(const struct ofpbuf *buf)
{
    for (size_t i = 0; i < buf->size; i++) {
        printf("%02x", buf->data[i]);
    }
    printf(buf->size ? " " : "- ");
}

static void print(const struct ofp_flow_mod *fm, int version)
{
    enum ofp_version actions_version = version ? (enum ofp_version) version : OFP10;
    struct ofpbuf match = { 0 }, wire = { 0 }, back = { 0 };
    struct strbuf s = STRBUF_INIT;
    struct match received = fm->match;
    enum ofp_error error = OFPERR_OK;
    size_t used;

    if (version > OFP10) {
        nxm_encode_ofp_match(&match, &fm->match, actions_version);
        error = nxm_decode_ofp_match(match.data, match.size, true, &received, &used);
    } else {
        nxm_encode_match(&match, &fm->match, NXM_VERSION, NULL);
    }
    instructions_encode(fm->actions.data, fm->actions.size, actions_version, &wire);
    if (!error) {
        error = instructions_decode(wire.data, wire.size, actions_version, &back);
    }
    if (error) {
        printf("error %s\n", ofp_error_name(error));
    } else {
        printf("ok ");
        put_hex(&match);
        put_hex(&wire);
        match_format(&s, &received, NULL);
        strbuf_puts(&s, s.length ? " " : "- ");
        ofp_actions_format(&s, back.data, back.size, NULL);
        printf("%s\n", strbuf_str(&s));
    }
    strbuf_destroy(&s);
    ofpbuf_destroy(&match);
    ofpbuf_destroy(&wire);
    ofpbuf_destroy(&back);
}

static void print_wire(const char *hex, enum ofp_version version)
{
    struct ofpbuf wire = { 0 }, list = { 0 };
    struct strbuf s = STRBUF_INIT;

    for (unsigned int byte; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        uint8_t b = (uint8_t) byte;
        ofpbuf_put(&wire, &b, 1);
    }
    const struct ofp_actions_limits limits = {
        .max_ports = OFPP_MAX,
        .version = (uint8_t) version,
    };
    struct match match;
    match_init(&match);
    enum ofp_error error = instructions_decode(wire.data, wire.size, version, &list);
    if (!error) {
        error = ofp_actions_check(list.data, list.size, &match, &limits);
    }
    if (error) {
        printf("error %s\n", ofp_error_name(error));
    } else {
        ofp_actions_format(&s, list.data, list.size, NULL);
        printf("ok %s\n", strbuf_str(&s));
    }
    strbuf_destroy(&s);
    ofpbuf_destroy(&wire);
    ofpbuf_destroy(&list);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;

    while ((n = getline(&line, &size, stdin)) > 0) {
        struct ofp_flow_mod fm;
        char *text;
        int version = (int) strtol(line, &text, 10);

        line[n - 1] = '\0';
        if (text[0] == ' ' && text[1] == '#') {
            print_wire(text + 2, version ? (enum ofp_version) version : OFP10);
            continue;
        }
        char *error = ofp_flow_mod_parse(&fm, text, OFPFC_ADD, NULL);
        if (error) {
            printf("error %s\n", error);
            free(error);
            continue;
        }
        print(&fm, version);
        ofp_flow_mod_destroy(&fm);
    }
    free(line);
    return 0;
}
