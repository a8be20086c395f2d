/* SPDX-License-Identifier: Apache-2.0 */
/* States of connections as arguments of traces. */
#include "ofproto/trace_ct.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flags_text.h"
#include "lib/net/flow.h"

/* The flag of that name, 0: there is none. */
static uint8_t flag_of(const char *name)
{
    for (unsigned int i = 0; i < flags_text_ct_state.n; i++) {
        if (!strcmp(flags_text_ct_state.names[i], name)) {
            return (uint8_t) (1u << i);
        }
    }
    return 0;
}

/* Why no packet is in that state, or null. */
static const char *find_contradiction(uint8_t state)
{
    if (state && !(state & CT_STATE_TRK)) {
        return "If \"trk\" is unset, no other flags are set";
    }
    if (state & CT_STATE_INV && state & ~(CT_STATE_TRK | CT_STATE_INV)) {
        return "when \"inv\" is set, only \"trk\" may also be set";
    }
    if (state & CT_STATE_NEW && state & CT_STATE_EST) {
        return "\"new\" and \"est\" are mutually exclusive";
    }
    if (state & CT_STATE_NEW && state & CT_STATE_RPL) {
        return "\"new\" and \"rpy\" are mutually exclusive"; /* the word that Open vSwitch has for "rpl" here */
    }
    return NULL;
}

char *trace_ct_parse(const char *text, uint8_t *state)
{
    char *words = xstrdup(text), *save = NULL, *error = NULL;
    *state = 0;
    for (char *word = strtok_r(words, ", ", &save); word && !error; word = strtok_r(NULL, ", ", &save)) {
        uint8_t flag = flag_of(word);
        *state |= flag;
        if (!flag) {
            error = xasprintf("%s: unknown connection tracking state flag", word);
        }
    }
    free(words);
    const char *contradiction = error ? NULL : find_contradiction(*state);
    if (contradiction) {
        struct strbuf s = STRBUF_INIT;
        flags_text_format(&s, &flags_text_ct_state, *state);
        error = xasprintf("%s: invalid connection state: %s", strbuf_str(&s), contradiction);
        strbuf_destroy(&s);
    }
    return error;
}

void trace_ct_format_unused(struct strbuf *s, uint8_t state)
{
    strbuf_puts(s, "\nNot used: --ct-next ");
    flags_text_format(s, &flags_text_ct_state, state);
    strbuf_puts(s, ", since no ct action was executed.\n");
}
