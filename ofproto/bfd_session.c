/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine and the timers of one BFD session. Sections are those of RFC 5880. */
#include "ofproto/bfd_session.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"

enum { SLOW_TX_MS = 1000 /* 6.8.3: until the session is up */, MAX_MS = UINT32_MAX / 1000 };

struct bfd_session {
    struct bfd_config config;
    uint32_t (*random)(void);
    uint32_t local_disc;
    uint8_t state, diag;

    /* Milliseconds: what packets say, and what is in force until the peer has agreed. */
    uint32_t said_tx_ms, said_rx_ms;
    uint32_t min_tx_ms, min_rx_ms;
    bool polling;    /* packets have the poll flag until a final one comes */
    bool owes_final; /* the peer polls */

    uint32_t remote_disc;
    uint8_t remote_state, remote_diag, remote_flags, remote_mult;
    uint32_t remote_min_tx_ms, remote_min_rx_ms;
    bool remote_wants_none; /* it has said that it takes no periodic packets */

    int64_t last_tx, next_tx;
    int64_t detect; /* when the peer counts as lost; INT64_MAX: it was not heard */

    uint64_t n_received; /* control packets */
    uint64_t rx_packets; /* of the port */
    int64_t rx_until;    /* forwarding_if_rx: packets came shortly before */
    uint64_t decay_received, decay_packets;
    int64_t decay_check;
    bool decayed;

    int forced; /* -1: no */
    bool forwarded;
    uint64_t flap_count;
};

/* Settings. */

static void warn(char **warnings, const char *key, const char *value)
{
    char *all = xasprintf("%s%sbfd:%s=\"%s\" is not usable", *warnings ? *warnings : "", *warnings ? "; " : "", key, value);
    free(*warnings);
    *warnings = all;
}

static uint32_t get_number(const struct smap *map, const char *key, uint32_t min, uint32_t max, uint32_t otherwise, char **warnings)
{
    const char *text = smap_get(map, key);
    char *end;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text) {
        return otherwise;
    }
    if (!*text || *text == '-' || *end || value < min || value > max) {
        warn(warnings, key, text);
        return otherwise;
    }
    return (uint32_t) value;
}

static bool get_bool(const struct smap *map, const char *key, char **warnings)
{
    const char *text = smap_get(map, key);
    if (text && strcmp(text, "true") && strcmp(text, "false")) {
        warn(warnings, key, text);
    }
    return text && !strcmp(text, "true");
}

static void get_mac(const struct smap *map, const char *key, struct eth_addr *mac, char **warnings)
{
    const char *text = smap_get(map, key);
    if (text && !eth_parse(text, mac)) {
        warn(warnings, key, text);
        memset(mac, 0, sizeof *mac);
    }
}

static be32 get_ip(const struct smap *map, const char *key, const char *otherwise, char **warnings)
{
    const char *text = smap_get_or(map, key, otherwise);
    struct in_addr address;
    if (!inet_pton(AF_INET, text, &address)) {
        warn(warnings, key, text);
        inet_pton(AF_INET, otherwise, &address);
    }
    return address.s_addr;
}

void bfd_config_parse(const struct smap *map, struct bfd_config *config, char **warnings)
{
    *warnings = NULL;
    memset(config, 0, sizeof *config); /* padding too: settings are compared as bytes */
    config->enable = get_bool(map, "enable", warnings);
    config->min_rx_ms = get_number(map, "min_rx", 1, MAX_MS, BFD_DEFAULT_MS, warnings);
    config->min_tx_ms = get_number(map, "min_tx", 1, MAX_MS, BFD_DEFAULT_TX_MS, warnings);
    config->decay_min_rx_ms = get_number(map, "decay_min_rx", 0, MAX_MS, 0, warnings);
    config->forwarding_if_rx = get_bool(map, "forwarding_if_rx", warnings);
    config->cpath_down = get_bool(map, "cpath_down", warnings);
    config->check_tnl_key = get_bool(map, "check_tnl_key", warnings);
    config->mult = (uint8_t) get_number(map, "mult", 1, UINT8_MAX, 3, warnings);
    config->src_ip = get_ip(map, "bfd_src_ip", "169.254.1.1", warnings);
    config->dst_ip = get_ip(map, "bfd_dst_ip", "169.254.1.0", warnings);
    get_mac(map, "bfd_local_src_mac", &config->local_src_mac, warnings);
    get_mac(map, "bfd_local_dst_mac", &config->local_dst_mac, warnings);
    get_mac(map, "bfd_remote_dst_mac", &config->remote_dst_mac, warnings);
    if (config->decay_min_rx_ms && config->decay_min_rx_ms <= config->min_rx_ms) {
        warn(warnings, "decay_min_rx", "not above min_rx");
        config->decay_min_rx_ms = 0;
    }
}

