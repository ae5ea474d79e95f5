/* The keys of a run that say how its data are opened: data_dir, image_size, norm_mean, norm_std, val_fraction.
 *
 * Invariant: training, studies and tests open the data of a configuration through here, so that all see the same images.
 */
#ifndef QB_DATA_KEYS_H
#define QB_DATA_KEYS_H

#include "base/option.h"
#include "datasets/datasets.h"

/* Do the keys fit the data set? QB_E_CONFIG, naming the key: one that it does not take; not 3 numbers. */
int qb_data_keys_check(const qb_settings *s, const qb_dataset_info *dataset);

/* How it is opened: borrows from the settings. Errors as above. */
int qb_data_keys_options(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset_options *ret_options);

/* Opens it, of settings that have these keys. Errors as of qb_dataset_open_with. */
int qb_data_keys_open(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset **ret_dataset);

/* Images made in their place (qb_dataset_make), with the same keys. */
int qb_data_keys_make(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset **ret_dataset);

/* Do two configurations open the same images (sizes and normalisation apart)? */
bool qb_data_keys_same_images(const qb_settings *a, const qb_settings *b);

#endif
