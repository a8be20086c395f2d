/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the corpus of the packet parser. */
#include "tests/unit/net/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

static int is_named(const struct dirent *e)
{
    /* Inputs that a fuzzer found are named by their hash, 40 digits. */
    return e->d_name[0] != '.' && strlen(e->d_name) < 40;
}

static void read_file(const char *directory, const char *name, struct corpus_packet *packet)
{
    char *path = xasprintf("%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    uint8_t buffer[65536];
    if (!file) {
        perror(path);
        abort();
    }
    packet->name = xstrdup(name);
    packet->size = fread(buffer, 1, sizeof buffer, file);
    packet->data = xmemdup(buffer, packet->size);
    fclose(file);
    free(path);
}

struct corpus_packet *corpus_read(size_t *n)
{
    const char *srcdir = getenv("srcdir");
    char *directory = xasprintf("%s/tests/fuzz/corpus/parse_fuzz", srcdir ? srcdir : "..");
    struct dirent **entries;
    int n_entries = scandir(directory, &entries, is_named, alphasort);
    if (n_entries <= 0) {
        fprintf(stderr, "%s: no packets; set $srcdir\n", directory);
        abort();
    }
    struct corpus_packet *packets = xcalloc(n_entries, sizeof *packets);
    for (int i = 0; i < n_entries; i++) {
        read_file(directory, entries[i]->d_name, &packets[i]);
        free(entries[i]);
    }
    free(entries);
    free(directory);
    *n = n_entries;
    return packets;
}

void corpus_free(struct corpus_packet *packets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(packets[i].name);
        free(packets[i].data);
    }
    free(packets);
}
