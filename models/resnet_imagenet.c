/* ResNets for ImageNet in torchvision's form: basic blocks (18, 34) or bottlenecks with the stride in the 3x3
 * convolution (50, 101, 152), 1x1 convolution + BatchNorm as shortcut where the shape changes.
 *
 * Invariant: parameters are registered in torchvision's order. A block's last BatchNorm adds the shortcut, so it runs
 * after the downsample branch, but is registered before it.
 * Source: He et al. 2016; torchvision.
 */
#include "models/build.h"

#include "base/err.h"

#include <stdio.h>

enum { MAX_NAME = 64, N_STAGES = 4 };

typedef struct form {
    int depth;
    int expansion; /* channels out of a block / channels inside: 1 basic, 4 bottleneck */
    int blocks[N_STAGES];
} form;

static const form forms[] = {
    {18, 1, {2, 2, 2, 2}}, {34, 1, {3, 4, 6, 3}}, {50, 4, {3, 4, 6, 3}}, {101, 4, {3, 4, 23, 3}}, {152, 4, {3, 8, 36, 3}},
};

typedef struct block {
    qb_graph *g;
    const char *prefix; /* "layer1.0." */
    int inside, out;    /* channels */
    int stride;
    bool downsample;
} block;

static qb_ref conv(const block *b, qb_ref x, const char *local_name, int out, int kernel, int stride)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s%s", b->prefix, local_name);
    return qb_graph_conv(b->g, x, name, out, kernel, stride, kernel / 2, false, QB_INIT_KAIMING_FAN_OUT, QB_QUANTIZED);
}

static qb_ref batchnorm(const block *b, qb_ref x, const char *local_name, qb_ref residual, bool relu)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s%s", b->prefix, local_name);
    return qb_graph_batchnorm(b->g, x, name, residual, relu);
}

/* The end of both kinds of block: ReLU(last_bn(y) + shortcut(x)). */
static qb_ref join(const block *b, qb_ref y, const char *last_bn, qb_ref x)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s%s", b->prefix, last_bn);
    qb_graph_declare_batchnorm(b->g, name, b->out);
    if (b->downsample) {
        x = conv(b, x, "downsample.0", b->out, 1, b->stride);
        x = batchnorm(b, x, "downsample.1", QB_NONE, false);
    }
    return batchnorm(b, y, last_bn, x, true);
}

static qb_ref basic_block(const block *b, qb_ref x)
{
    qb_ref y = conv(b, x, "conv1", b->inside, 3, b->stride);
    y = batchnorm(b, y, "bn1", QB_NONE, true);
    y = conv(b, y, "conv2", b->out, 3, 1);
    return join(b, y, "bn2", x);
}

static qb_ref bottleneck(const block *b, qb_ref x)
{
    qb_ref y = conv(b, x, "conv1", b->inside, 1, 1);
    y = batchnorm(b, y, "bn1", QB_NONE, true);
    y = conv(b, y, "conv2", b->inside, 3, b->stride);
    y = batchnorm(b, y, "bn2", QB_NONE, true);
    y = conv(b, y, "conv3", b->out, 1, 1);
    return join(b, y, "bn3", x);
}

static const form *form_of(int depth)
{
    size_t i = 0;
    while (i < sizeof forms / sizeof *forms && forms[i].depth != depth)
        i++;
    QB_ASSERT(i < sizeof forms / sizeof *forms);
    return &forms[i];
}

int qb_resnet_imagenet_build(const qb_model *model, qb_graph *g, int n_classes)
{
    const form *f = form_of(model->depth);
    const block stem = {.g = g, .prefix = ""};
    qb_ref x = conv(&stem, qb_graph_input(g), "conv1", 64, 7, 2);
    x = batchnorm(&stem, x, "bn1", QB_NONE, true);
    x = qb_graph_maxpool(g, x, 3, 2, 1);
    int channels = 64;
    for (int stage = 0; stage < N_STAGES; stage++)
        for (int k = 0; k < f->blocks[stage]; k++) {
            char prefix[MAX_NAME / 2];
            snprintf(prefix, sizeof prefix, "layer%d.%d.", stage + 1, k);
            int inside = 64 << stage, stride = stage > 0 && k == 0 ? 2 : 1;
            block b = {.g = g, .prefix = prefix, .inside = inside, .out = inside * f->expansion, .stride = stride};
            b.downsample = stride != 1 || channels != b.out;
            x = f->expansion == 1 ? basic_block(&b, x) : bottleneck(&b, x);
            channels = b.out;
        }
    x = qb_graph_global_avgpool(g, x);
    x = qb_graph_linear(g, x, "fc", n_classes, QB_INIT_UNIFORM_FAN_IN, QB_INIT_UNIFORM_FAN_IN, QB_QUANTIZED);
    return qb_graph_finish(g, x);
}
