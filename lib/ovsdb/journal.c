/* SPDX-License-Identifier: Apache-2.0 */
/* The journal file: open and lock, append, compact. */
#include "lib/ovsdb/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/database.h"
#include "lib/ovsdb/error.h"
#include "lib/ovsdb/record.h"

LOG_MODULE(ovsdb_journal);

/* A journal is compacted when it is above the first and this many times as large as after the last compaction. */
enum { COMPACT_MIN_BYTES = 4 << 20, COMPACT_FACTOR = 4 };

/* What no configuration database ever comes near. */
static const off_t max_size = (off_t) 1 << 31;

struct ovsdb_journal {
    char *path;
    int fd, lock_fd;
    off_t size;         /* of the whole records in the file */
    off_t compact_size; /* compact when 'size' is above this */
};

static char *dir_of(const char *path)
{
    char *copy = xstrdup(path);
    char *dir = xstrdup(dirname(copy));
    free(copy);
    return dir;
}

/* Makes a new name of a file last. */
static int sync_dir(const char *path)
{
    char *dir = dir_of(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    free(dir);
    return error;
}

static int write_all(int fd, const char *data, size_t n, off_t offset)
{
    while (n) {
        ssize_t done = pwrite(fd, data, n, offset);
        if (done < 0 && errno != EINTR) {
            return errno;
        }
        if (done > 0) {
            data += done;
            n -= done;
            offset += done;
        }
    }
    return 0;
}

static char *lock(struct ovsdb_journal *journal)
{
    char *dir = dir_of(journal->path);
    char *copy = xstrdup(journal->path);
    char *name = xasprintf("%s/.%s.~lock~", dir, basename(copy));
    struct flock flock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char *error = NULL;
    journal->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal->lock_fd < 0) {
        error = xasprintf("cannot open lock file %s: %s", name, strerror(errno));
    } else if (fcntl(journal->lock_fd, F_SETLK, &flock)) {
        error = errno == EACCES || errno == EAGAIN
                    ? xasprintf("%s is in use by another process", journal->path)
                    : xasprintf("cannot lock %s: %s", name, strerror(errno));
    }
    free(name);
    free(copy);
    free(dir);
    return error;
}

static void put_json(struct strbuf *out, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!text) {
        log_abort("a value of the database cannot be written as JSON");
    }
    ovsdb_record_put(out, text);
    free(text);
    json_decref(json);
}

/* The object in 'json' under 'name', made if it is not there. */
static json_t *get_object(json_t *json, const char *name)
{
    json_t *object = json_object_get(json, name);
    if (!object) {
        object = json_object();
        json_object_set_new(json, name, object);
    }
    return object;
}

/* The columns of a row that differ from the default. */
static json_t *row_to_json(const struct ovsdb_row *row)
{
    const struct ovsdb_table_schema *schema = row->table->schema;
    json_t *json = json_object();
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        if (column->persistent && !ovsdb_datum_is_default(&row->fields[i], &column->type)) {
            json_object_set_new(json, column->name,
                                ovsdb_datum_to_json(&row->fields[i], &column->type));
        }
    }
    return json;
}

/* The columns that changed; null if nothing that is to be kept did. */
static json_t *modified_to_json(const struct ovsdb_change *change)
{
    const struct ovsdb_table_schema *schema = change->row->table->schema;
    json_t *json = NULL;
    for (size_t i = OVSDB_N_STD_COLUMNS; i < schema->n_columns; i++) {
        const struct ovsdb_column *column = &schema->columns[i];
        if (column->persistent && change->old[i]) {
            struct ovsdb_datum diff
                = ovsdb_datum_diff(change->old[i], &change->row->fields[i], &column->type);
            json = json ? json : json_object();
            json_object_set_new(json, column->name, ovsdb_datum_to_json(&diff, &column->type));
            ovsdb_datum_destroy(&diff, &column->type);
        }
    }
    return json;
}

static void put_row(json_t *txn, const struct ovsdb_row *row, json_t *json)
{
    char uuid[UUID_LEN + 1];
    uuid_to_string(ovsdb_row_id(row), uuid);
    json_object_set_new(get_object(txn, row->table->schema->name), uuid, json);
}

