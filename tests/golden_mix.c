/* golden/images: mixing of batches and what the loss makes of it, random erasing, and (rrc.json) the boxes of
 * RandomResizedCrop.
 */
#include "golden_images.h"

#include "base/mem.h"
#include "engine/loss.h"
#include "image/crop.h"
#include "image/erase.h"
#include "image/mix.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double tolerance = 1e-6, loss_tolerance = 1e-5;

/* The input of a mixed case: images (n, c, h, w) with labels (n), n = 1 for a single image. */
typedef struct batch {
    int n, c, h, w, classes;
    size_t image; /* numbers of an image */
    float *x;
    int64_t *labels;
} batch;

static void batch_finish(batch *b)
{
    qb_free(b->x);
    qb_free(b->labels);
}

static int64_t *read_labels(const golden_image_case *k, const char *name, int n, int classes)
{
    const qb_st_tensor *tensor = name ? golden_tensor(k->f, NULL, name) : NULL;
    if (!tensor || tensor->dtype != QB_I64 || tensor->n_elements != (size_t)n)
        return NULL;
    int64_t *labels = qb_alloc((size_t)n, sizeof *labels);
    memcpy(labels, tensor->data, tensor->n_bytes);
    for (int i = 0; i < n; i++)
        if (labels[i] < 0 || labels[i] >= classes) {
            qb_free(labels);
            return NULL;
        }
    return labels;
}

static bool read_batch(const golden_image_case *k, batch *b)
{
    const char *x = golden_text(k->c, "x");
    const qb_st_tensor *tensor = x ? golden_tensor(k->f, NULL, x) : NULL;
    const int first = tensor ? tensor->n_dims - 3 : -1;
    if (first < 0 || first > 1) {
        golden_fail(k->t, k->name, "has no images");
        return false;
    }
    *b = (batch){.n = first == 1 ? (int)tensor->shape[0] : 1, .c = (int)tensor->shape[first], .h = (int)tensor->shape[first + 1],
                 .w = (int)tensor->shape[first + 2], .classes = (int)golden_number(k->c, "classes", 0)};
    b->image = (size_t)b->c * (size_t)b->h * (size_t)b->w;
    b->x = golden_floats(k->f, NULL, x, NULL);
    if (golden_text(k->c, "labels")) {
        b->labels = read_labels(k, golden_text(k->c, "labels"), b->n, b->classes);
        if (!b->labels) {
            golden_fail(k->t, k->name, "has no labels of its images");
            batch_finish(b);
            return false;
        }
    }
    return true;
}

static int partner(const batch *b, int i)
{
    return i > 0 ? i - 1 : b->n - 1;
}

/* Targets (n, classes) of images that keep `share` of their own label. */
static float *targets(const batch *b, double share)
{
    float *t = qb_alloc((size_t)b->n * (size_t)b->classes, sizeof *t);
    for (int i = 0; i < b->n; i++) {
        t[(size_t)i * (size_t)b->classes + (size_t)b->labels[i]] += (float)share;
        t[(size_t)i * (size_t)b->classes + (size_t)b->labels[partner(b, i)]] += (float)(1 - share);
    }
    return t;
}

/* 0 to 1: within the tolerance (0: equal bits are wanted). */
static double error_of(const golden_image_case *k, const char *name, const float *got, size_t n, double within)
{
    size_t n_want;
    float *want = golden_floats(k->f, k->name, name, &n_want);
    double error = HUGE_VAL;
    if (n_want == n)
        error = within > 0 ? golden_error(got, want, n, within) : memcmp(got, want, n * sizeof *got) == 0 ? 0 : HUGE_VAL;
    qb_free(want);
    return error;
}

void golden_images_mixup(const golden_image_case *k)
{
    batch b;
    const double share = golden_number(k->c, "lam", NAN);
    if (!read_batch(k, &b))
        return;
    float *y = qb_alloc((size_t)b.n * b.image, sizeof *y), *t = targets(&b, share);
    for (int i = 0; i < b.n; i++)
        qb_mix_up(b.x + (size_t)i * b.image, b.x + (size_t)partner(&b, i) * b.image, b.image, share, y + (size_t)i * b.image);
    golden_case(k->t, k->name, fmax(error_of(k, "y", y, (size_t)b.n * b.image, tolerance),
                                    error_of(k, "t", t, (size_t)b.n * (size_t)b.classes, tolerance)));
    qb_free(y);
    qb_free(t);
    batch_finish(&b);
}

