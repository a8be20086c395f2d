/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates for the tests of TLS. */
#include "tests/unit/base/tls_files.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/mem.h"

struct tls_authority {
    EVP_PKEY *key;
    X509 *cert;
    long serial;
};

static X509 *certify(EVP_PKEY *key, const char *name, long serial, int days, const struct tls_authority *issuer)
{
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400L * 1000);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * days);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *) name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer->cert : cert));
    if (!issuer) {
        X509V3_CTX ctx;
        X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, "critical,CA:TRUE");
        X509_add_ext(cert, extension, -1);
        X509_EXTENSION_free(extension);
    }
    int n = X509_sign(cert, issuer ? issuer->key : key, EVP_sha256());
    assert(n);
    (void) n;
    return cert;
}

static FILE *create(const char *name)
{
    remove(name); /* it may be read-only */
    FILE *file = fopen(name, "w");
    assert(file);
    return file;
}

static void write_cert(const char *name, X509 *cert)
{
    FILE *file = create(name);
    PEM_write_X509(file, cert);
    fclose(file);
}

struct tls_authority *tls_authority_create(const char *name, const char *file)
{
    struct tls_authority *authority = xzalloc(sizeof *authority);
    authority->key = EVP_EC_gen("P-256");
    authority->cert = certify(authority->key, name, 1, 10, NULL);
    authority->serial = 1;
    write_cert(file, authority->cert);
    return authority;
}

void tls_authority_destroy(struct tls_authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->cert);
    free(authority);
}

void tls_authority_issue(struct tls_authority *authority, const char *name, const char *file, int days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = certify(key, name, ++authority->serial, days, authority);
    char *key_name = xasprintf("%s-privkey.pem", file), *cert_name = xasprintf("%s-cert.pem", file);
    FILE *key_file = create(key_name);
    PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL);
    fclose(key_file);
    write_cert(cert_name, cert);
    free(key_name);
    free(cert_name);
    X509_free(cert);
    EVP_PKEY_free(key);
}