static json_t *changes_to_json(const struct ovsdb_changes *changes)
{
    json_t *txn = json_object();
    for (size_t i = 0; i < changes->n; i++) {
        const struct ovsdb_change *change = &changes->changes[i];
        json_t *json = change->kind == OVSDB_INSERTED  ? row_to_json(change->row)
                       : change->kind == OVSDB_DELETED ? json_null()
                                                       : modified_to_json(change);
        if (json) {
            put_row(txn, change->row, json);
        }
    }
    return txn;
}

static void put_remarks(json_t *txn, const char *comment)
{
    json_object_set_new(txn, "_date", json_integer(clock_wall_ms()));
    json_object_set_new(txn, "_is_diff", json_true());
    if (comment) {
        json_object_set_new(txn, "_comment", json_string(comment));
    }
}

struct ovsdb_error *ovsdb_journal_write(struct ovsdb_journal *journal,
                                        const struct ovsdb_changes *changes, const char *comment,
                                        bool durable)
{
    if (!journal) {
        return NULL;
    }
    json_t *json = changes_to_json(changes);
    if (!json_object_size(json)) {
        json_decref(json);
        return NULL;
    }
    struct strbuf record = STRBUF_INIT;
    put_remarks(json, comment);
    put_json(&record, json);
    int error = write_all(journal->fd, record.s, record.length, journal->size);
    if (!error && durable && fdatasync(journal->fd)) {
        error = errno;
    }
    size_t length = record.length;
    strbuf_destroy(&record);
    if (error) {
        log_err_rl("%s: cannot write a transaction: %s", journal->path, strerror(error));
        if (ftruncate(journal->fd, journal->size)) {
            log_err_rl("%s: cannot remove half a transaction: %s", journal->path, strerror(errno));
        }
        return ovsdb_error_create("I/O error", "%s: cannot write the transaction: %s",
                                  journal->path, strerror(error));
    }
    journal->size += length;
    return NULL;
}

/* The whole database as one transaction. */
static json_t *rows_to_json(const struct ovsdb *db)
{
    json_t *txn = json_object();
    for (size_t i = 0; i < db->schema->n_tables; i++) {
        const struct ovsdb_row *row;
        ovsdb_table_for_each (row, &db->tables[i]) {
            put_row(txn, row, row_to_json(row));
        }
    }
    return txn;
}

/* Writes a new file beside the journal and gives it the journal's name. */
static int rewrite(struct ovsdb_journal *journal, const struct strbuf *content)
{
    char *name = xasprintf("%s.tmp", journal->path);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    int error = fd < 0 ? errno : write_all(fd, content->s, content->length, 0);
    if (!error && (fsync(fd) || rename(name, journal->path))) {
        error = errno;
    }
    if (!error) {
        /* The new file is the journal now, even if its name might not outlive a power cut. */
        sync_dir(journal->path);
        if (journal->fd >= 0) {
            close(journal->fd);
        }
        journal->fd = fd;
        journal->size = content->length;
        journal->compact_size = MAX(COMPACT_MIN_BYTES, COMPACT_FACTOR * journal->size);
    } else if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    free(name);
    return error;
}

int ovsdb_compact(struct ovsdb *db)
{
    if (!db->journal) {
        return 0;
    }
    struct strbuf content = STRBUF_INIT;
    put_json(&content, ovsdb_schema_to_json(db->schema));
    json_t *rows = rows_to_json(db);
    if (json_object_size(rows)) {
        put_remarks(rows, "compacting database online");
        put_json(&content, rows);
    } else {
        json_decref(rows);
    }
    int error = rewrite(db->journal, &content);
    strbuf_destroy(&content);
    return error;
}

void ovsdb_journal_maybe_compact(struct ovsdb *db)
{
    struct ovsdb_journal *journal = db->journal;
    if (journal && journal->size > journal->compact_size) {
        off_t before = journal->size;
        int error = ovsdb_compact(db);
        if (error) {
            log_warn("%s: cannot compact: %s", journal->path, strerror(error));
            journal->compact_size = 2 * journal->size;
        } else {
            log_info("%s: compacted from %jd to %jd bytes", journal->path, (intmax_t) before,
                     (intmax_t) journal->size);
        }
    }
}

