/* See data_keys.h. */
#include "train/data_keys.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

static const char *const sized_keys[] = {"image_size", "norm_mean", "norm_std", "val_fraction"};

int qb_data_keys_check(const qb_settings *s, const qb_dataset_info *dataset)
{
    for (size_t i = 0; i < sizeof sized_keys / sizeof sized_keys[0]; i++) {
        const qb_value *v = qb_get(s, sized_keys[i]);
        if (v->is_null)
            continue;
        if (!dataset->is_sized) {
            qb_err_set(QB_E_CONFIG, "%s: data set '%s' does not take it: its images and its split are given", sized_keys[i], dataset->name);
            return qb_err_hint("leave it out, or use the data sets imagenet or folder");
        }
        if (qb_starts_with(sized_keys[i], "norm_") && v->n_reals != (size_t)dataset->c) {
            qb_err_set(QB_E_CONFIG, "%s: expected %d numbers, one a channel, got '%s'", sized_keys[i], dataset->c, v->text);
            return qb_err_hint("separate them by '/', as in 0.485/0.456/0.406");
        }
    }
    return QB_OK;
}

int qb_data_keys_options(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset_options *ret_options)
{
    const qb_value *dir = qb_get(s, "data_dir"), *size = qb_get(s, "image_size"), *mean = qb_get(s, "norm_mean"),
                   *std = qb_get(s, "norm_std"), *fraction = qb_get(s, "val_fraction");
    QB_TRY(qb_data_keys_check(s, dataset));
    *ret_options = (qb_dataset_options){.data_dir = dir->is_null ? NULL : dir->text,
                                        .image_size = size->is_null ? 0 : (int)size->i,
                                        .mean = mean->is_null ? NULL : mean->reals,
                                        .std = std->is_null ? NULL : std->reals,
                                        .val_fraction = fraction->is_null ? 0 : fraction->r};
    return QB_OK;
}

int qb_data_keys_open(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset **ret_dataset)
{
    qb_dataset_options o;
    QB_TRY(qb_data_keys_options(s, dataset, &o));
    return qb_dataset_open_with(dataset->name, &o, ret_dataset);
}

int qb_data_keys_make(const qb_settings *s, const qb_dataset_info *dataset, qb_dataset **ret_dataset)
{
    qb_dataset_options o;
    QB_TRY(qb_data_keys_options(s, dataset, &o));
    return qb_dataset_make(dataset->name, &o, ret_dataset);
}

bool qb_data_keys_same_images(const qb_settings *a, const qb_settings *b)
{
    static const char *const keys[] = {"dataset", "data_dir", "val_fraction"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(qb_get(a, keys[i])->text, qb_get(b, keys[i])->text) != 0)
            return false;
    return true;
}
