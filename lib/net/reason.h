/* SPDX-License-Identifier: Apache-2.0 */
/* Why a packet was dropped. Every drop has one of these names, a counter in the datapath and a test. */
#pragma once

#include <stdint.h>

enum drop_reason {
    DROP_NONE,
    /* Before the lookup. */
    DROP_PARSE_TOO_SHORT,     /* shorter than an Ethernet header */
    DROP_BAD_OFFLOAD,         /* checksum or segmentation metadata outside the packet */
    DROP_NO_BUFFER,           /* the packet arena is empty */
    /* Lookup and upcall. */
    DROP_UPCALL_QUEUE_FULL,   /* the upcall ring is full */
    DROP_UPCALL_QUOTA,        /* the port used up its share of the upcall ring */
    DROP_NO_CONTROL,          /* a miss, and no control program has ever attached */
    /* Actions. */
    DROP_EXPLICIT,            /* the flow has no action: the tables say drop */
    DROP_TTL_EXPIRED,         /* TTL or hop limit would reach 0 */
    DROP_RECIRC_LIMIT,        /* recirculated too often */
    DROP_NO_HEADROOM,         /* no room to push a header */
    DROP_ACTION_UNSUITED,     /* the action needs a header that the packet does not have */
    DROP_METER,               /* exceeded a drop band of a meter */
    /* Tunnels. */
    DROP_TUNNEL_PORT,         /* to be decapsulated for a port that is no tunnel port, or not there */
    DROP_TUNNEL_TRUNCATED,    /* outer headers that are cut, or whose lengths contradict the packet */
    DROP_TUNNEL_CHECKSUM,     /* a wrong outer IP, UDP or GRE checksum */
    DROP_TUNNEL_UNKNOWN,      /* a tunnel header with an unknown version, flag or payload */
    DROP_TUNNEL_OPTIONS,      /* Geneve options that end beyond their header */
    DROP_TUNNEL_FRAGMENT,     /* a fragment of an outer packet that does not become whole, or was not put together */
    DROP_TUNNEL_DEPTH,        /* in more tunnels at once than the limit */
    DROP_TUNNEL_TOO_BIG,      /* longer with outer headers than an IP packet can be */
    DROP_TUNNEL_BARE,         /* output to a tunnel port without outer headers */
    /* Output. */
    DROP_NO_PORT,             /* output to a port that does not exist */
    DROP_PORT_DOWN,
    DROP_TX_QUEUE_FULL,       /* the device takes no more */
    DROP_TX_ERROR,            /* the device refused the packet */
    DROP_MTU,                 /* longer than the port can send, and not to be segmented */
    DROP_SEGMENTATION,        /* a super-packet that cannot be segmented */
    /* Said by translation in a DROP action. */
    DROP_XLATE_TOO_DEEP,      /* more resubmits or nested tables than the limit */
    DROP_XLATE_BRIDGE_GONE,   /* the port has no bridge */
    DROP_XLATE_VLAN,          /* the VLAN is not allowed on the port it came from */
    DROP_XLATE_FAIL_MODE,     /* table miss while the bridge waits for its controller */
    DROP_XLATE_RESERVED_MAC,  /* a link-local group address that bridges do not forward */
    DROP_XLATE_NO_RECIRC,     /* no memory of the recirculation id */
    DROP_XLATE_FRAGMENT,      /* fragments are to be dropped */
    DROP_XLATE_PORT_CONFIG,   /* OpenFlow port configuration: no-recv, no-fwd, port-down */
    DROP_XLATE_STACK,         /* more pushes to the stack than its limit */
    DROP_XLATE_NO_GROUP,      /* a group that does not exist */
    DROP_XLATE_ACTION_SIZE,   /* more datapath actions than one list may hold */
    DROP_NO_LIVE_BUCKET,      /* no bucket of the group has a live port or group */
    DROP_XLATE_TUNNEL_UNKNOWN,   /* no tunnel port has this key and these addresses */
    DROP_XLATE_TUNNEL_ECN,       /* congestion in a tunnel that the packet cannot be told of */
    DROP_XLATE_TUNNEL_REMOTE,    /* no remote address that a tunnel can have: none, a group's, this host's */
    DROP_XLATE_TUNNEL_KEY,       /* a key that is too large for the tunnel */
    DROP_XLATE_TUNNEL_ROUTE,     /* no route to the remote address by a port of a bridge */
    DROP_XLATE_TUNNEL_NEIGHBOUR, /* the next hop's Ethernet address is not known (yet) */
    DROP_XLATE_TUNNEL_RECURSION, /* a tunnel in a tunnel */
    DROP_XLATE_TUNNEL_MTU,       /* too large for the tunnel's path; its sender is told */
    /* Limits of ports. Last, since numbers are said to datapaths of other versions. */
    DROP_INGRESS_POLICING,    /* more than the port it came from may bring */
    DROP_QOS,                 /* more than the port or its queue may send */
    DROP_N_REASONS,
};

/* Short name for counters, e.g. "upcall_queue_full", and a sentence for people. Never null for a valid reason; null otherwise. */
const char *drop_reason_name(enum drop_reason);
const char *drop_reason_text(enum drop_reason);
