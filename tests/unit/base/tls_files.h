/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates for the tests of TLS, made on the spot. */
#pragma once

struct tls_authority; /* a CA */

/* Makes a key and a self-signed certificate of this name, which is written to 'file'. */
struct tls_authority *tls_authority_create(const char *name, const char *file);
void tls_authority_destroy(struct tls_authority *);

/* Makes FILE-privkey.pem and FILE-cert.pem, valid from now for 'days', which may be negative: then it has expired. */
void tls_authority_issue(struct tls_authority *, const char *name, const char *file, int days);
