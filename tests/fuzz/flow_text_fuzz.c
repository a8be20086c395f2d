/* SPDX-License-Identifier: Apache-2.0 */
/* Flow text: what parses prints, and what was printed parses to the same. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/net/flow_text.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct flow *key, const struct flow *mask, bool verbose)
{
    struct strbuf out = STRBUF_INIT;
    flow_format(&out, key, mask, NULL, verbose);
    return strbuf_steal(&out);
}

static void check_masked(const char *text)
{
    struct flow key, mask, key2, mask2;
    char *error = flow_parse_text(text, NULL, &key, &mask);
    if (error) {
        require(*error);
        free(error);
        return;
    }
    char *plain = print(&key, &mask, false);
    require(!flow_parse_text(plain, NULL, &key2, &mask2));
    char *again = print(&key2, &mask2, false);
    require(!strcmp(plain, again));

    char *verbose = print(&key, &mask, true);
    require(!flow_parse_text(verbose, NULL, &key2, &mask2));
    require(flow_equal(&mask, &mask2));
    require(flow_equal_masked(&key, &key2, &mask));
    free(plain);
    free(again);
    free(verbose);
}

static void check_exact(const char *text)
{
    struct flow key, key2;
    char *error = flow_parse_text(text, NULL, &key, NULL);
    if (error) {
        free(error);
        return;
    }
    char *printed = print(&key, NULL, false);
    error = flow_parse_text(printed, NULL, &key2, NULL);
    require(!error);
    char *again = print(&key2, NULL, false);
    require(!strcmp(printed, again));
    free(printed);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    check_masked(text);
    check_exact(text);
    free(text);
    return 0;
}
