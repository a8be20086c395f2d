/* SPDX-License-Identifier: Apache-2.0 */
/* Writes random messages of every kind in every version, one behind the other, for two tools to print.
 *
 * usage: ofp_random ROUNDS [VERSION] > FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ofp/make_message.h"

/* Forms that Open vSwitch does not take in these versions, though nothing says that they are not valid. */
static bool is_unknown_to_ovs(const struct message_kind *kind, int version)
{
    bool of_flows = !strncmp(kind->name, "NXST flow r", 11) || !strncmp(kind->name, "NXST aggregate", 14);
    bool of_groups = !strcmp(kind->name, "NXT group-mod");
    bool of_controllers = !strncmp(kind->name, "controller status", 17);
    return of_controllers || ((of_flows || of_groups) && version > OFP10) || (!strcmp(kind->name, "meter features") && version == OFP15);
}

int main(int argc, char *argv[])
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    int only = argc > 2 ? atoi(argv[2]) : 0;

    make_message_plain = true;

    for (size_t i = 0; i < n_message_kinds + n_state_message_kinds; i++) {
        const struct message_kind *kind = i < n_message_kinds ? &message_kinds[i] : &state_message_kinds[i - n_message_kinds];

        for (int version = kind->first; version <= kind->last; version++) {
            for (unsigned long round = 0; round < rounds && (!only || only == version) && !is_unknown_to_ovs(kind, version); round++) {
                struct maker m = { { round * 977 + i }, (enum ofp_version) version, kind->nx, { NULL, 0, 0 }, NULL, kind };

                kind->make(&m);
                if (fwrite(m.out.data, m.out.size, 1, stdout) != 1) {
                    return 1;
                }
                ofpbuf_destroy(&m.out);
            }
        }
    }
    return fflush(stdout) ? 1 : 0;
}
