/* IDX files that libFuzzer invents, plain and gzip, as the four files of MNIST. */
#include "set_files.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { N_FILES = 4, IMAGE = 28 * 28, MOST = 3 /* images of a split */ };

static const char *const names[N_FILES] = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte",
                                           "train-labels-idx1-ubyte"};
static char *folder;
static int files[N_FILES];

/* File `i` of a sound set with `count` images in its split. */
static void add_idx(qb_str *input, int i, int count, int is_packed)
{
    uint8_t file[16 + MOST * IMAGE] = {0, 0, 8, i % 2 ? 1 : 3, 0, 0, 0, (uint8_t)count};
    qb_str packed = {0};
    size_t n = 8 + (size_t)count;
    if (i % 2 == 0) {
        memcpy(file + 8, (const uint8_t[]){0, 0, 0, 28, 0, 0, 0, 28}, 8);
        n = 16 + (size_t)count * IMAGE;
    }
    for (size_t k = i % 2 ? 8 : 16; k < n; k++)
        file[k] = (uint8_t)(k % 10);
    if (is_packed)
        add_packed(&packed, file, n);
    add_file(input, is_packed ? packed.text : (const char *)file, is_packed ? packed.length : n, i + 1 == N_FILES);
    qb_str_finish(&packed);
}

/* Sets of one and three images: all plain, all gzip, and half of each. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *dir = (*argv)[*argc - 1];
    folder = qb_sprintf("%s-files", dir);
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME"); /* no checksums are remembered */
    for (int form = 0; form < 3; form++) {
        qb_str input = {0};
        char name[16];
        for (int i = 0; i < N_FILES; i++)
            add_idx(&input, i, i < 2 ? 1 : MOST, form == 1 || (form == 2 && i % 2));
        snprintf(name, sizeof name, "set-%d", form);
        put_seed(dir, name, &input);
    }
    for (int i = 0; i < N_FILES; i++)
        files[i] = memory_file(folder, names[i]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    set_files(files, N_FILES, bytes, n);
    try_set("mnist", folder);
    return 0;
}
