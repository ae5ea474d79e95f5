#include "train/mixing.h"

#include <string.h>

#include "base/err.h"
#include "base/rng.h"

static const qb_mixing_kind kinds[] = {
    {"mixup", "the sum of an image and the one before it, by a share drawn once a batch; labels share it",
     "Zhang et al. 2018, mixup, as torchvision's MixUp"},
    {"cutmix", "in each image a box of the one before it, drawn once a batch; labels by its area",
     "Yun et al. 2019, CutMix, as torchvision's CutMix"},
};

const qb_mixing_kind *qb_mixing_kinds(size_t *ret_n)
{
    *ret_n = sizeof kinds / sizeof kinds[0];
    return kinds;
}

bool qb_mixing_is_on(const qb_mixing *m)
{
    return m->mixup > 0 || m->cutmix > 0;
}

qb_mixture qb_mix_draw(const qb_mixing *m, uint64_t seed, int64_t step, int part, int h, int w)
{
    QB_ASSERT(qb_mixing_is_on(m));
    qb_stream s = qb_rng_stream(seed, QB_RNG_MIX, (uint64_t)step, (uint64_t)part);
    const bool is_heads = qb_rng_uniform(&s) < 0.5;
    qb_mixture mixture = {.is_cut = m->cutmix > 0 && (m->mixup <= 0 || is_heads)};
    mixture.share = qb_rng_beta(&s, mixture.is_cut ? m->cutmix : m->mixup);
    if (mixture.is_cut) {
        const int cx = (int)qb_rng_below(&s, (uint32_t)w), cy = (int)qb_rng_below(&s, (uint32_t)h);
        mixture.box = qb_mix_box(h, w, mixture.share, cx, cy);
        mixture.share = qb_mix_box_share(h, w, &mixture.box);
    }
    return mixture;
}

/* The batch that is mixed. */
typedef struct batch {
    int c, h, w;
    size_t image; /* floats of one */
    float *images;
    qb_target *targets;
} batch;

/* Image `at`; its partner as it was before anything was mixed. */
static void mix_one(const batch *b, const qb_mixture *m, int at, const float *partner, int32_t label)
{
    float *own = b->images + (size_t)at * b->image;
    if (m->is_cut)
        qb_mix_cut(partner, b->c, b->h, b->w, &m->box, own);
    else
        qb_mix_up(own, partner, b->image, m->share, own);
    b->targets[at] = (qb_target){{b->targets[at].label[0], label}, {(float)m->share, (float)(1 - m->share)}};
}

void qb_mix_batch(const qb_mixing *m, uint64_t seed, int64_t step, int n, int c, int h, int w, float *images, qb_target *targets,
                  float *spare)
{
    const batch b = {c, h, w, (size_t)c * (size_t)h * (size_t)w, images, targets};
    const int parts = m->parts > 1 ? m->parts : 1;
    for (int part = 0; part < parts && part < n; part++) {
        const qb_mixture mixture = qb_mix_draw(m, seed, step, part, h, w);
        const int last = part + (n - 1 - part) / parts * parts;
        const int32_t last_label = targets[last].label[0];
        memcpy(spare, images + (size_t)last * b.image, b.image * sizeof *spare);
        for (int at = last; at > part; at -= parts) /* backwards: the one before is still what it was */
            mix_one(&b, &mixture, at, images + (size_t)(at - parts) * b.image, targets[at - parts].label[0]);
        mix_one(&b, &mixture, part, spare, last_label);
    }
}
