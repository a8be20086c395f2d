/* SPDX-License-Identifier: Apache-2.0 */
/* The options of TLS, and what the database says in their place. */
#include "lib/base/tls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "lib/base/mem.h"
#include "lib/base/tls_private.h"

const char tls_usage[] =
    "TLS options:\n"
    "  -p, --private-key=FILE  private key (PEM)\n"
    "  -c, --certificate=FILE  certificate for it (PEM)\n"
    "  -C, --ca-cert=FILE      certificate that vouches for peers' certificates (PEM)\n"
    "  --bootstrap-ca-cert=FILE  the same; if FILE does not exist, take it from the first peer\n"
    "  --peer-ca-cert=FILE     also send this certificate, for peers that bootstrap\n"
    "  --ssl-protocols=LIST    TLS versions to speak (default: TLSv1.2+)\n"
    "  --ssl-ciphers=LIST      ciphers of TLS 1.2 and before (default: HIGH:!aNULL:!MD5)\n"
    "  --ssl-ciphersuites=LIST ciphers of TLS 1.3\n";

static struct tls_settings options = { .min_version = TLS1_2_VERSION };

/* The options, with the files that the database names. */
static struct tls_settings settings = { .min_version = TLS1_2_VERSION };
static bool from_database;

static void replace(char **s, const char *by)
{
    char *copy = by && *by ? xstrdup(by) : NULL;
    free(*s);
    *s = copy;
}

/* A daemon leaves the folder in which it was started. */
static void set_file(char **file, const char *name)
{
    if (!strncmp(name, "db:", 3)) {
        replace(file, NULL);
        return;
    }
    char *cwd = name[0] == '/' || !strcmp(name, "none") ? NULL : getcwd(NULL, 0);
    char *path = cwd ? xasprintf("%s/%s", cwd, name) : xstrdup(name);
    replace(file, path);
    free(path);
    free(cwd);
}

static const struct version {
    const char *name;
    int version;
    uint64_t off;
} versions[] = { /* in ascending order */
    { "TLSv1", TLS1_VERSION, SSL_OP_NO_TLSv1 },
    { "TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
    { "TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
    { "TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 },
};

/* The bits, by place in versions[], of one word of the list: "TLSv1.2", or "TLSv1.2+" for it and all later ones. */
static unsigned int parse_version(const char *word)
{
    size_t n = strlen(word);
    bool later = n && word[n - 1] == '+';
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        if (strlen(versions[i].name) == n - later && !strncmp(versions[i].name, word, n - later)) {
            return later ? ~0u << i & ((1u << ARRAY_SIZE(versions)) - 1) : 1u << i;
        }
    }
    return 0;
}

static char *parse_protocols(const char *list)
{
    char *copy = xstrdup(list), *save = NULL, *error = NULL;
    unsigned int enabled = 0;
    for (char *word = strtok_r(copy, " ,\t", &save); word && !error; word = strtok_r(NULL, " ,\t", &save)) {
        unsigned int bits = parse_version(word);
        if (!bits) {
            error = xasprintf("\"%s\" is not a version of TLS: TLSv1, TLSv1.1, TLSv1.2, TLSv1.3, or one of them with a + behind", word);
        }
        enabled |= bits;
    }
    free(copy);
    if (!error && !enabled) {
        error = xstrdup("the list of TLS versions is empty");
    }
    if (error) {
        return error;
    }
    unsigned int lowest = (unsigned int) __builtin_ctz(enabled), highest = 31 - (unsigned int) __builtin_clz(enabled);
    options.min_version = versions[lowest].version;
    options.max_version = versions[highest].version;
    options.disabled = 0;
    for (unsigned int i = lowest; i < highest; i++) {
        options.disabled |= enabled & 1u << i ? 0 : versions[i].off;
    }
    return NULL;
}

/* Lists of ciphers are tried on a context of their own, so that mistakes are told at the start. */
static char *check_ciphers(const char *list, int (*set)(SSL_CTX *, const char *))
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    char *error = context && set(context, list) ? NULL : xasprintf("\"%s\": %s", list, tls_take_error());
    SSL_CTX_free(context);
    return error;
}

static void settle(const struct tls_files *files)
{
    replace(&settings.private_key, files ? files->private_key : options.private_key);
    replace(&settings.certificate, files ? files->certificate : options.certificate);
    replace(&settings.ca_cert, files ? files->ca_cert : options.ca_cert);
    settings.bootstrap = files ? files->bootstrap_ca_cert : options.bootstrap;
    replace(&settings.peer_ca_cert, options.peer_ca_cert);
    replace(&settings.ciphers, options.ciphers);
    replace(&settings.ciphersuites, options.ciphersuites);
    settings.disabled = options.disabled;
    settings.min_version = options.min_version;
    settings.max_version = options.max_version;
    tls_context_forget();
}

const struct tls_settings *tls_settings(void)
{
    return &settings;
}

static char *set_option(int c, const char *argument)
{
    switch (c) {
    case 'p':
        set_file(&options.private_key, argument);
        break;
    case 'c':
        set_file(&options.certificate, argument);
        break;
    case 'C':
    case TLS_OPTION_BOOTSTRAP_CA_CERT:
        set_file(&options.ca_cert, argument);
        options.bootstrap = c == TLS_OPTION_BOOTSTRAP_CA_CERT;
        break;
    case TLS_OPTION_PEER_CA_CERT:
        set_file(&options.peer_ca_cert, argument);
        break;
    case TLS_OPTION_PROTOCOLS:
        return strncmp(argument, "db:", 3) ? parse_protocols(argument) : NULL;
    case TLS_OPTION_CIPHERS:
        replace(&options.ciphers, strncmp(argument, "db:", 3) ? argument : NULL);
        return options.ciphers ? check_ciphers(argument, SSL_CTX_set_cipher_list) : NULL;
    default:
        replace(&options.ciphersuites, argument);
        return check_ciphers(argument, SSL_CTX_set_ciphersuites);
    }
    return NULL;
}

bool tls_parse_option(int c, const char *argument, char **errorp)
{
    *errorp = NULL;
    if (c != 'p' && c != 'c' && c != 'C' && (c < TLS_OPTION_FIRST || c > TLS_OPTION_CIPHERSUITES)) {
        return false;
    }
    *errorp = set_option(c, argument);
    if (!from_database) {
        settle(NULL);
    }
    return true;
}

static bool same(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

void tls_set_files(const struct tls_files *files)
{
    bool given = files->private_key || files->certificate || files->ca_cert;
    if (given == from_database
        && (!given
            || (same(files->private_key, settings.private_key) && same(files->certificate, settings.certificate)
                && same(files->ca_cert, settings.ca_cert) && files->bootstrap_ca_cert == settings.bootstrap))) {
        return;
    }
    from_database = given;
    settle(given ? files : NULL);
}
