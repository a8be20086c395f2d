/* SPDX-License-Identifier: Apache-2.0 */
/* Text to action lists. */
#include <ctype.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/flow_text.h"
#include "lib/net/mpls_text.h"
#include "lib/net/select_text.h"
#include "lib/net/set_text.h"
#include "lib/net/tunnel_text.h"
#include "lib/net/vlan_text.h"

struct parser {
    struct scanner s;
    const struct flow_port_names *names;
    struct actions *list;
    int depth;
};

static char *scan_list(struct parser *, bool nested);

/* A number and the 'end' that follows it. */
static char *scan_number(struct parser *ps, const char *action, const char *end, uint64_t *number)
{
    char word[SCAN_WORD_SIZE];
    size_t n = scan_word(&ps->s, ",()", word);
    if (n == SCAN_WORD_SIZE || !scan_u64(word, UINT32_MAX, number)) {
        return xasprintf("%s: '%.60s' is not a number", action, word);
    }
    return scan_literal(&ps->s, end) ? NULL : xasprintf("%s: '%s' is missing", action, end);
}

/* 'word' as a port, by number or name. */
static bool read_port(const struct parser *ps, const char *word, uint32_t *port)
{
    uint64_t number;
    if (scan_u64(word, UINT32_MAX, &number)) {
        *port = number;
        return true;
    }
    return ps->names && ps->names->number && ps->names->number(ps->names->aux, word, port);
}

static char *scan_push_vlan(struct parser *ps)
{
    struct flow_vlan tag = {htons(ETH_TYPE_VLAN_8021Q), htons(VLAN_CFI)};
    char *error = vlan_text_scan(&ps->s, &tag, NULL);
    if (!error) {
        actions_put_push_vlan(ps->list, tag.tpid, tag.tci);
    }
    return error;
}

static char *scan_pop_vlan(struct parser *ps)
{
    actions_put_pop_vlan(ps->list);
    return NULL;
}

static char *scan_push_mpls(struct parser *ps)
{
    be32 lse;
    be16 eth_type;
    char *error = mpls_text_scan_push(&ps->s, &lse, &eth_type);
    if (!error) {
        actions_put_push_mpls(ps->list, eth_type, lse);
    }
    return error;
}

static char *scan_pop_mpls(struct parser *ps)
{
    uint64_t type;
    char *error = scan_number(ps, "pop_mpls", ")", &type);
    if (!error && type > UINT16_MAX) {
        error = xasprintf("pop_mpls: the Ethernet type is too large");
    }
    if (!error) {
        actions_put_pop_mpls(ps->list, htons(type));
    }
    return error;
}

static char *scan_set(struct parser *ps)
{
    return set_text_scan(&ps->s, ps->list);
}

static char *scan_dec_ttl(struct parser *ps)
{
    size_t offset = actions_begin_dec_ttl(ps->list);
    char *error = scan_list(ps, true);
    actions_end(ps->list, offset);
    if (error) {
        return error;
    }
    return scan_literal(&ps->s, ")") ? NULL : xasprintf("dec_ttl: ')' is missing");
}

static char *scan_trunc(struct parser *ps)
{
    uint64_t max_len;
    char *error = scan_number(ps, "trunc", ")", &max_len);
    if (!error) {
        actions_put_trunc(ps->list, max_len);
    }
    return error;
}

static char *scan_clone(struct parser *ps)
{
    size_t offset = actions_begin_clone(ps->list);
    char *error = scan_list(ps, true);
    actions_end(ps->list, offset);
    return error;
}

/* Digits with at most one point, and "%". */
static bool scan_percentage(struct scanner *s, double *percent)
{
    char word[SCAN_WORD_SIZE];
    size_t n = scan_word(s, "%,()", word);
    if (!n || n == SCAN_WORD_SIZE || strspn(word, "0123456789.") != n ||
        !isdigit((unsigned char)word[0])) {
        return false;
    }
    char *end;
    *percent = strtod(word, &end);
    return !*end && *percent <= 100 && scan_literal(s, "%");
}

static char *scan_sample(struct parser *ps)
{
    double percent;
    if (!scan_percentage(&ps->s, &percent)) {
        return xasprintf("sample: a percentage from 0%% to 100%% is missing");
    }
    scan_skip(&ps->s);
    if (!scan_literal(&ps->s, "actions(")) {
        return xasprintf("sample: 'actions(' is missing");
    }
    size_t offset = actions_begin_sample(ps->list, (uint32_t)(percent / 100 * UINT32_MAX + 0.5));
    char *error = scan_list(ps, true);
    actions_end(ps->list, offset);
    if (error) {
        return error;
    }
    return scan_literal(&ps->s, ")") ? NULL : xasprintf("sample: ')' is missing");
}

