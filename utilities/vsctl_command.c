/* SPDX-License-Identifier: Apache-2.0 */
/* From the words of the command line to commands: "[OPTION...] COMMAND [ARG...]", separated by "--". */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "utilities/vsctl.h"

static const struct vsctl_syntax *const groups[] = {
    vsctl_general_commands, vsctl_bridge_commands, vsctl_port_commands,    vsctl_bond_commands,
    vsctl_control_commands, vsctl_zone_commands,   vsctl_generic_commands, vsctl_query_commands,
};

const struct vsctl_syntax *vsctl_command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        for (const struct vsctl_syntax *syntax = groups[i]; syntax->name; syntax++) {
            if (!strcmp(syntax->name, name)) {
                return syntax;
            }
        }
    }
    return NULL;
}

/* Calls 'cb' with each word of "--a,--b="; stops and returns true once it returned true. */
static bool for_each_option_of(const struct vsctl_syntax *syntax,
                               bool (*cb)(void *aux, const char *option), void *aux)
{
    char *copy = xstrdup(syntax->options);
    char *save = NULL;
    bool found = false;
    for (char *word = strtok_r(copy, ",", &save); word && !found;
         word = strtok_r(NULL, ",", &save)) {
        found = cb(aux, word);
    }
    free(copy);
    return found;
}

struct for_each {
    void (*cb)(void *aux, const char *option);
    void *aux;
};

static bool pass_on(void *for_each_, const char *option)
{
    struct for_each *for_each = for_each_;
    for_each->cb(for_each->aux, option);
    return false;
}

void vsctl_command_for_each_option(void (*cb)(void *aux, const char *option), void *aux)
{
    struct for_each for_each = { cb, aux };
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        for (const struct vsctl_syntax *syntax = groups[i]; syntax->name; syntax++) {
            for_each_option_of(syntax, pass_on, &for_each);
        }
    }
}

bool vsctl_has_option(const struct vsctl_command *command, const char *name)
{
    return smap_get(&command->options, name) != NULL;
}

struct wanted {
    const char *name;
    bool needs_argument;
};

static bool is_wanted(void *wanted_, const char *option)
{
    struct wanted *wanted = wanted_;
    size_t n = strcspn(option, "=");
    wanted->needs_argument = option[n] == '=';
    return strlen(wanted->name) == n && !strncmp(wanted->name, option, n);
}

static void check_option(const struct vsctl_syntax *syntax, const struct smap_node *option)
{
    struct wanted wanted = { option->key, false };
    if (!for_each_option_of(syntax, is_wanted, &wanted)) {
        vsctl_fatal("'%s' command has no '%s' option", syntax->name, option->key);
    }
    bool has_argument = option->value[0] != '\0' || !strcmp(option->key, "--columns");
    if (wanted.needs_argument != has_argument) {
        vsctl_fatal(wanted.needs_argument ? "missing argument to '%s' option on '%s' command"
                                          : "'%s' option on '%s' does not accept an argument",
                    option->key, syntax->name);
    }
}

static void add_option(struct vsctl_command *command, const char *word)
{
    size_t n = strcspn(word, "=");
    char *name = xstrndup(word, n);
    if (smap_get(&command->options, name)) {
        vsctl_fatal("'%s' option specified multiple times", name);
    }
    smap_set(&command->options, name, word[n] == '=' ? word + n + 1 : "");
    free(name);
}

static void check_arguments(const struct vsctl_command *command)
{
    const struct vsctl_syntax *syntax = command->syntax;
    int n = command->argc - 1;
    if (n < syntax->min_args) {
        vsctl_fatal("'%s' command requires at least %d arguments", syntax->name, syntax->min_args);
    }
    if (syntax->max_args < 0 || n <= syntax->max_args) {
        return;
    }
    for (int i = 1; i <= n; i++) {
        if (command->argv[i][0] == '-') {
            vsctl_fatal("'%s' command takes at most %d arguments (note that options must precede "
                        "command names and follow a \"--\" argument)",
                        syntax->name, syntax->max_args);
        }
    }
    vsctl_fatal("'%s' command takes at most %d arguments", syntax->name, syntax->max_args);
}

/* 'argc' words without "--". */
static void parse_command(int argc, char *argv[], struct vsctl_command *command)
{
    int i = 0;
    while (i < argc && argv[i][0] == '-') {
        add_option(command, argv[i++]);
    }
    if (i == argc) {
        vsctl_fatal("missing command name (use --help for help)");
    }
    command->syntax = vsctl_command_find(argv[i]);
    if (!command->syntax) {
        vsctl_fatal("unknown command '%s'; use --help for help", argv[i]);
    }
    const struct smap_node *option;
    smap_for_each (option, &command->options) {
        check_option(command->syntax, option);
    }
    command->argc = argc - i;
    command->argv = argv + i;
    check_arguments(command);
}

void vsctl_command_parse_all(int argc, char *argv[], const struct smap *first_options,
                             struct vsctl_command **commandsp, size_t *n)
{
    struct vsctl_command *commands = NULL;
    size_t allocated = 0;
    *n = 0;
    for (int start = 0, end = 0; end <= argc; end++) {
        if (end < argc && strcmp(argv[end], "--")) {
            continue;
        }
        if (end > start) {
            if (*n >= allocated) {
                commands = grow_array(commands, &allocated, sizeof *commands);
            }
            struct vsctl_command *command = &commands[(*n)++];
            memset(command, 0, sizeof *command);
            if (*n == 1) {
                smap_clone(&command->options, first_options);
            }
            parse_command(end - start, argv + start, command);
        }
        start = end + 1;
    }
    if (!*n) {
        vsctl_fatal("missing command name (use --help for help)");
    }
    *commandsp = commands;
}

char *vsctl_command_text(const struct vsctl_command *command)
{
    struct strbuf text = STRBUF_INIT;
    const struct smap_node **options = smap_sorted(&command->options);
    for (size_t i = 0; i < smap_count(&command->options); i++) {
        bool argument = options[i]->value[0] != '\0';
        strbuf_putf(&text, "%s%s%s ", options[i]->key, argument ? "=" : "", options[i]->value);
    }
    free(options);
    for (int i = 0; i < command->argc; i++) {
        strbuf_putf(&text, "%s%s", i ? " " : "", command->argv[i]);
    }
    return strbuf_steal(&text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

void vsctl_print_sorted(struct vsctl_command *command, const char **names, size_t n)
{
    if (n) {
        qsort(names, n, sizeof *names, compare_names);
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(&command->output, "%s\n", names[i]);
    }
}