static int at(const json_t *list, size_t i)
{
    return (int)json_integer_value(json_array_get(list, i));
}

void golden_images_cutmix(const golden_image_case *k)
{
    batch b;
    const json_t *want = json_object_get(k->c, "box");
    if (!read_batch(k, &b))
        return;
    const qb_box box = qb_mix_box(b.h, b.w, golden_number(k->c, "lam", NAN), (int)golden_number(k->c, "cx", -1), (int)golden_number(k->c, "cy", -1));
    const double share = qb_mix_box_share(b.h, b.w, &box), wanted = golden_number(k->c, "lam_adjusted", NAN);
    float *y = qb_alloc((size_t)b.n * b.image, sizeof *y), *t = targets(&b, share);
    memcpy(y, b.x, (size_t)b.n * b.image * sizeof *y);
    for (int i = 0; i < b.n; i++)
        qb_mix_cut(b.x + (size_t)partner(&b, i) * b.image, b.c, b.h, b.w, &box, y + (size_t)i * b.image);
    if (box.left != at(want, 0) || box.top != at(want, 1) || box.left + box.width != at(want, 2) || box.top + box.height != at(want, 3))
        golden_fail(k->t, k->name, "the box is [%d, %d, %d, %d]", box.left, box.top, box.left + box.width, box.top + box.height);
    else
        golden_case(k->t, k->name, fmax(fabs(share - wanted) / tolerance, fmax(error_of(k, "y", y, (size_t)b.n * b.image, 0),
                    error_of(k, "t", t, (size_t)b.n * (size_t)b.classes, tolerance))));
    qb_free(y);
    qb_free(t);
    batch_finish(&b);
}

/* ---- the loss ---- */

/* Labels, or the up to two classes that have a share. false: more than two. */
static bool read_target(const float *t, int classes, qb_target *ret)
{
    int n = 0;
    *ret = (qb_target){0};
    for (int c = 0; c < classes; c++) {
        if (t[c] == 0)
            continue;
        if (n == 2)
            return false;
        ret->label[n] = c;
        ret->share[n++] = t[c];
    }
    if (n == 1)
        ret->label[1] = ret->label[0];
    return true;
}

static qb_target *read_targets(const golden_image_case *k, int n, int classes)
{
    const char *name = golden_text(k->c, "targets");
    const qb_st_tensor *tensor = name ? golden_tensor(k->f, NULL, name) : NULL;
    qb_target *list = qb_alloc((size_t)n, sizeof *list);
    bool good = false;
    if (tensor && tensor->dtype == QB_I64) {
        int64_t *labels = read_labels(k, name, n, classes);
        good = labels != NULL;
        for (int i = 0; good && i < n; i++)
            list[i] = qb_target_of((int32_t)labels[i]);
        qb_free(labels);
    } else if (tensor && tensor->dtype == QB_F32 && tensor->n_elements == (size_t)n * (size_t)classes) {
        float *t = golden_floats(k->f, NULL, name, NULL);
        good = true;
        for (int i = 0; good && i < n; i++)
            good = read_target(t + (size_t)i * (size_t)classes, classes, &list[i]);
        qb_free(t);
    }
    if (good)
        return list;
    golden_fail(k->t, k->name, "has no targets of at most two classes");
    qb_free(list);
    return NULL;
}

void golden_images_loss(const golden_image_case *k)
{
    size_t n_logits;
    float *logits = golden_floats(k->f, k->name, "logits", &n_logits);
    const int classes = (int)golden_number(k->c, "classes", 1), n = (int)(n_logits / (size_t)classes);
    qb_target *list = read_targets(k, n, classes);
    if (list) {
        double *per_image = qb_alloc((size_t)n, sizeof *per_image);
        float *grad = qb_alloc(n_logits, sizeof *grad);
        qb_batch whole = qb_batch_of(NULL, list, n);
        qb_loss loss;
        whole.label_smoothing = golden_number(k->c, "label_smoothing", 0);
        qb_cross_entropy(logits, &whole, classes, per_image, grad, &loss);
        const double want = golden_number(k->c, "loss", NAN), error = fabs(loss.sum / n - want) / (loss_tolerance * fmax(1, fabs(want)));
        golden_case(k->t, k->name, fmax(isnan(error) ? HUGE_VAL : error, error_of(k, "grad", grad, n_logits, tolerance)));
        qb_free(per_image);
        qb_free(grad);
    }
    qb_free(list);
    qb_free(logits);
}

