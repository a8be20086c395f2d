/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the boot's name. */
#include "ofproto/boot_id.h"

#include <stdio.h>

bool boot_id_read(char id[BOOT_ID_SIZE])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool ok = file && fread(id, 1, BOOT_ID_LEN, file) == BOOT_ID_LEN;
    id[ok ? BOOT_ID_LEN : 0] = '\0';
    if (file) {
        fclose(file);
    }
    return ok;
}
