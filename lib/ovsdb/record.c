/* SPDX-License-Identifier: Apache-2.0 */
/* Framing and checksums of journal records. */
#include "lib/ovsdb/record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/strbuf.h"

enum { SHA1_LEN = 20, LENGTH_DIGITS_MAX = 10 };

static const char magic[] = "OVSDB JSON ";

/* Lower-case hexadecimal, without a terminator. */
static void sha1_hex(const char *text, size_t length, char hex[2 * SHA1_LEN])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n;
    if (!EVP_Digest(text, length, digest, &n, EVP_sha1(), NULL) || n != SHA1_LEN) {
        log_abort("the OpenSSL library computes no SHA-1 sum");
    }
    for (int i = 0; i < SHA1_LEN; i++) {
        static const char digits[] = "0123456789abcdef";
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
}

/* Reads the decimal length; the number of digits, or 0 if there is none or it has too many. */
static size_t parse_length(const char *data, size_t n, size_t *length)
{
    size_t i = 0;
    *length = 0;
    while (i < n && data[i] >= '0' && data[i] <= '9') {
        if (i == LENGTH_DIGITS_MAX) {
            return 0;
        }
        *length = *length * 10 + (data[i++] - '0');
    }
    return i;
}

enum ovsdb_record_status ovsdb_record_read(const char *data, size_t n, struct ovsdb_record *record,
                                           const char **why)
{
    size_t magic_length = sizeof magic - 1;
    if (!n) {
        return OVSDB_RECORD_END;
    }
    if (n < magic_length || memcmp(data, magic, magic_length)) {
        *why = "a record does not begin where one should";
        return OVSDB_RECORD_DAMAGED;
    }
    size_t digits = parse_length(data + magic_length, n - magic_length, &record->length);
    size_t at = magic_length + digits;
    size_t header = at + 1 + 2 * SHA1_LEN + 1;
    if (!digits || n < header || data[at] != ' ' || data[header - 1] != '\n') {
        *why = "a record's header is incomplete or malformed";
        return OVSDB_RECORD_DAMAGED;
    }
    if (record->length > n - header) {
        *why = "a record is shorter than its header says";
        return OVSDB_RECORD_DAMAGED;
    }
    char hex[2 * SHA1_LEN];
    sha1_hex(data + header, record->length, hex);
    if (memcmp(hex, data + at + 1, sizeof hex)) {
        *why = "a record's checksum is wrong";
        return OVSDB_RECORD_DAMAGED;
    }
    record->text = data + header;
    record->size = header + record->length;
    return OVSDB_RECORD_OK;
}

void ovsdb_record_put(struct strbuf *out, const char *text)
{
    char hex[2 * SHA1_LEN];
    size_t length = strlen(text);
    struct strbuf line = STRBUF_INIT;
    strbuf_put(&line, text, length);
    strbuf_putc(&line, '\n');
    sha1_hex(line.s, line.length, hex);
    strbuf_putf(out, "%s%zu %.*s\n", magic, line.length, (int) sizeof hex, hex);
    strbuf_put(out, line.s, line.length);
    strbuf_destroy(&line);
}
