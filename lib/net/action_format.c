/* SPDX-License-Identifier: Apache-2.0 */
/* Action lists to text. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "lib/net/mpls_text.h"
#include "lib/net/select_text.h"
#include "lib/net/set_text.h"
#include "lib/net/tunnel_text.h"
#include "lib/net/vlan_text.h"

static void format_port(struct strbuf *out, uint32_t port, const struct flow_port_names *names)
{
    const char *name = names && names->name ? names->name(names->aux, port) : NULL;
    if (name) {
        strbuf_puts(out, name);
    } else {
        strbuf_putf(out, "%u", port);
    }
}

static void format_push_vlan(struct strbuf *out, const struct action_push_vlan *push)
{
    strbuf_puts(out, "push_vlan(");
    if (push->tpid != htons(ETH_TYPE_VLAN_8021Q)) {
        strbuf_putf(out, "tpid=0x%04x,", ntohs(push->tpid));
    }
    vlan_text_format(out, push->tci, BE16_MAX, true);
    strbuf_putc(out, ')');
}

static void format_push_mpls(struct strbuf *out, const struct action_push_mpls *push)
{
    strbuf_puts(out, "push_mpls(");
    mpls_text_format(out, &push->lse, NULL, 1);
    strbuf_putf(out, ",eth_type=0x%x)", ntohs(push->eth_type));
}

/* With as many digits as tell it from its neighbours, one at least. */
static void format_probability(struct strbuf *out, uint32_t probability)
{
    double percent = (double)probability / UINT32_MAX * 100;
    char text[32];
    for (int digits = 1; digits <= 10; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, percent);
        if ((uint32_t)(strtod(text, NULL) / 100 * UINT32_MAX + 0.5) == probability) {
            break;
        }
    }
    strbuf_putf(out, "%s%%", text);
}

static void format_upcall(struct strbuf *out, const struct action_upcall *upcall)
{
    strbuf_puts(out, "userspace(pid=0");
    if (upcall->userdata_len) {
        strbuf_puts(out, ",userdata(");
        strbuf_put_hex(out, upcall->userdata, upcall->userdata_len);
        strbuf_putc(out, ')');
    }
    if (upcall->max_len != UINT32_MAX) {
        strbuf_putf(out, ",max_len=%u", upcall->max_len);
    }
    strbuf_putc(out, ')');
}

static void format_nested(struct strbuf *out, const struct action *a,
                          const struct flow_port_names *names, const char *end)
{
    size_t size;
    const struct action *nested = action_nested(a, &size);
    actions_format(out, nested, size, names);
    strbuf_puts(out, end);
}

static void format_check_len(struct strbuf *out, const struct action_check_len *check,
                             const struct flow_port_names *names)
{
    size_t size;
    strbuf_putf(out, "check_pkt_len(size=%u,gt(", check->len);
    const struct action *list = action_check_len_branch(check, true, &size);
    actions_format(out, list, size, names);
    strbuf_puts(out, "),le(");
    list = action_check_len_branch(check, false, &size);
    actions_format(out, list, size, names);
    strbuf_puts(out, "))");
}

static void format_select(struct strbuf *out, const struct action_select *select,
                          const struct flow_port_names *names)
{
    select_text_format(out, select);
    for (unsigned int i = 0; i < select->n_buckets; i++) {
        size_t size;
        const struct action *list = action_select_bucket(select, i, &size);
        strbuf_puts(out, ",bucket(");
        actions_format(out, list, size, names);
        strbuf_putc(out, ')');
    }
    strbuf_putc(out, ')');
}

static void format_push_pbb(struct strbuf *out, const struct action_push_pbb *push)
{
    uint32_t tci = ntohl(push->tci);
    strbuf_putf(out, "push_pbb(isid=%u,pcp=%u,dei=%u,uca=%u)", tci & PBB_ISID_MASK, tci >> 29,
                tci >> 28 & 1, tci >> PBB_UCA_SHIFT & 1);
}

