/* SPDX-License-Identifier: Apache-2.0 */
/* Flows as text, from the command line and from files. */
#include "utilities/ofctl_flow_file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/ofctl_flow_format.h"
#include "utilities/ofctl_lines.h"
#include "utilities/ofctl_packed_flow.h"

void flow_list_init(struct flow_list *list, const struct ofp_names *names)
{
    *list = (struct flow_list){ .formats = OFCTL_P_ANY, .names = names };
}

void flow_list_destroy(struct flow_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        packed_flow_destroy(list->flows[i]);
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
    if (list->n == list->allocated) {
        list->flows = grow_array(list->flows, &list->allocated, sizeof *list->flows);
    }
    list->flows[list->n++] = packed_flow_make(&fm);
    return NULL;
}

char *flow_list_add_command(struct flow_list *list, const char *text, enum ofp_flow_command command)
{
    static const char *const names[] = {
        "add", "modify", "modify_strict", "delete", "delete_strict", NULL,
    };
    int i = ofctl_line_command(text, names, &text);

    return flow_list_add(list, text, i < 0 ? command : (enum ofp_flow_command) i);
}

void flow_list_get(const struct flow_list *list, size_t i, struct ofp_flow_mod *fm)
{
    packed_flow_get(list->flows[i], fm);
}

struct reader {
    struct flow_list *list;
    enum ofp_flow_command command;
    bool any_command;
};

static char *read_line(void *aux, char *line)
{
    struct reader *r = aux;

    return r->any_command ? flow_list_add_command(r->list, line, r->command)
                          : flow_list_add(r->list, line, r->command);
}

void flow_list_read(struct flow_list *list, const char *file, enum ofp_flow_command command,
                    bool any_command)
{
    struct reader r = { list, command, any_command };

    ofctl_lines_read(file, read_line, &r);
}
