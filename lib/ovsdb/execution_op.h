/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations of a transaction share. For execution.c and execution_rows.c. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/ovsdb/condition.h"
#include "lib/ovsdb/execution.h"
#include "lib/ovsdb/symtab.h"
#include "lib/ovsdb/txn_row.h"

struct ovsdb_op {
    const struct ovsdb_execution *execution;
    struct ovsdb_txn *txn;
    struct ovsdb_symtab symtab;
    size_t budget;      /* what is left of OVSDB_EXECUTION_BUDGET */
    int64_t timeout_ms; /* of the "wait" that does not hold, else -1 */

    /* The operation in progress. */
    const json_t *json;
    json_t *result; /* filled in by the operation */
};

typedef struct ovsdb_error *ovsdb_op_cb(struct ovsdb_op *);

ovsdb_op_cb ovsdb_op_insert, ovsdb_op_select, ovsdb_op_update, ovsdb_op_mutate, ovsdb_op_delete,
    ovsdb_op_wait;

/* Takes 'n' out of the budget; "resources exhausted" if there is not enough left. */
struct ovsdb_error *ovsdb_op_spend(struct ovsdb_op *, size_t n) WARN_UNUSED;
