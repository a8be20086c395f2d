/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of tunnel options to fields. */
#include "lib/ofp/field_map.h"

#include <pthread.h>

#include "lib/base/mem.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/match.h"

enum { UNIT = 4, N_UNITS = FLOW_TUN_OPTS_SIZE / UNIT };
static_assert(N_UNITS == 64, "a bit each");
static_assert((int) FLOW_TUN_OPTS_SIZE == OFP_TLV_SPACE, "what the table promises is there");

/* Fields with a mapping, made when they are first needed. */
struct mapped {
    struct mapped *next;
    struct field_entry entry;
};
static struct mapped *mapped[OFP_TLV_N_FIELDS];
static pthread_mutex_t mapped_mutex = PTHREAD_MUTEX_INITIALIZER;

static __thread const struct field_map *current;
static __thread struct field_map grown;

static unsigned int index_of(const struct field *f)
{
    return (unsigned int) f->id - FIELD_TUN_METADATA0;
}

static struct mapped *make(unsigned int index, unsigned int offset, size_t n)
{
    struct mapped *m = xcalloc(1, sizeof *m);

    m->entry = *field_entry(field_get((enum field_id) (FIELD_TUN_METADATA0 + index)));
    m->entry.f.n_bytes = (uint8_t) n;
    m->entry.f.n_bits = (uint16_t) (n * 8);
    m->entry.f.nxm_header = (m->entry.f.nxm_header & ~0xffu) | (uint32_t) n;
    m->entry.place = (struct field_place) {
        .kind = PLACE_OPTS,
        .offset = (uint16_t) (offsetof(struct flow, tun_opts) + offset * UNIT),
        .n_bits = (uint8_t) MIN(n * 8, 64u),
    };
    return m;
}

static const struct field *find_or_make(unsigned int index, unsigned int offset, size_t n)
{
    struct mapped *m;

    pthread_mutex_lock(&mapped_mutex);
    for (m = mapped[index]; m; m = m->next) {
        if (m->entry.f.n_bytes == n &&
            m->entry.place.offset == offsetof(struct flow, tun_opts) + offset * UNIT) {
            break;
        }
    }
    if (!m) {
        m = make(index, offset, n);
        m->next = mapped[index];
        mapped[index] = m;
    }
    pthread_mutex_unlock(&mapped_mutex);
    return &m->entry.f;
}

const struct field_map *field_map_use(const struct field_map *map)
{
    const struct field_map *before = current;

    current = map;
    return before;
}

static uint64_t units(unsigned int offset, size_t n)
{
    size_t count = DIV_ROUND_UP(n, UNIT);

    return (count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1) << offset;
}

/* Finds 'n' free bytes. */
static bool allocate(struct field_map *map, size_t n, uint8_t *offset)
{
    for (unsigned int i = 0; i + DIV_ROUND_UP(n, UNIT) <= N_UNITS; i++) {
        if (!(map->space & units(i, n))) {
            map->space |= units(i, n);
            *offset = (uint8_t) i;
            return true;
        }
    }
    return false;
}

static void take_out(struct field_map *map, unsigned int index)
{
    const struct field *f = map->entries[index].field;

    if (f) {
        map->space &= ~units(map->entries[index].offset, f->n_bytes);
        memset(&map->entries[index], 0, sizeof map->entries[index]);
    }
}

static int find_option(const struct field_map *map, const struct ofp_tlv_map *option)
{
    for (int i = 0; i < OFP_TLV_N_FIELDS; i++) {
        if (map->entries[i].field && map->entries[i].opt_class == option->opt_class &&
            map->entries[i].opt_type == option->opt_type) {
            return i;
        }
    }
    return -1;
}

static enum ofp_error check_new(const struct field_map *map, const struct ofp_tlv_map *option)
{
    if (option->index >= OFP_TLV_N_FIELDS) {
        return NXTTMFC_BAD_FIELD_IDX;
    }
    if (!option->opt_len || option->opt_len % UNIT || option->opt_len > OFP_TLV_MAX_OPTION) {
        return NXTTMFC_BAD_OPT_LEN;
    }
    if (map->entries[option->index].field) {
        return NXTTMFC_ALREADY_MAPPED;
    }
    return find_option(map, option) >= 0 ? NXTTMFC_DUP_ENTRY : OFPERR_OK;
}

static void set_entry(struct field_map *map, const struct ofp_tlv_map *option, uint8_t offset)
{
    map->entries[option->index].opt_class = option->opt_class;
    map->entries[option->index].opt_type = option->opt_type;
    map->entries[option->index].offset = offset;
    map->entries[option->index].field = find_or_make(option->index, offset, option->opt_len);
}

