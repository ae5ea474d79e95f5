/* qatbench/solver.h - the interface between qatbench and a solver plugin, version 1.0.
 *
 * A solver is what happens between the latent weights x, which the base optimizer moves, and the weights w at
 * which the next gradient is taken. A plugin is one shared object that exports one constant:
 *
 *     const qb_solver qb_solver_v1 = { QB_SOLVER_HEAD, .name = "mymethod", ..., .project = project };
 *
 * and includes nothing but this header (and qatbench/solver_util.h). qatbench owns the latent weights, the base
 * optimizer, the choice of quantized tensors, bits, granularity and the quantizer that gives every row its levels.
 *
 * One training step, in order (t = step number from 0; w is what the network computes with):
 *   0  bind        each view, once, before anything else: shapes only; what the view needs is asked for here
 *      start       each view, once, before the first quantized step: x is set, w == x; aux and state may be filled
 *   1  the network computes the loss and g = dLoss/dw at w
 *   2  begin_step  once, on one thread: may scale the weight decay of this step, or reset the optimizer
 *   3  on_gradient each view: may change g and fill aux_g; x and aux are still those of before the step
 *   4  x <- base optimizer(x, g), and the same for aux
 *   5  after_step  each view: may change x (with QB_CAP_EDITS_LATENT) and aux
 *   6  the levels are renewed from z when due; z is x, or x / max(1, lr_sum) under the option quant_shrink
 *   7  project     each view: on entry w is what g was taken at, on return what the next forward pass uses
 * finish is called for every evaluation and for the final weights, never as part of a step.
 * During the warm-up (steps before first_step) no hook runs and w == x.
 *
 * Rules. A hook returns 0, or anything else after host->fail(host, "why"): the run then ends as failed.
 * A solver starts no thread, has no mutable global, keeps no pointer of a view after the call, and frees what it
 * allocates. It leaves the process as it found it: floating-point mode, locale, signals, working folder, umask,
 * environment, standard streams; and it never ends it. Hooks of different views may run at once on different threads when QB_CAP_PARALLEL_VIEWS is claimed;
 * one view is always handled by one thread. View hooks write their own view only; what `create` returned changes
 * only in create, load and begin_step.
 *
 * Growth. Members are only ever appended, and a struct that may grow carries its size (option_size in qb_solver), so
 * a plugin compiled with an older copy of this header keeps working; qb_option_value and qb_metric, which go in
 * arrays, never grow. Another major version is refused, a newer minor than the program's too.
 */
#ifndef QATBENCH_SOLVER_H
#define QATBENCH_SOLVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QB_SOLVER_ABI_MAJOR 1u
#define QB_SOLVER_ABI_MINOR 0u

/* Capabilities: the most that a plugin may do. bind may give some of them up for a view. */
enum {
    QB_CAP_EDITS_LATENT = 1u << 0,   /* after_step or project may write x                                        */
    QB_CAP_OWN_LEVELS = 1u << 1,     /* the solver decides the levels: no quantizer, levels is NULL; finish required
                                        unless w is hard at all times                                            */
    QB_CAP_OWN_STEP = 1u << 2,       /* no base optimizer step on x: after_step makes it                          */
    QB_CAP_FULL_PRECISION = 1u << 3, /* no quantization at all (the float baseline)                               */
    QB_CAP_PARALLEL_VIEWS = 1u << 4, /* hooks of different views may run at the same time                         */
};

/* Traits: promises that `qatbench solver check` tests when they are claimed. They concern project, row by row. */
enum {
    QB_TRAIT_IDENTITY_BEFORE = 1u << 0, /* w == z before the annealing window                                   */
    QB_TRAIT_HARD_AFTER = 1u << 1,      /* w is a level of its row from the end of the window on                */
    QB_TRAIT_MONOTONE = 1u << 2,        /* z_i <= z_j implies w_i <= w_j in a row                               */
    QB_TRAIT_ODD = 1u << 3,             /* -z gives -w when the levels are symmetric, except at ties            */
    QB_TRAIT_NONEXPANSIVE = 1u << 4,    /* |w_i - w_j| <= |z_i - z_j| in a row                                   */
    QB_TRAIT_ROW_SYMMETRIC = 1u << 5,   /* permuting the weights of a row permutes w                            */
};

