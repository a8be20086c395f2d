/* SPDX-License-Identifier: Apache-2.0 */
/* What this program uses for TLS: private key, certificate, CA certificate, protocols and ciphers.
 *
 * There is one such set in a program, as in OVS. It comes from the options below, and in weft-vswitchd from the database's SSL table,
 * which goes before the options. The files are read again when they have changed, for the connections that begin from then on. Both sides of a
 * connection must present a certificate that the CA certificate vouches for; names are not compared, for switches have none. Without
 * more being said, TLS 1.2 and later are spoken.
 *
 * Bootstrap: while the file of the CA certificate does not exist, the peer of the first connection is believed, the self-signed certificate at
 * the end of its chain is written to the file, and the connection is made anew. Main thread only. */
#pragma once

#include <getopt.h>
#include <stdbool.h>

#include "lib/base/compiler.h"

enum {
    TLS_OPTION_FIRST = 0x1800, /* values of the long options that have no letter */
    TLS_OPTION_PEER_CA_CERT = TLS_OPTION_FIRST,
    TLS_OPTION_BOOTSTRAP_CA_CERT,
    TLS_OPTION_PROTOCOLS,
    TLS_OPTION_CIPHERS,
    TLS_OPTION_CIPHERSUITES,
};

/* For getopt_long(): the letters, and the entries of its table. */
#define TLS_SHORT_OPTIONS "p:c:C:"
#define TLS_LONG_OPTIONS                                                                           \
    { "private-key", required_argument, NULL, 'p' },                                               \
        { "certificate", required_argument, NULL, 'c' },                                           \
        { "ca-cert", required_argument, NULL, 'C' },                                               \
        { "peer-ca-cert", required_argument, NULL, TLS_OPTION_PEER_CA_CERT },                      \
        { "bootstrap-ca-cert", required_argument, NULL, TLS_OPTION_BOOTSTRAP_CA_CERT },            \
        { "ssl-protocols", required_argument, NULL, TLS_OPTION_PROTOCOLS },                        \
        { "ssl-ciphers", required_argument, NULL, TLS_OPTION_CIPHERS },                            \
        { "ssl-ciphersuites", required_argument, NULL, TLS_OPTION_CIPHERSUITES }

/* For the usage message. */
extern const char tls_usage[];

/* Handles one option. False if it is none of the above. '*errorp' is set to a sentence, which the caller frees, if its argument is wrong, else to
 * null. "db:..." as a file, which OVS's programs take, stands for what the database says. */
bool tls_parse_option(int c, const char *argument, char **errorp) WARN_UNUSED;

/* The database's set; all null to go by the options. 'ca_cert' "none": the peer's certificate is not verified. */
struct tls_files {
    const char *private_key, *certificate, *ca_cert;
    bool bootstrap_ca_cert;
};
void tls_set_files(const struct tls_files *);

/* The rest is for lib/base/stream_tls.c. */

struct ssl_st;

/* One side of a connection. Null and a sentence in '*errorp' (the caller frees it) if the files do not serve. '*bootstrap' is true if the peer is not
 * verified but is to be learned from with tls_bootstrap(). SSL_free() it. */
struct ssl_st *tls_session(bool server, bool *bootstrap, char **errorp) WARN_UNUSED;

/* Takes the CA certificate from the peer of a completed handshake. Null, or why not. */
char *tls_bootstrap(struct ssl_st *) WARN_UNUSED;

/* The oldest error that OpenSSL has noted for this thread, in words, "" if there is none; forgets all. The text is valid until the next call. */
const char *tls_take_error(void);
