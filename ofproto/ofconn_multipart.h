/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's requests in several messages: held until they are complete or their time is up. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ofp/ofp.h"

struct loop;
struct ofconn;
struct ofconn_multipart;

struct ofconn_multipart *ofconn_multipart_create(struct ofconn *, struct loop *);
void ofconn_multipart_destroy(struct ofconn_multipart *);

/* Takes a message. False if it goes on its way: as it came, or, if '*whole' is not empty, together with the parts that came
 * before, for ofp_decode_assembled(). */
bool ofconn_multipart_take(struct ofconn_multipart *, const uint8_t *data, size_t n, struct ofpbuf *whole);
