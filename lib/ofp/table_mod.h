/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables: table-mod, table description, table status. Sources: OpenFlow 1.1 section A.3.4.3 (what happens to
 * packets that match nothing), 1.4 sections 7.3.4.2 and 7.3.5.19 (eviction, vacancy events). */
#pragma once

#include "lib/ofp/ofp.h"

struct ofp_msgs;
struct ofp_names;
struct ofp_stats_iter;
struct strbuf;

enum ofp_table_miss { OFP_MISS_DEFAULT, OFP_MISS_CONTROLLER, OFP_MISS_CONTINUE, OFP_MISS_DROP };
enum { OFPTMPEF_OTHER = 1, OFPTMPEF_IMPORTANCE = 2, OFPTMPEF_LIFETIME = 4 };

struct ofp_table_mod {
    uint8_t table;          /* OFP_TABLE_ALL: all */
    enum ofp_table_miss miss; /* 1.1 to 1.2; else DEFAULT */
    int eviction;           /* 1.4+: 0 off, 1 on, -1: unchanged */
    uint32_t eviction_flags; /* OFPTMPEF_*; UINT32_MAX: not given */
    int vacancy;            /* 1.4+: 0 off, 1 on, -1: unchanged */
    uint8_t vacancy_down, vacancy_up; /* percent */
};

struct ofp_table_desc {
    uint8_t table;
    bool eviction, vacancy;
    uint32_t eviction_flags;
    uint8_t vacancy_down, vacancy_up, vacancy_now; /* percent */
};

enum { OFPTR_VACANCY_DOWN = 3, OFPTR_VACANCY_UP = 4 };
struct ofp_table_status {
    uint8_t reason; /* OFPTR_* */
    struct ofp_table_desc desc;
};

void ofp_encode_table_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_table_mod *, be32 xid);
void ofp_reply_table_desc(struct ofp_msgs *, const struct ofp_table_desc *);
enum ofp_error ofp_table_desc_next(struct ofp_stats_iter *, struct ofp_table_desc *) WARN_UNUSED;
void ofp_encode_table_status(struct ofpbuf *out, enum ofp_version, const struct ofp_table_status *);

/* "0", "evict", "vacancy:20,80", ... the arguments of ovs-ofctl mod-table. '*versions' loses those that cannot say it. */
char *ofp_table_mod_parse(struct ofp_table_mod *, const char *table, const char *setting, uint32_t *versions, const struct ofp_names *) WARN_UNUSED;
void ofp_table_desc_format(struct strbuf *, const struct ofp_table_desc *, const struct ofp_names *);
