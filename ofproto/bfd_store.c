/* SPDX-License-Identifier: Apache-2.0 */
/* The file of BFD sessions. */
#include "ofproto/bfd_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "ofproto/boot_id.h"

LOG_MODULE(bfd_store);

enum { MAX_ENTRIES = 65536, LINE_MAX_LEN = 512 };

/* A line cannot hold other names, and such a session begins anew. */
static bool name_fits(const char *name)
{
    return *name && !strpbrk(name, "\t\n");
}

static bool parse_line(const char *line, struct bfd_store_entry *e)
{
    struct bfd_memory *m = &e->memory;
    int end = 0;
    memset(e, 0, sizeof *e); /* padding too: memories are compared as bytes */
    int n = sscanf(line,
                   "%" SCNx32 " %" SCNx32 " %" SCNu8 " %" SCNu8 " %" SCNu8 " %" SCNu8 " %" SCNu8 " %" SCNu32 " %" SCNu32 " %" SCNu64
                   "\t%63[^\t\n]\t%63[^\t\n]\n%n",
                   &m->local_disc, &m->remote_disc, &m->state, &m->diag, &m->remote_state, &m->remote_diag, &m->remote_mult,
                   &m->remote_min_tx_ms, &m->remote_min_rx_ms, &m->flap_count, e->bridge, e->port, &end);
    return n == 12 && end && !line[end] && m->local_disc && m->state >= BFD_DOWN && m->state <= BFD_UP && m->remote_state <= BFD_UP
           && (m->remote_mult || !m->remote_disc) && (m->remote_disc || m->state == BFD_DOWN);
}

void bfd_store_read(const char *path, struct bfd_store_entry **entries, size_t *n)
{
    char line[LINE_MAX_LEN], boot_id[BOOT_ID_SIZE];
    size_t allocated = 0, bad = 0;
    *entries = NULL;
    *n = 0;
    FILE *file = fopen(path, "re");
    if (!file) {
        if (errno != ENOENT) {
            log_warn("%s: cannot be read (%s), BFD sessions begin anew", path, strerror(errno));
        }
        return;
    }
    bool ours = boot_id_read(boot_id) && fgets(line, sizeof line, file) && !strncmp(line, boot_id, strlen(boot_id))
                && !strcmp(line + strlen(boot_id), "\n");
    while (ours && *n < MAX_ENTRIES && fgets(line, sizeof line, file)) {
        struct bfd_store_entry entry;
        if (!parse_line(line, &entry)) {
            bad++;
            continue;
        }
        if (*n == allocated) {
            *entries = grow_array(*entries, &allocated, sizeof **entries);
        }
        (*entries)[(*n)++] = entry;
    }
    if (bad) {
        log_warn("%s: left out %zu lines that are damaged", path, bad);
    }
    fclose(file);
}

static void write_all(FILE *file, const char *boot_id, const struct bfd_store_entry *entries, size_t n)
{
    fprintf(file, "%s\n", boot_id);
    for (size_t i = 0; i < n; i++) {
        const struct bfd_memory *m = &entries[i].memory;
        if (name_fits(entries[i].bridge) && name_fits(entries[i].port)) {
            fprintf(file, "%" PRIx32 " %" PRIx32 " %u %u %u %u %u %" PRIu32 " %" PRIu32 " %" PRIu64 "\t%s\t%s\n", m->local_disc,
                    m->remote_disc, m->state, m->diag, m->remote_state, m->remote_diag, m->remote_mult, m->remote_min_tx_ms,
                    m->remote_min_rx_ms, m->flap_count, entries[i].bridge, entries[i].port);
        }
    }
}

int bfd_store_write(const char *path, const struct bfd_store_entry *entries, size_t n)
{
    char boot_id[BOOT_ID_SIZE];
    if (!boot_id_read(boot_id)) {
        return ENODATA;
    }
    char *fresh = xasprintf("%s.new", path);
    int error = 0;
    FILE *file = fopen(fresh, "we");
    if (file) {
        write_all(file, boot_id, entries, n);
        error = ferror(file) ? EIO : 0;
        if (fclose(file) || error || rename(fresh, path)) {
            error = error ? error : errno;
            unlink(fresh);
        }
    } else {
        error = errno;
    }
    free(fresh);
    return error;
}