/* All of the file; null and a sentence in '*error' on failure. */
static char *read_file(struct ovsdb_journal *journal, size_t *n, char **error)
{
    struct stat st;
    if (fstat(journal->fd, &st)) {
        *error = xasprintf("cannot look at %s: %s", journal->path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > max_size) {
        *error = xasprintf("%s is not a database file, or far too large", journal->path);
        return NULL;
    }
    char *data = xmalloc(st.st_size + 1);
    *n = 0;
    while (*n < (size_t) st.st_size) {
        ssize_t done = pread(journal->fd, data + *n, st.st_size - *n, *n);
        if (done < 0 && errno != EINTR) {
            *error = xasprintf("cannot read %s: %s", journal->path, strerror(errno));
            free(data);
            return NULL;
        }
        if (!done) {
            break;
        }
        *n += done > 0 ? done : 0;
    }
    return data;
}

/* Files that are something else are left alone. */
static char *check_kind(const struct ovsdb_journal *journal, const char *data, size_t n)
{
    static const char ours[] = "OVSDB JSON ", cluster[] = "OVSDB CLUSTER ";
    if (!strncmp(data, cluster, MIN(n, sizeof cluster - 1)) && n >= sizeof cluster - 1) {
        return xasprintf("%s is a clustered database, which is not supported", journal->path);
    }
    if (memcmp(data, ours, MIN(n, sizeof ours - 1))) {
        return xasprintf("%s is not a database file", journal->path);
    }
    return NULL;
}

/* Keeps what was found under another name, and goes on with what could be read. */
static char *replace_damaged(struct ovsdb *db, size_t used, size_t n, const char *why)
{
    struct ovsdb_journal *journal = db->journal;
    char *kept = xasprintf("%s.damaged", journal->path);
    unlink(kept);
    int linked = link(journal->path, kept) ? errno : 0;
    log_err("%s: %s, at byte %zu of %zu: starting with the transactions before it, the last %zu "
            "bytes are dropped%s%s",
            journal->path, why, used, n, n - used, linked ? "" : "; the file as it was is kept as ",
            linked ? "" : kept);
    free(kept);
    int error = ovsdb_compact(db);
    return error ? xasprintf("cannot write %s: %s", journal->path, strerror(error)) : NULL;
}

static char *load(struct ovsdb *db, struct ovsdb_journal *journal)
{
    char *error = NULL, *why;
    size_t n;
    bool same_schema;
    char *data = read_file(journal, &n, &error);
    if (!data) {
        return error;
    }
    error = check_kind(journal, data, n);
    if (!error) {
        size_t used = ovsdb_journal_replay(db, data, n, &same_schema, &why);
        journal->size = used;
        journal->compact_size = MAX(COMPACT_MIN_BYTES, COMPACT_FACTOR * journal->size);
        db->journal = journal;
        struct ovsdb_record first;
        const char *damage;
        if (why && !used && ovsdb_record_read(data, n, &first, &damage) == OVSDB_RECORD_OK) {
            error = xasprintf("%s: %s", journal->path, why); /* whole, but not ours */
        } else if (why) {
            error = replace_damaged(db, used, n, why);
        } else if (!same_schema) {
            if (n) {
                log_info("%s: converting to version %s of the schema", journal->path,
                         db->schema->version);
            }
            int failed = ovsdb_compact(db);
            error = failed ? xasprintf("cannot write %s: %s", journal->path, strerror(failed))
                           : NULL;
        }
        free(why);
    }
    free(data);
    if (error) {
        db->journal = NULL;
    }
    return error;
}

char *ovsdb_journal_open(struct ovsdb *db, const char *path)
{
    struct ovsdb_journal *journal = xzalloc(sizeof *journal);
    journal->path = xstrdup(path);
    journal->fd = journal->lock_fd = -1;
    char *error = lock(journal);
    if (!error) {
        journal->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
        error = journal->fd < 0 ? xasprintf("cannot open %s: %s", path, strerror(errno))
                                : load(db, journal);
    }
    if (error) {
        ovsdb_journal_close(journal);
    }
    return error;
}

void ovsdb_journal_close(struct ovsdb_journal *journal)
{
    if (journal) {
        if (journal->fd >= 0) {
            close(journal->fd);
        }
        if (journal->lock_fd >= 0) {
            close(journal->lock_fd);
        }
        free(journal->path);
        free(journal);
    }
}
