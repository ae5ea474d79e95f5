/* The models: a const table. A new one is a builder file and a line in models.c. */
#ifndef QB_MODELS_H
#define QB_MODELS_H

#include "engine/graph.h"

typedef struct qb_model {
    const char *name, *title, *source; /* "resnet20", one line, citation */
    int depth;                         /* for the builders */
    qb_shape default_input;            /* what the paper trains on: (3, 32, 32), (3, 224, 224) */
    int default_classes;
    int (*build)(const struct qb_model *model, qb_graph *g, int n_classes); /* adds layers, calls qb_graph_finish */
    const char *const *defaults; /* "key=value", ends at NULL: defaults of a run's later keys (train/identity.h); NULL: none */
} qb_model;

const qb_model *qb_models(size_t *ret_n);

/* QB_E_USAGE with the nearest name. */
int qb_model_find(const char *name, const qb_model **ret_model);

/* The graph of a model for any input channels, size and class count. QB_E_CONFIG when a layer would become empty. */
int qb_model_graph(const char *name, qb_shape input, int n_classes, qb_graph **ret_graph);

#endif
