/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the text of values: what can be read is the same after it was printed and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ovsdb/datum.h"
#include "lib/ovsdb/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_type(const char *text, enum ovsdb_atom_type key, enum ovsdb_atom_type value,
                     uint32_t n_min, uint32_t n_max)
{
    struct ovsdb_type type = { .n_min = n_min, .n_max = n_max };
    struct ovsdb_datum datum, again;
    ovsdb_base_init(&type.key, key);
    ovsdb_base_init(&type.value, value);
    char *error = ovsdb_datum_from_text(&datum, &type, text, NULL);
    if (error) {
        free(error);
        return;
    }
    struct strbuf printed = STRBUF_INIT;
    ovsdb_datum_to_text(&datum, &type, &printed);
    error = ovsdb_datum_from_text(&again, &type, strbuf_str(&printed), NULL);
    if (error || !ovsdb_datum_equals(&datum, &again, &type)) {
        abort();
    }
    ovsdb_datum_destroy(&datum, &type);
    ovsdb_datum_destroy(&again, &type);
    strbuf_destroy(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *) data, size);
    for (enum ovsdb_atom_type key = OVSDB_INTEGER; key <= OVSDB_UUID; key++) {
        try_type(text, key, OVSDB_VOID, 1, 1);
        try_type(text, key, OVSDB_VOID, 0, UINT32_MAX);
        try_type(text, key, OVSDB_STRING, 0, UINT32_MAX);
        try_type(text, OVSDB_STRING, key, 0, UINT32_MAX);
    }
    free(text);
    return 0;
}
