/* oneDNN behind a few verbs: layouts of activations and primitives with their arguments bound.
 *
 * Invariant: only the files dnn*.c include dnnl.h, so its version (2.6 to 3.x, see dnn_make.h) shows nowhere else. A
 * primitive allocates nothing of ours when it runs; its scratch memory is an argument like any other.
 * Letters: n batch, c channels, h height, w width; o and i are output and input channels of a weight.
 */
#ifndef QB_DNN_H
#define QB_DNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qb_dnn qb_dnn;   /* engine and stream */
typedef struct qb_prim qb_prim; /* one primitive and its arguments */

typedef enum qb_type { QB_TYPE_F32 = 1, QB_TYPE_BF16 } qb_type;
static inline size_t qb_type_size(qb_type type)
{
    return type == QB_TYPE_BF16 ? 2 : 4;
}

/* How (n, c, h, w) values rest in memory: [n][ceil(c / block)][h][w][block], channels past c zero.
 * block 1 is plain nchw, block c is nhwc, 8 and 16 are oneDNN's blocked layouts. */
typedef struct qb_layout {
    qb_type type;
    int64_t n, c, h, w, block;
} qb_layout;

static inline int64_t qb_layout_blocks(const qb_layout *l)
{
    return (l->c + l->block - 1) / l->block;
}
static inline size_t qb_layout_count(const qb_layout *l) /* values, padding included */
{
    return (size_t)(l->n * qb_layout_blocks(l) * l->block * l->h * l->w);
}
static inline size_t qb_layout_bytes(const qb_layout *l)
{
    return qb_layout_count(l) * qb_type_size(l->type);
}
static inline bool qb_layout_equal(const qb_layout *a, const qb_layout *b)
{
    return a->type == b->type && a->n == b->n && a->c == b->c && a->h == b->h && a->w == b->w && a->block == b->block;
}

int qb_dnn_create(qb_dnn **ret_dnn);
void qb_dnn_destroy(qb_dnn *dnn);
double qb_dnn_take_seconds(qb_dnn *dnn); /* inside convolutions and matrix products since the last call */

/* The convolutions and matrix products alone: while `on`, each that runs is remembered, in that order; switching on
 * forgets the earlier ones. qb_dnn_replay runs them again on the memory that they are bound to. */
void qb_dnn_trace(qb_dnn *dnn, bool on);
int qb_dnn_replay(qb_dnn *dnn);

/* For a layer that runs products (qb_prim_product) on threads of its own: says after a pass how long they took, and how to
 * run them alone. `again` and its context live as long as the plan. QB_E_NOMEM. */
int qb_dnn_note_products(qb_dnn *dnn, double seconds, int (*again)(void *context), void *context);

/* Effective instruction set (DNNL_MAX_CPU_ISA respected). */
bool qb_dnn_has_avx2(void);
bool qb_dnn_has_avx512(void);
bool qb_dnn_has_bf16(void);

/* ---- primitives; every creator: QB_E_FAILED with oneDNN's status, QB_E_NOMEM ---- */

typedef enum qb_arg {
    QB_ARG_SRC,
    QB_ARG_WEIGHTS,
    QB_ARG_BIAS,
    QB_ARG_DST,
    QB_ARG_DIFF_SRC,
    QB_ARG_DIFF_WEIGHTS,
    QB_ARG_DIFF_BIAS,
    QB_ARG_DIFF_DST,
    QB_ARG_WORKSPACE,
    QB_ARG_SCRATCH,
    QB_N_ARGS
} qb_arg;

/* A convolution, a pooling (o == i) or an inner product (h, w, kernel 1; plain vectors). `type` is that of
 * activations and weights; bias and gradients of weights are always float32. */
typedef struct qb_dnn_shape {
    qb_type type;
    int64_t n, i, h, w, o, out_h, out_w, kernel, stride, pad;
    bool bias, train;
} qb_dnn_shape;

/* Layouts are oneDNN's choice: ask with qb_prim_layout. The backward ones prefer those of `forward`; where oneDNN
 * has nothing but reference code for them, it chooses again. */
int qb_prim_conv_forward(qb_dnn *dnn, const qb_dnn_shape *s, qb_prim **ret_prim);
int qb_prim_conv_backward_data(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim);
int qb_prim_conv_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim);

/* src (n, i), dst (n, o), plain. */
int qb_prim_linear_forward(qb_dnn *dnn, const qb_dnn_shape *s, qb_prim **ret_prim);
int qb_prim_linear_backward_data(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim);
int qb_prim_linear_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim);

/* A matrix in memory: element (i, j) at i * row_step + j * column_step, in values; one of the steps is 1. */
typedef struct qb_matrix {
    qb_type type;
    int64_t rows, columns, row_step, column_step;
} qb_matrix;
static inline qb_matrix qb_matrix_transposed(qb_matrix m) /* the same values */
{
    return (qb_matrix){m.type, m.columns, m.rows, m.column_step, m.row_step};
}

/* DST = SRC x WEIGHTS on the calling thread alone, so that threads can run products of their own side by side, each with a
 * primitive of its own. column_step of dst is 1. Memory needs the alignment of a value only. */
int qb_prim_product(qb_dnn *dnn, const qb_matrix *src, const qb_matrix *weights, const qb_matrix *dst, qb_prim **ret_prim);

/* src and dst in the layout `src` (dst with its own size). The workspace (train only) remembers the maxima. */
int qb_prim_maxpool_forward(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, qb_prim **ret_prim);
int qb_prim_maxpool_backward(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, const qb_prim *forward, qb_prim **ret_prim);

/* Copies SRC to DST between layouts of activations (type conversion included), from a plain float32 weight to the
 * layout that `user` takes as `arg`, and from the layout of `user`'s diff weights back to plain float32. */
int qb_prim_reorder(qb_dnn *dnn, const qb_layout *from, const qb_layout *to, qb_prim **ret_prim);
int qb_prim_reorder_weights(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim);
int qb_prim_reorder_gradient(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim);

void qb_prim_destroy(qb_prim *prim);

qb_layout qb_prim_layout(const qb_prim *prim, qb_arg arg); /* SRC, DST, DIFF_SRC, DIFF_DST */
size_t qb_prim_bytes(const qb_prim *prim, qb_arg arg);     /* 0: takes no such argument */
bool qb_prim_is_plain(const qb_prim *prim, qb_arg arg);    /* WEIGHTS, DIFF_WEIGHTS: plain float32, no reorder needed */

/* The memory of an argument, at least qb_prim_bytes long, 64-byte aligned. Borrowed. */
int qb_prim_bind(qb_prim *prim, qb_arg arg, void *memory);
int qb_prim_run(qb_prim *prim); /* all arguments bound; QB_E_FAILED */

#endif
