/* oneDNN behind dnn.h: what is the same in all its versions. Letters as there; md = memory descriptor, pd = primitive
 * descriptor. Descriptors are made by dnn_v2.c or dnn_v3.c, what the library says of itself is in dnn_info.c. */
#include "engine/dnn.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/dnn_make.h"
#include "engine/net.h"

#include <omp.h>
#include <string.h>

typedef struct traced { /* a primitive, or the products of a layer */
    qb_prim *prim;
    int (*again)(void *context);
    void *context;
} traced;

struct qb_dnn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    double seconds;
    traced *trace; /* in the order of running */
    size_t n_trace;
    bool is_tracing;
};

struct qb_prim {
    qb_dnn *dnn;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t prim;
    dnnl_memory_t memory[QB_N_ARGS];
    dnnl_exec_arg_t args[QB_N_ARGS];
    int n_args;
    bool is_timed;
};

static const int dnnl_args[QB_N_ARGS] = {
    [QB_ARG_SRC] = DNNL_ARG_SRC,
    [QB_ARG_WEIGHTS] = DNNL_ARG_WEIGHTS,
    [QB_ARG_BIAS] = DNNL_ARG_BIAS,
    [QB_ARG_DST] = DNNL_ARG_DST,
    [QB_ARG_DIFF_SRC] = DNNL_ARG_DIFF_SRC,
    [QB_ARG_DIFF_WEIGHTS] = DNNL_ARG_DIFF_WEIGHTS,
    [QB_ARG_DIFF_BIAS] = DNNL_ARG_DIFF_BIAS,
    [QB_ARG_DIFF_DST] = DNNL_ARG_DIFF_DST,
    [QB_ARG_WORKSPACE] = DNNL_ARG_WORKSPACE,
    [QB_ARG_SCRATCH] = DNNL_ARG_SCRATCHPAD,
};

static int fail(dnnl_status_t status, const char *what)
{
    static const char *const names[] = {"success", "out of memory", "invalid arguments", "unimplemented",
                                        "iterator ends", "runtime error", "not required"};
    if (status == dnnl_out_of_memory)
        return qb_err_set(QB_E_NOMEM, "oneDNN ran out of memory while it prepared %s", what);
    size_t i = (size_t)status;
    return qb_err_set(QB_E_FAILED, "oneDNN %s failed: %s", what, i < sizeof names / sizeof *names ? names[i] : "unknown status");
}

/* ---- engine ---- */

int qb_dnn_create(qb_dnn **ret_dnn)
{
    QB_TRY(qb_engine_check());
    qb_dnn *dnn = qb_alloc(1, sizeof *dnn);
    if (dnn == NULL)
        return QB_E_NOMEM;
    dnnl_status_t status = dnnl_engine_create(&dnn->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&dnn->stream, dnn->engine, dnnl_stream_default_flags);
    if (status != dnnl_success) {
        qb_dnn_destroy(dnn);
        return fail(status, "CPU engine");
    }
    *ret_dnn = dnn;
    return 0;
}

void qb_dnn_destroy(qb_dnn *dnn)
{
    if (dnn == NULL)
        return;
    if (dnn->stream != NULL)
        dnnl_stream_destroy(dnn->stream);
    if (dnn->engine != NULL)
        dnnl_engine_destroy(dnn->engine);
    qb_free(dnn->trace);
    qb_free(dnn);
}

double qb_dnn_take_seconds(qb_dnn *dnn)
{
    double seconds = dnn->seconds;
    dnn->seconds = 0;
    return seconds;
}

/* ---- memory descriptors ---- */

static dnnl_data_type_t data_type(qb_type type)
{
    return type == QB_TYPE_BF16 ? dnnl_bf16 : dnnl_f32;
}

static qb_md make_md(int n_dims, int64_t d0, int64_t d1, int64_t d2, int64_t d3, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    return (qb_md){.n_dims = n_dims, .dims = {d0, d1, d2, d3}, .type = type, .tag = tag};
}