typedef enum qb_option_kind {
    QB_OPTION_BOOL = 1, /* value.integer 0 or 1 */
    QB_OPTION_INT,      /* value.integer        */
    QB_OPTION_REAL,     /* value.real           */
    QB_OPTION_CHOICE,   /* value.integer = index into choices, value.text */
    QB_OPTION_REALS,    /* value.list, value.n_list */
} qb_option_kind;

/* An option of the solver, as data: `solver[name=value]`. The program parses and checks it. */
typedef struct qb_solver_option {
    const char *name;           /* snake_case                                                 */
    uint32_t kind;              /* qb_option_kind                                             */
    uint32_t min_open;          /* 1: the lower bound itself is refused                       */
    const char *def;            /* default, as the user would write it                        */
    double min, max;            /* allowed range, inclusive; min == max: no bounds            */
    const char *const *choices; /* QB_OPTION_CHOICE: NULL-terminated                          */
    const char *unit;           /* "", "steps", ...                                           */
    const char *help;           /* one clause                                                 */
} qb_solver_option;

/* The value of an option; in the order in which the options are declared. Valid during the call only.
 * Never grows in major version 1. */
typedef struct qb_option_value {
    double real;
    int64_t integer;
    const char *text;
    const double *list;
    size_t n_list;
} qb_option_value;

/* What the program offers to a plugin; valid from create to destroy. */
typedef struct qb_host {
    uint32_t size;
    /* Says why a hook is about to return non-zero. Any thread. */
    void (*fail)(const struct qb_host *host, const char *why);
    /* out[0..n) uniform on [0, 1): numbers first..first+n-1 of the stream of (seed of the run, view, step, purpose).
     * The same whatever the number of threads. Any thread. */
    void (*uniform)(const struct qb_host *host, uint32_t view, int64_t step, uint32_t purpose, int64_t first, int64_t n,
                    float *out);
    int32_t bits;        /* 1..8, 0 = ternary                        */
    uint32_t n_views;    /* tensors that are quantized               */
    int64_t n_steps;     /* steps of the whole run, warm-up included */
    int64_t first_step;  /* first quantized step                     */
    double weight_decay; /* of the quantized tensors                 */
} qb_host;

/* Where training stands. Reals are double; steps count from 0 and include the warm-up. */
typedef struct qb_step {
    uint32_t size;
    int64_t step, first_step, n_steps, steps_per_epoch;
    double anneal_start, anneal_end; /* the annealing window, in steps                                   */
    double fraction;                 /* (step - anneal_start) / (anneal_end - anneal_start), not clamped; an empty
                                        window gives -1 before it and 2 from anneal_end on               */
    double lr, lr_base;              /* of this step; before the schedule                                */
    double lr_sum;                   /* sum of lr over the quantized steps so far, this one included     */
    double lr_sum_total;             /* the same at the end of the run, from the schedule                */
} qb_step;

/* What begin_step may ask for; both depend on the step alone. */
typedef struct qb_step_request {
    uint32_t size;
    uint32_t reset_optimizer; /* 1: forget momenta and moments before this step (default 0)          */
    double decay_scale;       /* times the weight decay of the quantized tensors, this step (default 1) */
} qb_step_request;

enum { QB_LAYER_INNER = 0, QB_LAYER_FIRST = 1, QB_LAYER_LAST = 2 }; /* qb_view.layer: bits; an only layer is both */

/* One quantized tensor, as rows. A row is the unit that shares one set of levels: the tensor, an output channel or
 * a block, as the user chose. Plain contiguous float32; never empty. */
typedef struct qb_view {
    uint32_t size;
    uint32_t index;          /* 0..n_views-1                                        */
    const char *name;        /* "layer1.0.conv1.weight"                             */
    int64_t n_rows, row_len;
    int64_t n_per_channel;   /* weights of one output channel                       */
    int64_t fan_in, fan_out; /* of the layer                                        */
    int32_t bits;            /* 1..8, 0 = ternary                                   */
    int32_t layer;           /* QB_LAYER_*                                          */
    float *x;                /* (n_rows, row_len) latent weights                    */
    const float *z;          /* (n_rows, row_len) input of the map; valid in project */
    float *w;                /* (n_rows, row_len) weights of forward and backward   */
    float *g;                /* (n_rows, row_len) gradient of the batch, summed over its parts and clipped; in on_gradient and after_step */
    const float *levels;     /* (n_rows, n_levels) ascending, equal neighbours possible; NULL under OWN_LEVELS and
                                before the first refresh                            */
    int32_t n_levels;        /* levels of a row; 0 when levels is NULL              */
    int32_t n_aux;           /* as asked in bind                                    */
    float *aux;              /* (n_rows, n_aux) trained with the base optimizer     */
    float *aux_g;            /* (n_rows, n_aux) their gradients; zero on entry of on_gradient */
    float *weight_state;     /* (state_per_weight, n_rows, row_len) kept and saved by the program */
    float *row_state;        /* (n_rows, state_per_row)                             */
} qb_view;