static char *scan_recirc(struct parser *ps)
{
    uint64_t id;
    char *error = scan_number(ps, "recirc", ")", &id);
    if (!error) {
        actions_put_recirc(ps->list, id);
    }
    return error;
}

static char *scan_hash(struct parser *ps, enum action_hash_alg alg)
{
    uint64_t basis;
    char *error = scan_number(ps, "hash", "))", &basis);
    if (!error) {
        actions_put_hash(ps->list, alg, basis);
    }
    return error;
}

static char *scan_hash_l4(struct parser *ps)
{
    return scan_hash(ps, ACTION_HASH_L4);
}

static char *scan_hash_sym_l4(struct parser *ps)
{
    return scan_hash(ps, ACTION_HASH_SYM_L4);
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

static char *scan_userdata(struct scanner *s, uint8_t *data, size_t *n)
{
    for (*n = 0; !scan_literal(s, ")"); ++*n) {
        int high = hex_digit(s->at[0]);
        int low = high < 0 ? -1 : hex_digit(s->at[1]);
        if (low < 0) {
            return xasprintf(
                "userspace: the user data is not a whole number of bytes in hexadecimal");
        }
        if (*n == ACTION_MAX_USERDATA) {
            return xasprintf("userspace: more than %d bytes of user data", ACTION_MAX_USERDATA);
        }
        data[*n] = high << 4 | low;
        s->at += 2;
    }
    return NULL;
}

static char *scan_userspace(struct parser *ps)
{
    uint8_t data[ACTION_MAX_USERDATA];
    size_t n = 0;
    uint64_t max_len = UINT32_MAX, pid;
    char *error = NULL;
    for (scan_skip(&ps->s); !error && !scan_literal(&ps->s, ")"); scan_skip(&ps->s)) {
        char word[SCAN_WORD_SIZE];
        scan_peek(&ps->s, word);
        if (scan_literal(&ps->s, "pid=")) {
            error = scan_number(ps, "userspace", "", &pid);
        } else if (scan_literal(&ps->s, "max_len=")) {
            error = scan_number(ps, "userspace", "", &max_len);
        } else if (scan_literal(&ps->s, "userdata(")) {
            error = scan_userdata(&ps->s, data, &n);
        } else {
            error = *word ? xasprintf("userspace: unknown field '%s'", word)
                          : xasprintf("userspace: ')' is missing");
        }
    }
    if (!error) {
        actions_put_upcall(ps->list, max_len, data, n);
    }
    return error;
}

static char *scan_drop(struct parser *ps)
{
    char word[SCAN_WORD_SIZE];
    scan_word(&ps->s, ",()", word);
    for (int reason = DROP_NONE + 1; reason < DROP_N_REASONS; reason++) {
        if (!strcmp(word, drop_reason_name(reason))) {
            actions_put_drop(ps->list, reason);
            return scan_literal(&ps->s, ")") ? NULL : xasprintf("drop: ')' is missing");
        }
    }
    return xasprintf("drop: '%.60s' is not a reason", word);
}

/* A branch whose name and "(" were taken. */
static char *scan_branch(struct parser *ps)
{
    size_t offset = actions_begin_branch(ps->list);
    char *error = scan_list(ps, true);
    actions_end(ps->list, offset);
    return error;
}

/* "gt(...)" and "le(...)". */
static char *scan_check_len_branch(struct parser *ps, const char *start)
{
    scan_skip(&ps->s);
    if (!scan_literal(&ps->s, start)) {
        return xasprintf("check_pkt_len: '%s' is missing", start);
    }
    return scan_branch(ps);
}

static char *scan_check_len(struct parser *ps)
{
    uint64_t len;
    char *error = scan_number(ps, "check_pkt_len", ",", &len);
    if (error) {
        return error;
    }
    size_t offset = actions_begin_check_len(ps->list, len);
    error = scan_check_len_branch(ps, "gt(");
    if (!error) {
        error = scan_check_len_branch(ps, "le(");
    }
    actions_end(ps->list, offset);
    if (error) {
        return error;
    }
    return scan_literal(&ps->s, ")") ? NULL : xasprintf("check_pkt_len: ')' is missing");
}

static char *scan_select(struct parser *ps)
{
    struct select_head head;
    char *error = select_text_scan(&ps->s, &head);
    if (error) {
        return error;
    }
    size_t offset =
        actions_begin_select(ps->list, head.table_id, head.alg, head.basis, &head.mask);
    for (scan_skip(&ps->s); !error && scan_literal(&ps->s, "bucket("); scan_skip(&ps->s)) {
        error = scan_branch(ps);
    }
    actions_end(ps->list, offset);
    if (error) {
        return error;
    }
    return scan_literal(&ps->s, ")") ? NULL : xasprintf("select: ')' is missing");
}

static char *scan_meter(struct parser *ps)
{
    uint64_t id;
    char *error = scan_number(ps, "meter", ")", &id);
    if (!error) {
        actions_put_meter(ps->list, id);
    }
    return error;
}

/* "isid=", "pcp=", "dei=" and "uca=", in any order, each at most its greatest value. */
static char *scan_push_pbb(struct parser *ps)
{
    static const struct {
        const char *name;
        uint32_t max;
        int shift;
    } parts[] = {
        {"isid=", PBB_ISID_MASK, 0}, {"pcp=", 7, 29}, {"dei=", 1, 28}, {"uca=", 1, PBB_UCA_SHIFT}};
    uint32_t tci = 0;
    for (scan_skip(&ps->s); !scan_literal(&ps->s, ")"); scan_skip(&ps->s)) {
        char peek[SCAN_WORD_SIZE];
        uint64_t value;
        size_t i = 0;
        scan_peek(&ps->s, peek);
        while (i < ARRAY_SIZE(parts) && !scan_literal(&ps->s, parts[i].name)) {
            i++;
        }
        if (i == ARRAY_SIZE(parts)) {
            return xasprintf("push_pbb: unknown field '%s'", peek);
        }
        char *error = scan_number(ps, "push_pbb", "", &value);
        if (error || value > parts[i].max) {
            return error ? error : xasprintf("push_pbb: '%s' is too large", peek);
        }
        tci = (tci & ~(parts[i].max << parts[i].shift)) | (uint32_t)value << parts[i].shift;
    }
    actions_put_push_pbb(ps->list, htonl(tci));
    return NULL;
}

static char *scan_pop_pbb(struct parser *ps)
{
    actions_put_pop_pbb(ps->list);
    return NULL;
}

static char *scan_copy_ttl_in(struct parser *ps)
{
    actions_put_copy_ttl(ps->list, true);
    return NULL;
}

static char *scan_copy_ttl_out(struct parser *ps)
{
    actions_put_copy_ttl(ps->list, false);
    return NULL;
}

/* A port, by number or name, and what must follow it. */
static char *scan_port(struct parser *ps, const char *action, const char *end, uint32_t *port)
{
    char word[SCAN_WORD_SIZE];
    size_t n = scan_word(&ps->s, ",() \t\r\n", word);
    if (!n || n == SCAN_WORD_SIZE || !read_port(ps, word, port)) {
        return xasprintf("%s: '%.60s' is not a port", action, word);
    }
    return scan_literal(&ps->s, end) ? NULL : xasprintf("%s: '%s' is missing", action, end);
}

/* "mtu(1500),", if it is there. */
static char *scan_tnl_mtu(struct parser *ps, uint32_t *mtu)
{
    uint64_t number = 0;
    char *error = NULL;
    scan_skip(&ps->s);
    if (scan_literal(&ps->s, "mtu(")) {
        error = scan_number(ps, "tnl_push", ")", &number);
        scan_skip(&ps->s);
    }
    *mtu = (uint32_t)number;
    return error;
}

static char *scan_tnl_push(struct parser *ps)
{
    uint32_t port, out_port, mtu;
    struct tunnel_header header;
    char *error = scan_port(ps, "tnl_push", ")", &port);
    if (!error) {
        scan_skip(&ps->s);
        error = scan_literal(&ps->s, "header(") ? tunnel_text_scan(&ps->s, &header)
                                                : xasprintf("tnl_push: 'header(' is missing");
    }
    error = error ? error : scan_tnl_mtu(ps, &mtu);
    if (error) {
        return error;
    }
    if (!scan_literal(&ps->s, "out_port(")) {
        return xasprintf("tnl_push: 'out_port(' is missing");
    }
    error = scan_port(ps, "tnl_push", "))", &out_port);
    if (!error) {
        actions_put_tnl_push(ps->list, port, &header, mtu, out_port);
    }
    return error;
}

static char *scan_tnl_pop(struct parser *ps)
{
    uint32_t port;
    char *error = scan_port(ps, "tnl_pop", ")", &port);
    if (!error) {
        actions_put_tnl_pop(ps->list, port);
    }
    return error;
}

static char *scan_reassemble(struct parser *ps)
{
    actions_put_reassemble(ps->list);
    return NULL;
}

static const struct {
    const char *start;
    char *(*scan)(struct parser *); /* parses what follows */
} kinds[] = {
    {"push_vlan(", scan_push_vlan},
    {"pop_vlan", scan_pop_vlan},
    {"push_mpls(", scan_push_mpls},
    {"pop_mpls(eth_type=", scan_pop_mpls},
    {"set(", scan_set},
    {"dec_ttl(le_1(", scan_dec_ttl},
    {"trunc(", scan_trunc},
    {"clone(", scan_clone},
    {"sample(sample=", scan_sample},
    {"recirc(", scan_recirc},
    {"hash(l4(", scan_hash_l4},
    {"hash(sym_l4(", scan_hash_sym_l4},
    {"userspace(", scan_userspace},
    {"drop(", scan_drop},
    {"check_pkt_len(size=", scan_check_len},
    {"select(", scan_select},
    {"meter(", scan_meter},
    {"push_pbb(", scan_push_pbb},
    {"pop_pbb", scan_pop_pbb},
    {"copy_ttl_in", scan_copy_ttl_in},
    {"copy_ttl_out", scan_copy_ttl_out},
    {"tnl_push(tnl_port(", scan_tnl_push},
    {"tnl_pop(", scan_tnl_pop},
    {"reassemble", scan_reassemble},
};

/* A port, by number or name. */
static char *scan_output(struct parser *ps)
{
    char word[SCAN_WORD_SIZE], peek[SCAN_WORD_SIZE];
    scan_peek(&ps->s, peek);
    size_t n = scan_word(&ps->s, ",() \t\r\n", word);
    uint32_t port;
    if (n && n < SCAN_WORD_SIZE && *ps->s.at != '(' && read_port(ps, word, &port)) {
        actions_put_output(ps->list, port);
        return NULL;
    }
    return xasprintf("'%s' is not an action or a port", peek);
}

static char *scan_action(struct parser *ps)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct scanner saved = ps->s;
        if (scan_literal(&ps->s, kinds[i].start)) {
            size_t n = strlen(kinds[i].start);
            bool whole = strchr("(=", kinds[i].start[n - 1]) || strchr(",) \t\r\n", *ps->s.at);
            if (whole) {
                return kinds[i].scan(ps);
            }
            ps->s = saved; /* the name of a port that starts like an action */
        }
    }
    return scan_output(ps);
}