static qb_md layout_md(const qb_layout *l)
{
    dnnl_format_tag_t tag = l->block == 1 ? dnnl_nchw : l->block == 8 ? dnnl_nChw8c : l->block == 16 ? dnnl_nChw16c : dnnl_nhwc;
    QB_ASSERT(tag != dnnl_nhwc || l->block == l->c);
    return make_md(4, l->n, l->c, l->h, l->w, data_type(l->type), tag);
}

/* The layout that a descriptor describes; block 0 when it is none of ours. */
static qb_layout md_layout(qb_md_ref ref)
{
    qb_md md = qb_md_of(ref);
    qb_layout l = {.type = md.type == dnnl_bf16 ? QB_TYPE_BF16 : QB_TYPE_F32,
                   .n = md.dims[0],
                   .c = md.dims[1],
                   .h = md.n_dims == 4 ? md.dims[2] : 1,
                   .w = md.n_dims == 4 ? md.dims[3] : 1};
    if (md.n_dims == 2) {
        l.block = 1;
        return l;
    }
    const struct {
        dnnl_format_tag_t tag;
        int64_t block;
    } known[] = {{dnnl_nChw16c, 16}, {dnnl_nChw8c, 8}, {dnnl_nchw, 1}, {dnnl_nhwc, l.c}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        qb_md candidate = make_md(4, l.n, l.c, l.h, l.w, md.type, known[i].tag);
        if (qb_md_equal(ref, &candidate)) {
            l.block = known[i].block;
            break;
        }
    }
    return l;
}

static qb_md_ref arg_md(const qb_prim *prim, qb_arg arg)
{
    return dnnl_primitive_desc_query_md(prim->pd, dnnl_query_exec_arg_md, dnnl_args[arg]);
}

/* Plain row-major float32 of the same sizes. */
static qb_md plain_md(qb_md_ref ref)
{
    qb_md md = qb_md_of(ref);
    return make_md(md.n_dims, md.dims[0], md.dims[1], md.dims[2], md.dims[3], dnnl_f32, md.n_dims == 4 ? dnnl_oihw : dnnl_oi);
}

/* ---- primitives ---- */

/* Takes pd over, also on failure. */
static int prim_from_pd(qb_dnn *dnn, dnnl_primitive_desc_t pd, bool is_timed, const char *what, qb_prim **ret_prim)
{
    qb_prim *prim = qb_alloc(1, sizeof *prim);
    if (prim == NULL) {
        dnnl_primitive_desc_destroy(pd);
        return QB_E_NOMEM;
    }
    prim->dnn = dnn;
    prim->pd = pd;
    prim->is_timed = is_timed;
    dnnl_status_t status = dnnl_primitive_create(&prim->prim, pd);
    if (status != dnnl_success) {
        qb_prim_destroy(prim);
        return fail(status, what);
    }
    *ret_prim = prim;
    return 0;
}

void qb_prim_destroy(qb_prim *prim)
{
    if (prim == NULL)
        return;
    for (int i = 0; i < QB_N_ARGS; i++)
        if (prim->memory[i] != NULL)
            dnnl_memory_destroy(prim->memory[i]);
    if (prim->prim != NULL)
        dnnl_primitive_destroy(prim->prim);
    if (prim->pd != NULL)
        dnnl_primitive_desc_destroy(prim->pd);
    qb_free(prim);
}

/* Scratch memory is an argument: oneDNN then allocates none when it runs. */
static dnnl_status_t create_pd(qb_dnn *dnn, qb_op *op, dnnl_status_t (*make)(const qb_op *, dnnl_primitive_desc_t *),
                               dnnl_primitive_desc_t *ret_pd)
{
    dnnl_primitive_attr_t attr;
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    op->engine = dnn->engine;
    op->attr = attr;
    if (status == dnnl_success)
        status = make(op, ret_pd);
    dnnl_primitive_attr_destroy(attr);
    return status;
}

static bool is_reference(const_dnnl_primitive_desc_t pd)
{
    const char *name = "";
    dnnl_status_t status = dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    return status == dnnl_success && strncmp(name, "ref", 3) == 0;
}

