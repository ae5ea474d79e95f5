/* golden/images: files as pixels, resizing, RandAugment's operations, and which part of an image is taken. Bytes must be
 * equal; real images are named relative to QATBENCH_TEST_DATA. Each decoded file is also decoded in windows, which must show
 * what the whole image shows there.
 */
#include "golden_images.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rng.h"
#include "datasets/transform.h"
#include "image/augment.h"
#include "image/crop.h"
#include "image/decode.h"
#include "image/resize.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 28, N_WINDOWS = 6 };
static const double float_tolerance = 1e-6;
static const double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225}; /* of ImageNet */

/* Pixels of ours on their way through a case: (height, width, 3). */
typedef struct picture {
    uint8_t *pixels; /* owned */
    int height, width;
} picture;

static size_t bytes_of(const picture *p) { return (size_t)p->height * (size_t)p->width * 3; }

static picture new_picture(int height, int width)
{
    return (picture){qb_alloc((size_t)height * (size_t)width * 3, 1), height, width};
}

static void replace(picture *p, picture by)
{
    qb_free(p->pixels);
    *p = by;
}

/* ---- comparing ---- */

/* 0: equal; else above 1. */
static double byte_error(const uint8_t *got, const uint8_t *want, size_t n)
{
    int worst = 0;
    for (size_t i = 0; i < n; i++)
        if (abs(got[i] - want[i]) > worst)
            worst = abs(got[i] - want[i]);
    return worst == 0 ? 0 : 1 + worst;
}

static void hash(const uint8_t *bytes, size_t n, char ret_hex[17])
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * 0x100000001b3u;
    (void)snprintf(ret_hex, 17, "%016" PRIx64, h);
}

static bool has_shape(const json_t *shape, const picture *p)
{
    return json_array_size(shape) == 3 && json_integer_value(json_array_get(shape, 0)) == p->height &&
           json_integer_value(json_array_get(shape, 1)) == p->width && json_integer_value(json_array_get(shape, 2)) == 3;
}

/* The numbers that the network sees of the first row. */
static double float_error(const golden_image_case *k, const picture *p)
{
    const qb_st_tensor *want = golden_tensor(k->f, k->name, "float");
    if (!want)
        return 0;
    const int n = want->n_dims == 2 ? (int)want->shape[1] : 0;
    if (want->dtype != QB_F32 || n < 1 || want->shape[0] != 3 || n > p->width)
        return HUGE_VAL;
    qb_normalizer normalizer;
    qb_normalizer_init(&normalizer, 3, mean, std);
    qb_image row = qb_image_of_pixels(p->pixels, 3, 1, n);
    float *got = qb_alloc((size_t)n * 3, sizeof *got), *wanted = golden_floats(k->f, k->name, "float", NULL);
    qb_normalize(&normalizer, &row, got);
    double error = golden_error(got, wanted, (size_t)n * 3, float_tolerance);
    qb_free(got);
    qb_free(wanted);
    return error;
}

/* Against the tensor `name` of the case, or shape, hash and first bytes. */
static void compare(const golden_image_case *k, const picture *p, const char *name)
{
    const qb_st_tensor *whole = golden_tensor(k->f, k->name, name), *head = golden_tensor(k->f, k->name, "head");
    const char *want = golden_text(k->c, "fnv1a64");
    if (whole) {
        if (whole->n_dims != 3 || whole->shape[0] != p->height || whole->shape[1] != p->width || whole->n_bytes != bytes_of(p))
            golden_fail(k->t, k->name, "the size is %d x %d", p->width, p->height);
        else
            golden_case(k->t, k->name, byte_error(p->pixels, whole->data, bytes_of(p)));
        return;
    }
    char got[17];
    hash(p->pixels, bytes_of(p), got);
    if (!want || !head)
        golden_fail(k->t, k->name, "has neither '%s' nor a hash", name);
    else if (!has_shape(json_object_get(k->c, "shape"), p))
        golden_fail(k->t, k->name, "the size is %d x %d", p->width, p->height);
    else if (strcmp(got, want) != 0)
        golden_fail(k->t, k->name, "hash %s instead of %s, first bytes %s", got, want,
                    memcmp(p->pixels, head->data, head->n_bytes) == 0 ? "equal" : "differ");
    else
        golden_case(k->t, k->name, fmax(byte_error(p->pixels, head->data, head->n_bytes), float_error(k, p)));
}

/* ---- reading ---- */

