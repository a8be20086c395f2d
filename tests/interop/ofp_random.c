/* SPDX-License-Identifier: Apache-2.0 */
/* Writes random messages of every kind in every version, one behind the other, for two tools to print.
 *
 * usage: ofp_random ROUNDS [VERSION] > FILE */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/ofp/make_message.h"

int main(int argc, char *argv[])
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    int only = argc > 2 ? atoi(argv[2]) : 0;

    make_message_plain = true;

    for (size_t i = 0; i < n_message_kinds; i++) {
        const struct message_kind *kind = &message_kinds[i];

        for (int version = kind->first; version <= kind->last; version++) {
            for (unsigned long round = 0; round < rounds && (!only || only == version); round++) {
                struct maker m = { { round * 977 + i }, (enum ofp_version) version, kind->nx, { NULL, 0, 0 }, NULL };

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
