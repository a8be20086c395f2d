/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that every daemon has: vlog/..., coverage/..., memory/show. Called by unixctl_create(). */
#pragma once

struct unixctl;

void unixctl_builtin_register(struct unixctl *);
