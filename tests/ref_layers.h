/* Every layer as naive loops in double over plain (n, c, h, w) arrays: what the engine is compared with.
 * ref_net runs a whole graph: values, gradients of all tensors and parameters, running statistics.
 */
#ifndef QB_REF_LAYERS_H
#define QB_REF_LAYERS_H

#include "base/rng.h"
#include "engine/layer.h"

typedef struct ref_net {
    const qb_graph *graph;
    int n;
    double **params;     /* in: values, one array a parameter */
    double **param_grad; /* out */
    double **running_stats; /* running statistics, updated by a forward pass in training */
    double **value, **grad; /* one array a layer; value[0] = images is in */
    const qb_batch *batch;  /* in: what stochastic depth is drawn for; NULL: none is */
    bool trains;            /* the last forward did */
    qb_stream *rounding;    /* in: rounds to bfloat16 what a layer leaves, forward and backward; NULL: nothing is */
} ref_net;

/* Up or down to a neighbour among numbers of 8 significant bits, bfloat16's, as likely as the other is far. */
void ref_round(qb_stream *s, size_t n, double *values);

/* All arrays zero but running variances (1). Exits when memory is short. */
ref_net *ref_net_create(const qb_graph *graph, int n);
void ref_net_destroy(ref_net *r);

void ref_net_forward(ref_net *r, bool train);
void ref_net_backward(ref_net *r, const double *logits_grad); /* after a forward in training */

double *ref_logits(ref_net *r);
size_t ref_count(const ref_net *r, qb_ref layer); /* values of a tensor, batch included */

/* Sum over the images of a pass of the cross-entropy with mixed targets and label smoothing; logits (n, classes). */
double ref_cross_entropy(const double *logits, const qb_batch *batch, int classes);

#endif