/* Intervals. */

static uint32_t tx_interval(const struct bfd_session *s)
{
    return MAX(s->min_tx_ms, s->remote_min_rx_ms);
}

static int64_t detection_time(const struct bfd_session *s)
{
    return (int64_t) s->remote_mult * MAX(s->min_rx_ms, s->remote_min_tx_ms);
}

/* 6.8.7: shortened at random by up to a quarter; with a multiplier of 1 by at least a tenth. */
static int64_t jitter(const struct bfd_session *s, uint32_t interval_ms)
{
    uint32_t longest = s->config.mult == 1 ? 90 : 100;
    uint32_t percent = 75 + s->random() % (longest - 75 + 1);
    return MAX((int64_t) interval_ms * percent / 100, 1);
}

static void schedule(struct bfd_session *s)
{
    s->next_tx = s->last_tx + jitter(s, tx_interval(s));
}

/* 6.8.3: a session that is not up sends a packet a second at most; changes of one that is up take effect when they hurt nobody, and for
 * good when the peer has answered a poll. */
static void update_intervals(struct bfd_session *s)
{
    bool up = s->state == BFD_UP;
    uint32_t tx = up ? s->config.min_tx_ms : MAX(s->config.min_tx_ms, SLOW_TX_MS);
    uint32_t rx = s->decayed ? s->config.decay_min_rx_ms : s->config.min_rx_ms;
    if (tx == s->said_tx_ms && rx == s->said_rx_ms) {
        return;
    }
    s->said_tx_ms = tx;
    s->said_rx_ms = rx;
    s->polling = up;
    if (!up || tx < s->min_tx_ms) {
        s->min_tx_ms = tx;
    }
    if (!up || rx > s->min_rx_ms) {
        s->min_rx_ms = rx;
    }
    schedule(s);
}

static void finish_poll(struct bfd_session *s)
{
    s->polling = false;
    if (s->min_tx_ms != s->said_tx_ms) {
        s->min_tx_ms = s->said_tx_ms;
        schedule(s);
    }
    s->min_rx_ms = s->said_rx_ms;
}

/* States. */

static void update_forwarded(struct bfd_session *s, int64_t now_ms)
{
    bool forwards = bfd_session_forwards(s, now_ms);
    s->flap_count += forwards != s->forwarded;
    s->forwarded = forwards;
}

static void set_state(struct bfd_session *s, enum bfd_state state, enum bfd_diag diag)
{
    if (state != s->state) {
        s->state = state;
        s->diag = diag;
        if (state != BFD_UP) {
            s->polling = false;
            s->decayed = false;
        }
        update_intervals(s);
    }
}