/* What bind may ask for, per view. Filled with the defaults before the call. */
typedef struct qb_bind {
    uint32_t size;
    uint32_t caps;           /* default: the plugin's caps; may only lose bits     */
    int32_t n_aux;           /* trained floats a row, default 0, at most 16        */
    int32_t state_per_weight; /* floats, default 0, at most 8; zero at the start   */
    int32_t state_per_row;   /* floats, default 0, at most 64; zero at the start   */
    float aux_lr_factor;     /* default 1                                          */
    float aux_weight_decay;  /* default 0                                          */
} qb_bind;

/* A number to log with the training loss, as train/NAME. Never grows in major version 1. */
typedef struct qb_metric {
    const char *name; /* static */
    double value;
} qb_metric;

typedef struct qb_solver {
    uint32_t abi_major, abi_minor;
    uint32_t size;        /* sizeof(qb_solver) of the plugin's header        */
    uint32_t option_size; /* sizeof(qb_solver_option) of the plugin's header */
    uint32_t caps, traits;

    const char *name;    /* = file name without .so                                               */
    const char *title;   /* one line                                                              */
    const char *version; /* "1.0"; a new version is a new experiment: raise it when results change */
    const char *source;  /* citation                                                              */
    const qb_solver_option *options; /* n_options of them, or NULL */
    uint32_t n_options;
    uint32_t reserved; /* 0 */

    /* Required. Writes all of view->w. [any thread of the program, view by view] */
    int (*project)(void *self, const qb_step *step, qb_view *view);

    /* Everything below is optional (NULL). */

    /* 0: this combination works; else writes the reason (one clause) into why[0..n). granularity is "tensor", "row"
     * or "block". Runs before training; no instance yet. [one thread] */
    int (*supports)(const qb_option_value *options, int32_t bits, const char *granularity, char *why, size_t n);
    int (*create)(const qb_host *host, const qb_option_value *options, void **ret_self); /* [one thread] */
    void (*destroy)(void *self);                                                        /* [one thread] */
    int (*bind)(void *self, const qb_view *view, qb_bind *request); /* pointers of the view are NULL [one thread] */
    int (*start)(void *self, const qb_step *step, qb_view *view);   /* [any thread, view by view] */
    int (*begin_step)(void *self, const qb_step *step, qb_step_request *request); /* [one thread, no other hook] */
    int (*on_gradient)(void *self, const qb_step *step, qb_view *view);           /* [any thread, view by view] */
    int (*after_step)(void *self, const qb_step *step, qb_view *view);            /* [any thread, view by view] */
    /* out (n_rows, row_len) <- the hard weights of this view. Reads only, no randomness; on weights that are hard
     * already it must change no bit. step is the last quantized step done. NULL: the nearest level in force to w, or
     * w itself under OWN_LEVELS. [any thread, view by view] */
    int (*finish)(void *self, const qb_step *step, const qb_view *view, float *out);
    /* State beyond aux and state arrays. save writes at most `capacity` bytes and returns the size it needs (it is
     * called again with enough); 0 = nothing. [one thread] */
    size_t (*save)(const void *self, void *bytes, size_t capacity);
    int (*load)(void *self, const void *bytes, size_t n); /* [one thread] */
    /* Up to `max` numbers for the log; returns how many. [one thread] */
    size_t (*metrics)(const void *self, const qb_step *step, qb_metric *out, size_t max);
    const void *(*extension)(const char *id); /* reserved for growth: NULL for an id it does not know [any thread] */
} qb_solver;

#define QB_SOLVER_HEAD                                                                                              \
    .abi_major = QB_SOLVER_ABI_MAJOR, .abi_minor = QB_SOLVER_ABI_MINOR, .size = (uint32_t)sizeof(qb_solver),        \
    .option_size = (uint32_t)sizeof(qb_solver_option)

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const qb_solver qb_solver_v1;

#ifdef __cplusplus
}
#endif
#endif
