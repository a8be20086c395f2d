/* SPDX-License-Identifier: Apache-2.0 */
/* The megaflows met last: when to look, what to learn, what to forget. */
#include "datapath/shortcut.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/action.h"

enum {
    N_PORTS = 64,    /* places for ports, found by the port's number */
    MAX_PAUSE = 63,  /* bursts */
    MAX_CLAIMS = 16, /* bursts of another port until it gets the place */
};

struct shortcut {
    struct wire_match match;
    uint32_t id;
    uint32_t generation;
    enum shortcut_kind kind;
};

struct place {
    uint32_t in_port;
    uint16_t pause;     /* bursts that are not searched from now on */
    uint16_t pause_len; /* as many the last time; 0 while most packets match */
    uint8_t n;          /* ways in use */
    uint8_t first;      /* the way that is tried first: most packets matched there */
    uint8_t next;       /* the way to replace */
    uint8_t n_claims;   /* bursts of another port since the last one of this port */
    bool wants;
    struct shortcut ways[SHORTCUT_WAYS];
};

struct shortcuts {
    struct place places[N_PORTS];
};

struct shortcuts *shortcuts_create(void)
{
    struct shortcuts *s = xzalloc_cacheline(sizeof *s);
    for (unsigned int i = 0; i < N_PORTS; i++) {
        s->places[i].in_port = UINT32_MAX;
    }
    return s;
}

void shortcuts_destroy(struct shortcuts *s)
{
    free(s);
}

/* The port's place, or null: another port has it, and uses it. */
static struct place *claim(struct shortcuts *s, uint32_t in_port)
{
    struct place *place = &s->places[in_port % N_PORTS];
    if (unlikely(place->in_port != in_port)) {
        if (place->in_port != UINT32_MAX && ++place->n_claims < MAX_CLAIMS) {
            return NULL;
        }
        place->in_port = in_port;
        place->pause = place->pause_len = 0;
        place->n = place->first = place->next = 0;
    }
    place->n_claims = 0;
    return place;
}

static void forget(struct place *place, unsigned int way)
{
    place->ways[way] = place->ways[--place->n];
    place->first = place->next = 0;
}

/* Sets all of 'hit' but its packets. False if the flow is not what it was. */
static bool is_current(const struct shortcut *s, const struct megaflow *slots, struct shortcut_hit *hit)
{
    const struct megaflow *flow = &slots[s->id];
    bool there = rcu_load(flow->mask);
    hit->actions = rcu_load(flow->actions);
    hit->flow = flow;
    hit->match = &s->match;
    hit->kind = s->kind;
    return there && __atomic_load_n(&flow->generation, __ATOMIC_RELAXED) == s->generation;
}

/* Sees how much of a burst was found. */
static void judge(struct place *place, unsigned int n, unsigned int n_found)
{
    if (n_found * 2 >= n) {
        place->pause_len = 0;
        place->wants = n_found < n && place->n < SHORTCUT_WAYS;
    } else {
        place->pause_len = MIN(place->pause_len * 2 + 1, MAX_PAUSE);
        place->pause = place->pause_len;
        place->wants = true;
    }
}

unsigned int shortcuts_find(struct shortcuts *s, const struct megaflow *slots, uint32_t in_port,
                            struct packet *const *packets, unsigned int n, struct shortcut_hit hits[SHORTCUT_WAYS])
{
    struct place *place = claim(s, in_port);
    uint32_t all = n < 32 ? (1u << n) - 1 : UINT32_MAX, todo = all;
    unsigned int n_hits = 0, best = 0;
    if (!place) {
        return 0;
    }
    place->wants = false;
    if (place->pause) {
        place->pause--;
        return 0;
    }
    for (unsigned int i = 0, way = place->first; i < place->n && todo;) {
        struct shortcut_hit *hit = &hits[n_hits];
        if (unlikely(!is_current(&place->ways[way], slots, hit))) {
            forget(place, way);
            i = way = 0; /* those that were tried match nothing that is left */
            continue;
        }
        hit->packets = line_ops()->match_wire(hit->match, packets, todo);
        if (hit->packets) {
            unsigned int n_packets = __builtin_popcount(hit->packets);
            place->first = n_packets > best ? way : place->first;
            best = MAX(best, n_packets);
            todo &= ~hit->packets;
            n_hits++;
        }
        i++;
        way = way + 1 < place->n ? way + 1 : 0;
    }
    judge(place, n, n - __builtin_popcount(todo));
    return n_hits;
}

bool shortcuts_wants(const struct shortcuts *s, uint32_t in_port)
{
    const struct place *place = &s->places[in_port % N_PORTS];
    return place->in_port == in_port && place->wants;
}

/* Does a tunnel's push in the list meet a packet that was changed, or a SELECT any? They work with the key. */
static bool needs_key(const void *list, size_t size, bool changed)
{
    const struct action *a;
    action_for_each (a, list, size) {
        size_t nested_size;
        const struct action *nested = action_nested(a, &nested_size);
        switch (a->type) {
        case ACTION_SELECT:
            return true;
        case ACTION_TNL_PUSH:
            if (changed) {
                return true;
            }
            changed = true;
            break;
        case ACTION_OUTPUT:
        case ACTION_TRUNC:
        case ACTION_UPCALL:
        case ACTION_METER:
        case ACTION_DROP:
        case ACTION_CLONE:
        case ACTION_SAMPLE:
        case ACTION_CHECK_LEN:
        case ACTION_BRANCH:
            break;
        default:
            changed = true;
        }
        if (needs_key(nested, nested_size, changed)) {
            return true;
        }
    }
    return false;
}

static enum shortcut_kind kind_of(const struct flow_actions *actions)
{
    const struct action *first = (const struct action *) (const void *) actions->data;
    if (actions->size == sizeof(struct action_tnl_pop) && first->type == ACTION_TNL_POP) {
        return SHORTCUT_POP;
    }
    return needs_key(actions->data, actions->size, false) ? SHORTCUT_KEYED : SHORTCUT_BARE;
}

void shortcuts_learn(struct shortcuts *s, uint32_t in_port, const struct megaflow *flow, const struct packet *packet,
                     const struct flow *key)
{
    struct place *place = &s->places[in_port % N_PORTS];
    struct shortcut learned = { .id = flow->id };
    /* The generation first: actions that are newer have another one. */
    learned.generation = __atomic_load_n(&flow->generation, __ATOMIC_ACQUIRE);
    const struct line_mask *mask = rcu_load(flow->mask);
    const struct flow_actions *actions = rcu_load(flow->actions);
    if (place->in_port != in_port || !mask || !wire_match_make(&learned.match, mask, packet, key)) {
        return;
    }
    learned.kind = kind_of(actions);
    if (place->n < SHORTCUT_WAYS) {
        place->ways[place->n++] = learned;
    } else {
        place->ways[place->next] = learned;
        place->next = (place->next + 1) % SHORTCUT_WAYS;
    }
}
