/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as text, from the command line and from files. */
#include "utilities/ofctl_flow_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_flow_format.h"

void flow_list_init(struct flow_list *list, const struct ofp_names *names)
{
    *list = (struct flow_list){ .formats = OFCTL_P_ANY, .names = names };
}

void flow_list_destroy(struct flow_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->flows[i].text);
    }
    free(list->flows);
    memset(list, 0, sizeof *list);
}

char *flow_list_add(struct flow_list *list, const char *text, enum ofp_flow_command command)
{
    struct ofp_flow_mod fm;
    char *error = ofp_flow_mod_parse(&fm, text, command, list->names);

    if (error) {
        return error;
    }
    list->formats &= ofctl_flow_mod_formats(&fm);
    ofp_flow_mod_destroy(&fm);
    if (list->n == list->allocated) {
        list->flows = grow_array(list->flows, &list->allocated, sizeof *list->flows);
    }
    list->flows[list->n++] = (struct flow_text){ command, xstrdup(text) };
    return NULL;
}

void flow_list_get(const struct flow_list *list, size_t i, struct ofp_flow_mod *fm)
{
    ofctl_check(ofp_flow_mod_parse(fm, list->flows[i].text, list->flows[i].command, list->names));
}

/* Takes the command off the front of the line, if there is one. */
static const char *take_command(const char *line, enum ofp_flow_command *command)
{
    static const struct {
        const char *name;
        enum ofp_flow_command command;
    } commands[] = {
        { "add", OFPFC_ADD },
        { "modify", OFPFC_MODIFY },
        { "modify_strict", OFPFC_MODIFY_STRICT },
        { "delete", OFPFC_DELETE },
        { "delete_strict", OFPFC_DELETE_STRICT },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        size_t n = strlen(commands[i].name);
        if (!strncmp(line, commands[i].name, n) && (!line[n] || isspace((unsigned char) line[n]))) {
            *command = commands[i].command;
            return line + n;
        }
    }
    return line;
}

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

void flow_list_read(struct flow_list *list, const char *file, enum ofp_flow_command command,
                    bool any_command)
{
    FILE *stream = strcmp(file, "-") ? fopen(file, "r") : stdin;
    char *line = NULL;
    size_t allocated = 0, number = 0;

    if (!stream) {
        ofctl_fatal("%s: open failed (%s)", file, strerror(errno));
    }
    while (getline(&line, &allocated, stream) >= 0) {
        enum ofp_flow_command line_command = command;
        const char *text = strip(line);
        number++;
        if (!*text) {
            continue;
        }
        if (any_command) {
            text = take_command(text, &line_command);
        }
        char *error = flow_list_add(list, text, line_command);
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
