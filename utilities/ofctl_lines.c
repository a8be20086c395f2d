/* SPDX-License-Identifier: Apache-2.0 */
/* Text files with one thing per line. */
#include "utilities/ofctl_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utilities/ofctl.h"

/* Cuts off the comment and the blanks around what is left. */
static char *strip(char *line)
{
    line[strcspn(line, "#\n")] = '\0';
    size_t n = strlen(line);
    while (n && isspace((unsigned char) line[n - 1])) {
        line[--n] = '\0';
    }
    return line + strspn(line, " \t\r\f\v");
}

void ofctl_lines_read(const char *file, ofctl_line_cb *cb, void *aux)
{
    FILE *stream = strcmp(file, "-") ? fopen(file, "r") : stdin;
    char *line = NULL;
    size_t allocated = 0, number = 0;

    if (!stream) {
        ofctl_fatal("%s: open failed (%s)", file, strerror(errno));
    }
    while (getline(&line, &allocated, stream) >= 0) {
        char *text = strip(line);
        number++;
        char *error = *text ? cb(aux, text) : NULL;
        if (error) {
            ofctl_fatal("%s:%zu: %s", file, number, error);
        }
    }
    if (ferror(stream)) {
        ofctl_fatal("%s: read failed (%s)", file, strerror(errno));
    }
    free(line);
    if (stream != stdin) {
        fclose(stream);
    }
}

int ofctl_line_command(const char *line, const char *const names[], const char **rest)
{
    size_t n = strcspn(line, ", \t\r\n");

    *rest = line;
    for (int i = 0; n && names[i]; i++) {
        if (!strncmp(line, names[i], n)) {
            *rest = line + n;
            return i;
        }
    }
    return -1;
}
