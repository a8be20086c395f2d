/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace of a test's own, in which it may do with links, addresses and routes what it likes. */
#pragma once

#include <stdbool.h>

/* Moves the calling process there, at the first call; a user namespace is made too where that needs no privilege. Returns whether it is there and
 * veth devices can be made in it: if not, tests skip(). */
bool namespace_enter(void);

/* Runs a shell's command; fails the test if the command does. The format is printf()'s. */
void namespace_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
