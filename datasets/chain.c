#include "datasets/chain.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "datasets/source.h"

static const qb_augmentation_kind kinds[] = {
    {"none", "images as the data set gives them", NULL, {0}},
    {"flip-crop", "flip, then pad-crop", "He et al. 2016, Deep Residual Learning, for CIFAR",
     {.flip = true, .crop_pad = QB_CROP_PAD}},
    {"resnet", "resized-crop (bilinear), then flip", "torchvision's reference training of ResNets on ImageNet",
     {.chain = "resnet"}},
    {"deit", "resized-crop (bicubic), flip, rand-augment, then erase", "Touvron et al. 2021, DeiT, with timm's transforms",
     {.chain = "deit"}},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

const qb_augmentation_kind *qb_augmentation_kinds(size_t *ret_n)
{
    *ret_n = N_KINDS;
    return kinds;
}

int qb_augmentation_of(const char *augment, const qb_dataset_info *info, qb_augmentation *ret_augmentation)
{
    const char *names[N_KINDS], *name = augment ? augment : qb_setting_in(info->defaults, "augment");
    if (!name)
        name = info->augment_by_default ? "flip-crop" : "none";
    for (size_t i = 0; i < N_KINDS; i++) {
        names[i] = kinds[i].name;
        if (strcmp(names[i], name) == 0) {
            *ret_augmentation = kinds[i].augmentation;
            return qb_augmentation_check(ret_augmentation, info);
        }
    }
    const char *nearest = qb_nearest_name(name, names, N_KINDS);
    qb_err_set(QB_E_USAGE, "augment: expected none, flip-crop, resnet or deit, got '%s'", name);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : QB_E_USAGE;
}

int qb_augmentation_check(const qb_augmentation *a, const qb_dataset_info *info)
{
    if (!a->chain || info->c == QB_IMAGE_CHANNELS)
        return 0;
    qb_err_set(QB_E_CONFIG, "augment: '%s' is for images of %d channels, those of data set '%s' have %d", a->chain,
               QB_IMAGE_CHANNELS, info->name, info->c);
    return qb_err_hint("use flip-crop or none");
}

static void add(qb_chain *chain, qb_transform t)
{
    QB_ASSERT(chain->n_steps < QB_CHAIN_STEPS);
    QB_ASSERT(!t.choose || chain->n_steps == 0); /* what it leaves out is never decoded */
    chain->steps[chain->n_steps++] = t;
}

static void add_chain(qb_chain *chain, const char *name)
{
    const bool is_deit = strcmp(name, "deit") == 0;
    QB_ASSERT(is_deit || strcmp(name, "resnet") == 0);
    add(chain, qb_transform_resized_crop(chain->h, chain->w, is_deit ? QB_FILTER_BICUBIC : QB_FILTER_BILINEAR));
    add(chain, qb_transform_flip(0.5));
    if (is_deit) {
        add(chain, qb_transform_rand_augment());
        add(chain, qb_transform_erase());
    }
}

int qb_chain_init(qb_chain *chain, const qb_dataset *data, int split, uint64_t seed, const qb_augmentation *augmentation)
{
    static const qb_augmentation none;
    const qb_augmentation *a = augmentation ? augmentation : &none;
    const qb_dataset_info *info = qb_dataset_get_info(data);
    *chain = (qb_chain){.data = data, .split = split, .seed = seed, .c = info->c, .h = info->h, .w = info->w};
    qb_normalizer_init(&chain->normalizer, info->c, info->mean, info->std);
    QB_TRY(qb_augmentation_check(a, info));
    if (a->chain) {
        add_chain(chain, a->chain);
        return 0;
    }
    size_t n = 0;
    const qb_transform *own = qb_dataset_transforms(data, &n);
    for (size_t i = 0; i < n; i++)
        add(chain, own[i]);
    if (a->flip || a->crop_pad > 0) { /* both, so that neither changes the other's numbers */
        add(chain, qb_transform_flip(a->flip ? 0.5 : 0));
        add(chain, qb_transform_pad_crop(a->crop_pad));
    }
    return 0;
}

/* ---- an image ---- */

typedef struct choice {
    const qb_transform *transform;
    qb_draw *draw;
} choice;

static qb_box choose(void *context, int height, int width)
{
    const choice *c = context;
    return c->transform->choose(c->transform, c->draw, height, width);
}

static int read_image(const qb_chain *chain, qb_draw *draw, uint32_t sample, qb_image *image)
{
    choice first = {&chain->steps[0], draw};
    const qb_window_choice window = {choose, &first};
    if (chain->n_steps > 0 && chain->steps[0].choose)
        return qb_dataset_window(chain->data, chain->split, sample, &window, &draw->rooms->pixels, image);
    return qb_dataset_image(chain->data, chain->split, sample, &draw->rooms->pixels, image);
}

/* watcher: NULL: nobody. */
static void tell(const qb_chain_watcher *watcher, const char *part)
{
    if (watcher)
        watcher->over(watcher->context, part);
}

static int transform(const qb_chain *chain, qb_draw *draw, const qb_chain_watcher *watcher, qb_image *image)
{
    for (size_t i = 0; i < chain->n_steps; i++) {
        if (!chain->steps[i].apply)
            continue;
        QB_TRY(chain->steps[i].apply(&chain->steps[i], draw, image));
        tell(watcher, chain->steps[i].name);
    }
    if (image->c == chain->c && image->h == chain->h && image->w == chain->w)
        return 0;
    return qb_err_set(QB_E_DATA, "is of %d x %d x %d, wanted %d x %d x %d", image->c, image->h, image->w, chain->c, chain->h,
                      chain->w);
}

static int make_pixels(const qb_chain *chain, qb_draw *draw, uint32_t sample, const qb_chain_watcher *watcher, qb_image *image)
{
    QB_TRY(read_image(chain, draw, sample, image));
    tell(watcher, "read");
    return qb_dataset_add_name(chain->data, chain->split, sample, transform(chain, draw, watcher, image));
}

int qb_chain_pixels(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms, qb_image *ret_image)
{
    qb_draw draw = qb_draw_of(chain->seed, epoch, sample, repeat, rooms);
    return make_pixels(chain, &draw, sample, NULL, ret_image);
}

int qb_chain_floats(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms, float *out)
{
    return qb_chain_watched(chain, epoch, sample, repeat, rooms, NULL, out);
}

int qb_chain_watched(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms,
                     const qb_chain_watcher *watcher, float *out)
{
    qb_draw draw = qb_draw_of(chain->seed, epoch, sample, repeat, rooms);
    qb_image image;
    QB_TRY(make_pixels(chain, &draw, sample, watcher, &image));
    qb_normalize(&chain->normalizer, &image, out);
    tell(watcher, "normalise");
    for (size_t i = 0; i < chain->n_steps; i++) {
        const qb_transform *t = &chain->steps[i];
        if (!t->apply_floats)
            continue;
        int rc = t->apply_floats(t, &draw, chain->c, chain->h, chain->w, out);
        QB_TRY(qb_dataset_add_name(chain->data, chain->split, sample, rc));
        tell(watcher, t->name);
    }
    return 0;
}
