/* SPDX-License-Identifier: Apache-2.0 */
/* Flows and datapath actions as text, in the syntax of `ovs-appctl dpctl/dump-flows`, printed and parsed again.
 *
 *   recirc_id(0),in_port(2),eth(src=00:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0800),
 *   ipv4(src=10.0.0.1/255.255.255.0,frag=no),tcp(dst=80),tcp_flags(syn|ack)
 *   push_vlan(vid=5,pcp=0),2,userspace(pid=0,userdata(00112233)),trunc(100),recirc(0x1),drop
 *
 * Parsing what was printed gives the same flow and mask, with one exception that OVS's syntax makes: text that names the Ethernet
 * type but no vlan(...) stands for untagged packets, so that is what parsing gives, while printing leaves an absent
 * tag out even if the mask does not look at it. The verbose form tells: it has vlan(cfi=0/0x0) then. And MPLS labels behind
 * the bottom of the stack, which are always 0, are not printed.
 *
 * A group that is named implies what it needs: tcp(dst=80) needs the IP protocol to be 6, ipv4(...) the Ethernet type 0x0800. Parse
 * errors name the word at fault. Any thread. */
#pragma once

#include "lib/net/action.h"
#include "lib/net/flow.h"

struct strbuf;

/* Port names in place of numbers where 'name' gives one; both may be null. */
struct flow_port_names {
    const char *(*name)(void *aux, uint32_t port);          /* null: print the number */
    bool (*number)(void *aux, const char *name, uint32_t *port); /* for parsing */
    void *aux;
};

/* Prints the fields of 'key' that 'mask' looks at; a null mask prints everything, exact. 'verbose' also prints fully wildcarded fields. */
void flow_format(struct strbuf *, const struct flow *key, const struct flow *mask,
                 const struct flow_port_names *, bool verbose);

/* Null on success, else what is wrong (the caller frees it). 'mask' may be null: then every field named must be exact. Fields not
 * named are wildcards in 'mask'. */
char *flow_parse_text(const char *text, const struct flow_port_names *, struct flow *key,
                      struct flow *mask) WARN_UNUSED;

/* "drop" for an empty list, "drop(REASON)" for an ACTION_DROP. Parsing appends to the list, which is valid afterwards; after an error it is as it was. */
void actions_format(struct strbuf *, const void *list, size_t size, const struct flow_port_names *);
char *actions_parse_text(const char *text, const struct flow_port_names *, struct actions *)
    WARN_UNUSED;

/* Addresses. The parse functions return false unless the whole string is one. */
void eth_format(struct strbuf *, struct eth_addr);
void eth_format_masked(struct strbuf *, struct eth_addr, struct eth_addr mask);
bool eth_parse(const char *, struct eth_addr *) WARN_UNUSED;
void ipv4_format_masked(struct strbuf *, be32 ip, be32 mask); /* a.b.c.d, /len or /mask */
void ipv6_format(struct strbuf *, const uint8_t ip[16]);
void ipv6_format_masked(struct strbuf *, const uint8_t ip[16], const uint8_t mask[16]);
char *ipv4_parse_masked(const char *, be32 *ip, be32 *mask) WARN_UNUSED; /* error or null */
char *ipv6_parse_masked(const char *, uint8_t ip[16], uint8_t mask[16]) WARN_UNUSED;
/* "syn|ack", "+syn-ack" (masked) as OVS writes TCP flags. */
void tcp_flags_format(struct strbuf *, uint16_t flags, uint16_t mask);