/* ---- erasing ---- */

static bool attempt(int h, int w, const json_t *numbers, int *ret_h, int *ret_w)
{
    return qb_erase_size(h, w, json_number_value(json_array_get(numbers, 0)), json_number_value(json_array_get(numbers, 1)), ret_h, ret_w);
}

void golden_images_erase(const golden_image_case *k)
{
    batch b;
    const json_t *attempts = json_object_get(k->c, "attempts"), *rect = json_object_get(k->c, "rect");
    const size_t n = json_array_size(attempts);
    int h = 0, w = 0;
    bool taken = false, right = n > 0;
    if (!read_batch(k, &b))
        return;
    for (size_t i = 0; i < n; i++) {
        taken = attempt(b.h, b.w, json_array_get(attempts, i), &h, &w);
        right = right && taken == (i == n - 1 && json_is_array(rect));
    }
    if (!right || (taken && (w != at(rect, 2) || h != at(rect, 3)))) {
        golden_fail(k->t, k->name, "attempts are not taken as they were: last %d x %d", w, h);
    } else {
        if (taken) {
            float *noise = golden_floats(k->f, k->name, "noise", NULL);
            qb_erase(b.x, b.c, b.h, b.w, &(qb_box){at(rect, 0), at(rect, 1), w, h}, noise);
            qb_free(noise);
        }
        golden_case(k->t, k->name, error_of(k, "y", b.x, b.image, 0));
    }
    batch_finish(&b);
}

void golden_images_erase_size(const golden_image_case *k)
{
    int h, w;
    const json_t *image = json_object_get(k->c, "image"), *want = json_object_get(k->c, "rect_size");
    const bool taken = attempt(at(image, 0), at(image, 1), json_object_get(k->c, "attempt"), &h, &w);
    if (w != at(want, 0) || h != at(want, 1) || taken != (golden_number(k->c, "accepted", -1) == 1))
        golden_fail(k->t, k->name, "%d x %d, %s", w, h, taken ? "taken" : "rejected");
    else
        golden_case(k->t, k->name, 0);
}

/* ---- rrc.json ---- */

static bool crop_matches(const golden_file *f)
{
    return f->json && json_object_get(f->json, "max_attempts") && json_is_array(json_object_get(f->json, "cases"));
}

static void run_crop(golden_tally *t, const char *name, const qb_crop_range *range, const json_t *c)
{
    /* Attempts that are not listed are not to be looked at: a number that fits nowhere would show. */
    qb_crop_draw draw = {.top = golden_number(c, "u_top", NAN), .left = golden_number(c, "u_left", NAN)};
    const json_t *attempts = json_object_get(c, "attempts"), *want = json_object_get(c, "box");
    for (size_t i = 0; i < QB_CROP_ATTEMPTS; i++)
        for (size_t j = 0; j < 2; j++)
            draw.attempts[i][j] = i < json_array_size(attempts) ? json_number_value(json_array_get(json_array_get(attempts, i), j)) : 0.5;
    int taken;
    const qb_box box = qb_crop_random(range, (int)golden_number(c, "H", 0), (int)golden_number(c, "W", 0), &draw, &taken);
    if (json_array_size(want) != 4 || box.left != at(want, 0) || box.top != at(want, 1) || box.width != at(want, 2) || box.height != at(want, 3) ||
        taken != (int)golden_number(c, "accepted", -2))
        golden_fail(t, name, "attempt %d gives [%d, %d, %d, %d]", taken, box.left, box.top, box.width, box.height);
    else
        golden_case(t, name, 0);
}

static void crop_run(golden_tally *t, const golden_file *f)
{
    qb_crop_range range;
    const json_t *area = json_object_get(f->json, "scale"), *ratio = json_object_get(f->json, "ratio"), *c;
    size_t i;
    for (i = 0; i < 2; i++) {
        range.area[i] = json_number_value(json_array_get(area, i));
        range.ratio[i] = json_number_value(json_array_get(ratio, i));
    }
    if (golden_number(f->json, "max_attempts", 0) != QB_CROP_ATTEMPTS) {
        golden_skip_all(t, f, "another number of attempts than this program's");
        return;
    }
    json_array_foreach(json_object_get(f->json, "cases"), i, c) {
        char name[32];
        (void)snprintf(name, sizeof name, "%zu", i);
        run_crop(t, name, &range, c);
    }
}

const golden_kind golden_crops = {"crops", crop_matches, crop_run};
