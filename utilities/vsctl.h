/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of weft-vsctl share.
 *
 * A run: parse the command line into commands; fetch a copy of what they need; run them one after the other on a
 * transaction over the copy, collecting their output; send what changed as one transaction; print. If the server refuses because
 * the database changed meanwhile, or a command has to wait, all of them run again on the newer copy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/compiler.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/ovsdb/ovsdb.h"
#include "lib/ovsdb/schema.h"
#include "lib/ovsdb/symtab.h"
#include "lib/ovsdb/transaction.h"
#include "utilities/vsctl_table.h"

struct ovsdb_client;
struct vsctl_command;
struct vsctl_model;

/* A value that must not change between its copying and the transaction. */
struct vsctl_guard {
    const char *table;
    struct uuid uuid;
    const char *column;
};

struct vsctl {
    /* Options. */
    char *db_name; /* where the server is */
    bool no_wait, dry_run, oneline, retry;
    struct vsctl_table_style style;
    char *comment; /* the command line, for the journal */

    /* This run. */
    struct ovsdb_client *client;
    struct ovsdb *db; /* the copy */
    struct ovsdb_txn *txn;
    struct ovsdb_symtab symtab; /* @names */
    const struct ovsdb_row *root;
    struct vsctl_model *model; /* bridges, ports and interfaces; null until asked for */
    bool try_again;         /* a command needs a newer database */
    unsigned int n_updates; /* how often the copy was changed */

    struct uuid *expected; /* interfaces whose setting-up is to be checked */
    size_t n_expected, allocated_expected;
    struct vsctl_guard *guards;
    size_t n_guards, allocated_guards;
};

typedef void vsctl_run_cb(struct vsctl *, struct vsctl_command *);

/* What a command looks at, besides Open_vSwitch. Nothing else is copied: a column that is not named here reads as its default. */
enum {
    VSCTL_CORE = 1,          /* bridges, and what vsctl_model.h needs to know of ports and interfaces */
    VSCTL_CONTROL = 2,       /* Controller and Manager */
    VSCTL_SSL = 4,
    VSCTL_ZONES = 8,         /* Datapath, CT_Zone and CT_Timeout_Policy */
    VSCTL_AA = 16,           /* AutoAttach */
    VSCTL_SHOW = 32,         /* what "show" tells of ports and interfaces */
    VSCTL_PORT_IDS = 64,     /* external_ids of ports */
    VSCTL_ALL = 128,

    /* Of the table that the first argument names: its rows with their names, and columns. */
    VSCTL_ARG = 256,
    VSCTL_COLUMN = 512,      /* the one that the third argument names */
    VSCTL_COLUMNS = 1024,    /* those that the third and later arguments name */
    VSCTL_SETTINGS = 2048,   /* the third and later arguments are COLUMN[:KEY]... */
    VSCTL_CONDITIONS = 4096, /* the second and later arguments are COLUMN[:KEY]... */
    VSCTL_SHOWN = 8192,      /* those of --columns; without it all */
};

struct vsctl_syntax {
    const char *name;
    int min_args, max_args; /* -1: any number */
    const char *options;    /* "--a,--b=": those that it has; with '=' it needs an argument */
    unsigned int looks_at;  /* VSCTL_* */
    vsctl_run_cb *run;
    vsctl_run_cb *post; /* after the commit; may be null */
};

struct vsctl_command {
    const struct vsctl_syntax *syntax;
    int argc;
    char **argv;         /* argv[0] is the name */
    struct smap options; /* "--name" to its argument or "" */

    /* What it did. */
    struct strbuf output;
    struct vsctl_table *table; /* null: none */
    struct uuid created;       /* "create": the new row, as the server named it after the commit */
    bool created_fixed;        /* "create": the UUID was asked for */
};

/* The commands, ended by one without a name: vsctl_command.c puts them together. */
extern const struct vsctl_syntax vsctl_general_commands[], vsctl_bridge_commands[],
    vsctl_port_commands[], vsctl_bond_commands[], vsctl_control_commands[], vsctl_zone_commands[],
    vsctl_generic_commands[], vsctl_query_commands[];

/* weft-vsctl.c: messages to stderr, "weft-vsctl: ...". */
void vsctl_fatal(const char *format, ...) PRINTF_FORMAT(1, 2) NO_RETURN;
void vsctl_exit(int status) NO_RETURN;

/* Ends with the message if there is one. */
void vsctl_fatal_if(char *error);

/* vsctl_command.c */
void vsctl_command_parse_all(int argc, char *argv[], const struct smap *first_options,
                             struct vsctl_command **commands, size_t *n);
const struct vsctl_syntax *vsctl_command_find(const char *name);
bool vsctl_has_option(const struct vsctl_command *, const char *name);

/* The command as it was written; the caller frees it. */
char *vsctl_command_text(const struct vsctl_command *);

/* Adds the names to the command's output, sorted, one a line. */
void vsctl_print_sorted(struct vsctl_command *, const char **names, size_t n);

/* Calls 'cb' for each option that some command has; "--name" or "--name=". */
void vsctl_command_for_each_option(void (*cb)(void *aux, const char *option), void *aux);

/* vsctl_run.c. Returns the exit status. */
int vsctl_run(struct vsctl *, struct vsctl_command *, size_t n);

/* Makes the commands run again if somebody else changes the column in between. Names are not copied. */
void vsctl_guard(struct vsctl *, const struct ovsdb_row *, const char *column);

/* The name of the database, and of the table with its only root row. */
extern const char vsctl_database[];

/* Has the interface looked at once the switch has applied the changes. */
void vsctl_expect_interface(struct vsctl *, const struct ovsdb_row *);
