/* Descriptors, which every major version of oneDNN makes in its own way: between dnn.c and dnn_v2.c or dnn_v3.c.
 *
 * Invariant: a qb_md is a plain value that owns nothing, so dnn.c has no descriptor of the library to keep or to free.
 * Only these files include dnnl.h. Exactly one of the dnn_v*.c is built, the one for the header found.
 */
#ifndef QB_DNN_MAKE_H
#define QB_DNN_MAKE_H

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

/* A descriptor of the library's, borrowed from a primitive descriptor and living as long: a struct, later opaque. */
#if DNNL_VERSION_MAJOR == 2
typedef const dnnl_memory_desc_t *qb_md_ref;
#else
typedef const_dnnl_memory_desc_t qb_md_ref;
#endif

/* A descriptor that oneDNN has not seen yet: the one of `like`, or else these sizes, this type and order (a tag, or where
 * it is undefined the strides). */
typedef struct qb_md {
    qb_md_ref like;
    int n_dims; /* 0: there is none */
    dnnl_dims_t dims;
    dnnl_data_type_t type;
    dnnl_format_tag_t tag;
    dnnl_dims_t strides;
} qb_md;

qb_md qb_md_of(qb_md_ref ref);                     /* like ref, with its sizes and type to read; tag undefined */
bool qb_md_equal(qb_md_ref ref, const qb_md *md); /* md: no `like`; false also where oneDNN cannot make it */

typedef enum qb_op_pass { QB_OP_FORWARD, QB_OP_BACKWARD_DATA, QB_OP_BACKWARD_WEIGHTS } qb_op_pass;

/* All that a primitive descriptor is made from. src, weights, bias and dst describe data or gradients, as the pass
 * says; unused members are zero. */
typedef struct qb_op {
    dnnl_engine_t engine;
    const_dnnl_primitive_attr_t attr;
    qb_op_pass pass;
    bool train;                          /* the forward pass comes before a backward one */
    const_dnnl_primitive_desc_t forward; /* of a backward pass */
    qb_md src, weights, bias, dst;
    dnnl_dims_t strides, kernel, pads; /* height and width */
} qb_op;

dnnl_status_t qb_op_make_convolution(const qb_op *op, dnnl_primitive_desc_t *ret_pd);
dnnl_status_t qb_op_make_inner_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd);
dnnl_status_t qb_op_make_product(const qb_op *op, dnnl_primitive_desc_t *ret_pd); /* dst = src x weights */
dnnl_status_t qb_op_make_max_pooling(const qb_op *op, dnnl_primitive_desc_t *ret_pd); /* QB_OP_BACKWARD_DATA is its backward */
dnnl_status_t qb_op_make_reorder(const qb_op *op, dnnl_primitive_desc_t *ret_pd);     /* src to dst */

/* Instruction sets by the bits that dnnl_get_effective_cpu_isa may return, the largest first; ends at name NULL. */
typedef struct qb_isa {
    unsigned bits;
    const char *name;
} qb_isa;
extern const qb_isa qb_isas[];

#endif
