/* SPDX-License-Identifier: Apache-2.0 */
/* What all of OpenFlow shares: versions, port numbers, message types, errors, the buffer a message
 * is built in.
 *
 * There is one abstract form of each message for all versions. Numbers that a version lacks are
 * mapped at the codec's border (16-bit port numbers of 1.0 to the 32-bit ones of 1.1, for one).
 * Errors are the spec's: each enum ofp_error knows its type and code in each version. Source:
 * OpenFlow 1.0.0 to 1.5.1. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/base/types.h"

struct strbuf;

enum ofp_version { OFP10 = 1, OFP11 = 2, OFP12 = 3, OFP13 = 4, OFP14 = 5, OFP15 = 6 };

/* Bitmap of versions: 1 << version. */
#define OFP_VERSION_BIT(v) (1u << (v))
enum {
    OFP_VERSIONS_IMPLEMENTED =
        1 << OFP10 | 1 << OFP11 | 1 << OFP12 | 1 << OFP13 | 1 << OFP14 | 1 << OFP15
};

enum {
    OFP_HEADER_LEN = 8,
    OFP_MAX_MESSAGE = 65535,
    OFP_DEFAULT_PORT = 6653,
    OFP_N_TABLES = 254,
    OFP_TABLE_ALL = 0xff
};

typedef uint32_t ofp_port_t;
#define OFPP_MAX 0xff00u /* ordinary ports are below it */
#define OFPP_FIRST_RESERVED 0xfffffff7u
#define OFPP_UNSET 0xfffffff7u
#define OFPP_IN_PORT 0xfffffff8u
#define OFPP_TABLE 0xfffffff9u
#define OFPP_NORMAL 0xfffffffau
#define OFPP_FLOOD 0xfffffffbu
#define OFPP_ALL 0xfffffffcu
#define OFPP_CONTROLLER 0xfffffffdu
#define OFPP_LOCAL 0xfffffffeu
#define OFPP_NONE 0xffffffffu /* OFPP_ANY since 1.1 */
#define OFPG_ANY 0xffffffffu
#define OFPG_ALL 0xfffffffcu

/* "LOCAL", "NORMAL" ... or a number. False if 's' is neither. */
bool ofp_port_from_string(const char *s, ofp_port_t *) WARN_UNUSED;
void ofp_port_format(struct strbuf *, ofp_port_t);
/* 16-bit numbers of OpenFlow 1.0 and NXM's in_port. from10 fails for none. to10 returns false if
 * there is no such number. */
ofp_port_t ofp_port_from_10(uint16_t);
bool ofp_port_to_10(ofp_port_t, uint16_t *) WARN_UNUSED;

/* "OpenFlow10", "OpenFlow13", ...; the parser takes a list separated by commas or blanks. Error or
 * null. */
const char *ofp_version_name(enum ofp_version);
char *ofp_versions_from_string(const char *, uint32_t *bitmap) WARN_UNUSED;

/* A message, or a part of one, as bytes. Zero-initialised it is empty. */
struct ofpbuf {
    uint8_t *data;
    size_t size; /* bytes */
    size_t allocated;
};

void ofpbuf_destroy(struct ofpbuf *);
void *ofpbuf_put_zeros(struct ofpbuf *, size_t n); /* pointer is valid until the next put */
void ofpbuf_put(struct ofpbuf *, const void *, size_t n);
void ofpbuf_pad8(struct ofpbuf *); /* zeros up to a multiple of 8 bytes */

/* Errors. 0 is success everywhere. Values other than OFPERR_OK are opaque; lib/ofp/error.c has
 * their types and codes per version. */
