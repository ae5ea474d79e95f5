/* MNIST and Fashion-MNIST: IDX files, plain or gzip.
 * Format (spec/recipes.md 7.2): two zero bytes, type 0x08 (bytes), number of dimensions, big-endian uint32 sizes, data.
 */
#include <string.h>

#include "base/err.h"
#include "datasets/source.h"

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int check_size(const qb_input *in, const char *what, uint32_t got, int64_t wanted)
{
    if (got == wanted)
        return 0;
    qb_err_set(QB_E_DATA, "%s: its header says %u %s, wanted %lld", in->name, got, what, (long long)wanted);
    return qb_err_hint("this is another data set, or files of two data sets are mixed in one folder");
}

static int idx_read(const qb_source *s, const qb_part *p, qb_input *in, uint8_t *pixels, uint8_t *labels)
{
    const bool is_labels = strstr(p->role, "labels") != NULL;
    const int n_dims = is_labels ? 1 : 3;
    const int64_t image = is_labels ? 1 : (int64_t)s->info.h * s->info.w;
    const int64_t header = 4 + 4 * n_dims, wanted = header + p->n * image;
    uint8_t head[16];

    QB_TRY(qb_input_read_all(in, head, 4, wanted));
    if (head[0] != 0 || head[1] != 0 || head[2] != 0x08 || head[3] != n_dims) {
        qb_err_set(QB_E_DATA, "%s: starts with 0x%08x, wanted 0x%08x (IDX %s)", in->name, big_endian(head),
                   0x0800u + (unsigned)n_dims, is_labels ? "labels" : "images");
        return qb_err_hint("the file is not what its name says: copy or download it again");
    }
    QB_TRY(qb_input_read_all(in, head + 4, (size_t)header - 4, wanted));
    if (is_labels) {
        QB_TRY(check_size(in, "labels (one an image)", big_endian(head + 4), p->n));
    } else {
        QB_TRY(check_size(in, "images", big_endian(head + 4), p->n));
        QB_TRY(check_size(in, "rows an image", big_endian(head + 8), s->info.h));
        QB_TRY(check_size(in, "columns an image", big_endian(head + 12), s->info.w));
    }
    QB_TRY(qb_input_read_all(in, is_labels ? labels : pixels, (size_t)(p->n * image), wanted));
    QB_TRY(qb_input_expect_end(in, wanted));
    return is_labels ? qb_labels_check(in, labels, 0, p->n, s->info.n_classes) : 0;
}

static const qb_part parts[] = {
    {"test-images", {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte"}, QB_PART_TEST, 0, 10000},
    {"test-labels", {"t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte"}, QB_PART_TEST, 0, 10000},
    {"train-images", {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte"}, QB_PART_TRAIN, 0, 60000},
    {"train-labels", {"train-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz", "train-labels.idx1-ubyte"}, QB_PART_TRAIN, 0, 60000},
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
    .parts = parts,
    .n_parts = sizeof parts / sizeof parts[0],
    .folders = fashion_folders,
    .package_dir = "/usr/share/datasets/fashion-mnist",
    .get_it = "apt-get install dataset-fashion-mnist, or give the folder of the four files with --data-dir",
    .read = idx_read,
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
    .parts = parts,
    .n_parts = sizeof parts / sizeof parts[0],
    .folders = mnist_folders,
    .get_it = "download the four files (https://storage.googleapis.com/cvdf-datasets/mnist/) and give their folder with --data-dir",
    .read = idx_read,
};
