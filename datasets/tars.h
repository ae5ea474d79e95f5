/* ImageNet as it is handed out: ILSVRC2012_img_train.tar, with a tar archive a class in it, and ILSVRC2012_img_val.tar, with all
 * validation images side by side and their classes in a text file (val_labels.h). Members in folders (CLASS/NAME, also below
 * train/ or val/) are of the class that their folder says. All is read in place.
 *
 * What was found is remembered in $XDG_CACHE_HOME/qatbench/indexes while the files stay the same: a million headers lie all over
 * 140 GB.
 */
#ifndef QB_DATASETS_TARS_H
#define QB_DATASETS_TARS_H

#include "datasets/index.h"
#include "datasets/store.h"
#include "datasets/watch.h"

/* Does the folder hold one of the archives? */
bool qb_tars_are_in(const char *dir);

/* Is it the path of one of them? */
bool qb_tars_is_one(const char *path);

/* Into an empty index and store. anew: whatever is remembered. QB_E_DATA, QB_E_NOINPUT: an archive or the labels are missing,
 * damaged or cut off. QB_E_STOPPED. */
int qb_tars_open(const char *dir, bool anew, qb_index *x, qb_store *s, const qb_watch *watch);

#endif
