/* Weights of a run as a safetensors file for others: PyTorch's load_state_dict, `eval` and `init` (docs/pytorch.md).
 *
 * Invariant: levels[row][code] of a file of codes, plain or packed, is the weight of the quantized file, bit for bit.
 */
#ifndef QB_EXPORT_H
#define QB_EXPORT_H

#include "train/run_weights.h"

/* QUANTIZED: float32, on their levels, as tested. LATENT: the float32 weights behind them. CODES: a quantized tensor NAME is
 * NAME.codes and NAME.levels. PACKED: NAME.packed, its codes bit by bit (quant/codes.h), and NAME.levels. */
typedef enum qb_export_kind { QB_EXPORT_LATENT = 1, QB_EXPORT_QUANTIZED, QB_EXPORT_CODES, QB_EXPORT_PACKED } qb_export_kind;

/* What the model takes, packed; all that a network needs, counters are not counted. Bytes, but for the first three. */
typedef struct qb_export_sizes {
    int64_t n_tensors, n_weights; /* quantized */
    int64_t n_values;             /* the others: parameters and running statistics */
    int64_t codes, levels, rest, packed; /* packed: the sum of the three */
    int64_t float32; /* all of it as float32 */
} qb_export_sizes;

/* The bytes of the file; caller frees. Its metadata say what it is, and what `eval` has to know. ret_sizes may be NULL.
 * QB_E_USAGE: codes of a run that quantizes nothing; latent weights that `w` was not opened with are our bug. QB_E_NOMEM. */
int qb_export_build(const qb_run_weights *w, qb_export_kind kind, char **ret_bytes, size_t *ret_n, qb_export_sizes *ret_sizes);

/* A file's name, where nobody gave one: MODEL-KEY12-KIND.safetensors. Caller frees; NULL: out of memory. */
char *qb_export_name(const qb_run_weights *w, qb_export_kind kind);

const char *qb_export_kind_name(qb_export_kind kind); /* "latent", "quantized", "codes", "packed" */

#endif
