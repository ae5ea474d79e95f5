/* A network that runs: memory, layouts and oneDNN primitives planned once for every batch size, then
 * forward and backward passes that allocate nothing of ours and create no primitive.
 *
 * Invariants: parameters rest in slabs of plain float32 with the same offsets (latent x, forward w, gradient g);
 * w aliases x for tensors that are not quantized. Which primitive serves a shape follows from shape, ISA and
 * threads only. Same threads and same inputs give the same bits.
 */
#ifndef QB_NET_H
#define QB_NET_H

#include "engine/batch.h"
#include "engine/graph.h"

#include <stdint.h>

typedef enum qb_precision { QB_FP32 = 1, QB_BF16 } qb_precision;
typedef enum qb_mode { QB_EVAL = 1, QB_TRAIN } qb_mode;

typedef struct qb_net qb_net;

typedef struct qb_net_options {
    qb_precision precision;
    int threads;              /* >= 1; set for OpenMP (and so for oneDNN) by qb_net_create */
    bool separate_latent;     /* give QUANT tensors a w of their own (any solver but none) */
    const int *train_batches; /* batch sizes that will be trained (full, last partial); may be empty */
    size_t n_train_batches;
    const int *eval_batches; /* batch sizes that will be evaluated; may be empty */
    size_t n_eval_batches;
    bool in_parts; /* batches are trained in parts: reordered weights are kept from part to part, in a little more memory */
} qb_net_options;

/* The graph is borrowed and must outlive the net. QB_E_UNAVAILABLE: bf16 on a CPU without AVX512-BF16 or AMX
 * (says which CPU feature is missing). QB_E_NOMEM. */
int qb_net_create(const qb_graph *graph, const qb_net_options *options, qb_net **ret_net);
void qb_net_destroy(qb_net *net);

/* Initial weights by qb_init, keyed by seed and tensor name (QB_RNG_INIT); running statistics to their start values.
 * Sets x, and w = x. */
void qb_net_init_weights(qb_net *net, uint64_t seed);

qb_param *qb_net_params(qb_net *net, size_t *ret_n); /* with x, w, g set; order of qb_graph_params */
qb_running_stat *qb_net_running_stats(qb_net *net, size_t *ret_n);
size_t qb_net_slab_size(const qb_net *net); /* floats */
const float *qb_net_weight_slab(const qb_net *net); /* the slab that holds w of QUANT tensors (offsets as in params) */
float *qb_net_gradient_slab(qb_net *net); /* the slab that holds g of all parameters */

/* Evaluate with other weights: `slab` has every parameter at its offset; NULL = back to w. Borrowed. */
void qb_net_use_weights(qb_net *net, const float *slab);

/* batch->n must be one of the planned sizes of that mode. The images are copied before this returns; the rest of the batch
 * is borrowed until the next forward pass. TRAIN uses the statistics of the pass, and those of the part at position 0 (of
 * a whole batch: all) update the running ones. With in_parts a part that begins after position 0 is taken to follow the
 * part before it at the same weights. QB_E_FAILED: oneDNN error. */
int qb_net_forward(qb_net *net, const qb_batch *batch, qb_mode mode);
const float *qb_net_logits(const qb_net *net); /* (n, classes) of the last forward */
int qb_net_n_classes(const qb_net *net);

typedef struct qb_loss {
    double sum;         /* sum over the images of the cross-entropy */
    int64_t n, correct, correct5; /* first labels among the 1 / 5 largest logits; ties: the lower index ranks first */
    bool finite;        /* false: a logit or the loss is NaN or infinite */
} qb_loss;

/* Loss of the last forward, which was on the same batch; no gradient. */
void qb_net_loss(qb_net *net, const qb_batch *batch, qb_loss *ret_loss);

/* Loss, and g of every parameter for the sum of the losses divided by batch->n_whole; after a forward of the same batch in
 * TRAIN mode. */
int qb_net_backward(qb_net *net, const qb_batch *batch, qb_loss *ret_loss);

/* Time spent since creation or the last reset, in seconds. */
typedef struct qb_net_times {
    double forward, backward; /* whole passes                                         */
    double conv;              /* inside convolution and matmul primitives, both passes */
} qb_net_times;
qb_net_times qb_net_take_times(qb_net *net); /* returns and resets */

/* What a layer costs in a kind of pass, all sizes of batches and parts together. Layers with products (conv, linear) have a backward pass for
 * each gradient, the others one for all. */
typedef enum qb_pass { QB_PASS_FORWARD, QB_PASS_BACKWARD_DATA, QB_PASS_BACKWARD_WEIGHTS, QB_PASS_BACKWARD, QB_N_PASSES } qb_pass;

typedef struct qb_net_cost {
    const char *layer, *kind; /* names; owned by the graph */
    qb_pass pass;
    /* of all passes since creation or the last call: */
    double seconds; /* layout changes included */
    int64_t bytes;  /* of the values that a pass must read and write, each tensor once a pass */
    int64_t macs;   /* multiply-adds */
} qb_net_cost;

/* Costs of the passes that took time, layer by layer; at most QB_N_PASSES a layer of the graph. Returns how many, and resets. */
size_t qb_net_take_costs(qb_net *net, qb_net_cost *ret_costs);

/* The ceiling of a step: while `on`, the convolution and matrix product primitives that run are remembered (a step: a
 * forward and a backward pass). qb_net_replay_products runs those alone, in their order, on the plan's own memory: the
 * activations and g hold nothing useful afterwards; weights and statistics stay. */
void qb_net_trace_products(qb_net *net, bool on);
int qb_net_replay_products(qb_net *net);

/* What the machine offers: text for records and `doctor`. */
typedef struct qb_engine_info {
    char onednn[32];    /* "2.6.3": the library that is loaded */
    char onednn_hash[48];
    char onednn_file[512]; /* where it was loaded from */
    char isa[48];       /* effective instruction set of oneDNN: "AVX2", "AVX512_CORE_BF16", ... */
    char runtime[16];   /* "OMP"; of others (TBB, SYCL, SEQ, ...) only the name is known */
    char openmp[64];    /* the OpenMP library of this process: "libgomp.so.1" */
    char other_openmp[64]; /* a second one that oneDNN or we start threads with, "" when there is none */
    bool bf16;          /* bf16 is fast here */
} qb_engine_info;
void qb_engine_get_info(qb_engine_info *ret_info);

/* Is this a oneDNN that we can run with: OpenMP, and one OpenMP library in the process? QB_E_UNAVAILABLE with what to
 * install. qb_engine_check asks it of what is loaded. */
int qb_engine_judge(const qb_engine_info *info);
int qb_engine_check(void);

#endif
