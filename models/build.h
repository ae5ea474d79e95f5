/* The builders behind the table of models.c: each adds the layers of one family, by model->depth. */
#ifndef QB_MODELS_BUILD_H
#define QB_MODELS_BUILD_H

#include "models/models.h"

int qb_deit_build(const qb_model *model, qb_graph *g, int n_classes);            /* by name; depth blocks */
int qb_resnet_cifar_build(const qb_model *model, qb_graph *g, int n_classes);    /* depth 6n + 2 */
int qb_resnet_imagenet_build(const qb_model *model, qb_graph *g, int n_classes); /* depth 18, 34, 50, 101, 152 */

#endif