/* Takes "drop" if it is the whole list. */
static bool scan_empty(struct parser *ps, bool nested)
{
    struct scanner saved = ps->s;
    scan_skip(&ps->s);
    if (scan_literal(&ps->s, "drop")) {
        scan_skip(&ps->s);
        if (nested ? *ps->s.at == ')' : !*ps->s.at) {
            return true;
        }
    }
    ps->s = saved;
    return false;
}

/* Parses up to the end, or takes the closing parenthesis of a nested list. */
static char *scan_list(struct parser *ps, bool nested)
{
    if (nested && ++ps->depth > ACTIONS_MAX_DEPTH) {
        return xasprintf("actions are nested too deep");
    }
    scan_empty(ps, nested);
    for (scan_skip(&ps->s); *ps->s.at; scan_skip(&ps->s)) {
        if (nested && scan_literal(&ps->s, ")")) {
            ps->depth--;
            return NULL;
        }
        char *error = scan_action(ps);
        if (error) {
            return error;
        }
        if (ps->list->size > ACTIONS_MAX_SIZE) {
            return xasprintf("too many actions");
        }
    }
    return nested ? xasprintf("')' is missing at the end") : NULL;
}

char *actions_parse_text(const char *text, const struct flow_port_names *names,
                         struct actions *list)
{
    struct parser ps = {.s = {text}, .names = names, .list = list};
    size_t start = list->size;
    scan_skip(&ps.s);
    char *error = *ps.s.at ? scan_list(&ps, false) : xasprintf("actions are missing");
    if (!error && list->size > start) {
        const char *invalid = actions_validate(list->data + start, list->size - start);
        error = invalid ? xstrdup(invalid) : NULL;
    }
    if (error) {
        list->size = start;
    }
    return error;
}
