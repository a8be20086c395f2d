/* SPDX-License-Identifier: Apache-2.0 */
/* Meters in abstract form. Source: OpenFlow 1.3 sections 5.7, 7.3.4.4 (meter-mod), 7.3.5.12 to
 * 7.3.5.14; the same in later versions. */
#pragma once

#include "lib/ofp/ofp.h"

struct ofp_names;
struct ofp_msgs;
struct ofp_stats_iter;
struct strbuf;

enum { OFP_MAX_METER_BANDS = 8 };
#define OFPM_MAX 0xffff0000u
#define OFPM_SLOWPATH 0xfffffffdu
#define OFPM_CONTROLLER 0xfffffffeu
#define OFPM_ALL 0xffffffffu

enum { OFPMF_KBPS = 1, OFPMF_PKTPS = 2, OFPMF_BURST = 4, OFPMF_STATS = 8 };
enum { OFPMBT_DROP = 1, OFPMBT_DSCP_REMARK = 2, OFPMBT_EXPERIMENTER = 0xffff };
enum ofp_meter_command { OFPMC_ADD, OFPMC_MODIFY, OFPMC_DELETE };

struct ofp_meter_band {
    uint16_t type;        /* OFPMBT_* */
    uint8_t prec_level;   /* DSCP_REMARK */
    uint32_t rate, burst; /* kbps or packets a second; kilobits or packets, read back as written */
};

struct ofp_meter_config {
    uint32_t id;
    uint16_t flags; /* OFPMF_* */
    uint16_t n_bands;
    struct ofp_meter_band bands[OFP_MAX_METER_BANDS];
};

struct ofp_meter_mod {
    enum ofp_meter_command command;
    struct ofp_meter_config config; /* DELETE: only the id, OFPM_ALL for all */
};

struct ofp_meter_band_stats {
    uint64_t packets, bytes;
};

struct ofp_meter_stats {
    uint32_t id, n_flows;
    uint64_t packets_in, bytes_in;
    uint32_t duration_sec, duration_nsec;
    uint16_t n_bands;
    struct ofp_meter_band_stats bands[OFP_MAX_METER_BANDS];
};

struct ofp_meter_features {
    uint32_t max_meters, band_types, capabilities; /* bit 1 << OFPMBT_*, OFPMF_* */
    uint8_t max_bands, max_color;
    uint32_t features; /* 1.5: OFPMFF_* */
};

/* Statistics and configuration: of one meter or OFPM_ALL. */
struct ofp_meter_request {
    uint32_t id;
};

/* 1.3 and later. */
void ofp_encode_meter_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_meter_mod *, be32 xid);
void ofp_reply_meter_config(struct ofp_msgs *, const struct ofp_meter_config *);
void ofp_reply_meter_stats(struct ofp_msgs *, const struct ofp_meter_stats *);
void ofp_encode_meter_features_reply(struct ofpbuf *out, enum ofp_version, const struct ofp_meter_features *, be32 xid);
enum ofp_error ofp_meter_config_next(struct ofp_stats_iter *, struct ofp_meter_config *) WARN_UNUSED;
enum ofp_error ofp_meter_stats_next(struct ofp_stats_iter *, struct ofp_meter_stats *) WARN_UNUSED;

/* "meter=1,kbps,burst,stats,bands=type=drop,rate=1000,burst_size=10" as ovs-ofctl reads it. */
char *ofp_meter_mod_parse(struct ofp_meter_mod *, const char *text, enum ofp_meter_command) WARN_UNUSED;
void ofp_meter_id_format(struct strbuf *, uint32_t id); /* "controller", "slowpath", "all" or a number */
void ofp_meter_config_format(struct strbuf *, const struct ofp_meter_config *);
void ofp_meter_stats_format(struct strbuf *, const struct ofp_meter_stats *);
