/* SPDX-License-Identifier: Apache-2.0 */
/* Text files with one thing per line; "#" begins a comment. */
#pragma once

#include "lib/base/compiler.h"

/* Reads one line, which is not empty, without comment and blanks around it. An error that the caller frees, or null. */
typedef char *ofctl_line_cb(void *aux, char *line);

/* Calls 'cb' for each line of the file, "-" for standard input. Ends the program, with file and line, when one is wrong. */
void ofctl_lines_read(const char *file, ofctl_line_cb *cb, void *aux);

/* Takes the first word off the front of the line if it is one of 'names' (the last is null) or begins one of them; returns its
 * index, or -1. '*rest' is what follows. */
int ofctl_line_command(const char *line, const char *const names[], const char **rest);
