/* CIFAR's files and archives that libFuzzer invents: sets of one record a file, otherwise as those of the table. */
#include "../tar_files.h"
#include "datasets/files.h"
#include "set_files.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { N_FILES = 2, PIXELS = 3 * 32 * 32, FINE = 1, IN_ARCHIVE = 2, N_FORMS = 4 };

static const qb_part parts[N_FILES] = {{"test.bin", {"test.bin"}, QB_SPLIT_TEST, 0, 1}, {"train.bin", {"train.bin"}, QB_SPLIT_TRAIN, 0, 1}};
static qb_files small_files[2];
static qb_source small_sets[2]; /* of CIFAR-10, of CIFAR-100 */
static char *folder, *archive;
static int files[N_FILES], archive_file;

static void make_set(const qb_source *from, int i)
{
    small_files[i] = *from->files;
    small_files[i].parts = parts;
    small_files[i].n_parts = N_FILES;
    small_sets[i] = *from;
    small_sets[i].files = &small_files[i];
    small_sets[i].info.name = "small";
    small_sets[i].info.n_train = small_sets[i].info.n_test = 1;
}

/* A sound set: the form, then its files. */
static void add_set(qb_str *input, int form, int is_packed)
{
    uint8_t records[N_FILES][2 + PIXELS];
    const size_t n = (form & FINE ? 2 : 1) + PIXELS;
    const char byte = (char)form;
    qb_str tar = {0}, packed = {0};
    qb_str_addn(input, &byte, 1);
    for (int i = 0; i < N_FILES; i++) {
        memset(records[i], i + 1, sizeof records[i]);
        if (form & IN_ARCHIVE)
            tar_add(&tar, i ? TAR_USTAR : TAR_PAX, parts[i].names[0], records[i], n);
        else
            add_file(input, records[i], n, i + 1 == N_FILES);
    }
    if (form & IN_ARCHIVE)
        tar_end(&tar);
    if (is_packed)
        add_packed(&packed, tar.text, tar.length);
    const qb_str *file = is_packed ? &packed : &tar;
    qb_str_addn(input, file->length ? file->text : "", file->length);
    qb_str_finish(&tar);
    qb_str_finish(&packed);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *dir = (*argv)[*argc - 1];
    folder = qb_sprintf("%s-files", dir);
    archive = qb_sprintf("%s-archive/cifar.tar", dir);
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME"); /* no checksums are remembered */
    for (int form = 0; form < N_FORMS; form++)
        for (int is_packed = 0; is_packed <= (form & IN_ARCHIVE) / IN_ARCHIVE; is_packed++) {
            qb_str input = {0};
            char name[16];
            add_set(&input, form, is_packed);
            snprintf(name, sizeof name, "set-%d-%d", form, is_packed);
            put_seed(dir, name, &input);
        }
    for (int i = 0; i < N_FILES; i++)
        files[i] = memory_file(folder, parts[i].names[0]);
    char *archive_folder = qb_path_dir(archive);
    archive_file = memory_file(archive_folder, qb_path_base(archive));
    qb_free(archive_folder);
    make_set(&qb_source_cifar10, 0);
    make_set(&qb_source_cifar100, 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    const int form = bytes[0] % N_FORMS;
    qb_source_plug(&small_sets[form & FINE]);
    if (form & IN_ARCHIVE)
        set_bytes(archive_file, bytes + 1, n - 1);
    else
        set_files(files, N_FILES, bytes + 1, n - 1);
    try_set("small", form & IN_ARCHIVE ? archive : folder);
    return 0;
}