static enum ofp_error add(struct field_map *map, const struct ofp_tlv_map *option)
{
    enum ofp_error error = check_new(map, option);
    uint8_t offset;

    if (!error && !allocate(map, option->opt_len, &offset)) {
        error = NXTTMFC_TABLE_FULL;
    }
    if (!error) {
        set_entry(map, option, offset);
    }
    return error;
}

bool field_map_restore(struct field_map *map, const struct ofp_tlv_map *option, unsigned int offset)
{
    if (check_new(map, option) || offset + option->opt_len / UNIT > N_UNITS ||
        map->space & units(offset, option->opt_len)) {
        return false;
    }
    map->space |= units(offset, option->opt_len);
    set_entry(map, option, (uint8_t) offset);
    return true;
}

static enum ofp_error delete(struct field_map *map, const struct ofp_tlv_map *option,
                             uint64_t in_use)
{
    int index = find_option(map, option);

    if (index >= 0 && in_use >> index & 1) {
        return NXTTMFC_INVALID_TLV_DEL;
    }
    if (index >= 0) {
        take_out(map, (unsigned int) index);
    }
    return OFPERR_OK;
}

static enum ofp_error clear(struct field_map *map, uint64_t in_use)
{
    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS; i++) {
        if (map->entries[i].field && in_use >> i & 1) {
            return NXTTMFC_INVALID_TLV_DEL;
        }
        take_out(map, i);
    }
    return OFPERR_OK;
}

enum ofp_error field_map_modify(struct field_map *map, const struct ofp_tlv_mod *tm,
                                uint64_t in_use)
{
    struct field_map changed = *map;
    enum ofp_error error = OFPERR_OK;

    if (tm->command == OFPTLV_CLEAR) {
        error = clear(&changed, in_use);
    }
    for (size_t i = 0; i < tm->n && !error && tm->command != OFPTLV_CLEAR; i++) {
        error = tm->command == OFPTLV_ADD ? add(&changed, &tm->maps[i])
                                          : delete(&changed, &tm->maps[i], in_use);
    }
    if (!error) {
        *map = changed;
    }
    return error;
}

void field_map_describe(const struct field_map *map, struct ofp_tlv_reply *reply)
{
    *reply = (struct ofp_tlv_reply) {
        .max_space = OFP_TLV_SPACE,
        .max_fields = OFP_TLV_N_FIELDS,
    };
    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS; i++) {
        if (map->entries[i].field) {
            reply->maps[reply->n++] = (struct ofp_tlv_map) {
                .opt_class = map->entries[i].opt_class,
                .opt_type = map->entries[i].opt_type,
                .opt_len = map->entries[i].field->n_bytes,
                .index = (uint16_t) i,
            };
        }
    }
}

const struct field *field_tun_metadata(unsigned int index)
{
    const struct field_map *map = current ? current : &grown;
    const struct field *f = map->entries[index].field;

    return f ? f : field_get((enum field_id) (FIELD_TUN_METADATA0 + index));
}

const struct field *field_in_map(const struct field *f)
{
    const struct field *in_map = current ? current->entries[index_of(f)].field : NULL;

    return in_map ? in_map : f;
}

bool field_map_in_use(void)
{
    return current;
}

bool field_is_unmapped(const struct field *f)
{
    return current && field_is_tun_metadata(f) && field_entry(f)->place.kind == PLACE_NOWHERE;
}

const struct field *field_grow(const struct field *f, size_t n)
{
    unsigned int index = index_of(f);
    uint8_t offset;

    if (current || n > OFP_TLV_MAX_OPTION) {
        return f;
    }
    const struct field *known = grown.entries[index].field;
    if (known && known->n_bytes >= n) {
        return known;
    }
    n = MAX(ROUND_UP(n, UNIT), UNIT);
    take_out(&grown, index);
    if (!allocate(&grown, n, &offset)) {
        return f;
    }
    grown.entries[index].offset = offset;
    grown.entries[index].field = find_or_make(index, offset, n);
    return grown.entries[index].field;
}

uint64_t field_map_used_by_match(const struct match *match)
{
    uint64_t used = 0;

    for (unsigned int i = 0; i < OFP_TLV_N_FIELDS; i++) {
        union field_value value, mask;

        used |= (uint64_t) field_get_match(field_tun_metadata(i), match, &value, &mask) << i;
    }
    return used;
}

bool field_map_match_has_options(const struct match *match)
{
    return match->mask.lines & 1u << FLOW_LINE_OPENFLOW && match->mask.tun_present;
}