/* The bytes of a file of the case: embedded, or named. false: the case is counted already. */
static bool read_file(const golden_image_case *k, char **ret_bytes, size_t *ret_n)
{
    const qb_st_tensor *embedded = golden_tensor(k->f, k->name, "file");
    if (embedded) {
        *ret_n = embedded->n_bytes;
        *ret_bytes = qb_alloc(embedded->n_bytes, 1);
        memcpy(*ret_bytes, embedded->data, embedded->n_bytes);
        return true;
    }
    const char *name = golden_text(k->c, "file"), *root = getenv("QATBENCH_TEST_DATA");
    if (!name) {
        golden_fail(k->t, k->name, "names no file and holds none");
        return false;
    }
    if (!root || !*root) {
        golden_skip(k->t, k->name, "set QATBENCH_TEST_DATA to the folder that holds '%s'", name);
        return false;
    }
    char *path = qb_path_join(root, name);
    int rc = qb_fs_read(path, MAX_FILE, ret_bytes, ret_n);
    qb_free(path);
    if (rc < 0)
        golden_fail(k->t, k->name, "%s", qb_err_text());
    return rc == 0;
}

static int decode(const char *bytes, size_t n, const qb_box *window, picture *ret)
{
    qb_room room = {0};
    qb_image image;
    int rc = qb_decode(bytes, n, window, &room, &image);
    if (rc == 0) {
        *ret = new_picture(image.height, image.width);
        memcpy(ret->pixels, image.pixels, bytes_of(ret));
    }
    qb_free(room.bytes);
    return rc;
}

static picture cut(const picture *p, qb_box box)
{
    picture part = new_picture(box.height, box.width);
    for (int y = 0; y < box.height; y++)
        memcpy(part.pixels + (size_t)y * (size_t)box.width * 3,
               p->pixels + ((size_t)(box.top + y) * (size_t)p->width + (size_t)box.left) * 3, (size_t)box.width * 3);
    return part;
}

