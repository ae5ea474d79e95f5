/* Descriptors of oneDNN 2.x (Debian 12 has 2.6): memory descriptors are structs, primitive descriptors come from
 * operation descriptors. */
#include "engine/dnn_make.h"

#include <string.h>

static dnnl_status_t make_md(const qb_md *md, dnnl_memory_desc_t *ret_desc)
{
    if (md->like != NULL) {
        *ret_desc = *md->like;
        return dnnl_success;
    }
    if (md->n_dims == 0) {
        memset(ret_desc, 0, sizeof *ret_desc);
        return dnnl_success;
    }
    if (md->tag == dnnl_format_tag_undef)
        return dnnl_memory_desc_init_by_strides(ret_desc, md->n_dims, md->dims, md->type, md->strides);
    return dnnl_memory_desc_init_by_tag(ret_desc, md->n_dims, md->dims, md->type, md->tag);
}

qb_md qb_md_of(qb_md_ref ref)
{
    qb_md md = {.like = ref, .n_dims = ref->ndims, .type = ref->data_type};
    memcpy(md.dims, ref->dims, sizeof md.dims);
    return md;
}

bool qb_md_equal(qb_md_ref ref, const qb_md *md)
{
    dnnl_memory_desc_t desc;
    return make_md(md, &desc) == dnnl_success && dnnl_memory_desc_equal(ref, &desc) != 0;
}

typedef struct op_descs {
    dnnl_memory_desc_t src, weights, bias, dst;
    const dnnl_memory_desc_t *bias_or_null;
} op_descs;

static dnnl_status_t make_descs(const qb_op *op, op_descs *ret_descs)
{
    dnnl_status_t status = make_md(&op->src, &ret_descs->src);
    if (status == dnnl_success)
        status = make_md(&op->weights, &ret_descs->weights);
    if (status == dnnl_success)
        status = make_md(&op->bias, &ret_descs->bias);
    if (status == dnnl_success)
        status = make_md(&op->dst, &ret_descs->dst);
    ret_descs->bias_or_null = op->bias.n_dims > 0 ? &ret_descs->bias : NULL;
    return status;
}

static dnnl_prop_kind_t forward_kind(const qb_op *op)
{
    return op->train ? dnnl_forward_training : dnnl_forward_inference;
}

static dnnl_status_t make_pd(const qb_op *op, dnnl_status_t status, const void *desc, dnnl_primitive_desc_t *ret_pd)
{
    return status == dnnl_success ? dnnl_primitive_desc_create(ret_pd, desc, op->attr, op->engine, op->forward) : status;
}

dnnl_status_t qb_op_make_convolution(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_convolution_desc_t desc;
    dnnl_status_t status = make_descs(op, &d);
    if (status != dnnl_success)
        return status;
    if (op->pass == QB_OP_FORWARD)
        status = dnnl_convolution_forward_desc_init(&desc, forward_kind(op), dnnl_convolution_direct, &d.src, &d.weights,
                                                    d.bias_or_null, &d.dst, op->strides, op->pads, op->pads);
    else if (op->pass == QB_OP_BACKWARD_DATA)
        status = dnnl_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &d.src, &d.weights, &d.dst,
                                                          op->strides, op->pads, op->pads);
    else
        status = dnnl_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &d.src, &d.weights, d.bias_or_null,
                                                             &d.dst, op->strides, op->pads, op->pads);
    return make_pd(op, status, &desc, ret_pd);
}

dnnl_status_t qb_op_make_inner_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_inner_product_desc_t desc;
    dnnl_status_t status = make_descs(op, &d);
    if (status != dnnl_success)
        return status;
    if (op->pass == QB_OP_FORWARD)
        status = dnnl_inner_product_forward_desc_init(&desc, forward_kind(op), &d.src, &d.weights, d.bias_or_null, &d.dst);
    else if (op->pass == QB_OP_BACKWARD_DATA)
        status = dnnl_inner_product_backward_data_desc_init(&desc, &d.src, &d.weights, &d.dst);
    else
        status = dnnl_inner_product_backward_weights_desc_init(&desc, &d.src, &d.weights, d.bias_or_null, &d.dst);
    return make_pd(op, status, &desc, ret_pd);
}

dnnl_status_t qb_op_make_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_matmul_desc_t desc;
    dnnl_status_t status = make_descs(op, &d);
    if (status == dnnl_success)
        status = dnnl_matmul_desc_init(&desc, &d.src, &d.weights, NULL, &d.dst);
    return make_pd(op, status, &desc, ret_pd);
}

dnnl_status_t qb_op_make_max_pooling(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_pooling_desc_t desc;
    dnnl_status_t status = make_descs(op, &d);
    if (status != dnnl_success)
        return status;
    if (op->pass == QB_OP_FORWARD)
        status = dnnl_pooling_forward_desc_init(&desc, forward_kind(op), dnnl_pooling_max, &d.src, &d.dst, op->strides,
                                                op->kernel, op->pads, op->pads);
    else
        status = dnnl_pooling_backward_desc_init(&desc, dnnl_pooling_max, &d.src, &d.dst, op->strides, op->kernel, op->pads,
                                                 op->pads);
    return make_pd(op, status, &desc, ret_pd);
}

dnnl_status_t qb_op_make_reorder(const qb_op *op, dnnl_primitive_desc_t *ret_pd)
{
    op_descs d;
    dnnl_status_t status = make_descs(op, &d);
    return status == dnnl_success
               ? dnnl_reorder_primitive_desc_create(ret_pd, &d.src, op->engine, &d.dst, op->engine, op->attr)
               : status;
}

const qb_isa qb_isas[] = {
    {dnnl_cpu_isa_avx512_core_amx, "AVX512_CORE_AMX"},
    {dnnl_cpu_isa_avx512_core_bf16, "AVX512_CORE_BF16"},
    {dnnl_cpu_isa_avx512_core_vnni, "AVX512_CORE_VNNI"},
    {dnnl_cpu_isa_avx512_core, "AVX512_CORE"},
    {dnnl_cpu_isa_avx2_vnni, "AVX2_VNNI"},
    {dnnl_cpu_isa_avx2, "AVX2"},
    {dnnl_cpu_isa_avx, "AVX"},
    {dnnl_cpu_isa_sse41, "SSE41"},
    {0, NULL},
};
