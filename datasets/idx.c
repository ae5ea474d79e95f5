/* MNIST and Fashion-MNIST: IDX files, plain or gzip, of any counts that images and labels agree on.
 * Format: two zero bytes, type 0x08 (bytes), number of dimensions, big-endian uint32 sizes, data row by row.
 */
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "datasets/files.h"
#include "datasets/input.h"

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool holds_labels(const qb_part *p)
{
    return strstr(p->role, "labels") != NULL;
}

static qb_layout idx_layout(const qb_source *s, const qb_part *p)
{
    const int64_t image = (int64_t)s->info.h * s->info.w;
    return holds_labels(p) ? (qb_layout){8 + p->n, -1, 0} : (qb_layout){16 + p->n * image, 16, image};
}

static int check_size(const char *name, const char *what, uint32_t got, int64_t wanted)
{
    if (got == wanted)
        return 0;
    qb_err_set(QB_E_DATA, "%s: its header says %u %s, wanted %lld", name, got, what, (long long)wanted);
    return qb_err_hint("this is another data set, or files of two data sets are mixed in one folder");
}

static int idx_check_head(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, size_t n)
{
    const bool is_labels = holds_labels(p);
    const int n_dims = is_labels ? 1 : 3;
    const int64_t wanted = idx_layout(s, p).size;
    if (n < 4)
        return qb_contents_check(name, n, wanted);
    if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 0x08 || bytes[3] != n_dims) {
        qb_err_set(QB_E_DATA, "%s: starts with 0x%08x, wanted 0x%08x (IDX %s)", name, big_endian(bytes),
                   0x0800u + (unsigned)n_dims, is_labels ? "labels" : "images");
        return qb_err_hint("the file is not what its name says: copy or download it again");
    }
    if (n < 4 + 4 * (size_t)n_dims)
        return qb_contents_check(name, n, wanted);
    if (is_labels)
        return check_size(name, "labels (one an image)", big_endian(bytes + 4), p->n);
    QB_TRY(check_size(name, "images", big_endian(bytes + 4), p->n));
    QB_TRY(check_size(name, "rows an image", big_endian(bytes + 8), s->info.h));
    return check_size(name, "columns an image", big_endian(bytes + 12), s->info.w);
}

static int idx_read_labels(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, uint16_t *classes)
{
    if (!holds_labels(p))
        return 0;
    for (int64_t i = 0; i < p->n; i++) {
        classes[i] = bytes[8 + i];
        if (classes[i] >= s->info.n_classes)
            return qb_label_error(name, i, classes[i], s->info.n_classes);
    }
    return 0;
}

static int64_t idx_count(const qb_part *p, const uint8_t *bytes, size_t n)
{
    const bool is_whole = n >= 8 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0x08 && bytes[3] == (holds_labels(p) ? 1 : 3);
    return is_whole ? (int64_t)big_endian(bytes + 4) : 0;
}

static const qb_format idx_format = {idx_count, idx_layout, idx_check_head, idx_read_labels};

static const qb_part parts[] = {
    {"test-images", {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte",
                     "t10k-images.idx3-ubyte.gz"}, QB_SPLIT_TEST, 0, 10000},
    {"test-labels", {"t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte",
                     "t10k-labels.idx1-ubyte.gz"}, QB_SPLIT_TEST, 0, 10000},
    {"train-images", {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
                     "train-images.idx3-ubyte.gz"}, QB_SPLIT_TRAIN, 0, 60000},
    {"train-labels", {"train-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz", "train-labels.idx1-ubyte",
                     "train-labels.idx1-ubyte.gz"}, QB_SPLIT_TRAIN, 0, 60000},
};

static const char *const fashion_names[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                            "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
static const char *const digit_names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const fashion_folders[] = {"fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "fashion_mnist", "fashion", NULL};
static const char *const mnist_folders[] = {"mnist", "MNIST/raw", "MNIST", NULL};

#define IDX_FILES "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (plain or .gz)"

const qb_source qb_source_fashion_mnist = {
    .info = {.name = "fashion-mnist",
             .title = "Fashion-MNIST: clothes, grey, 28x28",
             .source = "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747",
             .c = 1, .h = 28, .w = 28, .n_classes = 10, .n_train = 60000, .n_test = 10000,
             .mean = {0.2860}, .std = {0.3530},
             .class_names = fashion_names,
             .files = IDX_FILES,
             .apt_package = "dataset-fashion-mnist"},
    .label = "Fashion-MNIST",
    .kind = &qb_kind_files,
    .files = &(const qb_files){
        .format = &idx_format,
        .parts = parts,
        .n_parts = sizeof parts / sizeof parts[0],
        .folders = fashion_folders,
        .package_dir = "/usr/share/datasets/fashion-mnist",
        .get_it = "apt-get install dataset-fashion-mnist, or give the folder of the four files with --data-dir",
    },
};

const qb_source qb_source_mnist = {
    .info = {.name = "mnist",
             .title = "MNIST: handwritten digits, grey, 28x28",
             .source = "LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11)",
             .c = 1, .h = 28, .w = 28, .n_classes = 10, .n_train = 60000, .n_test = 10000,
             .mean = {0.1307}, .std = {0.3081},
             .class_names = digit_names,
             .files = IDX_FILES},
    .label = "MNIST",
    .kind = &qb_kind_files,
    .files = &(const qb_files){
        .format = &idx_format,
        .parts = parts,
        .n_parts = sizeof parts / sizeof parts[0],
        .folders = mnist_folders,
        .get_it = "download the four files (https://storage.googleapis.com/cvdf-datasets/mnist/) and give their folder with --data-dir",
    },
};
