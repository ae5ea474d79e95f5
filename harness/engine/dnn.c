/* oneDNN 2.6 behind dnn.h. Letters as there; md = memory descriptor, pd = primitive descriptor. */
#include "engine/dnn.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/net.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <string.h>

struct qb_dnn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    double seconds;
    qb_prim **trace; /* in the order of running */
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

static bool isa_includes(dnnl_cpu_isa_t isa)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & (unsigned)isa) == (unsigned)isa;
}

bool qb_dnn_has_avx2(void)
{
    return isa_includes(dnnl_cpu_isa_avx2);
}
bool qb_dnn_has_avx512(void)
{
    return isa_includes(dnnl_cpu_isa_avx512_core);
}
bool qb_dnn_has_bf16(void)
{
    return isa_includes(dnnl_cpu_isa_avx512_core_bf16);
}

void qb_engine_get_info(qb_engine_info *ret_info)
{
    static const struct {
        dnnl_cpu_isa_t isa;
        const char *name;
    } names[] = {
        {dnnl_cpu_isa_avx512_core_amx, "AVX512_CORE_AMX"},   {dnnl_cpu_isa_avx512_core_bf16, "AVX512_CORE_BF16"},
        {dnnl_cpu_isa_avx512_core_vnni, "AVX512_CORE_VNNI"}, {dnnl_cpu_isa_avx512_core, "AVX512_CORE"},
        {dnnl_cpu_isa_avx2_vnni, "AVX2_VNNI"},               {dnnl_cpu_isa_avx2, "AVX2"},
        {dnnl_cpu_isa_avx, "AVX"},                           {dnnl_cpu_isa_sse41, "SSE41"},
    };
    const char *isa = "plain x86-64";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (isa_includes(names[i].isa)) {
            isa = names[i].name;
            break;
        }
    const dnnl_version_t *v = dnnl_version();
    static const char *const runtimes[] = {"none", "SEQ", "OMP", "", "TBB"};
    const char *runtime = v->cpu_runtime == DNNL_RUNTIME_THREADPOOL ? "THREADPOOL"
                          : v->cpu_runtime <= 4                     ? runtimes[v->cpu_runtime]
                                                                    : "other";
    qb_engine_info info = {.bf16 = qb_dnn_has_bf16()};
    snprintf(info.onednn, sizeof info.onednn, "%d.%d.%d", v->major, v->minor, v->patch);
    snprintf(info.onednn_hash, sizeof info.onednn_hash, "%s", v->hash);
    snprintf(info.isa, sizeof info.isa, "%s", isa);
    snprintf(info.runtime, sizeof info.runtime, "%s", runtime);
    *ret_info = info;
}

/* ---- memory descriptors ---- */

static dnnl_data_type_t data_type(qb_type type)
{
    return type == QB_TYPE_BF16 ? dnnl_bf16 : dnnl_f32;
}

static dnnl_memory_desc_t make_md(int n_dims, int64_t d0, int64_t d1, int64_t d2, int64_t d3, dnnl_data_type_t type,
                                  dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t md;
    const dnnl_dims_t dims = {d0, d1, d2, d3};
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&md, n_dims, dims, type, tag);
    QB_ASSERT(status == dnnl_success); /* sizes and tags are ours */
    return md;
}

static dnnl_memory_desc_t layout_md(const qb_layout *l)
{
    dnnl_format_tag_t tag = l->block == 1 ? dnnl_nchw : l->block == 8 ? dnnl_nChw8c : l->block == 16 ? dnnl_nChw16c : dnnl_nhwc;
    QB_ASSERT(tag != dnnl_nhwc || l->block == l->c);
    return make_md(4, l->n, l->c, l->h, l->w, data_type(l->type), tag);
}

