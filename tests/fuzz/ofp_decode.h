/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of OpenFlow's versions have in common. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Decodes and prints the bytes as a message of 'version', as of whatever version they say if that is 0, and as one whose length is right. What
 * can be encoded comes back as it was. */
void ofp_decode_any(const uint8_t *data, size_t size, int version);
