/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are: the run-time, database and log directories and files in them.
 *
 * WEFT_RUNDIR, WEFT_DBDIR, WEFT_LOGDIR and WEFT_PKGDATADIR override what was configured. Any thread after start. */
#pragma once

const char *paths_rundir(void);
const char *paths_dbdir(void);
const char *paths_logdir(void);
const char *paths_pkgdatadir(void);

/* 'name' itself if it begins with '/', else DIR/name; the caller frees it. */
char *paths_in_rundir(const char *name);
char *paths_in_dbdir(const char *name);

/* The control socket of the running daemon 'target': a path if it has a '/', else by RUNDIR/target.pid. Null and a sentence in
 * '*errorp' if there is none (the caller frees both). */
char *paths_find_unixctl(const char *target, char **errorp);
