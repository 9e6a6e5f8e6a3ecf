/*
 * A plain main for fuzz targets: feeds each file named, and each file in the folders named, to the
 * target, so that the corpora run in every build and with any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static size_t fed_count;

static int feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size_bytes = 0;
    long end = 0;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0) {
        fprintf(stderr, "cannot read %s\n", path);
        return EXIT_FAILURE;
    }
    /* Exactly as large as the input, so that a read past it is noticed by the sanitizers. */
    size_bytes = (size_t)end;
    data = malloc(size_bytes == 0 ? 1 : size_bytes);
    if (data == NULL || fread(data, 1, size_bytes, file) != size_bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        return EXIT_FAILURE;
    }
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size_bytes);
    free(data);
    fed_count++;
    return EXIT_SUCCESS;
}

static int feed_folder(const char *folder)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, NULL, alphasort);
    int status = count < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];

        if (entries[i]->d_name[0] != '.' &&
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path) {
            status |= feed_file(path);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

int main(int argc, char **argv)
{
    int status = EXIT_SUCCESS;

    for (int i = 1; i < argc; i++) {
        struct stat about;

        if (argv[i][0] == '-') {
            continue; /* options are libFuzzer's */
        }
        status |= stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode) ? feed_folder(argv[i])
                                                                       : feed_file(argv[i]);
    }
    printf("%zu passed, %d failed\n", fed_count, status == EXIT_SUCCESS ? 0 : 1);
    return status;
}
