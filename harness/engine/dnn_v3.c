/* Descriptors of oneDNN 3.x (Debian 13 has 3.7): memory descriptors are opaque and freed by who made them, primitive
 * descriptors are made in one call. */
#include "engine/dnn_make.h"

#include <string.h>

/* A copy of `like` too: what is made here is freed here. NULL where there is none. */
static dnnl_status_t make_md(const qb_md *md, dnnl_memory_desc_t *ret_desc)
{
    *ret_desc = NULL;
    if (md->like != NULL)
        return dnnl_memory_desc_clone(ret_desc, md->like);
    if (md->n_dims == 0)
        return dnnl_success;
    if (md->tag == dnnl_format_tag_undef)
        return dnnl_memory_desc_create_with_strides(ret_desc, md->n_dims, md->dims, md->type, md->strides);
    return dnnl_memory_desc_create_with_tag(ret_desc, md->n_dims, md->dims, md->type, md->tag);
}

static void free_md(dnnl_memory_desc_t desc)
{
    if (desc != NULL)
        dnnl_memory_desc_destroy(desc);
}

qb_md qb_md_of(qb_md_ref ref)
{
    qb_md md = {.like = ref};
    const dnnl_dims_t *dims = NULL;
    if (dnnl_memory_desc_query(ref, dnnl_query_ndims_s32, &md.n_dims) != dnnl_success ||
        dnnl_memory_desc_query(ref, dnnl_query_data_type, &md.type) != dnnl_success ||
        dnnl_memory_desc_query(ref, dnnl_query_dims, &dims) != dnnl_success) {
        md.n_dims = 0;
        return md;
    }
    memcpy(md.dims, *dims, sizeof md.dims);
    return md;
}

bool qb_md_equal(qb_md_ref ref, const qb_md *md)
{
    dnnl_memory_desc_t desc;
    bool is_equal = make_md(md, &desc) == dnnl_success && dnnl_memory_desc_equal(ref, desc) != 0;
    free_md(desc);
    return is_equal;
}

typedef struct op_descs {
    dnnl_memory_desc_t src, weights, bias, dst;
} op_descs;

/* To be freed also on failure. */
static dnnl_status_t make_descs(const qb_op *op, op_descs *ret_descs)
{
    memset(ret_descs, 0, sizeof *ret_descs);
    dnnl_status_t status = make_md(&op->src, &ret_descs->src);
    if (status == dnnl_success)
        status = make_md(&op->weights, &ret_descs->weights);
    if (status == dnnl_success)
        status = make_md(&op->bias, &ret_descs->bias);
    if (status == dnnl_success)
        status = make_md(&op->dst, &ret_descs->dst);
    return status;
}

static void free_descs(op_descs *d)
{
    free_md(d->src);
    free_md(d->weights);
    free_md(d->bias);
    free_md(d->dst);
}

static dnnl_prop_kind_t forward_kind(const qb_op *op)
{
    return op->train ? dnnl_forward_training : dnnl_forward_inference;
}

static const dnnl_dims_t no_dilation;

dnnl_status_t qb_op_make_convolution(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success && op->pass == QB_OP_FORWARD)
        status = dnnl_convolution_forward_primitive_desc_create(ret_pd, op->engine, forward_kind(op), dnnl_convolution_direct,
                                                                d.src, d.weights, d.bias, d.dst, op->strides, no_dilation,
                                                                op->pads, op->pads, op->attr);
    else if (status == dnnl_success && op->pass == QB_OP_BACKWARD_DATA)
        status = dnnl_convolution_backward_data_primitive_desc_create(ret_pd, op->engine, dnnl_convolution_direct, d.src,
                                                                      d.weights, d.dst, op->strides, no_dilation, op->pads,
                                                                      op->pads, op->forward, op->attr);
    else if (status == dnnl_success)
        status = dnnl_convolution_backward_weights_primitive_desc_create(ret_pd, op->engine, dnnl_convolution_direct, d.src,
                                                                         d.weights, d.bias, d.dst, op->strides, no_dilation,
                                                                         op->pads, op->pads, op->forward, op->attr);
    free_descs(&d);
    return status;
}

dnnl_status_t qb_op_make_inner_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success && op->pass == QB_OP_FORWARD)
        status = dnnl_inner_product_forward_primitive_desc_create(ret_pd, op->engine, forward_kind(op), d.src, d.weights, d.bias,
                                                                  d.dst, op->attr);
    else if (status == dnnl_success && op->pass == QB_OP_BACKWARD_DATA)
        status = dnnl_inner_product_backward_data_primitive_desc_create(ret_pd, op->engine, d.src, d.weights, d.dst,
                                                                        op->forward, op->attr);
    else if (status == dnnl_success)
        status = dnnl_inner_product_backward_weights_primitive_desc_create(ret_pd, op->engine, d.src, d.weights, d.bias, d.dst,
                                                                           op->forward, op->attr);
    free_descs(&d);
    return status;
}

static bool is_brgemm(const_dnnl_primitive_desc_t pd)
{
    const char *name = NULL;
    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success && strncmp(name, "brg", 3) == 0;
}

/* Up to 3.7 at least, brgemm takes a destination of one column for dense, whatever the step from row to row: it writes
 * beside it. Such a one is left to what comes behind brgemm in the library's list. */
dnnl_status_t qb_op_make_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    const bool strided_column = op->dst.dims[1] == 1 && op->dst.strides[0] != 1;
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success)
        status = dnnl_matmul_primitive_desc_create(ret_pd, op->engine, d.src, d.weights, NULL, d.dst, op->attr);
    while (status == dnnl_success && strided_column && is_brgemm(*ret_pd)) {
        status = dnnl_primitive_desc_next_impl(*ret_pd);
        if (status != dnnl_success)
            dnnl_primitive_desc_destroy(*ret_pd);
    }
    free_descs(&d);
    return status;
}

dnnl_status_t qb_op_make_max_pooling(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success && op->pass == QB_OP_FORWARD)
        status = dnnl_pooling_forward_primitive_desc_create(ret_pd, op->engine, forward_kind(op), dnnl_pooling_max, d.src, d.dst,
                                                            op->strides, op->kernel, no_dilation, op->pads, op->pads, op->attr);
    else if (status == dnnl_success)
        status = dnnl_pooling_backward_primitive_desc_create(ret_pd, op->engine, dnnl_pooling_max, d.src, d.dst, op->strides,
                                                             op->kernel, no_dilation, op->pads, op->pads, op->forward, op->attr);
    free_descs(&d);
    return status;
}

dnnl_status_t qb_op_make_reorder(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(ret_pd, d.src, op->engine, d.dst, op->engine, op->attr);
    free_descs(&d);
    return status;
}

/* Numbers, because the newer ones have no name in earlier headers; they are part of the library's binary interface. */
const qb_isa qb_isas[] = {
    {0x22fff, "AVX10_2_AMX_2"},        {0x201ff, "AVX10_2"},          {0x1fef, "AVX512_CORE_AMX_FP16"},
    {0xfef, "AVX512_CORE_AMX"},        {0x1ef, "AVX512_CORE_FP16"},   {0xe7, "AVX512_CORE_BF16"},
    {0x67, "AVX512_CORE_VNNI"},        {0x27, "AVX512_CORE"},         {0x1f, "AVX2_VNNI_2"},
    {0xf, "AVX2_VNNI"},                {0x7, "AVX2"},                 {0x3, "AVX"},
    {0x1, "SSE41"},                    {0, NULL},
};
