/* What a checkpoint holds: a list of parts, each a file, and a list of the numbers that training carries. Further state
 * that decides the rest of a run is one row more here, and nothing else: writing, hashing, finding and reading go by the
 * lists (checkpoint.c). Names are those of the files of 0.1.0; a row keeps its name for ever.
 */
#ifndef QB_CHECKPOINT_PARTS_H
#define QB_CHECKPOINT_PARTS_H

#include "base/json.h"
#include "engine/net.h"
#include "engine/optim.h"
#include "quant/quant.h"
#include "train/diagnostics.h"

#include <stdint.h>

/* What training carries besides tensors. */
typedef struct qb_train_state {
    int64_t step;         /* steps done */
    int64_t evaluated_at; /* step of the last evaluation, -1: none */
    double loss_sum;      /* of the current epoch */
    int64_t correct, seen;
    double window_loss; /* since the last line of the log */
    int64_t window_correct, window_seen;
    json_t *curve; /* list of evaluated epochs; see record.h */
} qb_train_state;

/* Everything that decides the rest of a run; borrowed. */
typedef struct qb_training {
    qb_net *net;
    qb_optim *optim;
    qb_quant *quant;
    qb_train_state *state;
    qb_diagnostics *diagnostics; /* NULL: none; decides the rest of diagnostics.jsonl alone */
} qb_training;

typedef struct qb_checkpoint_part {
    const char *name; /* the file is NAME.safetensors */
    int (*save)(const qb_training *t, const char *path, char ret_sha256[65]); /* QB_E_IO: the text names the file */
    int (*load)(const qb_training *t, const char *path); /* QB_E_CONFIG, QB_E_DATA: it does not fit this training */
    bool (*is_wanted)(const qb_training *t); /* NULL: always. Else it is saved and loaded only then, and may be missing */
} qb_checkpoint_part;

/* A member of qb_train_state, kept in the manifest. */
typedef struct qb_checkpoint_number {
    const char *name;
    enum { QB_NUMBER_WHOLE, QB_NUMBER_REAL, QB_NUMBER_LIST } kind; /* int64_t, double, json_t array */
    size_t offset;
} qb_checkpoint_number;

typedef struct qb_checkpoint_content {
    const qb_checkpoint_part *parts;
    size_t n_parts;
    const qb_checkpoint_number *numbers;
    size_t n_numbers;
} qb_checkpoint_content;

/* model   NAME = latent weights, w/NAME = forward weights where they differ, running statistics
 * optim   momenta and moments, one step count a tensor
 * solver  levels, the solver's state (quant/quant.h)
 * diagnostics  what observers carry on, in runs that have any
 * and every member of qb_train_state */
extern const qb_checkpoint_content qb_checkpoint_all;

/* The numbers as a JSON object, new reference (NULL: out of memory); and back: QB_E_DATA "MEMBER: expected ..." */
json_t *qb_checkpoint_numbers_json(const qb_checkpoint_content *c, const qb_train_state *s);
int qb_checkpoint_numbers_read(const qb_checkpoint_content *c, const json_t *o, qb_train_state *s);

#endif