static const char *const conv_names[] = {"convolution", "convolution's backward data", "convolution's backward weights"};
static const char *const linear_names[] = {"inner product", "inner product's backward data",
                                           "inner product's backward weights"};

/* src and dst: descriptors of data or of their gradients. */
static dnnl_status_t conv_pd(qb_dnn *dnn, const qb_dnn_shape *s, qb_op_pass pass, qb_md src, qb_md dst, const qb_prim *forward,
                             dnnl_primitive_desc_t *ret_pd)
{
    dnnl_data_type_t weights_type = pass == QB_OP_BACKWARD_WEIGHTS ? dnnl_f32 : data_type(s->type);
    qb_op op = {.pass = pass,
                .train = s->train,
                .forward = forward != NULL ? forward->pd : NULL,
                .src = src,
                .weights = make_md(4, s->o, s->i, s->kernel, s->kernel, weights_type, dnnl_format_tag_any),
                .dst = dst,
                .strides = {s->stride, s->stride},
                .pads = {s->pad, s->pad}};
    if (s->bias)
        op.bias = make_md(1, s->o, 1, 1, 1, dnnl_f32, dnnl_a);
    return create_pd(dnn, &op, qb_op_make_convolution, ret_pd);
}

/* Every layout left to oneDNN; plain ones where it chooses a layout that qb_layout cannot say. */
static int conv_free_layouts(qb_dnn *dnn, const qb_dnn_shape *s, qb_op_pass pass, const qb_prim *forward,
                             dnnl_primitive_desc_t *ret_pd)
{
    static const dnnl_format_tag_t tags[] = {dnnl_format_tag_any, dnnl_nchw};
    for (int i = 0; i < 2; i++) {
        qb_md src = make_md(4, s->n, s->i, s->h, s->w, data_type(s->type), tags[i]);
        qb_md dst = make_md(4, s->n, s->o, s->out_h, s->out_w, data_type(s->type), tags[i]);
        dnnl_primitive_desc_t pd;
        dnnl_status_t status = conv_pd(dnn, s, pass, src, dst, forward, &pd);
        if (status != dnnl_success)
            return fail(status, conv_names[pass]);
        int src_arg = pass == QB_OP_BACKWARD_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
        int dst_arg = pass == QB_OP_FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST;
        if (md_layout(dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, src_arg)).block > 0 &&
            md_layout(dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, dst_arg)).block > 0) {
            *ret_pd = pd;
            return 0;
        }
        dnnl_primitive_desc_destroy(pd);
    }
    return qb_err_set(QB_E_FAILED, "oneDNN %s offers no layout of activations that is known here", conv_names[pass]);
}

int qb_prim_conv_forward(qb_dnn *dnn, const qb_dnn_shape *s, qb_prim **ret_prim)
{
    dnnl_primitive_desc_t pd;
    QB_TRY(conv_free_layouts(dnn, s, QB_OP_FORWARD, NULL, &pd));
    return prim_from_pd(dnn, pd, true, conv_names[QB_OP_FORWARD], ret_prim);
}

static int conv_backward(qb_dnn *dnn, const qb_dnn_shape *s, qb_op_pass pass, const qb_prim *forward, qb_prim **ret_prim)
{
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = conv_pd(dnn, s, pass, qb_md_of(arg_md(forward, QB_ARG_SRC)), qb_md_of(arg_md(forward, QB_ARG_DST)),
                                   forward, &pd);
    if (status == dnnl_success && is_reference(pd)) {
        dnnl_primitive_desc_destroy(pd);
        status = dnnl_unimplemented;
    }
    if (status != dnnl_success)
        QB_TRY(conv_free_layouts(dnn, s, pass, forward, &pd));
    return prim_from_pd(dnn, pd, true, conv_names[pass], ret_prim);
}

int qb_prim_conv_backward_data(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return conv_backward(dnn, s, QB_OP_BACKWARD_DATA, forward, ret_prim);
}

int qb_prim_conv_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return conv_backward(dnn, s, QB_OP_BACKWARD_WEIGHTS, forward, ret_prim);
}

