/* Where a set of image files is: a pack, ImageNet's archives, or a tree of folders. */
#ifndef QB_DATASETS_IMAGE_PLACE_H
#define QB_DATASETS_IMAGE_PLACE_H

#include "datasets/source.h"

typedef enum qb_image_form { QB_IMAGES_PACK = 1, QB_IMAGES_TARS, QB_IMAGES_TREE } qb_image_form;

typedef struct qb_image_place {
    char *path; /* of the pack, else of the folder; free with qb_free */
    qb_image_form form;
} qb_image_place;

/* data_dir is a pack, one of ImageNet's archives (the other lies beside it), or a folder that holds, in this order, one *.pack,
 * an archive of ImageNet's, or a tree; or for imagenet the parent of such a folder. NULL: imagenet in the usual places
 * (imagenet.pack or such a folder below them), folder nowhere.
 * QB_E_NOINPUT: nothing there, with where it was looked; QB_E_DATA: several packs, or a file that is none. */
int qb_image_place_find(const qb_source *s, const char *data_dir, qb_image_place *ret_place);

#endif
