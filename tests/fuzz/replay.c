/* SPDX-License-Identifier: Apache-2.0 */
/* The main() of a fuzz target that was built without libFuzzer: hands the target each file of the directories and files named on
 * the command line. Options (words that begin with '-') are for libFuzzer and passed over. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int n_replayed;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    size_t size = 0, allocated = 4096;
    uint8_t *data = xmalloc(allocated);
    size_t n;
    while ((n = fread(data + size, 1, allocated - size, file)) > 0) {
        size += n;
        if (size == allocated) {
            data = xrealloc(data, allocated *= 2);
        }
    }
    fclose(file);

    /* An exact copy, so that a read past the end is seen by the address sanitizer. */
    uint8_t *exact = xmemdup(data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_replayed++;
}

static void replay(const char *path)
{
    struct stat st;
    if (stat(path, &st)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    if (!S_ISDIR(st.st_mode)) {
        replay_file(path);
        return;
    }
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] != '.') {
            char *child = xasprintf("%s/%s", path, e->d_name);
            replay_file(child);
            free(child);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

int main(int argc, char *argv[])
{
    if (LLVMFuzzerInitialize) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            replay(argv[i]);
        }
    }
    printf("%d inputs replayed\n", n_replayed);
    return n_replayed ? 0 : 1;
}
