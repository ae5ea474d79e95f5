/* A stage for one instance of a solver: views in memory with guards all around, and the steps of <qatbench/solver.h>
 * played hook by hook on one thread. After every hook the stage knows which arrays it changed. Private to the
 * contract tests.
 */
#ifndef QB_CONFORM_STAGE_H
#define QB_CONFORM_STAGE_H

#include "quant/instance.h"
#include "quant/levels.h"
#include "quant/plugin.h"
#include "quant/quant.h"

#include <stdint.h>

/* A combination that the plugin supports. */
typedef struct qb_conform_setting {
    int bits;
    qb_granularity granularity;
} qb_conform_setting;

const char *qb_conform_setting_text(qb_conform_setting s); /* "2 bits by row"; static, valid until the next call */

typedef enum qb_scene {
    QB_SCENE_PLAIN,    /* weights as in training, rows of 1, 7, 27 and 108 or so, a ramp over the levels */
    QB_SCENE_SPECIAL,  /* rows of zeros, of equal weights, of denormals, ... */
    QB_SCENE_POISON_X, /* infinite and NaN latent weights */
    QB_SCENE_POISON_G, /* infinite and NaN gradients */
} qb_scene;

/* What a hook did that it may not; each kind is another rule. */
typedef enum qb_breach {
    QB_BREACH_RETURN,    /* returned non-zero */
    QB_BREACH_LATENT,    /* changed x without EDITS_LATENT */
    QB_BREACH_OUTSIDE,   /* wrote outside the view's arrays */
    QB_BREACH_FORBIDDEN, /* changed another array that is not this hook's to change */
    QB_BREACH_FINITE,    /* finite in, not finite out */
    QB_N_BREACHES
} qb_breach;

enum { QB_ARRAY_X, QB_ARRAY_Z, QB_ARRAY_W, QB_ARRAY_G, QB_ARRAY_LEVELS, QB_ARRAY_AUX, QB_ARRAY_AUX_G,
       QB_ARRAY_WEIGHT_STATE, QB_ARRAY_ROW_STATE, QB_ARRAY_OUT, QB_N_ARRAYS };

typedef struct qb_guarded {
    float *data; /* n of them; NULL: the view does not have this array */
    float *kept; /* copy of guards and data from before the hook */
    int64_t n, margin;
} qb_guarded;

typedef struct qb_stage_view {
    qb_view view;
    uint32_t caps; /* after bind */
    float aux_lr_factor;
    char name[32];
    qb_guarded arrays[QB_N_ARRAYS];
    float *target; /* the pseudo-gradient pulls w there */
} qb_stage_view;

enum { QB_STAGE_VIEWS = 12, QB_STAGE_FIRST_STEP = 2, QB_STAGE_WINDOW_START = 6, QB_STAGE_WINDOW_END = 14,
       QB_STAGE_STEPS = 20 };

typedef struct qb_stage_options {
    const qb_plugin *plugin;
    const qb_settings *settings;
    qb_conform_setting setting;
    qb_scene scene;
    uint32_t seed;                /* another seed: other weights */
    double window_start, window_end;
    bool shrunk;                  /* z = x / 2 in an array of its own, as under quant_shrink */
    bool mirrored;                /* all weights and gradients negated */
    bool permuted;                /* the weights of each row in another order */
    const struct qb_stage *levels_of; /* take the levels of this stage instead of computing them */
    int64_t timed_rows, timed_len; /* not 0: one view of this shape instead of the scene's */
    char *where;                  /* 256 bytes: what is being called, for when it crashes */
    bool *not_finite;             /* set at the first QB_BREACH_FINITE */
} qb_stage_options;

typedef struct qb_stage {
    qb_instance instance;
    qb_stage_options o;
    const qb_solver *solver;
    bool stopped; /* a hook failed */
    qb_quantizer *quantizer;    /* NULL: no view needs levels */
    qb_stage_view views[QB_STAGE_VIEWS];
    const char *view_names[QB_STAGE_VIEWS]; /* for the instance */
    int n_views;
    int64_t next_step;
    double lr_sum, decay_scale;
    qb_step step;               /* as the hooks see it */
    char *breaches[QB_N_BREACHES]; /* the first of each kind, or NULL; owned */
} qb_stage;

/* create and bind. A failure of these is a breach too: stopped. */
void qb_stage_init(qb_stage *s, const qb_stage_options *options);
void qb_stage_finish(qb_stage *s);

/* One training step: begin, then each view (in any order), then end. */
void qb_stage_begin_step(qb_stage *s);
void qb_stage_step_view(qb_stage *s, int v);
void qb_stage_end_step(qb_stage *s);
void qb_stage_step(qb_stage *s); /* all of it, views in order */

/* The array OUT of view v <- its hard weights, as qb_quant_finish makes them. */
void qb_stage_harden(qb_stage *s, int v);

const char *qb_stage_row_text(const qb_stage *s, int v, int64_t row); /* "a row of zeros", "" for plain ones */

/* false when `settings` are refused. */
bool qb_conform_is_supported(const qb_plugin *p, const qb_settings *settings, qb_conform_setting setting);

/* Where weight i of a row stands under `permuted`. */
int64_t qb_stage_place(const qb_stage *s, int64_t i, int64_t row_len);

#endif