/* The last steps of 6.8.6. */
static void follow_remote(struct bfd_session *s)
{
    switch (s->state) {
    case BFD_DOWN:
        if (s->remote_state == BFD_DOWN) {
            set_state(s, BFD_INIT, BFD_DIAG_NONE);
        } else if (s->remote_state == BFD_INIT) {
            set_state(s, BFD_UP, BFD_DIAG_NONE);
        }
        break;
    case BFD_INIT:
        if (s->remote_state == BFD_INIT || s->remote_state == BFD_UP) {
            set_state(s, BFD_UP, BFD_DIAG_NONE);
        }
        break;
    case BFD_UP:
        if (s->remote_state == BFD_DOWN) {
            set_state(s, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
        }
        break;
    }
}

static uint32_t to_ms(uint32_t us)
{
    return us ? MAX(us / 1000, 1) : 0;
}

const char *bfd_session_receive(struct bfd_session *s, const struct bfd_control *control, int64_t now_ms)
{
    if (control->your_disc && control->your_disc != s->local_disc) {
        return "it is for another session";
    }
    uint32_t old_interval = tx_interval(s);
    s->n_received++;
    s->remote_disc = control->my_disc;
    s->remote_state = control->state;
    s->remote_diag = control->diag;
    s->remote_flags = control->flags;
    s->remote_mult = control->mult;
    s->remote_min_tx_ms = to_ms(control->min_tx_us);
    s->remote_min_rx_ms = to_ms(control->min_rx_us);
    s->remote_wants_none = !control->min_rx_us;
    if (control->flags & BFD_FINAL && s->polling) {
        finish_poll(s);
    }
    if (control->state == BFD_ADMIN_DOWN) {
        if (s->state != BFD_DOWN) {
            set_state(s, BFD_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
        }
    } else {
        follow_remote(s);
    }
    s->detect = now_ms + detection_time(s);
    s->owes_final = control->flags & BFD_POLL;
    if (tx_interval(s) != old_interval) {
        schedule(s);
    }
    update_forwarded(s, now_ms);
    return NULL;
}

static void expire(struct bfd_session *s, int64_t now_ms)
{
    s->detect = INT64_MAX;
    s->remote_disc = 0;
    s->remote_state = BFD_DOWN;
    s->remote_min_rx_ms = 0;
    s->remote_wants_none = false;
    if (s->state == BFD_INIT || s->state == BFD_UP) {
        set_state(s, BFD_DOWN, BFD_DIAG_EXPIRED);
    }
    update_forwarded(s, now_ms);
}

/* Sending. */

/* 6.8.7: to a peer that takes no packets, or that has asked for silence, none are sent but answers and polls. */
static bool is_silent(const struct bfd_session *s)
{
    bool demand = s->remote_flags & BFD_DEMAND && s->state == BFD_UP && s->remote_state == BFD_UP;
    return (s->remote_wants_none && s->remote_disc) || (demand && !s->polling);
}

static void fill(const struct bfd_session *s, struct bfd_control *control)
{
    bool cpath_down = s->config.cpath_down && s->state == BFD_UP;
    *control = (struct bfd_control) {
        .diag = cpath_down ? BFD_DIAG_CONCATENATED_PATH_DOWN : s->diag,
        .state = s->state,
        .flags = s->owes_final ? BFD_FINAL : s->polling ? BFD_POLL : 0,
        .mult = s->config.mult,
        .my_disc = s->local_disc,
        .your_disc = s->remote_disc,
        .min_tx_us = s->said_tx_ms * 1000,
        .min_rx_us = s->said_rx_ms * 1000,
    };
}

static void check_decay(struct bfd_session *s, int64_t now_ms)
{
    if (!s->config.decay_min_rx_ms || s->state != BFD_UP || now_ms < s->decay_check) {
        return;
    }
    uint64_t packets = s->rx_packets - s->decay_packets, control = s->n_received - s->decay_received;
    if (s->decay_check) {
        s->decayed = packets <= control;
        update_intervals(s);
    }
    s->decay_packets = s->rx_packets;
    s->decay_received = s->n_received;
    s->decay_check = now_ms + MAX(s->config.decay_min_rx_ms, BFD_MIN_DECAY_MS);
}

bool bfd_session_run(struct bfd_session *s, struct bfd_control *control, int64_t now_ms)
{
    if (now_ms >= s->detect) {
        expire(s, now_ms);
    }
    check_decay(s, now_ms);
    update_forwarded(s, now_ms);
    if (s->owes_final) {
        fill(s, control);
        s->owes_final = false;
        return true;
    }
    if (now_ms < s->next_tx || is_silent(s)) {
        return false;
    }
    fill(s, control);
    s->last_tx = now_ms;
    schedule(s);
    return true;
}

int64_t bfd_session_next(const struct bfd_session *s)
{
    if (s->owes_final) {
        return 0;
    }
    int64_t next = is_silent(s) ? s->detect : MIN(s->next_tx, s->detect);
    if (s->config.decay_min_rx_ms && s->state == BFD_UP) {
        next = MIN(next, s->decay_check);
    }
    if (s->config.forwarding_if_rx && s->forwarded && s->state != BFD_UP) {
        next = MIN(next, s->rx_until);
    }
    return next;
}

/* Forwarding. */

void bfd_session_count(struct bfd_session *s, uint64_t rx_packets, int64_t now_ms)
{
    if (rx_packets > s->rx_packets && s->rx_packets) {
        s->rx_until = now_ms + (int64_t) s->config.mult * MAX(s->min_rx_ms, s->remote_min_tx_ms);
    }
    s->rx_packets = rx_packets;
    update_forwarded(s, now_ms);
}

bool bfd_session_forwards(const struct bfd_session *s, int64_t now_ms)
{
    if (s->forced >= 0) {
        return s->forced;
    }
    bool alive = s->state == BFD_UP || (s->config.forwarding_if_rx && now_ms < s->rx_until);
    return alive && s->remote_diag != BFD_DIAG_PATH_DOWN && s->remote_diag != BFD_DIAG_CONCATENATED_PATH_DOWN
           && s->remote_diag != BFD_DIAG_REVERSE_CONCATENATED_PATH_DOWN;
}

void bfd_session_force(struct bfd_session *s, int forced)
{
    s->forced = forced;
}

/* Begin and end. */

struct bfd_session *bfd_session_create(uint32_t local_disc, const struct bfd_config *config, const struct bfd_memory *memory,
                                       uint32_t (*random)(void), int64_t now_ms)
{
    struct bfd_session *s = xzalloc(sizeof *s);
    s->config = *config;
    s->random = random;
    s->local_disc = local_disc;
    s->state = BFD_DOWN;
    s->remote_state = BFD_DOWN;
    s->detect = INT64_MAX;
    s->forced = -1;
    if (memory) {
        s->state = memory->state;
        s->diag = memory->diag;
        s->remote_disc = memory->remote_disc;
        s->remote_state = memory->remote_state;
        s->remote_diag = memory->remote_diag;
        s->remote_mult = memory->remote_mult;
        s->remote_min_tx_ms = memory->remote_min_tx_ms;
        s->remote_min_rx_ms = memory->remote_min_rx_ms;
        s->flap_count = memory->flap_count;
    }
    s->said_tx_ms = s->min_tx_ms = s->state == BFD_UP ? config->min_tx_ms : MAX(config->min_tx_ms, SLOW_TX_MS);
    s->said_rx_ms = s->min_rx_ms = config->min_rx_ms;
    if (memory && memory->remote_disc) {
        s->detect = now_ms + MAX(detection_time(s), 1);
    }
    s->last_tx = s->next_tx = now_ms;
    s->forwarded = bfd_session_forwards(s, now_ms);
    return s;
}

void bfd_session_destroy(struct bfd_session *s)
{
    free(s);
}

void bfd_session_configure(struct bfd_session *s, const struct bfd_config *config, int64_t now_ms)
{
    s->config = *config;
    if (!config->decay_min_rx_ms) {
        s->decayed = false;
    }
    s->decay_check = 0;
    update_intervals(s);
    update_forwarded(s, now_ms);
}

void bfd_session_remember(const struct bfd_session *s, struct bfd_memory *memory)
{
    memset(memory, 0, sizeof *memory); /* padding too: it is compared as bytes */
    memory->local_disc = s->local_disc;
    memory->remote_disc = s->remote_disc;
    memory->state = s->state;
    memory->diag = s->diag;
    memory->remote_state = s->remote_state;
    memory->remote_diag = s->remote_diag;
    memory->remote_mult = s->remote_mult;
    memory->remote_min_tx_ms = s->remote_min_tx_ms;
    memory->remote_min_rx_ms = s->remote_min_rx_ms;
    memory->flap_count = s->flap_count;
}

/* Telling. */

void bfd_session_status(const struct bfd_session *s, struct smap *status, int64_t now_ms)
{
    smap_set(status, "forwarding", bfd_session_forwards(s, now_ms) ? "true" : "false");
    smap_set(status, "state", bfd_state_name(s->state));
    smap_set(status, "diagnostic", bfd_diag_name(s->diag));
    smap_set(status, "remote_state", bfd_state_name(s->remote_state));
    smap_set(status, "remote_diagnostic", bfd_diag_name(s->remote_diag));
    smap_setf(status, "flap_count", "%" PRIu64, s->flap_count);
}

static void show_flags(struct strbuf *out, const char *whose, uint8_t flags)
{
    static const struct { uint8_t bit; const char *name; } names[] = {
        { BFD_POLL, "poll" }, { BFD_FINAL, "final" }, { BFD_CPI, "cpi" }, { BFD_AUTH, "auth" }, { BFD_DEMAND, "demand" },
        { BFD_MULTIPOINT, "multipoint" },
    };
    strbuf_putf(out, "  %s Flags:", whose);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].bit) {
            strbuf_putf(out, " %s", names[i].name);
        }
    }
    strbuf_puts(out, flags ? "\n" : " none\n");
}

