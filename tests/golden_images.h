/* What the runners of golden/images share: a case, and what runs one of a kind. */
#ifndef QB_GOLDEN_IMAGES_H
#define QB_GOLDEN_IMAGES_H

#include "golden.h"

typedef struct golden_image_case {
    golden_tally *t;
    const golden_file *f;
    const char *name;
    const json_t *c;
} golden_image_case;

/* golden_images.c */
void golden_images_decode(const golden_image_case *k);

/* golden_mix.c */
void golden_images_mixup(const golden_image_case *k);
void golden_images_cutmix(const golden_image_case *k);
void golden_images_loss(const golden_image_case *k);
void golden_images_erase(const golden_image_case *k);
void golden_images_erase_size(const golden_image_case *k);

#endif
