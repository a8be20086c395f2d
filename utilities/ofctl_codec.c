/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: parts of messages, read in hexadecimal from standard input, decoded and encoded again: parse-actions,
 * parse-instructions, parse-ofp10-match and parse-ofp11-match. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_hex.h"
#include "utilities/ofctl_lines.h"

/* Bytes that did not come back as they were. */
static void print_differences(const struct ofpbuf *a, const struct ofpbuf *b)
{
    size_t common = MIN(a->size, b->size);

    for (size_t i = 0; i < common; i++) {
        if (a->data[i] != b->data[i]) {
            printf("%2zu: %02x -> %02x\n", i, a->data[i], b->data[i]);
        }
    }
    for (size_t i = common; i < b->size; i++) {
        printf("%2zu: (none) -> %02x\n", i, b->data[i]);
    }
    for (size_t i = common; i < a->size; i++) {
        printf("%2zu: %02x -> (none)\n", i, a->data[i]);
    }
}

/* The bytes of a line. */
static char *read_hex(const char *line, struct ofpbuf *out)
{
    return *hex_parse(line, out) ? xstrdup("Trailing garbage in hex data") : NULL;
}

struct codec {
    const char *version_name;
    enum ofp_version version;
    bool instructions;
};

static char *parse_actions_line(void *aux, char *line)
{
    const struct codec *codec = aux;
    struct ofpbuf in = { NULL, 0, 0 }, list = { NULL, 0, 0 }, back = { NULL, 0, 0 };
    struct strbuf s = STRBUF_INIT;

    char *error_text = read_hex(line, &in);
    ofctl_check(error_text);
    enum ofp_error error =
        in.size % 8           ? OFPBRC_BAD_LEN
        : codec->instructions ? instructions_decode(in.data, in.size, codec->version, &list)
                              : actions_decode(in.data, in.size, codec->version, 0, &list);
    if (error) {
        printf("bad %s %s: %s\n\n", codec->version_name,
               codec->instructions ? "instructions" : "actions", ofp_error_name(error));
    } else {
        ofp_actions_format(&s, list.data, list.size, NULL);
        printf("actions=%s\n", strbuf_str(&s));
        if (codec->instructions) {
            instructions_encode(list.data, list.size, codec->version, &back);
        } else {
            actions_encode(list.data, list.size, codec->version, &back);
        }
        print_differences(&in, &back);
        putchar('\n');
    }
    strbuf_destroy(&s);
    ofpbuf_destroy(&in);
    ofpbuf_destroy(&list);
    ofpbuf_destroy(&back);
    return NULL;
}

enum ofp_version ofctl_version_parse(const char *name)
{
    uint32_t versions;
    char *error = ofp_versions_from_string(name, &versions);

    free(error);
    if (error || !versions || versions & (versions - 1)) {
        ofctl_fatal("%s: not a valid OpenFlow version", name);
    }
    return (enum ofp_version) __builtin_ctz(versions);
}

static int parse_actions(const char *version_name, bool instructions)
{
    struct codec codec = { version_name, ofctl_version_parse(version_name), instructions };

    ofctl_lines_read("-", parse_actions_line, &codec);
    return 0;
}

int ofctl_parse_actions(int argc, char *argv[])
{
    return parse_actions(argv[1], false);
}

int ofctl_parse_instructions(int argc, char *argv[])
{
    return parse_actions(argv[1], true);
}

static void print_match(const struct match *match)
{
    struct strbuf s = STRBUF_INIT;

    match_format(&s, match, NULL);
    puts(strbuf_str(&s));
    strbuf_destroy(&s);
}

static char *parse_match10_line(void *aux, char *line)
{
    struct ofpbuf in = { NULL, 0, 0 }, back = { NULL, 0, 0 };
    struct match match;
    char *error = read_hex(line, &in);

    if (!error && in.size != MATCH10_LEN) {
        error = xasprintf("Input is %zu bytes, expected %d", in.size, MATCH10_LEN);
    }
    ofctl_check(error);
    match10_decode(in.data, &match);
    print_match(&match);
    match10_encode(&back, &match);
    print_differences(&in, &back);
    putchar('\n');
    ofpbuf_destroy(&in);
    ofpbuf_destroy(&back);
    return NULL;
}

int ofctl_parse_ofp10_match(int argc, char *argv[])
{
    ofctl_lines_read("-", parse_match10_line, NULL);
    return 0;
}

static char *parse_match11_line(void *aux, char *line)
{
    struct ofpbuf in = { NULL, 0, 0 }, back = { NULL, 0, 0 };
    struct match match;
    char *error = read_hex(line, &in);

    if (!error && in.size != MATCH11_LEN) {
        error = xasprintf("Input is %zu bytes, expected %d", in.size, MATCH11_LEN);
    }
    ofctl_check(error);
    enum ofp_error wrong = match11_decode(in.data, &match);
    if (wrong) {
        printf("bad ofp11_match: %s\n\n", ofp_error_name(wrong));
    } else {
        print_match(&match);
        match11_encode(&back, &match);
        print_differences(&in, &back);
        putchar('\n');
    }
    ofpbuf_destroy(&in);
    ofpbuf_destroy(&back);
    return NULL;
}

int ofctl_parse_ofp11_match(int argc, char *argv[])
{
    ofctl_lines_read("-", parse_match11_line, NULL);
    return 0;
}