void bfd_session_show(const struct bfd_session *s, struct strbuf *out, int64_t now_ms)
{
    struct bfd_control next;
    fill(s, &next);
    strbuf_putf(out, "  Forwarding: %s\n", bfd_session_forwards(s, now_ms) ? "true" : "false");
    strbuf_putf(out, "  Detect Multiplier: %u\n", s->config.mult);
    strbuf_putf(out, "  Concatenated Path Down: %s\n", s->config.cpath_down ? "true" : "false");
    strbuf_putf(out, "  TX Interval: Approx %" PRIu32 "ms\n", tx_interval(s));
    strbuf_putf(out, "  RX Interval: Approx %" PRIu32 "ms\n", MAX(s->min_rx_ms, s->remote_min_tx_ms));
    if (s->detect == INT64_MAX) {
        strbuf_puts(out, "  Detect Time: none, the peer is not heard\n");
    } else {
        strbuf_putf(out, "  Detect Time: now %+" PRId64 "ms\n", s->detect - now_ms);
    }
    strbuf_putf(out, "  Next TX Time: now %+" PRId64 "ms\n", s->next_tx - now_ms);
    strbuf_putf(out, "  Last TX Time: now %+" PRId64 "ms\n\n", s->last_tx - now_ms);

    show_flags(out, "Local", next.flags);
    strbuf_putf(out, "  Local Session State: %s\n", bfd_state_name(s->state));
    strbuf_putf(out, "  Local Diagnostic: %s\n", bfd_diag_name(next.diag));
    strbuf_putf(out, "  Local Discriminator: 0x%" PRIx32 "\n", s->local_disc);
    strbuf_putf(out, "  Local Minimum TX Interval: %" PRIu32 "ms\n", s->said_tx_ms);
    strbuf_putf(out, "  Local Minimum RX Interval: %" PRIu32 "ms\n\n", s->said_rx_ms);

    show_flags(out, "Remote", s->remote_flags);
    strbuf_putf(out, "  Remote Session State: %s\n", bfd_state_name(s->remote_state));
    strbuf_putf(out, "  Remote Diagnostic: %s\n", bfd_diag_name(s->remote_diag));
    strbuf_putf(out, "  Remote Discriminator: 0x%" PRIx32 "\n", s->remote_disc);
    strbuf_putf(out, "  Remote Minimum TX Interval: %" PRIu32 "ms\n", s->remote_min_tx_ms);
    strbuf_putf(out, "  Remote Minimum RX Interval: %" PRIu32 "ms\n", s->remote_min_rx_ms);
    strbuf_putf(out, "  Remote Detect Multiplier: %u\n", s->remote_mult);
}