static int linear(qb_dnn *dnn, const qb_dnn_shape *s, qb_op_pass pass, const qb_prim *forward, qb_prim **ret_prim)
{
    dnnl_data_type_t weights_type = pass == QB_OP_BACKWARD_WEIGHTS ? dnnl_f32 : data_type(s->type);
    qb_op op = {.pass = pass,
                .train = s->train,
                .forward = forward != NULL ? forward->pd : NULL,
                .src = make_md(2, s->n, s->i, 1, 1, data_type(s->type), dnnl_nc),
                .weights = make_md(2, s->o, s->i, 1, 1, weights_type, dnnl_format_tag_any),
                .dst = make_md(2, s->n, s->o, 1, 1, data_type(s->type), dnnl_nc)};
    if (s->bias)
        op.bias = make_md(1, s->o, 1, 1, 1, dnnl_f32, dnnl_a);
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = create_pd(dnn, &op, qb_op_make_inner_product, &pd);
    if (status != dnnl_success)
        return fail(status, linear_names[pass]);
    return prim_from_pd(dnn, pd, true, linear_names[pass], ret_prim);
}

int qb_prim_linear_forward(qb_dnn *dnn, const qb_dnn_shape *s, qb_prim **ret_prim)
{
    return linear(dnn, s, QB_OP_FORWARD, NULL, ret_prim);
}

int qb_prim_linear_backward_data(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return linear(dnn, s, QB_OP_BACKWARD_DATA, forward, ret_prim);
}

int qb_prim_linear_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return linear(dnn, s, QB_OP_BACKWARD_WEIGHTS, forward, ret_prim);
}

static qb_md matrix_md(const qb_matrix *m)
{
    return (qb_md){.n_dims = 2, .dims = {m->rows, m->columns}, .type = data_type(m->type), .strides = {m->row_step, m->column_step}};
}

int qb_prim_product(qb_dnn *dnn, const qb_matrix *src, const qb_matrix *weights, const qb_matrix *dst, qb_prim **ret_prim)
{
    QB_ASSERT(src->rows == dst->rows && src->columns == weights->rows && weights->columns == dst->columns && dst->column_step == 1);
    qb_op op = {.src = matrix_md(src), .weights = matrix_md(weights), .dst = matrix_md(dst)};
    dnnl_primitive_desc_t pd;
    int threads = omp_get_max_threads(), rc;
    omp_set_num_threads(1); /* a primitive runs on as many threads as there are when it is made */
    dnnl_status_t status = create_pd(dnn, &op, qb_op_make_product, &pd);
    rc = status != dnnl_success ? fail(status, "matrix product") : prim_from_pd(dnn, pd, false, "matrix product", ret_prim);
    omp_set_num_threads(threads);
    return rc;
}

static int maxpool(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, const qb_prim *forward, qb_prim **ret_prim)
{
    qb_layout dst = *src;
    dst.h = s->out_h;
    dst.w = s->out_w;
    qb_op op = {.pass = forward == NULL ? QB_OP_FORWARD : QB_OP_BACKWARD_DATA,
                .train = s->train,
                .forward = forward != NULL ? forward->pd : NULL,
                .src = layout_md(src),
                .dst = layout_md(&dst),
                .strides = {s->stride, s->stride},
                .kernel = {s->kernel, s->kernel},
                .pads = {s->pad, s->pad}};
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = create_pd(dnn, &op, qb_op_make_max_pooling, &pd);
    if (status != dnnl_success)
        return fail(status, "max pooling");
    return prim_from_pd(dnn, pd, false, "max pooling", ret_prim);
}

int qb_prim_maxpool_forward(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, qb_prim **ret_prim)
{
    return maxpool(dnn, s, src, NULL, ret_prim);
}

int qb_prim_maxpool_backward(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, const qb_prim *forward, qb_prim **ret_prim)
{
    return maxpool(dnn, s, src, forward, ret_prim);
}

