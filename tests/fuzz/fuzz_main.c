/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_main.c - replay inputs through a fuzz target without libFuzzer: each argument is a
 * file, or a folder of files.
 */
#include "config.h"
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t len = 0, n;
    int ok = 0;

    if (!f)
        return -1;
    do {
        uint8_t *grown = realloc(data, len + 65536);
        if (!grown)
            goto out;
        data = grown;
        n = fread(data + len, 1, 65536, f);
        len += n;
    } while (n > 0);
    if (ferror(f))
        goto out;
    /* Exactly as long as the input: reads behind it are found. */
    uint8_t *exact = malloc(len ? len : 1);
    if (exact) {
        memcpy(exact, data, len);
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
        ok = 1;
    }
out:
    fclose(f);
    free(data);
    return ok ? 0 : -1;
}

/* Returns how many inputs were replayed, -1 when one could not be read. */
static int replay(const char *path)
{
    struct stat st;
    struct dirent *entry;
    int count = 0;
    DIR *dir;

    if (stat(path, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        return replay_file(path) == 0 ? 1 : -1;
    dir = opendir(path);
    if (!dir)
        return -1;
    while (count >= 0 && (entry = readdir(dir))) {
        char name[4096];
        int n = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        n = n > 0 && (size_t)n < sizeof name ? replay(name) : -1;
        count = n < 0 ? -1 : count + n;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int n = replay(argv[i]);
        if (n < 0) {
            fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]);
            return 1;
        }
        total += n;
    }
    if (total == 0) {
        fprintf(stderr, "usage: %s FILE|FOLDER...\n", argv[0]);
        return 1;
    }
    printf("%s: %d inputs\n", argv[0], total);
    return 0;
}
