/* CIFAR-10 and CIFAR-100, binary version: a folder of .bin files, or the .tar.gz itself.
 * Format: records of label bytes (CIFAR-100: coarse, fine; fine is used) and 3 x 32 x 32 pixels, plane by plane.
 */
#include <string.h>

#include "base/err.h"
#include "datasets/files.h"
#include "datasets/input.h"

enum { PIXELS = 3 * 32 * 32, N_COARSE = 20 };

static qb_layout cifar_layout(const qb_source *s, const qb_part *p)
{
    const int64_t record = s->files->label_bytes + PIXELS;
    return (qb_layout){p->n * record, s->files->label_bytes, record};
}

/* There is no header; but what the other versions of CIFAR start with is none of its records. */
static int cifar_check_head(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, size_t n)
{
    (void)p;
    const char *version = NULL;
    if (n >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        version = "Python version (a pickle)";
    else if (n >= 10 && memcmp(bytes, "MATLAB 5.0", 10) == 0)
        version = "Matlab version";
    if (!version)
        return 0;
    qb_err_set(QB_E_DATA, "%s: holds the %s, wanted the binary version", name, version);
    return qb_err_hint("%s", s->files->get_it);
}

static int coarse_error(const char *name, int64_t record, int got)
{
    qb_err_set(QB_E_DATA, "%s: record %lld has coarse label %d, wanted 0 to %d", name, (long long)record, got, N_COARSE - 1);
    return qb_err_hint("the file is damaged or of another data set: copy or download it again");
}

static int cifar_read_labels(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, uint16_t *classes)
{
    const int n_labels = s->files->label_bytes;
    for (int64_t i = 0; i < p->n; i++, bytes += n_labels + PIXELS) {
        if (n_labels == 2 && bytes[0] >= N_COARSE)
            return coarse_error(name, i, bytes[0]);
        classes[i] = bytes[n_labels - 1];
        if (classes[i] >= s->info.n_classes)
            return qb_label_error(name, i, classes[i], s->info.n_classes);
    }
    return 0;
}

static const qb_format cifar_format = {NULL, cifar_layout, cifar_check_head, cifar_read_labels};

static const qb_part parts10[] = {
    {"data_batch_1.bin", {"data_batch_1.bin"}, QB_SPLIT_TRAIN, 0, 10000},
    {"data_batch_2.bin", {"data_batch_2.bin"}, QB_SPLIT_TRAIN, 10000, 10000},
    {"data_batch_3.bin", {"data_batch_3.bin"}, QB_SPLIT_TRAIN, 20000, 10000},
    {"data_batch_4.bin", {"data_batch_4.bin"}, QB_SPLIT_TRAIN, 30000, 10000},
    {"data_batch_5.bin", {"data_batch_5.bin"}, QB_SPLIT_TRAIN, 40000, 10000},
    {"test_batch.bin", {"test_batch.bin"}, QB_SPLIT_TEST, 0, 10000},
};
static const qb_part parts100[] = {
    {"test.bin", {"test.bin"}, QB_SPLIT_TEST, 0, 10000},
    {"train.bin", {"train.bin"}, QB_SPLIT_TRAIN, 0, 50000},
};

static const char *const names10[] = {"airplane", "automobile", "bird", "cat", "deer",
                                      "dog", "frog", "horse", "ship", "truck"};
static const char *const names100[] = {
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
    "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
    "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"};
_Static_assert(sizeof names100 / sizeof names100[0] == 100, "one name a class");

static const char *const folders10[] = {"cifar-10-batches-bin", "cifar10", "cifar-10", "CIFAR10", "cifar10/cifar-10-batches-bin", NULL};
static const char *const folders100[] = {"cifar-100-binary", "cifar100", "cifar-100", "CIFAR100", "cifar100/cifar-100-binary", NULL};
static const char *const archives10[] = {"cifar-10-binary.tar.gz", "cifar-10-binary.tar", NULL};
static const char *const archives100[] = {"cifar-100-binary.tar.gz", "cifar-100-binary.tar", NULL};

const qb_source qb_source_cifar10 = {
    .info = {.name = "cifar10",
             .title = "CIFAR-10: small photographs, colour, 32x32",
             .source = "Krizhevsky 2009, Learning multiple layers of features from tiny images",
             .c = 3, .h = 32, .w = 32, .n_classes = 10, .n_train = 50000, .n_test = 10000,
             .mean = {0.4914, 0.4822, 0.4465}, .std = {0.2470, 0.2435, 0.2616},
             .augment_by_default = true,
             .class_names = names10,
             .files = "data_batch_1.bin to data_batch_5.bin and test_batch.bin, or cifar-10-binary.tar.gz"},
    .label = "CIFAR-10",
    .kind = &qb_kind_files,
    .files = &(const qb_files){
        .format = &cifar_format,
        .parts = parts10,
        .n_parts = sizeof parts10 / sizeof parts10[0],
        .folders = folders10,
        .archives = archives10,
        .get_it = "download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and give its folder with --data-dir",
        .label_bytes = 1,
    },
};

const qb_source qb_source_cifar100 = {
    .info = {.name = "cifar100",
             .title = "CIFAR-100: small photographs, colour, 32x32, fine labels",
             .source = "Krizhevsky 2009, Learning multiple layers of features from tiny images",
             .c = 3, .h = 32, .w = 32, .n_classes = 100, .n_train = 50000, .n_test = 10000,
             .mean = {0.5071, 0.4867, 0.4408}, .std = {0.2675, 0.2565, 0.2761},
             .augment_by_default = true,
             .class_names = names100,
             .files = "train.bin and test.bin, or cifar-100-binary.tar.gz"},
    .label = "CIFAR-100",
    .kind = &qb_kind_files,
    .files = &(const qb_files){
        .format = &cifar_format,
        .parts = parts100,
        .n_parts = sizeof parts100 / sizeof parts100[0],
        .folders = folders100,
        .archives = archives100,
        .get_it = "download https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz and give its folder with --data-dir",
        .label_bytes = 2,
    },
};