static int reorder(qb_dnn *dnn, qb_md from, qb_md to, qb_prim **ret_prim)
{
    qb_op op = {.src = from, .dst = to};
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = create_pd(dnn, &op, qb_op_make_reorder, &pd);
    if (status != dnnl_success)
        return fail(status, "reorder");
    return prim_from_pd(dnn, pd, false, "reorder", ret_prim);
}

int qb_prim_reorder(qb_dnn *dnn, const qb_layout *from, const qb_layout *to, qb_prim **ret_prim)
{
    return reorder(dnn, layout_md(from), layout_md(to), ret_prim);
}

int qb_prim_reorder_weights(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim)
{
    qb_md_ref to = arg_md(user, QB_ARG_WEIGHTS);
    return reorder(dnn, plain_md(to), qb_md_of(to), ret_prim);
}

int qb_prim_reorder_gradient(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim)
{
    qb_md_ref from = arg_md(user, QB_ARG_DIFF_WEIGHTS);
    return reorder(dnn, qb_md_of(from), plain_md(from), ret_prim);
}

/* ---- arguments ---- */

qb_layout qb_prim_layout(const qb_prim *prim, qb_arg arg)
{
    return md_layout(arg_md(prim, arg));
}

size_t qb_prim_bytes(const qb_prim *prim, qb_arg arg)
{
    return dnnl_memory_desc_get_size(arg_md(prim, arg));
}

bool qb_prim_is_plain(const qb_prim *prim, qb_arg arg)
{
    qb_md_ref md = arg_md(prim, arg);
    qb_md plain = plain_md(md);
    return qb_md_equal(md, &plain);
}

int qb_prim_bind(qb_prim *prim, qb_arg arg, void *memory)
{
    if (prim->memory[arg] != NULL) {
        dnnl_status_t status = dnnl_memory_set_data_handle(prim->memory[arg], memory);
        return status == dnnl_success ? 0 : fail(status, "memory");
    }
    dnnl_status_t status = dnnl_memory_create(&prim->memory[arg], arg_md(prim, arg), prim->dnn->engine, memory);
    if (status != dnnl_success)
        return fail(status, "memory");
    prim->args[prim->n_args++] = (dnnl_exec_arg_t){.arg = dnnl_args[arg], .memory = prim->memory[arg]};
    return 0;
}

/* ---- running ---- */

static int execute(const qb_prim *prim)
{
    dnnl_status_t status = dnnl_primitive_execute(prim->prim, prim->dnn->stream, prim->n_args, prim->args);
    return status == dnnl_success ? 0 : fail(status, "execution");
}

static int remember(qb_dnn *dnn, traced what)
{
    size_t n = dnn->n_trace;
    if ((n & (n - 1)) == 0) { /* room for a power of two */
        traced *more = qb_realloc(dnn->trace, n == 0 ? 1 : 2 * n, sizeof *more);
        if (more == NULL)
            return QB_E_NOMEM;
        dnn->trace = more;
    }
    dnn->trace[dnn->n_trace++] = what;
    return 0;
}

int qb_prim_run(qb_prim *prim)
{
    if (!prim->is_timed)
        return execute(prim);
    if (prim->dnn->is_tracing)
        QB_TRY(remember(prim->dnn, (traced){.prim = prim}));
    double start = qb_now_seconds();
    QB_TRY(execute(prim));
    prim->dnn->seconds += qb_now_seconds() - start;
    return 0;
}

int qb_dnn_note_products(qb_dnn *dnn, double seconds, int (*again)(void *context), void *context)
{
    dnn->seconds += seconds;
    return dnn->is_tracing ? remember(dnn, (traced){.again = again, .context = context}) : 0;
}

void qb_dnn_trace(qb_dnn *dnn, bool on)
{
    if (on)
        dnn->n_trace = 0;
    dnn->is_tracing = on;
}

int qb_dnn_replay(qb_dnn *dnn)
{
    for (size_t i = 0; i < dnn->n_trace; i++)
        QB_TRY(dnn->trace[i].prim != NULL ? execute(dnn->trace[i].prim) : dnn->trace[i].again(dnn->trace[i].context));
    return 0;
}
