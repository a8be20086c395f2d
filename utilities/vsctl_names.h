/* SPDX-License-Identifier: Apache-2.0 */
/* A list of strings that is printed sorted. */
#pragma once

#include <stddef.h>

struct strbuf;

struct vsctl_names {
    char **names;
    size_t n, allocated;
};

void vsctl_names_add(struct vsctl_names *, const char *);

/* One a line, in the order of strcmp(); frees the list. */
void vsctl_names_print(struct vsctl_names *, struct strbuf *);
