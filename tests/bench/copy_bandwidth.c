/* SPDX-License-Identifier: Apache-2.0 */
/* How fast one core copies packets between two guests' memories: what no switch that copies once can beat.
 *
 * usage: copy_bandwidth SIZE SECONDS   prints million copies a second of SIZE bytes, from and to as many buffers as two guests' rings have */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum { N_BUFFERS = 1024, BUFFER_SIZE = 2048 + 128, BURST = 256 };

int main(int argc, char *argv[])
{
    size_t size = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    if (!size || size > BUFFER_SIZE || seconds <= 0) {
        fprintf(stderr, "usage: %s SIZE SECONDS\n", argv[0]);
        return 1;
    }
    uint8_t *from = xzalloc((size_t) N_BUFFERS * BUFFER_SIZE), *to = xzalloc((size_t) N_BUFFERS * BUFFER_SIZE);
    uint64_t start = clock_ns(), now = start, n = 0;
    while (now - start < seconds * 1e9) {
        for (int i = 0; i < BURST; i++, n++) {
            size_t buffer = n % N_BUFFERS * BUFFER_SIZE;
            memcpy(to + buffer, from + buffer, size);
            __asm__ volatile("" : : "r"(to) : "memory");
        }
        now = clock_ns();
    }
    printf("%.3f\n", (double) n / ((double) (now - start) / 1e9) / 1e6);
    free(from);
    free(to);
    return 0;
}
