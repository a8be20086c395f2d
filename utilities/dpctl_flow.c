/* SPDX-License-Identifier: Apache-2.0 */
/* weft-dpctl: flows. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "utilities/dpctl.h"

/* TCP flags as letters: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
static void put_tcp_flags(struct strbuf *s, uint16_t flags)
{
    static const char letters[] = "FSRP.UEC";

    for (int i = 0; i < 8; i++) {
        if (flags & 1u << i) {
            strbuf_putc(s, letters[i]);
        }
    }
}

static void print_flow(struct dpctl *ctl, const struct dp_flow *flow)
{
    const struct flow_port_names *names = dpctl_port_names(ctl);
    struct strbuf s = STRBUF_INIT;

    if (ctl->verbosity) {
        char ufid[UUID_LEN + 1];
        uuid_to_string(&flow->ufid, ufid);
        strbuf_putf(&s, "ufid:%s, ", ufid);
    }
    flow_format(&s, flow->key, flow->mask, names, ctl->verbosity > 0);
    strbuf_putf(&s, ", packets:%" PRIu64 ", bytes:%" PRIu64 ", used:", flow->stats.packets,
                flow->stats.bytes);
    if (flow->stats.used_ms) {
        strbuf_putf(&s, "%.3fs", MAX(clock_ms() - flow->stats.used_ms, 0) / 1000.0);
    } else {
        strbuf_puts(&s, "never");
    }
    if (flow->stats.tcp_flags) {
        strbuf_puts(&s, ", flags:");
        put_tcp_flags(&s, flow->stats.tcp_flags);
    }
    if (ctl->verbosity) {
        strbuf_puts(&s, ", dp:weft");
    }
    strbuf_puts(&s, ", actions:");
    actions_format(&s, flow->actions, flow->actions_size, names);
    puts(strbuf_str(&s));
    strbuf_destroy(&s);
}

static bool print_and_go_on(void *aux, const struct dp_flow *flow)
{
    print_flow(aux, flow);
    return true;
}

int dpctl_dump_flows(struct dpctl *ctl, int argc, char *argv[])
{
    if (argc > 1) {
        return dpctl_error("there is no datapath named %s (try dump-dps)", argv[1]);
    }
    dpctl_port_names(ctl); /* read now: the dump's callback must not use the connection */
    int error = dp_flow_dump(ctl->client, print_and_go_on, ctl);
    return error ? dpctl_error("dumping the flows failed (%s)", strerror(error)) : 0;
}

/* A flow as it is given on the command line. */
struct flow_arg {
    struct flow key, mask;
    struct uuid ufid;
    bool has_ufid;
};

/* Takes "ufid:UUID" and what follows it, up to the next field, off '*text'. */
static void take_ufid(const char **text, struct flow_arg *arg)
{
    char uuid[UUID_LEN + 1] = "";

    if (strncmp(*text, "ufid:", 5)) {
        return;
    }
    strncpy(uuid, *text + 5, UUID_LEN);
    if (!uuid_from_string(&arg->ufid, uuid)) {
        dpctl_fatal("\"%s\" does not begin with a UFID", *text + 5);
    }
    arg->has_ufid = true;
    *text += 5 + UUID_LEN;
    *text += strspn(*text, ", \t");
}

/* True if some field was named. */
static bool parse_flow(struct dpctl *ctl, const char *text, struct flow_arg *arg)
{
    memset(arg, 0, sizeof *arg);
    take_ufid(&text, arg);
    flow_init(&arg->key);
    flow_mask_init(&arg->mask);
    if (!*text) {
        return false;
    }
    char *error = flow_parse_text(text, dpctl_port_names(ctl), &arg->key, &arg->mask);
    if (error) {
        dpctl_fatal("parsing flow key failed (%s)", error);
    }
    FLOW_MASK_FIELD(&arg->mask, recirc_id); /* flows of different passes never mix */
    return true;
}

struct search {
    const struct flow_arg *arg;
    struct uuid ufid;
    bool found;
};

static bool compare(void *aux, const struct dp_flow *flow)
{
    struct search *search = aux;
    const struct flow_arg *arg = search->arg;

    if (flow_equal(flow->mask, &arg->mask) && flow_equal_masked(flow->key, &arg->key, &arg->mask)) {
        search->ufid = flow->ufid;
        search->found = true;
    }
    return !search->found;
}

/* Finds out the UFID of the flow with the same key and mask. 0 or a positive errno. */
static int find_ufid(struct dpctl *ctl, struct flow_arg *arg)
{
    struct search search = { arg, { { 0 } }, false };
    int error = dp_flow_dump(ctl->client, compare, &search);

    if (!error && !search.found) {
        error = ENOENT;
    }
    if (!error) {
        arg->ufid = search.ufid;
        arg->has_ufid = true;
    }
    return error;
}

static int put_flow(struct dpctl *ctl, const char *flow_text, const char *actions_text,
                    unsigned int flags)
{
    struct actions actions = ACTIONS_INIT;
    struct flow_arg arg;

    if (!parse_flow(ctl, flow_text, &arg)) {
        return dpctl_error("parsing flow key failed (there are no fields)");
    }
    char *message = actions_parse_text(actions_text, dpctl_port_names(ctl), &actions);
    if (message) {
        dpctl_fatal("parsing actions failed (%s)", message);
    }
    if (!arg.has_ufid && (!(flags & DP_PUT_MODIFY) || find_ufid(ctl, &arg) == ENOENT)) {
        arg.ufid = uuid_random();
    }
    struct dp_op op = { .type = DP_OP_FLOW_PUT,
                        .ufid = arg.ufid,
                        .flags = flags,
                        .key = &arg.key,
                        .mask = &arg.mask,
                        .actions = actions.data,
                        .actions_size = actions.size };
    int error = dp_operate(ctl->client, &op, 1);
    error = error ? error : op.error;
    actions_destroy(&actions);
    return error ? dpctl_error("updating flow table (%s)", strerror(error)) : 0;
}

