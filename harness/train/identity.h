/* The identity of a run: which keys of the schema are in it, and what an absent one means.
 *
 * Invariant: the identity only grows. Keys of version 0.1.0 are always there, null where the run ignores them. A later key
 * (QB_OPT_LATER) is there only where it is away from its default, and never null, so that a run which does not use it has
 * the identity it always had. Hence a released default never changes (tests/test_identity.c keeps a list of them).
 */
#ifndef QB_IDENTITY_H
#define QB_IDENTITY_H

#include "base/json.h"
#include "base/option.h"
#include "datasets/datasets.h"
#include "models/models.h"

/* Facts of a row of the run's schema, beside the flags of base/option.h. */
#define QB_KEY_QUANTIZATION (QB_OPT_OWN << 0) /* ignored by a solver that quantizes nothing                        */
#define QB_KEY_LEVELS (QB_OPT_OWN << 1)       /* ignored by a solver with levels of its own                        */
#define QB_KEY_SGD (QB_OPT_OWN << 2)          /* ignored by other optimizers than sgd                              */
#define QB_KEY_ADAM (QB_OPT_OWN << 3)         /* ignored by sgd                                                    */
#define QB_KEY_NULL_IS_ALL (QB_OPT_OWN << 4)  /* null is a value, shown as "all"; other keys that are null do not apply */
#define QB_KEY_USUAL (QB_OPT_OWN << 5)        /* not named in a caption while at its default, like every later key */
#define QB_KEY_FLIP_CROP (QB_OPT_OWN << 6)    /* where it is unset, readers see what the keys flip and crop say, if they say it */
#define QB_KEY_LENGTH (QB_OPT_OWN << 7)       /* a length of the run, or a spec with such: shorter in a scaled plan (study/scale.h) */
#define QB_KEY_CAPTION(PLACE) ((unsigned)(PLACE) << 24) /* named in captions; PLACE from 1: order there            */
#define QB_KEY_CAPTION_PLACE(FLAGS) ((FLAGS) >> 24)     /* 0: not named                                            */

/* What a run's other keys decide about one of them. */
typedef struct qb_identity_traits {
    bool full_precision, owns_levels, is_sgd;
    const char *flip_crop; /* what flip and crop say in one word: none, flip, crop, flip-crop; NULL: nothing */
    const qb_dataset_info *dataset; /* NULL: unknown; borrowed, as model */
    const qb_model *model;
} qb_identity_traits;

/* true where no number of such a run depends on the key. */
bool qb_identity_ignores(const qb_identity_traits *t, const qb_option *o);

/* Text of a key's default; NULL: unset. A later key without a default in its row has the one that the data set, else the
 * model, names (`defaults` in their tables). */
const char *qb_identity_default(const qb_identity_traits *t, const qb_option *o);

/* The same as a reader sees it: of a later key "none" where the default is being unset (null with QB_KEY_NULL_IS_ALL); with
 * QB_KEY_FLIP_CROP what flip and crop say. New reference; NULL: out of memory. */
json_t *qb_identity_default_value(const qb_identity_traits *t, const qb_option *o);

/* Is the (effective) value the default? QB_E_NOMEM. */
int qb_identity_is_default(const qb_identity_traits *t, const qb_option *o, const qb_value *v, bool *ret_is_default);

/* Identity keys of effective settings, over any schema. New reference. */
int qb_identity_create(const qb_settings *s, const qb_identity_traits *t, json_t **ret_identity);

/* An identity as readers see it, recorded by this or an older version: later keys that are absent are there with their
 * defaults, unless the run ignores them. Members that the schema does not know are kept. New reference; NULL: out of memory. */
json_t *qb_identity_complete(const qb_option *schema, size_t n, const json_t *identity);

/* What a recorded identity says of its run. */
qb_identity_traits qb_identity_traits_of(const json_t *identity);

/* A value as it stands in an identity: bits a number or "ternary", numbers and truth values typed, else the text. New
 * reference; NULL: out of memory. */
json_t *qb_identity_value(const qb_option *o, const qb_value *v);

/* The way back: sets a key to a value of an identity (not null). qb_settings_set's errors. */
int qb_identity_set(qb_settings *s, const char *key, const json_t *value);

#endif