/* The layout that a descriptor describes; block 0 when it is none of ours. */
static qb_layout md_layout(const dnnl_memory_desc_t *md)
{
    qb_layout l = {.type = md->data_type == dnnl_bf16 ? QB_TYPE_BF16 : QB_TYPE_F32,
                   .n = md->dims[0],
                   .c = md->dims[1],
                   .h = md->ndims == 4 ? md->dims[2] : 1,
                   .w = md->ndims == 4 ? md->dims[3] : 1};
    if (md->ndims == 2) {
        l.block = 1;
        return l;
    }
    const struct {
        dnnl_format_tag_t tag;
        int64_t block;
    } known[] = {{dnnl_nChw16c, 16}, {dnnl_nChw8c, 8}, {dnnl_nchw, 1}, {dnnl_nhwc, l.c}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        dnnl_memory_desc_t candidate = make_md(4, l.n, l.c, l.h, l.w, md->data_type, known[i].tag);
        if (dnnl_memory_desc_equal(md, &candidate)) {
            l.block = known[i].block;
            break;
        }
    }
    return l;
}

static const dnnl_memory_desc_t *arg_md(const qb_prim *prim, qb_arg arg)
{
    return dnnl_primitive_desc_query_md(prim->pd, dnnl_query_exec_arg_md, dnnl_args[arg]);
}

/* Plain row-major float32 of the same sizes. */
static dnnl_memory_desc_t plain_md(const dnnl_memory_desc_t *md)
{
    return make_md(md->ndims, md->dims[0], md->dims[1], md->dims[2], md->dims[3], dnnl_f32, md->ndims == 4 ? dnnl_oihw : dnnl_oi);
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
static dnnl_status_t create_pd(qb_dnn *dnn, const void *op_desc, const qb_prim *forward, dnnl_primitive_desc_t *ret_pd)
{
    dnnl_primitive_attr_t attr;
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(ret_pd, op_desc, attr, dnn->engine, forward != NULL ? forward->pd : NULL);
    dnnl_primitive_attr_destroy(attr);
    return status;
}

static bool is_reference(const_dnnl_primitive_desc_t pd)
{
    const char *name = "";
    dnnl_status_t status = dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name);
    return status == dnnl_success && strncmp(name, "ref", 3) == 0;
}

typedef enum pass_kind { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS } pass_kind;
static const char *const conv_names[] = {"convolution", "convolution's backward data", "convolution's backward weights"};
static const char *const linear_names[] = {"inner product", "inner product's backward data",
                                           "inner product's backward weights"};

/* src and dst: descriptors of data or of their gradients. */
static dnnl_status_t conv_pd(qb_dnn *dnn, const qb_dnn_shape *s, pass_kind pass, const dnnl_memory_desc_t *src,
                             const dnnl_memory_desc_t *dst, const qb_prim *forward, dnnl_primitive_desc_t *ret_pd)
{
    dnnl_data_type_t weights_type = pass == BACKWARD_WEIGHTS ? dnnl_f32 : data_type(s->type);
    dnnl_memory_desc_t weights = make_md(4, s->o, s->i, s->kernel, s->kernel, weights_type, dnnl_format_tag_any);
    dnnl_memory_desc_t bias = make_md(1, s->o, 1, 1, 1, dnnl_f32, dnnl_a);
    const dnnl_dims_t strides = {s->stride, s->stride}, pads = {s->pad, s->pad};
    dnnl_convolution_desc_t desc;
    dnnl_status_t status;
    if (pass == FORWARD)
        status = dnnl_convolution_forward_desc_init(&desc, s->train ? dnnl_forward_training : dnnl_forward_inference,
                                                    dnnl_convolution_direct, src, &weights, s->bias ? &bias : NULL, dst,
                                                    strides, pads, pads);
    else if (pass == BACKWARD_DATA)
        status = dnnl_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, src, &weights, dst, strides, pads, pads);
    else
        status = dnnl_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, src, &weights,
                                                             s->bias ? &bias : NULL, dst, strides, pads, pads);
    return status == dnnl_success ? create_pd(dnn, &desc, forward, ret_pd) : status;
}

