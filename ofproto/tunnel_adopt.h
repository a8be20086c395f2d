/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbours that the flows of an earlier run of the program knew: a restarted one takes them over, so that tunnels do not pause until the
 * neighbours have answered again. They are asked at once all the same, and forgotten soon if they do not answer. Main thread. */
#pragma once

#include <stddef.h>

/* Looks for outer headers in the actions of a cached flow. */
void tunnel_adopt(const void *actions, size_t size);
