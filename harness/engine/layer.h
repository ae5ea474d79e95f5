/* Inside the engine: what a layer kind offers, the graph's layers, and the plan that the layers work in.
 *
 * A new kind is one file: its attributes, a builder that calls qb_graph_add, and a const qb_layer_kind. What the engine has
 * to know of a kind stands in that table; what is a kind's own (kernel, stride, ...) only its file reads. All sizes come from
 * shapes.
 * A plan is one (batch size, mode). Time in a plan: forward of layer i is i, the loss L (number of layers), backward of
 * layer i is 2L - i. A buffer lives from its first to its last time; buffers whose lives do not meet share memory.
 */
#ifndef QB_LAYER_H
#define QB_LAYER_H

#include "engine/dnn.h"
#include "engine/graph.h"
#include "engine/net.h"

typedef struct qb_net_plan qb_net_plan;
typedef struct qb_layer_kind qb_layer_kind;

typedef struct qb_layer {
    const qb_layer_kind *kind;
    char *name;
    qb_ref ref;        /* index of this layer */
    qb_ref in[2];      /* tensors read; QB_NONE where fewer */
    qb_shape in_shape; /* of in[0] */
    qb_shape out;
    void *attributes; /* of the kind, attributes_size bytes; NULL when it has none */
    size_t param, n_params; /* first parameter and how many */
    int64_t macs;     /* multiply-adds per image */
    int n_readers;
    bool needs_grad; /* a parameter is at or above this layer */
} qb_layer;

struct qb_layer_kind {
    const char *name;
    size_t attributes_size; /* bytes of the attributes of a layer, set by its builder; 0: it has none */
    size_t op_size; /* bytes of the state that a layer has in each plan; zeroed; >= 1 */
    int max_grads;  /* how many gradients of its output backward can add while reading; >= 1 */
    bool has_products; /* multiplies by weights: its backward is two products (data, weights), which costs tell apart */
    /* Decides the layout of the output, creates primitives, asks for buffers. Layers come in order. */
    int (*plan)(qb_net_plan *p, const qb_layer *l, void *op);
    /* Training only, in reverse order: the gradients of the output are known, those of the inputs are announced. */
    int (*plan_backward)(qb_net_plan *p, const qb_layer *l, void *op);
    int (*bind)(qb_net_plan *p, const qb_layer *l, void *op); /* buffers have addresses now; NULL: nothing to do */
    int (*forward)(qb_net_plan *p, const qb_layer *l, void *op);
    int (*backward)(qb_net_plan *p, const qb_layer *l, void *op);
    void (*finish)(void *op); /* NULL: nothing to do */
};

extern const qb_layer_kind qb_layer_input; /* the first layer of every graph, which has no builder */

/* ---- for builders ---- */

