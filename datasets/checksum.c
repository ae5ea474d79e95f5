/* Known checksums, and the cache: one small file a data file in $XDG_CACHE_HOME/qatbench/checksums, named by the
 * hash of its path. Several runs may write the same one at once; they write the same bytes.
 */
#include "datasets/checksum.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

static const qb_known known[] = {
    {"fashion-mnist", "test-images", "Fashion-MNIST", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
    {"fashion-mnist", "test-labels", "Fashion-MNIST", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
    {"fashion-mnist", "train-images", "Fashion-MNIST", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
    {"fashion-mnist", "train-labels", "Fashion-MNIST", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},

    {"mnist", "test-images", "MNIST", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"mnist", "test-labels", "MNIST", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
    {"mnist", "train-images", "MNIST", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"mnist", "train-labels", "MNIST", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},

    {"cifar10", "data_batch_1.bin", "CIFAR-10", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
    {"cifar10", "data_batch_2.bin", "CIFAR-10", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
    {"cifar10", "data_batch_3.bin", "CIFAR-10", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
    {"cifar10", "data_batch_4.bin", "CIFAR-10", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
    {"cifar10", "data_batch_5.bin", "CIFAR-10", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
    {"cifar10", "test_batch.bin", "CIFAR-10", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},

    /* All images once through JPEG (quality 75), records in another order: figures differ from CIFAR-10's. */
    {"cifar10", "data_batch_1.bin", "CIFAR-10 (JPEG)", "687a8e423fa0a93d8961c2260af29028d7a4034ad1c12a8c700955d166df9510"},
    {"cifar10", "data_batch_2.bin", "CIFAR-10 (JPEG)", "75332096a74985cc5c2a781c502bcd909c10d9fa395f59af58d64e711a76a216"},
    {"cifar10", "data_batch_3.bin", "CIFAR-10 (JPEG)", "7bb6807f154da0775759f1e2f753d2a616cda859a50d5c16d5b7ceeb74bffdc9"},
    {"cifar10", "data_batch_4.bin", "CIFAR-10 (JPEG)", "a23dcbb6d75ce69a86161e70c5b01c488042e1e4f2835f0e05ae733801812b73"},
    {"cifar10", "data_batch_5.bin", "CIFAR-10 (JPEG)", "24bed93aea2eef0e872cdad9f65588ce6deaae682d375f3625510729b1a764d5"},
    {"cifar10", "test_batch.bin", "CIFAR-10 (JPEG)", "f10b169b1fc15be37ff697414aab709a2bbdd56efdc2c42df6e5dbbc963f104c"},

    {"cifar100", "test.bin", "CIFAR-100", "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"},
    {"cifar100", "train.bin", "CIFAR-100", "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
};

const qb_known *qb_known_find(const char *sha256)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].sha256, sha256) == 0)
            return &known[i];
    return NULL;
}

/* What an entry starts with if it is about this file; NULL when that cannot be said. */
static char *stamp(const char *path, const char *role, const struct stat *file)
{
    char *absolute = qb_path_absolute(path);
    char *text = NULL;
    if (absolute)
        text = qb_sprintf("qatbench checksum 1\n%s\n%s\nsize %lld\nmodified %lld.%09ld\nchanged %lld.%09ld\ninode %llu\nsha256 ",
                          absolute, role, (long long)file->st_size, (long long)file->st_mtim.tv_sec, file->st_mtim.tv_nsec,
                          (long long)file->st_ctim.tv_sec, file->st_ctim.tv_nsec, (unsigned long long)file->st_ino);
    qb_free(absolute);
    return text;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool qb_checksum_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_ino == b->st_ino && same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

/* The folder of the cache, and the entry's file in it. */
static char *entry_path(const char *path, const char *role, char **ret_dir)
{
    char hex[QB_SHA256_HEX];
    char *absolute = qb_path_absolute(path), *cache = qb_xdg_cache_dir();
    char *key = absolute ? qb_sprintf("%s\n%s", absolute, role) : NULL;
    char *dir = cache ? qb_path_join(cache, "checksums") : NULL;
    char *entry = NULL;
    if (key && dir) {
        qb_sha256_of(key, strlen(key), hex);
        hex[24] = '\0'; /* 96 bits name a file well enough: the path is in it */
        entry = qb_path_join(dir, hex);
    }
    if (entry && ret_dir) {
        *ret_dir = dir;
        dir = NULL;
    }
    qb_free(absolute);
    qb_free(cache);
    qb_free(key);
    qb_free(dir);
    return entry;
}

static bool is_hex(const char *text)
{
    return strlen(text) == QB_SHA256_HEX - 1 && strspn(text, "0123456789abcdef") == QB_SHA256_HEX - 1;
}

bool qb_checksum_recall(const char *path, const char *role, const struct stat *file, char ret_hex[QB_SHA256_HEX])
{
    bool found = false;
    char *entry = entry_path(path, role, NULL), *wanted = stamp(path, role, file), *text = NULL;
    size_t n = 0;
    if (entry && wanted && qb_fs_exists(entry) && qb_fs_read(entry, 1 << 16, &text, &n) == 0) {
        size_t head = strlen(wanted);
        if (n == head + QB_SHA256_HEX && memcmp(text, wanted, head) == 0 && text[n - 1] == '\n') {
            text[n - 1] = '\0';
            found = is_hex(text + head);
        }
        if (found)
            memcpy(ret_hex, text + head, QB_SHA256_HEX);
    }
    qb_free(text);
    qb_free(wanted);
    qb_free(entry);
    qb_err_clear(); /* a cache that cannot be read is no error */
    return found;
}

void qb_checksum_remember(const char *path, const char *role, const struct stat *file, const char *hex)
{
    char *dir = NULL, *entry = entry_path(path, role, &dir), *head = stamp(path, role, file);
    char *text = head ? qb_sprintf("%s%s\n", head, hex) : NULL;
    if (entry && text && qb_fs_make_dirs(dir, 0700) == 0)
        (void)qb_fs_write_atomic(entry, text, strlen(text)); /* not cached then: hashed again next time */
    qb_free(text);
    qb_free(head);
    qb_free(entry);
    qb_free(dir);
    qb_err_clear(); /* nor is one that cannot be written */
}
