/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's name for this boot of the machine, by which files of the run directory say which boot they are of. Any thread. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

enum { BOOT_ID_LEN = 36 /* characters */, BOOT_ID_SIZE = BOOT_ID_LEN + 1 };

/* False, and 'id' is empty, if the kernel does not say. */
bool boot_id_read(char id[BOOT_ID_SIZE]);