static unsigned int mod_flags(const struct dpctl *ctl)
{
    return DP_PUT_MODIFY | (ctl->may_create ? DP_PUT_CREATE : 0) |
           (ctl->clear ? DP_PUT_ZERO_STATS : 0);
}

int dpctl_add_flow(struct dpctl *ctl, int argc, char *argv[])
{
    return put_flow(ctl, argv[1], argv[2], DP_PUT_CREATE);
}

int dpctl_mod_flow(struct dpctl *ctl, int argc, char *argv[])
{
    return put_flow(ctl, argv[1], argv[2], mod_flags(ctl));
}

static int delete_flow(struct dpctl *ctl, const char *text)
{
    struct flow_arg arg;

    if (parse_flow(ctl, text, &arg) && !arg.has_ufid) {
        int error = find_ufid(ctl, &arg);
        if (error) {
            return dpctl_error("deleting flow (%s)", strerror(error));
        }
    }
    struct dp_op op = { .type = DP_OP_FLOW_DEL, .ufid = arg.ufid };
    int error = dp_operate(ctl->client, &op, 1);
    error = error ? error : op.error;
    if (error) {
        return dpctl_error("deleting flow (%s)", strerror(error));
    }
    if (ctl->statistics) {
        printf("packets:%" PRIu64 ", bytes:%" PRIu64 "\n", op.stats.packets, op.stats.bytes);
    }
    return 0;
}

int dpctl_del_flow(struct dpctl *ctl, int argc, char *argv[])
{
    return delete_flow(ctl, argv[1]);
}

int dpctl_get_flow(struct dpctl *ctl, int argc, char *argv[])
{
    struct flow_arg arg;
    struct dp_flow flow;

    memset(&arg, 0, sizeof arg);
    const char *text = argv[1];
    take_ufid(&text, &arg);
    if (!arg.has_ufid || *text) {
        return dpctl_error("get-flow takes a flow as ufid:UFID");
    }
    dpctl_port_names(ctl);
    int error = dp_flow_get(ctl->client, &arg.ufid, &flow);
    if (error) {
        return dpctl_error("getting flow (%s)", strerror(error));
    }
    print_flow(ctl, &flow);
    return 0;
}

enum file_op { FILE_ADD, FILE_MODIFY, FILE_DELETE };

/* One line: [add|modify|delete] FLOW[ACTIONS], the actions behind "actions:" or the last blank. */
static int run_line(struct dpctl *ctl, char *line, enum file_op op)
{
    static const struct {
        const char *word;
        enum file_op op;
    } words[] = { { "add ", FILE_ADD }, { "modify ", FILE_MODIFY }, { "delete ", FILE_DELETE } };

    line += strspn(line, " \t");
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strncmp(line, words[i].word, strlen(words[i].word))) {
            op = words[i].op;
            line += strlen(words[i].word);
        }
    }
    char *actions = strstr(line, "actions:");
    char *stats = strstr(line, ", packets:");
    if (stats && actions && stats < actions) {
        *stats = '\0'; /* what dump-flows printed: its figures are passed over */
    }
    if (actions) {
        for (char *p = actions; p > line && strchr(", \t", p[-1]); p--) {
            p[-1] = '\0';
        }
        actions += strlen("actions:");
    } else {
        actions = strpbrk(line, " \t");
        if (actions) {
            *actions++ = '\0';
        }
    }
    if (op == FILE_DELETE) {
        return delete_flow(ctl, line);
    }
    if (!actions) {
        return dpctl_error("there are no actions in \"%s\"", line);
    }
    return put_flow(ctl, line, actions, op == FILE_ADD ? DP_PUT_CREATE : mod_flags(ctl));
}

static int run_file(struct dpctl *ctl, const char *name, enum file_op op)
{
    FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
    char *line = NULL;
    size_t allocated = 0;
    int status = 0;

    if (!file) {
        return dpctl_error("%s: open failed (%s)", name, strerror(errno));
    }
    while (getline(&line, &allocated, file) > 0) {
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")]) {
            status |= run_line(ctl, line, op);
        }
    }
    free(line);
    if (file != stdin) {
        fclose(file);
    }
    return status;
}

int dpctl_add_flows(struct dpctl *ctl, int argc, char *argv[])
{
    return run_file(ctl, argv[1], FILE_ADD);
}

int dpctl_mod_flows(struct dpctl *ctl, int argc, char *argv[])
{
    return run_file(ctl, argv[1], FILE_MODIFY);
}

int dpctl_del_flows(struct dpctl *ctl, int argc, char *argv[])
{
    if (argc > 1) {
        return run_file(ctl, argv[1], FILE_DELETE);
    }
    int error = dp_flow_flush(ctl->client);
    return error ? dpctl_error("deleting all flows (%s)", strerror(error)) : 0;
}

int dpctl_parse_actions(struct dpctl *ctl, int argc, char *argv[])
{
    struct actions actions = ACTIONS_INIT;
    struct strbuf s = STRBUF_INIT;
    char *error = actions_parse_text(argv[1], NULL, &actions);

    if (error) {
        dpctl_fatal("parsing actions failed (%s)", error);
    }
    actions_format(&s, actions.data, actions.size, NULL);
    puts(strbuf_str(&s));
    strbuf_destroy(&s);
    actions_destroy(&actions);
    return 0;
}
