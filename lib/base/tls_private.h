/* SPDX-License-Identifier: Apache-2.0 */
/* The settings that tls.c keeps, for tls_context.c, which makes an OpenSSL context of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tls_settings {
    char *private_key, *certificate, *ca_cert, *peer_ca_cert; /* files; null: not given */
    bool bootstrap;
    uint64_t disabled;           /* SSL_OP_NO_TLSv1... for versions between the lowest and the highest */
    int min_version, max_version; /* TLS1_2_VERSION...; max 0: the highest there is */
    char *ciphers, *ciphersuites; /* null: the default */
};

/* What is in force. */
const struct tls_settings *tls_settings(void);

/* The settings changed: the context is made anew. */
void tls_context_forget(void);
