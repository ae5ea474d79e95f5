/* Private to quant/: the state behind qb_quant. Letters: x latent, z input of the map, w forward weights,
 * g gradient, t step.
 */
#ifndef QB_QUANT_STATE_H
#define QB_QUANT_STATE_H

#include "quant/instance.h"
#include "quant/quant_views.h"

/* How a reason ends that blames a hook for NaN or infinite numbers. */
#define QB_NOT_FINITE "that is not a finite number"

/* A bit width in force, with the solver's instance for it: solvers read host->bits. */
enum { QB_QUANT_WIDTHS = 9 };
struct qb_quant_width {
    int bits; /* 1..8, 0 = ternary */
    qb_instance instance;
    uint32_t n_views;
    qb_quantizer *quantizer; /* NULL when no tensor needs levels */
    double decay_scale;      /* of this step */
};

struct qb_quant {
    qb_quant_width widths[QB_QUANT_WIDTHS];
    int n_widths;      /* bit widths in force */
    qb_quant_options options;
    const qb_solver *solver;
    qb_param *params;
    size_t n_params;
    qb_optim *optim;
    int *plain;        /* optimizer index of parameter i, -1 = a quantized tensor */
    qb_quant_tensor *tensors;
    size_t n_tensors;
    const char **view_names; /* of the tensors, width by width */
    size_t *order, *starts, n_groups; /* see qb_quant_tensor_groups */
    int n_workers;     /* threads that handle views: 1 without PARALLEL_VIEWS */
    float *scratch;    /* (threads, scratch_len): z under quant_shrink, finished weights of a view */
    size_t scratch_len;
    double lr_sum;
    int64_t next_step;
    bool has_stepped; /* a quantized step since it was made */
    qb_quant_times times;
    qb_step last; /* as hooks saw it in the last quantized step */
    char **notes;
    size_t n_notes;
};

/* The step as hooks see it. */
/* What latent weights are divided by before the solver maps them: quant_shrink; 1 without it. */
static inline double qb_quant_shrink(const qb_quant *q)
{
    return q->options.shrink && q->lr_sum > 1.0 ? q->lr_sum : 1.0;
}

qb_step qb_quant_step_info(const qb_quant *q, int64_t step, double lr);

/* Calls a hook of a view with guards; what: "project". Sets t->problem when it fails or writes outside. */
typedef int (*qb_view_hook)(void *self, const qb_step *step, qb_view *view);
bool qb_quant_call(qb_quant *q, qb_quant_tensor *t, qb_view_hook hook, const char *what, const qb_step *step, qb_view view);

/* Sets t->problem once; returns false. */
bool qb_quant_blame(const qb_quant *q, qb_quant_tensor *t, const char *what, const char *why);

/* After visits since qb_visits_begin (plugin_visit.h): "save". */
void qb_quant_end_visits(const qb_quant *q, const char *hooks);

/* QB_E_FAILED with the first problem in order of the tensors, or 0. */
int qb_quant_report(const qb_quant *q);

#endif