/* [left, top, width, height]; false: null or absent. */
static bool read_box(const json_t *c, qb_box *ret_box)
{
    int v[4];
    const json_t *box = json_object_get(c, "box");
    if (json_array_size(box) != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        v[i] = (int)json_integer_value(json_array_get(box, i));
    *ret_box = (qb_box){v[0], v[1], v[2], v[3]};
    return true;
}

static bool fits(const picture *p, qb_box b)
{
    return b.left >= 0 && b.top >= 0 && b.width >= 1 && b.height >= 1 && b.width <= p->width - b.left && b.height <= p->height - b.top;
}

/* Two integers; false: absent. */
static bool read_pair(const json_t *c, const char *key, int ret[2])
{
    const json_t *pair = json_object_get(c, key);
    for (size_t i = 0; i < 2; i++)
        ret[i] = (int)json_integer_value(json_array_get(pair, i));
    return json_array_size(pair) == 2;
}

/* The picture that a case starts from, its box already cut out: a file, or the tensor that `x` names. */
static bool read_input(const golden_image_case *k, picture *ret)
{
    qb_box box;
    const bool has_box = read_box(k->c, &box);
    if (golden_text(k->c, "file")) {
        char *bytes;
        size_t n;
        picture size = {0};
        if (!read_file(k, &bytes, &n))
            return false;
        int rc = qb_decode_size(bytes, n, &size.height, &size.width);
        if (rc == 0 && has_box && !fits(&size, box))
            rc = qb_err_set(QB_E_DATA, "the box is not within the image");
        if (rc == 0)
            rc = decode(bytes, n, has_box ? &box : NULL, ret);
        qb_free(bytes);
        if (rc < 0)
            golden_fail(k->t, k->name, "%s", qb_err_text());
        return rc == 0;
    }
    const qb_st_tensor *x = golden_text(k->c, "x") ? golden_tensor(k->f, NULL, golden_text(k->c, "x")) : NULL;
    if (!x || x->dtype != QB_U8 || x->n_dims != 3 || x->shape[2] != 3) {
        golden_fail(k->t, k->name, "has no input");
        return false;
    }
    *ret = new_picture((int)x->shape[0], (int)x->shape[1]);
    memcpy(ret->pixels, x->data, x->n_bytes);
    if (has_box && !fits(ret, box)) {
        golden_fail(k->t, k->name, "the box is not within the image");
        qb_free(ret->pixels);
        return false;
    }
    if (has_box)
        replace(ret, cut(ret, box));
    return true;
}

/* ---- decoding ---- */

/* Some window of an image, by its number: wide and narrow ones, at the edges and not. */
static qb_box some_window(const picture *p, uint64_t i)
{
    qb_stream s = qb_rng_stream(0, QB_RNG_SYNTHETIC, 0, i);
    qb_box b = {.width = 1 + (int)qb_rng_below(&s, (uint32_t)p->width), .height = 1 + (int)qb_rng_below(&s, (uint32_t)p->height)};
    b.left = (int)qb_rng_below(&s, (uint32_t)(p->width - b.width) + 1);
    b.top = (int)qb_rng_below(&s, (uint32_t)(p->height - b.height) + 1);
    return b;
}

/* The first window that does not show what the whole image shows there; NULL text: none. */
static bool windows_agree(const char *bytes, size_t n, const picture *whole, qb_box *ret_box)
{
    bool agree = true;
    for (uint64_t i = 0; agree && i < N_WINDOWS; i++) {
        picture part = {0}, wanted;
        *ret_box = some_window(whole, i);
        agree = decode(bytes, n, ret_box, &part) == 0;
        wanted = cut(whole, *ret_box);
        agree = agree && part.width == wanted.width && part.height == wanted.height &&
                byte_error(part.pixels, wanted.pixels, bytes_of(&wanted)) == 0;
        qb_free(part.pixels);
        qb_free(wanted.pixels);
    }
    return agree;
}

void golden_images_decode(const golden_image_case *k)
{
    char *bytes;
    size_t n;
    picture p = {0};
    qb_box box;
    int height, width;
    if (!read_file(k, &bytes, &n))
        return;
    const char *expect = golden_text(k->c, "expect");
    int rc = decode(bytes, n, NULL, &p);
    if (expect && strcmp(expect, "error") == 0) {
        if (rc == QB_E_DATA)
            golden_case(k->t, k->name, 0);
        else
            golden_fail(k->t, k->name, "was read");
    } else if (rc < 0) {
        golden_fail(k->t, k->name, "%s", qb_err_text());
    } else if (qb_decode_size(bytes, n, &height, &width) < 0 || height != (int)golden_number(k->c, "height", height) ||
               width != (int)golden_number(k->c, "width", width)) {
        golden_fail(k->t, k->name, "the header's size is wrong");
    } else if (!windows_agree(bytes, n, &p, &box)) {
        golden_fail(k->t, k->name, "the window of %d x %d at (%d, %d) is not that of the whole image", box.width, box.height, box.left,
                    box.top);
    } else {
        compare(k, &p, "rgb");
    }
    qb_free(p.pixels);
    qb_free(bytes);
}

/* ---- resizing ---- */

static bool resize(const golden_image_case *k, picture *p, const char *filter_name, int height, int width, const qb_box *window)
{
    qb_filter filter = QB_FILTER_BICUBIC;
    if (filter_name && strcmp(filter_name, "bilinear") == 0)
        filter = QB_FILTER_BILINEAR;
    else if (!filter_name || strcmp(filter_name, "bicubic") != 0) {
        golden_skip(k->t, k->name, "filter '%s' is unknown here", filter_name ? filter_name : "");
        return false;
    }
    qb_room scratch = {0};
    const qb_image from = qb_image_of_pixels(p->pixels, 3, p->height, p->width);
    picture to = window ? new_picture(window->height, window->width) : new_picture(height, width);
    int rc = qb_resize(&from, filter, height, width, window, &scratch, to.pixels);
    qb_free(scratch.bytes);
    replace(p, to);
    if (rc < 0)
        golden_fail(k->t, k->name, "%s", qb_err_text());
    return rc == 0;
}

static bool resize_to_size(const golden_image_case *k, picture *p)
{
    int size[2];
    if (!read_pair(k->c, "size", size)) {
        golden_fail(k->t, k->name, "has no size");
        return false;
    }
    return resize(k, p, golden_text(k->c, "filter"), size[1], size[0], NULL);
}

static void resize_small(const golden_image_case *k)
{
    picture p;
    if (!read_input(k, &p))
        return;
    if (resize_to_size(k, &p))
        compare(k, &p, "y");
    qb_free(p.pixels);
}

/* Shorter side and centre crop: the whole resized image, and its window alone. */
static void evaluate(const golden_image_case *k)
{
    picture p;
    int resized[2], offset[2], height, width;
    const json_t *shape = json_object_get(k->c, "shape");
    const int side = (int)json_integer_value(json_array_get(shape, 0));
    if (!read_input(k, &p))
        return;
    if (!read_pair(k->c, "resized", resized) || !read_pair(k->c, "offset", offset) || side < 1) {
        golden_fail(k->t, k->name, "lacks 'resized', 'offset' or 'shape'");
    } else {
        const int shorter = resized[0] < resized[1] ? resized[0] : resized[1];
        qb_crop_shorter_side(p.height, p.width, shorter, &height, &width);
        const qb_box box = qb_crop_centre(height, width, side);
        if (width != resized[0] || height != resized[1])
            golden_fail(k->t, k->name, "resized to %d x %d", width, height);
        else if (box.left != offset[0] || box.top != offset[1])
            golden_fail(k->t, k->name, "cropped at (%d, %d)", box.left, box.top);
        else if (resize(k, &p, golden_text(k->c, "filter") ? golden_text(k->c, "filter") : "bicubic", height, width, &box))
            compare(k, &p, "y");
    }
    qb_free(p.pixels);
}

/* ---- RandAugment ---- */

/* One operation, its argument from m where m is given; false: the case is counted already. */
static bool augment(const golden_image_case *k, const json_t *step, picture *p)
{
    const char *name = golden_text(step, "op");
    qb_operation op = QB_AUTO_CONTRAST;
    while ((int)op < QB_N_OPERATIONS && name && strcmp(name, qb_operation_name(op)) != 0)
        op++;
    if (!name || strcmp(name, qb_operation_name(op)) != 0) {
        golden_skip(k->t, k->name, "operation '%s' is unknown here", name ? name : "");
        return false;
    }
    double argument = golden_number(step, "arg", 0);
    if (json_is_number(json_object_get(step, "m"))) {
        double ours = qb_operation_argument(op, golden_number(step, "m", 0), golden_number(step, "negate", 0) != 0);
        if (fabs(ours - argument) > 1e-12 * fmax(1, fabs(argument))) {
            golden_fail(k->t, k->name, "%s: argument %.17g instead of %.17g", name, ours, argument);
            return false;
        }
        argument = ours;
    }
    picture to = new_picture(p->height, p->width);
    qb_augment(op, argument, p->pixels, p->height, p->width, to.pixels);
    replace(p, to);
    return true;
}

static bool augment_all(const golden_image_case *k, picture *p)
{
    const json_t *steps = json_object_get(k->c, "ops");
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (!augment(k, json_array_get(steps, i), p))
            return false;
    return true;
}

static void run_operation(const golden_image_case *k)
{
    picture p;
    if (!read_input(k, &p))
        return;
    if (augment(k, k->c, &p))
        compare(k, &p, "y");
    qb_free(p.pixels);
}

static void run_chain(const golden_image_case *k)
{
    picture p;
    if (!read_input(k, &p))
        return;
    if (augment_all(k, &p))
        compare(k, &p, "y");
    qb_free(p.pixels);
}

/* Crop, resize, flip, operations: what training does. */
static void train(const golden_image_case *k)
{
    picture p;
    if (!read_input(k, &p))
        return;
    if (resize_to_size(k, &p)) {
        if (golden_number(k->c, "flip", 0) != 0)
            qb_mirror(p.pixels, p.height, p.width);
        if (augment_all(k, &p))
            compare(k, &p, "y");
    }
    qb_free(p.pixels);
}

/* ---- the kinds of cases ---- */

static const struct {
    const char *kind;
    void (*run)(const golden_image_case *k);
} case_kinds[] = {
    {"small", resize_small}, {"train", train}, {"eval", evaluate}, {"op", run_operation}, {"chain", run_chain},
    {"mixup", golden_images_mixup}, {"cutmix", golden_images_cutmix}, {"loss", golden_images_loss}, {"erase", golden_images_erase},
    {"erase-size", golden_images_erase_size},
};
enum { N_CASE_KINDS = sizeof case_kinds / sizeof *case_kinds };

/* NULL: not one of these. */
static void (*find_run(const json_t *c))(const golden_image_case *)
{
    const char *kind = golden_text(c, "kind");
    if (!kind)
        return golden_text(c, "format") || golden_text(c, "expect") ? golden_images_decode : NULL;
    for (size_t i = 0; i < N_CASE_KINDS; i++)
        if (strcmp(kind, case_kinds[i].kind) == 0)
            return case_kinds[i].run;
    return NULL;
}

static bool matches(const golden_file *f)
{
    json_t *cases = f->cases, *c;
    const char *key;
    if (f->json) /* of other kinds */
        return false;
    json_object_foreach(cases, key, c)
        if (find_run(c))
            return true;
    return false;
}

static void run(golden_tally *t, const golden_file *f)
{
    const char *key;
    json_t *c;
    json_object_foreach(f->cases, key, c) {
        void (*run_case)(const golden_image_case *) = find_run(c);
        if (run_case)
            run_case(&(golden_image_case){t, f, key, c});
        else
            golden_skip(t, key, "this kind of case is unknown here");
    }
}

const golden_kind golden_images = {"images", matches, run};