/* false: an earlier builder failed, or x is no tensor of this graph (then that becomes the error). */
bool qb_graph_may_add(qb_graph *g, const char *kind, const char *name, qb_ref x);
qb_shape qb_graph_shape(const qb_graph *g, qb_ref x);
/* Records the first error; returns QB_NONE. Prefixes the layer: "conv 'conv1': ...". */
qb_ref qb_graph_fail(qb_graph *g, const char *kind, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds a layer; name and attributes (of the kind's attributes_size) are copied; kind, in, out, parameters and macs are taken
 * from *l. */
qb_ref qb_graph_add(qb_graph *g, const char *name, const qb_layer *l);
/* Registers NAME.SUFFIX, or NAME where suffix is NULL; all of a layer's in one go, before qb_graph_add. Facts, start, shape
 * and fans are taken from *p. Returns its index (0 after an error). */
size_t qb_graph_add_param(qb_graph *g, const char *name, const char *suffix, const qb_param *p);
/* What most layers have: a weight, decayed, and a bias of n values with the same fans, which is not. */
size_t qb_graph_add_weight(qb_graph *g, const char *name, qb_quantized quantized, qb_init init, int n_dims, const int64_t *shape,
                           int64_t fan_in, int64_t fan_out);
size_t qb_graph_add_bias(qb_graph *g, const char *name, qb_init init, int64_t n, int64_t fan_in, int64_t fan_out);
size_t qb_graph_add_running_stat(qb_graph *g, const char *name, const char *suffix, int64_t n, float init);
uint32_t qb_graph_add_branch(qb_graph *g); /* the number of a new residual branch, from 0 */
const qb_layer *qb_graph_layers(const qb_graph *g, size_t *ret_n);
qb_ref qb_graph_logits(const qb_graph *g);

/* ---- for layers in a plan ---- */

enum { QB_MAX_GRADS = 3 }; /* no kind adds up more of them by itself */

typedef struct qb_activation {
    qb_layout layout;
    int value;   /* buffer */
    int *grads;  /* buffers of its readers' gradient contributions, in the order of backward */
    int n_grads; /* those that backward reads; the plan adds up further ones first */
    int n_contributions;
} qb_activation;

typedef struct qb_memory { /* one buffer; its place in the arena all plans share */
    size_t bytes, offset;
    int first, last;
} qb_memory;

/* Layers read the first part and call the functions below; the rest is net_plan.c's. */
struct qb_net_plan {
    const qb_graph *graph;
    qb_dnn *dnn;
    int n;
    qb_mode mode;
    qb_type type;        /* of activations */
    qb_activation *activations;/* one a layer */
    const qb_batch *batch; /* of the pass that runs: images, samples, step, epoch, seed, positions */
    qb_param *params;    /* the net's */
    qb_running_stat *running_stats;  /* the net's running statistics */

    const float *const *slab; /* other weights than w when *slab is not NULL */
    const qb_layer *layers;
    size_t n_layers;
    void **ops;
    int *grad_slots;
    qb_memory *memory;
    int n_memory;
    size_t arena_bytes;
    char *arena;
    int logits_value, logits_grad; /* plain float32 (n, classes) */
    qb_prim *logits_out, *logits_in; /* reorders, where the logits rest in another layout */
    bool keeps_weights;    /* reordered weights rest until the plan's next whole batch */
    bool has_weights;      /* those of this step rest already */
    double (*seconds)[QB_N_PASSES];  /* of each layer, since they were last taken */
    int64_t n_passes[2];             /* forward and backward ones since then */
    double lap;                      /* when the pass that is being timed began */
};

/* How tokens rest: one after the other, the values of each together, (n, h, c). A vector is one token. */
static inline qb_layout qb_token_layout(qb_type type, int64_t n, qb_shape s)
{
    return (qb_layout){.type = type, .n = n, .c = s.c, .h = s.h, .w = s.w, .block = s.h * s.w == 1 ? 1 : s.c};
}

static inline bool qb_net_plan_trains(const qb_net_plan *p)
{
    return p->mode == QB_TRAIN;
}
int qb_net_plan_forward_time(const qb_net_plan *p, const qb_layer *l);
int qb_net_plan_backward_time(const qb_net_plan *p, const qb_layer *l);

/* A new buffer that lives over times [first, last]. */
int qb_net_plan_buffer(qb_net_plan *p, size_t bytes, int first, int last, int *ret_buffer);
void qb_net_plan_extend(qb_net_plan *p, int buffer, int last);
void *qb_net_plan_at(const qb_net_plan *p, int buffer); /* after placement */

/* The output tensor of a layer in a layout of its choice; its buffer lives from the layer's forward on. */
int qb_net_plan_output(qb_net_plan *p, const qb_layer *l, const qb_layout *layout);
/* Layer l reads tensor x in its forward pass, and also in its backward pass if `again`. */
void qb_net_plan_read(qb_net_plan *p, const qb_layer *l, qb_ref x, bool again);

/* Layer l contributes to the gradient of x: a new buffer, or (reuse >= 0) a buffer that l's backward may overwrite. */
int qb_net_plan_add_grad(qb_net_plan *p, const qb_layer *l, qb_ref x, int reuse, int *ret_buffer);
bool qb_net_plan_needs_grad(const qb_net_plan *p, qb_ref x);

const float *qb_net_plan_weight(const qb_net_plan *p, size_t param); /* w, or the slab in use */

/* Ends a pass of l: the time since the pass before it ended is its own. The plan does so after each layer; a layer whose
 * backward has two passes does after its first one. */
void qb_net_plan_lap(qb_net_plan *p, const qb_layer *l, qb_pass pass);

/* A primitive of a layer, the buffers of its arguments, and the reorders around it. Without a primitive a call is a
 * reorder that turned out not to be needed. */
typedef struct qb_call {
    qb_prim *prim;
    struct {
        bool is_used; /* else the argument is bound by hand */
        int buffer;
    } args[QB_N_ARGS];
} qb_call;

void qb_call_use(qb_call *c, qb_arg arg, int buffer);
int qb_call_scratch(qb_net_plan *p, qb_call *c, int time); /* memory for a run at `time` */

/* ret_buffer holds `have` in layout `to` over [first, last]: `have` itself, or the copy that c makes. */
int qb_call_convert(qb_net_plan *p, qb_call *c, int have, const qb_layout *from, const qb_layout *to, int first, int last,
                    int *ret_buffer);
/* ret_buffer takes a result in layout `from` that is wanted in buffer `want` as `to`: `want` itself, or one c copies. */
int qb_call_convert_back(qb_net_plan *p, qb_call *c, int want, const qb_layout *from, const qb_layout *to, int time, int *ret_buffer);
/* Plain weights for `user` and its plain gradient, through c where oneDNN wants another layout. `time` is that of the pass. */
int qb_call_convert_weights(qb_net_plan *p, qb_call *c, qb_call *user, int time);
int qb_call_convert_gradient(qb_net_plan *p, qb_call *c, qb_call *user, int time);

int qb_calls_bind(qb_net_plan *p, qb_call *calls, int n);
int qb_call_bind_gradient(qb_call *c, qb_call *user, float *g);
int qb_call_run(const qb_call *c);
/* Gives user the weights w, the same ones for all parts of a batch; does not run user. */
int qb_call_run_weights(const qb_net_plan *p, qb_call *c, qb_call *user, const float *w);
void qb_calls_finish(qb_call *calls, int n);

#endif