/* The list was validated, so the header is one. */
static void format_tnl_push(struct strbuf *out, const struct action_tnl_push *push,
                            const struct flow_port_names *names)
{
    struct tunnel_header header;
    (void)!tunnel_header_parse(push->kind, push->header, push->header_len, &header);
    strbuf_puts(out, "tnl_push(tnl_port(");
    format_port(out, push->port, names);
    strbuf_puts(out, "),header(");
    tunnel_text_format(out, &header);
    if (push->mtu) {
        strbuf_putf(out, "),mtu(%u", push->mtu);
    }
    strbuf_puts(out, "),out_port(");
    format_port(out, push->out_port, names);
    strbuf_puts(out, "))");
}

static void format_action(struct strbuf *out, const struct action *a,
                          const struct flow_port_names *names)
{
    switch (a->type) {
    case ACTION_OUTPUT:
        format_port(out, ((const struct action_output *)a)->port, names);
        break;
    case ACTION_PUSH_VLAN:
        format_push_vlan(out, (const struct action_push_vlan *)a);
        break;
    case ACTION_POP_VLAN:
        strbuf_puts(out, "pop_vlan");
        break;
    case ACTION_PUSH_MPLS:
        format_push_mpls(out, (const struct action_push_mpls *)a);
        break;
    case ACTION_POP_MPLS:
        strbuf_putf(out, "pop_mpls(eth_type=0x%x)",
                    ntohs(((const struct action_pop_mpls *)a)->eth_type));
        break;
    case ACTION_SET:
        set_text_format(out, (const struct action_set *)a);
        break;
    case ACTION_DEC_TTL:
        strbuf_puts(out, "dec_ttl(le_1(");
        format_nested(out, a, names, "))");
        break;
    case ACTION_TRUNC:
        strbuf_putf(out, "trunc(%u)", ((const struct action_trunc *)a)->max_len);
        break;
    case ACTION_CLONE:
        strbuf_puts(out, "clone(");
        format_nested(out, a, names, ")");
        break;
    case ACTION_SAMPLE:
        strbuf_puts(out, "sample(sample=");
        format_probability(out, ((const struct action_sample *)a)->probability);
        strbuf_puts(out, ",actions(");
        format_nested(out, a, names, "))");
        break;
    case ACTION_RECIRC:
        strbuf_putf(out, "recirc(%#x)", ((const struct action_recirc *)a)->recirc_id);
        break;
    case ACTION_HASH: {
        const struct action_hash *hash = (const struct action_hash *)a;
        strbuf_putf(out, "hash(%s(%u))", hash->alg == ACTION_HASH_L4 ? "l4" : "sym_l4",
                    hash->basis);
        break;
    }
    case ACTION_UPCALL:
        format_upcall(out, (const struct action_upcall *)a);
        break;
    case ACTION_DROP:
        strbuf_putf(out, "drop(%s)", drop_reason_name(((const struct action_drop *)a)->reason));
        break;
    case ACTION_SELECT:
        format_select(out, (const struct action_select *)a, names);
        break;
    case ACTION_CHECK_LEN:
        format_check_len(out, (const struct action_check_len *)a, names);
        break;
    case ACTION_METER:
        strbuf_putf(out, "meter(%u)", ((const struct action_meter *)a)->meter_id);
        break;
    case ACTION_PUSH_PBB:
        format_push_pbb(out, (const struct action_push_pbb *)a);
        break;
    case ACTION_POP_PBB:
        strbuf_puts(out, "pop_pbb");
        break;
    case ACTION_COPY_TTL:
        strbuf_puts(out, ((const struct action_copy_ttl *)a)->inwards ? "copy_ttl_in"
                                                                      : "copy_ttl_out");
        break;
    case ACTION_TNL_PUSH:
        format_tnl_push(out, (const struct action_tnl_push *)a, names);
        break;
    case ACTION_REASSEMBLE:
        strbuf_puts(out, "reassemble");
        break;
    case ACTION_TNL_POP:
        strbuf_puts(out, "tnl_pop(");
        format_port(out, ((const struct action_tnl_pop *)a)->port, names);
        strbuf_putc(out, ')');
        break;
    }
}

void actions_format(struct strbuf *out, const void *list, size_t size,
                    const struct flow_port_names *names)
{
    if (!size) {
        strbuf_puts(out, "drop");
    }
    const struct action *a;
    action_for_each (a, list, size) {
        if ((const void *)a != list) {
            strbuf_putc(out, ',');
        }
        format_action(out, a, names);
    }
}
