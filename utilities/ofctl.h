/* SPDX-License-Identifier: Apache-2.0 */
/* weft-ofctl: what its commands share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/ofp/ofp.h"

/* The options of the command line; written while it is read, then read only. */
struct ofctl_options {
    uint32_t versions;  /* bitmap of those that may be spoken */
    uint32_t protocols; /* OFCTL_P_*: flow formats that may be used, of these versions */
    bool strict;
    bool read_only;
    bool readd;
    bool timestamp;
    bool hide_stats; /* --no-stats */
    int names;       /* 1: --names, 0: --no-names, -1: names if the output is a terminal */
    int verbosity;   /* -m: how often */
    int packet_in_format; /* -P: enum ofp_packet_in_format, or -1 */
};
extern struct ofctl_options ofctl_options;

/* Returns the program's exit status. argv[0] is the command's name, argc counts it. */
typedef int ofctl_command(int argc, char *argv[]);

ofctl_command ofctl_probe, ofctl_ping;

/* Prints "weft-ofctl: ..." and ends the program with status 1. */
void ofctl_fatal(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;

/* The same with an error message that the caller owned; does nothing if it is null. */
void ofctl_check(char *error);
