/* Images in folders: ROOT/train/CLASS/... and ROOT/val/CLASS/..., or ROOT/CLASS/..., as torchvision's ImageFolder reads them.
 *
 * Every folder directly below is a class, also one behind a link or with a dot in front; below a class files count at any
 * depth, links are followed, and what has none of the endings of images is passed over.
 */
#ifndef QB_DATASETS_TREE_H
#define QB_DATASETS_TREE_H

#include "datasets/index.h"
#include "datasets/watch.h"

typedef enum qb_tree_form { QB_TREE_NONE = 1, QB_TREE_WHOLE, QB_TREE_SPLIT } qb_tree_form;

/* What `root` holds: folders named train or val; other folders; or no folder. */
qb_tree_form qb_tree_look(const char *root);

/* Adds every image to an empty index and settles it. A link that leads nowhere is an image of 0 bytes.
 * QB_E_DATA: as qb_index_settle; train without val, or val without train; a class that leads back to a folder above it.
 * QB_E_IO: a folder cannot be read. QB_E_STOPPED. */
int qb_tree_read(const char *root, qb_index *x, const qb_watch *watch);

/* Path of an image's file; `is_split`: the tree has train and val. NULL: out of memory. Free with qb_free. */
char *qb_tree_path(const char *root, const qb_index *x, const qb_entry *e, bool is_split);

#endif
