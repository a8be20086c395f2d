/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: their names, and the way between them and their numbers. */
#include "lib/ofp/error_table.h"

const char *ofp_error_name(enum ofp_error error)
{
    return error > OFPERR_OK && error < OFPERR_N ? ofp_error_table[error].name : "OK";
}

enum ofp_error ofp_error_from_name(const char *name)
{
    for (int i = OFPERR_OK + 1; i < OFPERR_N; i++) {
        if (!strcmp(name, ofp_error_table[i].name)) {
            return (enum ofp_error) i;
        }
    }
    return OFPERR_OK;
}

const struct ofp_error_wire *ofp_error_wire(enum ofp_error error, enum ofp_version version)
{
    const struct ofp_error_entry *e = &ofp_error_table[error];

    for (size_t i = 0; i < ARRAY_SIZE(e->wire); i++) {
        if (e->wire[i].first && e->wire[i].first <= version && version <= e->wire[i].last) {
            return &e->wire[i];
        }
    }
    return NULL;
}

enum ofp_error ofp_error_from_wire(enum ofp_version version, uint32_t vendor, uint16_t type,
                                   uint16_t code)
{
    for (int i = OFPERR_OK + 1; i < OFPERR_N; i++) {
        const struct ofp_error_wire *w = ofp_error_wire((enum ofp_error) i, version);

        if (w && w->vendor == vendor && w->type == type && w->code == code) {
            return (enum ofp_error) i;
        }
    }
    return OFPERR_OK;
}
