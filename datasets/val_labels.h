/* Which class each validation image of ImageNet is of: a text file beside the archives.
 *
 * Three forms: a WordNet id a line, in the order of the images' names; `NAME ID`; Kaggle's LOC_val_solution.csv
 * ("ImageId,PredictionString" in its first line, then NAME,ID and boxes). NAME is with or without its ending. Empty lines and
 * lines that start with '#' are passed over.
 */
#ifndef QB_DATASETS_VAL_LABELS_H
#define QB_DATASETS_VAL_LABELS_H

#include "datasets/index.h"

/* Path of the file in the folder of the archives: the one .txt or .csv file with "val" in its name, else the only one.
 * QB_E_NOINPUT: none; QB_E_DATA: several. Free with qb_free. */
int qb_val_labels_find(const char *dir, char **ret_path);

/* Gives each QB_SPLIT_TEST entry its label; the classes are those that are there already.
 * QB_E_DATA "PATH:LINE: ...": another form, an unknown class or image, an image twice; an image without a line. */
int qb_val_labels_apply(const char *path, qb_index *x);

#endif
