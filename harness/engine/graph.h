/* The description of a network: models build it, qb_net plans and runs it.
 *
 * A graph is a list of layers in execution order; a layer reads one or two earlier tensors and makes one.
 * Nothing here knows sizes in advance or a particular architecture: a new layer kind is one file
 * (engine/layer_*.c) with its attributes, one qb_layer_kind table, and one builder function that calls qb_graph_add.
 * Builders never fail one by one: the first error sticks and qb_graph_finish reports it.
 */
#ifndef QB_GRAPH_H
#define QB_GRAPH_H

#include "engine/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qb_graph qb_graph;
typedef int qb_ref; /* a tensor of the graph: index of the layer that makes it; QB_NONE = no tensor */
enum { QB_NONE = -1 };

/* Shape of a tensor for one sample: images (c, h, w); token sequences (c = width D, h = tokens, w = 1);
 * vectors (c, 1, 1). */
typedef struct qb_shape {
    int64_t c, h, w;
} qb_shape;

int qb_graph_create(const char *model, qb_shape input, int n_classes, qb_graph **ret_graph);
void qb_graph_destroy(qb_graph *g);

qb_ref qb_graph_input(qb_graph *g);

/* Whether the solver quantizes the weight of a layer. Weights are decayed, biases are neither quantized nor decayed. */
typedef enum qb_quantized { QB_FLOAT = 0, QB_QUANTIZED } qb_quantized;

/* Convolution, weight NAME.weight (out, in, k, k), NAME.bias (out) when `bias`. Square kernels; stride >= 1; pad >= 0. */
qb_ref qb_graph_conv(qb_graph *g, qb_ref x, const char *name, int out, int kernel, int stride, int pad, bool bias,
                     qb_init init, qb_quantized quantized);

/* y = batchnorm(x) [+ residual] [then ReLU]: one node, because the three are memory-bound and run fused.
 * NAME.weight, NAME.bias, NAME.running_mean, NAME.running_var (C each). residual may be QB_NONE. eps 1e-5,
 * momentum 0.1. Scales are decayed. */
qb_ref qb_graph_batchnorm(qb_graph *g, qb_ref x, const char *name, qb_ref residual, bool relu);

/* Registers NAME's parameters and running statistics now; the qb_graph_batchnorm of that name follows later. Needed where the
 * state dict's order is not the order of execution: in a torchvision block bn3 is registered before downsample.0,
 * but runs after it, because it adds its output. */
void qb_graph_declare_batchnorm(qb_graph *g, const char *name, int channels);

/* Option-A shortcut (He et al. 2016): every stride-th row and column, channels padded with zeros on both
 * sides, (out - in) / 2 in front. */
qb_ref qb_graph_shortcut_pad(qb_graph *g, qb_ref x, int out, int stride);

qb_ref qb_graph_maxpool(qb_graph *g, qb_ref x, int kernel, int stride, int pad); /* padding acts as -inf */
qb_ref qb_graph_global_avgpool(qb_graph *g, qb_ref x);                            /* (c, 1, 1) */

/* y = x W^T + b; NAME.weight (out, in), NAME.bias (out). */
qb_ref qb_graph_linear(qb_graph *g, qb_ref x, const char *name, int out, qb_init weight_init, qb_init bias_init,
                       qb_quantized quantized);

/* ---- transformers: token sequences (c = width, h = tokens, w = 1) ---- */

/* Registers `cls_token` (1, 1, width) and `pos_embed` (1, tokens, width), the class token included, before the layers whose
 * parameters follow them in the state dict; they are neither quantized nor decayed. Returns what qb_graph_embed wants. */
size_t qb_graph_declare_embedding(qb_graph *g, int tokens, int width);

/* The pixels of x in rows, each a token, behind the class token; plus the position embedding. (c, h * w + 1, 1).
 * The tokens are a float32 stream, whatever the precision: sums of many layers. */
qb_ref qb_graph_embed(qb_graph *g, qb_ref x, size_t declared);

/* Layer normalisation of every token, eps 1e-6; NAME.weight (decayed), NAME.bias (width each). */
qb_ref qb_graph_layernorm(qb_graph *g, qb_ref x, const char *name);

/* y = x W^T + b of every token; NAME.weight (out, in), NAME.bias (out), which starts at 0. */
qb_ref qb_graph_token_linear(qb_graph *g, qb_ref x, const char *name, int out, qb_init weight_init, qb_quantized quantized);

/* The end of a residual branch: y = residual + m (x W^T + b), with the width of the residual; float32 as the residual.
 * m is 1; where stochastic depth is on, in training, for each image 0 with probability p = drop_share times the rate of
 * qb_graph_set_drop_path, else 1 / (1 - p). drop_share in [0, 1]. */
qb_ref qb_graph_token_branch(qb_graph *g, qb_ref x, const char *name, qb_ref residual, double drop_share, qb_init weight_init,
                             qb_quantized quantized);

/* Multi-head attention: x (3 D, tokens, 1) holds query, key and value, each `heads` times D / heads values; softmax over
 * the keys of q k^T / sqrt(D / heads), times v. (D, tokens, 1). */
qb_ref qb_graph_attention(qb_graph *g, qb_ref x, const char *name, int heads);

qb_ref qb_graph_gelu(qb_graph *g, qb_ref x, const char *name); /* x Phi(x), exact */
qb_ref qb_graph_class_token(qb_graph *g, qb_ref x);            /* the first token, (c, 1, 1), float32 */

/* Names the logits tensor, checks its shape against n_classes, and reports the first error of any builder
 * (QB_E_CONFIG: which layer, what shape it got, what it needs). */
int qb_graph_finish(qb_graph *g, qb_ref logits);

/* ---- what `info` and the engine read ---- */

typedef struct qb_layer_info {
    const char *name, *kind; /* "layer1.0.conv1", "conv" */
    qb_shape out;
    size_t n_params; /* trained values */
    int64_t macs;    /* multiply-adds per image: convolutions, linear layers, attention products; else 0 */
} qb_layer_info;

const char *qb_graph_model(const qb_graph *g);
/* The parameters of the layer that makes the logits: *ret_n of them from *ret_first on. */
void qb_graph_classifier(const qb_graph *g, size_t *ret_first, size_t *ret_n);
qb_shape qb_graph_input_shape(const qb_graph *g);
int qb_graph_n_classes(const qb_graph *g);
size_t qb_graph_n_layers(const qb_graph *g);
qb_layer_info qb_graph_layer(const qb_graph *g, size_t i);

/* Parameters and running statistics in state-dict order (registration order); data pointers NULL, offsets set. */
const qb_param *qb_graph_params(const qb_graph *g, size_t *ret_n);
const qb_running_stat *qb_graph_running_stats(const qb_graph *g, size_t *ret_n);
/* Takes a parameter to the quantized ones, or from them into full precision; before the network is made. */
void qb_graph_set_quantized(qb_graph *g, size_t param, bool quantized);
/* Residual branches that stochastic depth can drop (qb_graph_token_branch). */
int qb_graph_n_branches(const qb_graph *g);
/* Largest rate of stochastic depth (Huang et al. 2016), in [0, 1); 0 at first, which is off. Before the network is made. */
void qb_graph_set_drop_path(qb_graph *g, double rate);
double qb_graph_drop_path(const qb_graph *g);
size_t qb_graph_slab_size(const qb_graph *g); /* floats in a slab, alignment included */

#endif