/* Every layout left to oneDNN; plain ones where it chooses a layout that qb_layout cannot say. */
static int conv_free_layouts(qb_dnn *dnn, const qb_dnn_shape *s, pass_kind pass, const qb_prim *forward, dnnl_primitive_desc_t *ret_pd)
{
    static const dnnl_format_tag_t tags[] = {dnnl_format_tag_any, dnnl_nchw};
    for (int i = 0; i < 2; i++) {
        dnnl_memory_desc_t src = make_md(4, s->n, s->i, s->h, s->w, data_type(s->type), tags[i]);
        dnnl_memory_desc_t dst = make_md(4, s->n, s->o, s->out_h, s->out_w, data_type(s->type), tags[i]);
        dnnl_primitive_desc_t pd;
        dnnl_status_t status = conv_pd(dnn, s, pass, &src, &dst, forward, &pd);
        if (status != dnnl_success)
            return fail(status, conv_names[pass]);
        int src_arg = pass == BACKWARD_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
        int dst_arg = pass == FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST;
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
    QB_TRY(conv_free_layouts(dnn, s, FORWARD, NULL, &pd));
    return prim_from_pd(dnn, pd, true, conv_names[FORWARD], ret_prim);
}

static int conv_backward(qb_dnn *dnn, const qb_dnn_shape *s, pass_kind pass, const qb_prim *forward, qb_prim **ret_prim)
{
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = conv_pd(dnn, s, pass, arg_md(forward, QB_ARG_SRC), arg_md(forward, QB_ARG_DST), forward, &pd);
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
    return conv_backward(dnn, s, BACKWARD_DATA, forward, ret_prim);
}

int qb_prim_conv_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return conv_backward(dnn, s, BACKWARD_WEIGHTS, forward, ret_prim);
}

static int linear(qb_dnn *dnn, const qb_dnn_shape *s, pass_kind pass, const qb_prim *forward, qb_prim **ret_prim)
{
    dnnl_data_type_t weights_type = pass == BACKWARD_WEIGHTS ? dnnl_f32 : data_type(s->type);
    dnnl_memory_desc_t src = make_md(2, s->n, s->i, 1, 1, data_type(s->type), dnnl_nc);
    dnnl_memory_desc_t dst = make_md(2, s->n, s->o, 1, 1, data_type(s->type), dnnl_nc);
    dnnl_memory_desc_t weights = make_md(2, s->o, s->i, 1, 1, weights_type, dnnl_format_tag_any);
    dnnl_memory_desc_t bias = make_md(1, s->o, 1, 1, 1, dnnl_f32, dnnl_a);
    dnnl_inner_product_desc_t desc;
    dnnl_status_t status;
    if (pass == FORWARD)
        status = dnnl_inner_product_forward_desc_init(&desc, s->train ? dnnl_forward_training : dnnl_forward_inference, &src,
                                                      &weights, s->bias ? &bias : NULL, &dst);
    else if (pass == BACKWARD_DATA)
        status = dnnl_inner_product_backward_data_desc_init(&desc, &src, &weights, &dst);
    else
        status = dnnl_inner_product_backward_weights_desc_init(&desc, &src, &weights, s->bias ? &bias : NULL, &dst);
    dnnl_primitive_desc_t pd;
    if (status == dnnl_success)
        status = create_pd(dnn, &desc, forward, &pd);
    if (status != dnnl_success)
        return fail(status, linear_names[pass]);
    return prim_from_pd(dnn, pd, true, linear_names[pass], ret_prim);
}

int qb_prim_linear_forward(qb_dnn *dnn, const qb_dnn_shape *s, qb_prim **ret_prim)
{
    return linear(dnn, s, FORWARD, NULL, ret_prim);
}

int qb_prim_linear_backward_data(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return linear(dnn, s, BACKWARD_DATA, forward, ret_prim);
}