enum ofp_error {
    OFPERR_OK,
    /* hello failed */
    OFPHFC_INCOMPATIBLE, OFPHFC_EPERM,
    /* bad request */
    OFPBRC_BAD_VERSION, OFPBRC_BAD_TYPE, OFPBRC_BAD_STAT, OFPBRC_BAD_VENDOR,
    OFPBRC_BAD_SUBTYPE, OFPBRC_EPERM, OFPBRC_BAD_LEN, OFPBRC_BUFFER_EMPTY,
    OFPBRC_BUFFER_UNKNOWN, OFPBRC_BAD_TABLE_ID, OFPBRC_IS_SECONDARY, OFPBRC_BAD_PORT,
    OFPBRC_BAD_PACKET, OFPBRC_MULTIPART_BUFFER_OVERFLOW, OFPBRC_MULTIPART_REQUEST_TIMEOUT,
    OFPBRC_MULTIPART_REPLY_TIMEOUT, OFPBRC_MULTIPART_BAD_SCHED, OFPBRC_PIPELINE_FIELDS_ONLY,
    OFPBRC_UNKNOWN,
    /* bad action */
    OFPBAC_BAD_TYPE, OFPBAC_BAD_LEN, OFPBAC_BAD_VENDOR, OFPBAC_BAD_VENDOR_TYPE,
    OFPBAC_BAD_OUT_PORT, OFPBAC_BAD_ARGUMENT, OFPBAC_EPERM, OFPBAC_TOO_MANY, OFPBAC_BAD_QUEUE,
    OFPBAC_BAD_OUT_GROUP, OFPBAC_MATCH_INCONSISTENT, OFPBAC_UNSUPPORTED_ORDER, OFPBAC_BAD_TAG,
    OFPBAC_BAD_SET_TYPE, OFPBAC_BAD_SET_LEN, OFPBAC_BAD_SET_ARGUMENT, OFPBAC_BAD_SET_MASK,
    OFPBAC_BAD_METER,
    /* bad instruction */
    OFPBIC_UNKNOWN_INST, OFPBIC_UNSUP_INST, OFPBIC_BAD_TABLE_ID, OFPBIC_UNSUP_METADATA,
    OFPBIC_UNSUP_METADATA_MASK, OFPBIC_BAD_EXPERIMENTER, OFPBIC_BAD_EXP_TYPE, OFPBIC_BAD_LEN,
    OFPBIC_EPERM, OFPBIC_DUP_INST,
    /* bad match */
    OFPBMC_BAD_TYPE, OFPBMC_BAD_LEN, OFPBMC_BAD_TAG, OFPBMC_BAD_DL_ADDR_MASK,
    OFPBMC_BAD_NW_ADDR_MASK, OFPBMC_BAD_WILDCARDS, OFPBMC_BAD_FIELD, OFPBMC_BAD_VALUE,
    OFPBMC_BAD_MASK, OFPBMC_BAD_PREREQ, OFPBMC_DUP_FIELD, OFPBMC_EPERM,
    /* flow mod failed */
    OFPFMFC_BAD_EMERG_TIMEOUT, OFPFMFC_UNSUPPORTED, OFPFMFC_UNKNOWN, OFPFMFC_TABLE_FULL,
    OFPFMFC_BAD_TABLE_ID, OFPFMFC_OVERLAP, OFPFMFC_EPERM, OFPFMFC_BAD_TIMEOUT,
    OFPFMFC_BAD_COMMAND, OFPFMFC_BAD_FLAGS, OFPFMFC_CANT_SYNC, OFPFMFC_BAD_PRIORITY,
    OFPFMFC_IS_SYNC,
    /* group mod failed */
    OFPGMFC_GROUP_EXISTS, OFPGMFC_INVALID_GROUP, OFPGMFC_WEIGHT_UNSUPPORTED,
    OFPGMFC_OUT_OF_GROUPS, OFPGMFC_OUT_OF_BUCKETS, OFPGMFC_CHAINING_UNSUPPORTED,
    OFPGMFC_WATCH_UNSUPPORTED, OFPGMFC_LOOP, OFPGMFC_UNKNOWN_GROUP, OFPGMFC_CHAINED_GROUP,
    OFPGMFC_BAD_TYPE, OFPGMFC_BAD_COMMAND, OFPGMFC_BAD_BUCKET, OFPGMFC_BAD_WATCH,
    OFPGMFC_EPERM, OFPGMFC_UNKNOWN_BUCKET, OFPGMFC_BUCKET_EXISTS,
    /* port mod failed */
    OFPPMFC_BAD_PORT, OFPPMFC_BAD_HW_ADDR, OFPPMFC_BAD_CONFIG, OFPPMFC_BAD_ADVERTISE,
    OFPPMFC_EPERM,
    /* table mod failed */
    OFPTMFC_BAD_TABLE, OFPTMFC_BAD_CONFIG, OFPTMFC_EPERM,
    /* queue operation failed */
    OFPQOFC_BAD_PORT, OFPQOFC_BAD_QUEUE, OFPQOFC_EPERM,
    /* switch configuration failed */
    OFPSCFC_BAD_FLAGS, OFPSCFC_BAD_LEN, OFPSCFC_EPERM,
    /* role request failed */
    OFPRRFC_STALE, OFPRRFC_UNSUP, OFPRRFC_BAD_ROLE, OFPRRFC_ID_UNSUP, OFPRRFC_ID_IN_USE,
    /* meter mod failed */
    OFPMMFC_UNKNOWN, OFPMMFC_METER_EXISTS, OFPMMFC_INVALID_METER, OFPMMFC_UNKNOWN_METER,
    OFPMMFC_BAD_COMMAND, OFPMMFC_BAD_FLAGS, OFPMMFC_BAD_RATE, OFPMMFC_BAD_BURST,
    OFPMMFC_BAD_BAND, OFPMMFC_BAD_BAND_VALUE, OFPMMFC_OUT_OF_METERS, OFPMMFC_OUT_OF_BANDS,
    /* table features failed */
    OFPTFFC_BAD_TABLE, OFPTFFC_BAD_METADATA, OFPTFFC_EPERM, OFPTFFC_BAD_CAPA,
    OFPTFFC_BAD_MAX_ENT, OFPTFFC_BAD_FEATURES, OFPTFFC_BAD_COMMAND, OFPTFFC_TOO_MANY,
    /* bad property */
    OFPBPC_BAD_TYPE, OFPBPC_BAD_LEN, OFPBPC_BAD_VALUE, OFPBPC_TOO_MANY, OFPBPC_DUP_TYPE,
    OFPBPC_BAD_EXPERIMENTER, OFPBPC_BAD_EXP_TYPE, OFPBPC_BAD_EXP_VALUE, OFPBPC_EPERM,
    /* asynchronous configuration failed */
    OFPACFC_INVALID, OFPACFC_UNSUPPORTED, OFPACFC_EPERM,
    /* bundle failed */
    OFPBFC_UNKNOWN, OFPBFC_EPERM, OFPBFC_BAD_ID, OFPBFC_BUNDLE_EXIST, OFPBFC_BUNDLE_CLOSED,
    OFPBFC_OUT_OF_BUNDLES, OFPBFC_BAD_TYPE, OFPBFC_BAD_FLAGS, OFPBFC_MSG_BAD_LEN,
    OFPBFC_MSG_BAD_XID, OFPBFC_MSG_UNSUP, OFPBFC_MSG_CONFLICT, OFPBFC_MSG_TOO_MANY,
    OFPBFC_MSG_FAILED, OFPBFC_TIMEOUT, OFPBFC_BUNDLE_IN_PROGRESS, OFPBFC_SCHED_NOT_SUPPORTED,
    OFPBFC_SCHED_FUTURE, OFPBFC_SCHED_PAST, OFPBFC_BAD_VERSION,
    /* flow monitor failed */
    OFPMOFC_UNKNOWN, OFPMOFC_MONITOR_EXISTS, OFPMOFC_INVALID_MONITOR, OFPMOFC_UNKNOWN_MONITOR,
    OFPMOFC_BAD_COMMAND, OFPMOFC_BAD_FLAGS, OFPMOFC_BAD_TABLE_ID, OFPMOFC_BAD_OUT,
    /* Nicira extensions' */
    NXBRC_NXM_INVALID, NXBRC_NXM_BAD_TYPE, NXBRC_MUST_BE_ZERO, NXBRC_BAD_REASON,
    NXBRC_FM_BAD_EVENT, NXBRC_UNENCODABLE_ERROR,
    NXBAC_MUST_BE_ZERO, NXBAC_BAD_CONJUNCTION, NXBAC_BAD_HEADER_TYPE, NXBAC_UNKNOWN_ED_PROP,
    NXBAC_BAD_ED_PROP, NXBAC_CT_DATAPATH_SUPPORT,
    NXBMC_CT_DATAPATH_SUPPORT,
    NXFMFC_HARDWARE, NXFMFC_BAD_TABLE_ID, NXFMFC_INVALID_TLV_FIELD,
    NXR_NOT_SUPPORTED, NXR_STALE,
    NXQOFC_QUEUE_ERROR,
    NXTFFC_DUP_TABLE,
    NXTTMFC_BAD_COMMAND, NXTTMFC_BAD_OPT_LEN, NXTTMFC_BAD_FIELD_IDX, NXTTMFC_TABLE_FULL,
    NXTTMFC_ALREADY_MAPPED, NXTTMFC_DUP_ENTRY, NXTTMFC_INVALID_TLV_DEL,
    NXST_NOT_CONFIGURED,
    OFPERR_N,
};

const char *ofp_error_name(enum ofp_error); /* "OFPBRC_BAD_TYPE" */
enum ofp_error ofp_error_from_name(const char *); /* OFPERR_OK: none of that name */
