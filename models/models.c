/* The table of models, and a model's graph for a given input. */
#include "models/models.h"

#include "base/err.h"
#include "base/str.h"
#include "models/build.h"

#include <inttypes.h>
#include <string.h>

#define RESNET_CIFAR(DEPTH)                                                                                          \
    {"resnet" #DEPTH, "ResNet-" #DEPTH " for small images, option-A shortcuts",                                       \
     "He et al. 2016, arXiv:1512.03385, section 4.2", DEPTH, {3, 32, 32}, 10, qb_resnet_cifar_build, NULL}
#define RESNET_IMAGENET(DEPTH, FORM)                                                                                 \
    {"resnet" #DEPTH, "ResNet-" #DEPTH " for ImageNet, " FORM, "He et al. 2016, arXiv:1512.03385, as in torchvision", \
     DEPTH, {3, 224, 224}, 1000, qb_resnet_imagenet_build, NULL}
#define DEIT(NAME, TITLE)                                                                                             \
    {"deit_" NAME, TITLE, "Touvron et al. 2021, arXiv:2012.12877, as in timm", 12, {3, 224, 224}, 1000, qb_deit_build, NULL}

static const qb_model models[] = {
    RESNET_CIFAR(8),
    RESNET_CIFAR(20),
    RESNET_CIFAR(32),
    RESNET_CIFAR(44),
    RESNET_CIFAR(56),
    RESNET_CIFAR(110),
    RESNET_CIFAR(1202),
    RESNET_IMAGENET(18, "basic blocks"),
    RESNET_IMAGENET(34, "basic blocks"),
    RESNET_IMAGENET(50, "bottleneck blocks with the stride in the 3x3"),
    RESNET_IMAGENET(101, "bottleneck blocks with the stride in the 3x3"),
    RESNET_IMAGENET(152, "bottleneck blocks with the stride in the 3x3"),
    DEIT("tiny", "DeiT-Ti, vision transformer, width 192, patches of 16x16"),
    DEIT("small", "DeiT-S, vision transformer, width 384, patches of 16x16"),
    DEIT("base", "DeiT-B, vision transformer, width 768, patches of 16x16"),
    {"deit_cifar", "vision transformer for small images, width 192, depth 6, patches of 4x4",
     "the DeiT family, arXiv:2012.12877, at a size for CIFAR", 6, {3, 32, 32}, 10, qb_deit_build, NULL},
};
enum { N_MODELS = sizeof models / sizeof *models };

const qb_model *qb_models(size_t *ret_n)
{
    *ret_n = N_MODELS;
    return models;
}

int qb_model_find(const char *name, const qb_model **ret_model)
{
    const char *names[N_MODELS];
    for (size_t i = 0; i < N_MODELS; i++) {
        names[i] = models[i].name;
        if (strcmp(name, names[i]) == 0) {
            *ret_model = &models[i];
            return 0;
        }
    }
    qb_err_set(QB_E_USAGE, "unknown model '%s'", name);
    const char *near = qb_nearest_name(name, names, N_MODELS);
    if (near)
        return qb_err_hint("did you mean '%s'?", near);
    return qb_err_hint("'qatbench list models' names them all");
}

int qb_model_graph(const char *name, qb_shape input, int n_classes, qb_graph **ret_graph)
{
    const qb_model *model = NULL;
    QB_TRY(qb_model_find(name, &model));
    if (input.c < 1 || input.h < 1 || input.w < 1)
        return qb_err_set(QB_E_CONFIG, "model '%s': expected images of at least 1x1x1, got %" PRId64 "x%" PRId64 "x%" PRId64,
                          name, input.c, input.h, input.w);
    if (n_classes < 2)
        return qb_err_set(QB_E_CONFIG, "model '%s': expected at least 2 classes, got %d", name, n_classes);
    qb_graph *g = NULL;
    QB_TRY(qb_graph_create(name, input, n_classes, &g));
    int rc = model->build(model, g, n_classes);
    if (rc < 0) {
        qb_err_add("model '%s'", name);
        qb_graph_destroy(g);
        return rc;
    }
    *ret_graph = g;
    return 0;
}
