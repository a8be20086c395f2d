/* SPDX-License-Identifier: Apache-2.0 */
/* The levels of the log's modules and the specifications that set them. */
#include "lib/base/log_level.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"

/* The linker provides these where any module is linked. */
extern struct log_module __start_log_modules[] __attribute__((weak, visibility("hidden")));
extern struct log_module __stop_log_modules[] __attribute__((weak, visibility("hidden")));

/* Each module is aligned to 16 bytes in its section. */
enum { MODULE_STRIDE = ROUND_UP(sizeof(struct log_module), 16) };

/* What one specification asks for. */
struct level_request {
    const char *module;        /* null: all */
    bool dests[LOG_N_DESTS];   /* if none is set: all */
    bool any_dest, have_level;
    enum log_level level;
};

static const char *const level_names[LOG_N_LEVELS] = { "OFF", "EMER", "ERR", "WARN", "INFO", "DBG" };
static const char *const dest_names[LOG_N_DESTS] = { "console", "file", "syslog" };
static bool have_file; /* main thread */

static size_t n_modules(void)
{
    uintptr_t start = (uintptr_t) __start_log_modules;
    uintptr_t stop = (uintptr_t) __stop_log_modules;
    return (stop - start + MODULE_STRIDE - 1) / MODULE_STRIDE;
}

static struct log_module *module_at(size_t i)
{
    return (struct log_module *) ((uintptr_t) __start_log_modules + i * MODULE_STRIDE);
}

static bool module_exists(const char *name)
{
    for (size_t i = 0; i < n_modules(); i++) {
        if (!strcasecmp(module_at(i)->name, name)) {
            return true;
        }
    }
    return false;
}

static void update_max_level(struct log_module *module)
{
    int max = LOG_OFF;
    for (int dest = 0; dest < LOG_N_DESTS; dest++) {
        if (dest != LOG_FILE || have_file) {
            max = MAX(max, module->level[dest]);
        }
    }
    __atomic_store_n(&module->max_level, (uint8_t) max, __ATOMIC_RELAXED);
}

static void apply(const struct level_request *r)
{
    for (size_t i = 0; i < n_modules(); i++) {
        struct log_module *module = module_at(i);
        if (r->module && strcasecmp(r->module, module->name)) {
            continue;
        }
        for (int dest = 0; dest < LOG_N_DESTS; dest++) {
            if (!r->any_dest || r->dests[dest]) {
                __atomic_store_n(&module->level[dest], (uint8_t) r->level, __ATOMIC_RELAXED);
            }
        }
        update_max_level(module);
    }
}

static int find_name(const char *const *names, int n, const char *word)
{
    for (int i = 0; i < n; i++) {
        if (!strcasecmp(names[i], word)) {
            return i;
        }
    }
    return -1;
}

/* One word of a specification; false if it is nothing that is known. */
static bool parse_word(struct level_request *r, const char *word)
{
    int level = find_name(level_names, LOG_N_LEVELS, word);
    int dest = find_name(dest_names, LOG_N_DESTS, word);
    if (level >= 0) {
        r->level = (enum log_level) level;
        r->have_level = true;
    } else if (dest >= 0) {
        r->dests[dest] = r->any_dest = true;
    } else if (!strcasecmp(word, "ANY")) {
        /* "ANY" stands for all modules or all destinations; both are what is meant without it. */
    } else if (module_exists(word) && !r->module) {
        r->module = word;
    } else {
        return false;
    }
    return true;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

void log_level_use_file(bool use)
{
    have_file = use;
    for (size_t i = 0; i < n_modules(); i++) {
        update_max_level(module_at(i));
    }
}

char *log_set(const char *spec)
{
    struct level_request r = { .level = LOG_DBG };
    char *words = xstrdup(spec ? spec : ""), *save = NULL, *error = NULL;

    if (!strncasecmp(words, "PATTERN:", 8) || !strncasecmp(words, "FACILITY:", 9)) {
        error = xasprintf("%s: the log's pattern and facility are fixed", words);
    }
    for (char *word = strtok_r(words, " ,:", &save); word && !error;
         word = strtok_r(NULL, " ,:", &save)) {
        if (!parse_word(&r, word)) {
            error = xasprintf("no destination, level, or module \"%s\"", word);
        }
    }
    if (!error) {
        apply(&r);
    }
    free(words);
    return error;
}

char *log_set_limited(const char *name, bool limited)
{
    if (name && !strcasecmp(name, "ANY")) {
        name = NULL;
    }
    if (name && !module_exists(name)) {
        return xasprintf("unknown module \"%s\"", name);
    }
    for (size_t i = 0; i < n_modules(); i++) {
        struct log_module *module = module_at(i);
        if (!name || !strcasecmp(name, module->name)) {
            __atomic_store_n(&module->unlimited, !limited, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static int compare_names(const void *a_, const void *b_)
{
    const struct log_module *const *a = a_;
    const struct log_module *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

void log_list(struct strbuf *s)
{
    size_t n = n_modules();
    const struct log_module **sorted = xcalloc(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = module_at(i);
    }
    qsort(sorted, n, sizeof *sorted, compare_names);

    strbuf_puts(s, "                 console    syslog    file\n"
                   "                 -------    ------    ------\n");
    for (size_t i = 0; i < n; i++) {
        const struct log_module *module = sorted[i];
        if (i && !strcmp(sorted[i - 1]->name, module->name)) {
            continue; /* a module of several files */
        }
        strbuf_putf(s, "%-16s  %4s       %4s       %4s%s\n", module->name,
                    log_level_name(log_level_get(module, LOG_CONSOLE)),
                    log_level_name(log_level_get(module, LOG_SYSLOG)),
                    log_level_name(log_level_get(module, LOG_FILE)),
                    module->unlimited ? "    (rate limiting disabled)" : "");
    }
    free(sorted);
}
