/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target demands of the code under test. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define require(CONDITION)                                                                         \
    do {                                                                                           \
        if (!(CONDITION)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #CONDITION);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
