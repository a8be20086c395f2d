/* SPDX-License-Identifier: Apache-2.0 */
/* From the settings of TLS to OpenSSL's context, which is made anew when a file has changed; and the bootstrap of the CA certificate. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/tls.h"
#include "lib/base/tls_private.h"

LOG_MODULE(tls);

enum { MAX_PEER_CA_CERTS = 16, CA_FILE_MODE = 0444 };

/* What tells one state of a file from another. */
struct stamp {
    struct timespec modified;
    off_t size;
    ino_t inode; /* 0: there is no such file */
};

enum { N_FILES = 4 };

static struct {
    SSL_CTX *context; /* null: to be made */
    bool bootstrap;   /* it believes any peer, for there is no CA certificate to go by */
    struct stamp stamps[N_FILES];
} cache;

const char *tls_take_error(void)
{
    unsigned long error = ERR_peek_error();
    const char *reason = !error                   ? ""
                         : ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                                   : ERR_reason_error_string(error);
    ERR_clear_error();
    return reason ? reason : "an error that OpenSSL has no words for";
}

void tls_context_forget(void)
{
    SSL_CTX_free(cache.context);
    cache.context = NULL;
}

static void take_stamps(struct stamp stamps[N_FILES])
{
    const struct tls_settings *s = tls_settings();
    const char *files[N_FILES] = { s->private_key, s->certificate, s->ca_cert, s->peer_ca_cert };
    memset(stamps, 0, N_FILES * sizeof *stamps);
    for (int i = 0; i < N_FILES; i++) {
        struct stat st;
        if (files[i] && !stat(files[i], &st)) {
            stamps[i].modified = st.st_mtim;
            stamps[i].size = st.st_size;
            stamps[i].inode = st.st_ino;
        }
    }
}

/* Nobody is there who could type a password. */
static int no_password(char *buffer, int size, int write, void *aux)
{
    return -1;
}

static char *file_error(const char *what, const char *file)
{
    const char *reason = tls_take_error();
    return xasprintf("the %s %s cannot be used (%s)", what, file, *reason ? reason : "it holds none");
}

static char *use_own(SSL_CTX *context, const struct tls_settings *s)
{
    if (!s->private_key || !s->certificate) {
        return xasprintf("TLS needs a private key and a certificate, and no %s is configured",
                         s->private_key ? "certificate" : "private key");
    }
    if (SSL_CTX_use_certificate_chain_file(context, s->certificate) != 1) {
        return file_error("certificate", s->certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, s->private_key, SSL_FILETYPE_PEM) != 1) {
        return file_error("private key", s->private_key);
    }
    return NULL;
}

/* Certificates that go out behind the own one, for peers that look for a CA certificate there. */
static char *add_peer_ca(SSL_CTX *context, const char *file)
{
    BIO *bio = BIO_new_file(file, "r");
    X509 *cert;
    int n = 0;
    while (bio && n < MAX_PEER_CA_CERTS && (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        SSL_CTX_add1_chain_cert(context, cert);
        X509_free(cert);
        n++;
    }
    BIO_free(bio);
    if (!n) {
        return file_error("certificate", file);
    }
    ERR_clear_error(); /* the end of the file */
    return NULL;
}

/* Says who vouches for peers. */
static char *use_ca(SSL_CTX *context, const struct tls_settings *s, bool missing, bool *bootstrap)
{
    *bootstrap = s->bootstrap && missing;
    if (!s->ca_cert) {
        return xstrdup("TLS needs a CA certificate to verify peers by, and none is configured");
    }
    if (*bootstrap || !strcmp(s->ca_cert, "none")) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        return NULL;
    }
    if (SSL_CTX_load_verify_locations(context, s->ca_cert, NULL) != 1) {
        return file_error("CA certificate", s->ca_cert);
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(s->ca_cert));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return NULL;
}

static void set_rules(SSL_CTX *context, const struct tls_settings *s)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | s->disabled);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    SSL_CTX_set_min_proto_version(context, s->min_version);
    SSL_CTX_set_max_proto_version(context, s->max_version);
    SSL_CTX_set_cipher_list(context, s->ciphers ? s->ciphers : "HIGH:!aNULL:!MD5");
    if (s->ciphersuites) {
        SSL_CTX_set_ciphersuites(context, s->ciphersuites);
    }
}

static SSL_CTX *make_context(const struct stamp stamps[N_FILES], bool *bootstrap, char **errorp)
{
    const struct tls_settings *s = tls_settings();
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    if (!context) {
        *errorp = xasprintf("OpenSSL does not work (%s)", tls_take_error());
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to sockets whose peer may be gone */
    set_rules(context, s);
    *errorp = use_own(context, s);
    if (!*errorp) {
        *errorp = use_ca(context, s, !stamps[2].inode, bootstrap);
    }
    if (!*errorp && s->peer_ca_cert) {
        *errorp = add_peer_ca(context, s->peer_ca_cert);
    }
    ERR_clear_error();
    if (*errorp) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

struct ssl_st *tls_session(bool server, bool *bootstrap, char **errorp)
{
    struct stamp stamps[N_FILES];
    *errorp = NULL;
    take_stamps(stamps);
    if (!cache.context || memcmp(stamps, cache.stamps, sizeof stamps)) {
        SSL_CTX *context = make_context(stamps, &cache.bootstrap, errorp);
        tls_context_forget();
        cache.context = context;
        memcpy(cache.stamps, stamps, sizeof stamps);
    }
    SSL *ssl = cache.context ? SSL_new(cache.context) : NULL;
    if (ssl) {
        *bootstrap = cache.bootstrap;
        (server ? SSL_set_accept_state : SSL_set_connect_state)(ssl);
        if (server && *bootstrap) {
            SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        }
    } else if (!*errorp) {
        *errorp = xasprintf("OpenSSL makes no session (%s)", tls_take_error());
    }
    return ssl;
}

static char *write_ca(const char *file, X509 *cert)
{
    int fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, CA_FILE_MODE);
    if (fd < 0 && errno == EEXIST) {
        return NULL; /* another connection was faster; its word counts */
    }
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");
    if (!stream) {
        return xasprintf("the CA certificate cannot be written to %s (%s)", file, strerror(errno));
    }
    bool written = PEM_write_X509(stream, cert) == 1;
    if (fclose(stream) || !written) {
        unlink(file);
        return xasprintf("the CA certificate cannot be written to %s", file);
    }
    return NULL;
}

static void log_fingerprint(const char *file, X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    X509_digest(cert, EVP_sha256(), digest, &n);
    for (unsigned int i = 0; i < n; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    log_info("took the CA certificate from the peer into %s (SHA-256 fingerprint %s)", file, text);
}

char *tls_bootstrap(struct ssl_st *ssl)
{
    const char *file = tls_settings()->ca_cert;
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int n = chain ? sk_X509_num(chain) : 0;
    X509 *cert = n ? sk_X509_value(chain, n - 1) : NULL;
    if (!cert || !file) {
        return xstrdup("the CA certificate cannot be taken from a peer that presents no certificate");
    }
    if (X509_check_issued(cert, cert) != X509_V_OK) {
        return xstrdup("the CA certificate cannot be taken from a peer whose chain does not end in a self-signed certificate");
    }
    char *error = write_ca(file, cert);
    if (!error) {
        log_fingerprint(file, cert);
    }
    return error;
}