int qb_prim_linear_backward_weights(qb_dnn *dnn, const qb_dnn_shape *s, const qb_prim *forward, qb_prim **ret_prim)
{
    return linear(dnn, s, BACKWARD_WEIGHTS, forward, ret_prim);
}

static int maxpool(qb_dnn *dnn, const qb_dnn_shape *s, const qb_layout *src, const qb_prim *forward, qb_prim **ret_prim)
{
    qb_layout dst = *src;
    dst.h = s->out_h;
    dst.w = s->out_w;
    dnnl_memory_desc_t src_md = layout_md(src), dst_md = layout_md(&dst);
    const dnnl_dims_t strides = {s->stride, s->stride}, pads = {s->pad, s->pad}, kernel = {s->kernel, s->kernel};
    dnnl_pooling_desc_t desc;
    dnnl_status_t status;
    if (forward == NULL)
        status = dnnl_pooling_forward_desc_init(&desc, s->train ? dnnl_forward_training : dnnl_forward_inference,
                                                dnnl_pooling_max, &src_md, &dst_md, strides, kernel, pads, pads);
    else
        status = dnnl_pooling_backward_desc_init(&desc, dnnl_pooling_max, &src_md, &dst_md, strides, kernel, pads, pads);
    dnnl_primitive_desc_t pd;
    if (status == dnnl_success)
        status = create_pd(dnn, &desc, forward, &pd);
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

static int reorder(qb_dnn *dnn, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, qb_prim **ret_prim)
{
    dnnl_primitive_attr_t attr;
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);
    if (status != dnnl_success)
        return fail(status, "reorder");
    status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&pd, from, dnn->engine, to, dnn->engine, attr);
    dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success)
        return fail(status, "reorder");
    return prim_from_pd(dnn, pd, false, "reorder", ret_prim);
}

int qb_prim_reorder(qb_dnn *dnn, const qb_layout *from, const qb_layout *to, qb_prim **ret_prim)
{
    dnnl_memory_desc_t from_md = layout_md(from), to_md = layout_md(to);
    return reorder(dnn, &from_md, &to_md, ret_prim);
}

int qb_prim_reorder_weights(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim)
{
    const dnnl_memory_desc_t *to = arg_md(user, QB_ARG_WEIGHTS);
    dnnl_memory_desc_t from = plain_md(to);
    return reorder(dnn, &from, to, ret_prim);
}

int qb_prim_reorder_gradient(qb_dnn *dnn, const qb_prim *user, qb_prim **ret_prim)
{
    const dnnl_memory_desc_t *from = arg_md(user, QB_ARG_DIFF_WEIGHTS);
    dnnl_memory_desc_t to = plain_md(from);
    return reorder(dnn, from, &to, ret_prim);
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
    const dnnl_memory_desc_t *md = arg_md(prim, arg);
    dnnl_memory_desc_t plain = plain_md(md);
    return dnnl_memory_desc_equal(md, &plain) != 0;
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

static int remember(qb_prim *prim)
{
    qb_dnn *dnn = prim->dnn;
    size_t n = dnn->n_trace;
    if ((n & (n - 1)) == 0) { /* room for a power of two */
        qb_prim **more = qb_realloc(dnn->trace, n == 0 ? 1 : 2 * n, sizeof *more);
        if (more == NULL)
            return QB_E_NOMEM;
        dnn->trace = more;
    }
    dnn->trace[dnn->n_trace++] = prim;
    return 0;
}

int qb_prim_run(qb_prim *prim)
{
    if (!prim->is_timed)
        return execute(prim);
    if (prim->dnn->is_tracing)
        QB_TRY(remember(prim));
    double start = qb_now_seconds();
    QB_TRY(execute(prim));
    prim->dnn->seconds += qb_now_seconds() - start;
    return 0;
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
        QB_TRY(execute(dnn->trace[i]));
    return 0;
}
