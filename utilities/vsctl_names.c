/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted lists of names. */
#include "utilities/vsctl_names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

void vsctl_names_add(struct vsctl_names *names, const char *name)
{
    if (names->n >= names->allocated) {
        names->names = grow_array(names->names, &names->allocated, sizeof *names->names);
    }
    names->names[names->n++] = xstrdup(name);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

void vsctl_names_print(struct vsctl_names *names, struct strbuf *out)
{
    if (names->n) {
        qsort(names->names, names->n, sizeof *names->names, compare);
    }
    for (size_t i = 0; i < names->n; i++) {
        strbuf_putf(out, "%s\n", names->names[i]);
        free(names->names[i]);
    }
    free(names->names);
    memset(names, 0, sizeof *names);
}
