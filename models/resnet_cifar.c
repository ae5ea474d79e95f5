/* ResNets of depth 6n + 2 for small images: three stages of n basic blocks, 16, 32 and 64 channels, parameter-free
 * option-A shortcuts where the shape changes.
 *
 * Invariant: layers are added in the order of the state dict of the reference's ResNet class.
 * Source: He et al. 2016, section 4.2; the PARQ authors' code.
 */
#include "models/build.h"

#include <stdio.h>

enum { MAX_NAME = 64 };

static qb_ref conv_bn(qb_graph *g, qb_ref x, const char *prefix, int index, int channels, int stride, qb_ref residual)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%sconv%d", prefix, index);
    x = qb_graph_conv(g, x, name, channels, 3, stride, 1, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
    snprintf(name, sizeof name, "%sbn%d", prefix, index);
    return qb_graph_batchnorm(g, x, name, residual, true);
}

static qb_ref basic_block(qb_graph *g, qb_ref x, const char *prefix, int channels, int stride)
{
    /* The shortcut first: it then goes backward last, and adds to the gradient that conv1 has made. */
    qb_ref shortcut = stride == 1 ? x : qb_graph_shortcut_pad(g, x, channels, stride);
    qb_ref y = conv_bn(g, x, prefix, 1, channels, stride, QB_NONE);
    return conv_bn(g, y, prefix, 2, channels, 1, shortcut);
}

int qb_resnet_cifar_build(const qb_model *model, qb_graph *g, int n_classes)
{
    int n = (model->depth - 2) / 6;
    qb_ref x = conv_bn(g, qb_graph_input(g), "", 1, 16, 1, QB_NONE);
    for (int stage = 1; stage <= 3; stage++)
        for (int block = 0; block < n; block++) {
            char prefix[MAX_NAME / 2];
            snprintf(prefix, sizeof prefix, "layer%d.%d.", stage, block);
            x = basic_block(g, x, prefix, 8 << stage, stage > 1 && block == 0 ? 2 : 1);
        }
    x = qb_graph_global_avgpool(g, x);
    x = qb_graph_linear(g, x, "linear", n_classes, QB_INIT_KAIMING_FAN_IN, QB_INIT_UNIFORM_FAN_IN, QB_QUANTIZED);
    return qb_graph_finish(g, x);
}
