/* SPDX-License-Identifier: Apache-2.0 */
/* BFD: a frame, and a session that takes one packet after the other. What is taken is packed and taken again. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"
#include "ofproto/bfd_session.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t same(void)
{
    return 17;
}

/* Four bytes of time in front of each packet. */
enum { STEP = 4 + BFD_CONTROL_LEN, MAX_RUNS = 4 };

static void drive(const uint8_t *data, size_t size)
{
    struct smap none = SMAP_INIT;
    struct bfd_config config;
    char *warnings;
    bfd_config_parse(&none, &config, &warnings);
    require(!warnings);
    int64_t now = 0;
    struct bfd_session *session = bfd_session_create(1, &config, NULL, same, now);
    for (; size >= STEP; data += STEP, size -= STEP) {
        uint32_t ms;
        memcpy(&ms, data, sizeof ms);
        now += ms % 5000;
        struct bfd_control control, sent;
        if (!bfd_control_decode(data + 4, BFD_CONTROL_LEN, &control)) {
            const char *why = bfd_session_receive(session, &control, now);
            require(!why || control.your_disc != 1);
        }
        int runs = 0;
        while (bfd_session_next(session) <= now) {
            require(++runs <= MAX_RUNS);
            if (bfd_session_run(session, &sent, now)) {
                require(sent.my_disc == 1 && sent.mult);
            }
        }
    }
    struct smap status = SMAP_INIT;
    struct strbuf text = STRBUF_INIT;
    bfd_session_status(session, &status, now);
    bfd_session_show(session, &text, now);
    strbuf_destroy(&text);
    smap_destroy(&status);
    bfd_session_destroy(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bfd_frame frame;
    struct bfd_control control, again;
    if (!bfd_frame_decode(data, size, &frame, &control)) {
        uint8_t bytes[BFD_FRAME_LEN];
        bfd_frame_encode(&frame, &control, bytes);
        require(!bfd_frame_decode(bytes, sizeof bytes, &frame, &again));
        require(!memcmp(&control, &again, sizeof control));
    }
    drive(data, size);
    return 0;
}
