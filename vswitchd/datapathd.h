/* SPDX-License-Identifier: Apache-2.0 */
/* Starting weft-datapathd where nothing else does. */
#pragma once

#include <stdbool.h>

#include "lib/base/compiler.h"

/* Starts weft-datapathd in the background, watched over by a monitor process that restarts it when it crashes, unless one
 * already answers at 'socket' (null: the default). It outlives the caller. 'dummy' passes --enable-dummy on. Called before privileges are
 * dropped; waits until it is ready. Null, or a sentence (the caller frees it). */
char *datapathd_ensure(const char *socket, bool dummy) WARN_UNUSED;
