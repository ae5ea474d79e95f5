/* template - a mix of the latent weight and its nearest level.
 *
 *   w = (1 - s) z + s nearest(levels of the row, z)      s = fraction of the annealing window ^ power
 *
 * so w is the latent weight before the window, a hard one after it, and a mix in between.
 *
 * Made to be edited: the maths in `project`, the options, the texts at the end, and this comment, which should give
 * the method in formulas, where it is from, and where you differ. `qatbench solver new NAME` copies it for you.
 *
 * Build:  cc -shared -fPIC -O3 -std=c11 $(pkg-config --cflags qatbench) template.c -o template.so -lm
 * Test:   qatbench solver check ./template.so
 * Train:  qatbench train --solver './template.so[power=3]' --bits 2 ...
 *
 * Source: none; it shows the interface. A linear mix is BinaryRelax (Yin et al., arXiv 1801.06313).
 */
#include <qatbench/solver.h>      /* the interface: read its first page, the order of a step */
#include <qatbench/solver_util.h> /* nearest level, clamp, means: optional */

#include <stdlib.h>

/* ---- options: name, kind, lower bound open?, default, least, most, choices, unit, help ----
 * The program parses and checks them; they become part of the run's identity and show up in `qatbench info`. */
static const qb_solver_option options[] = {
    {"power", QB_OPTION_REAL, 1, "1", 0, 100, NULL, "", "above 1 the weights stay soft for longer"},
};
enum { POWER }; /* index into the values that create gets */

/* ---- one instance: what create makes and every other hook gets as `self` ----
 * No global variables: several instances live side by side, and hooks run on several threads. What changes from step
 * to step belongs into state that bind asks for (the program keeps and saves it), or into save and load. */
typedef struct blend {
    double power;
} blend;

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    blend *b = malloc(sizeof *b);
    if (b == NULL) {
        host->fail(host, "out of memory"); /* say why, then return anything but 0: the run ends as failed */
        return 1;
    }
    b->power = value[POWER].real;
    *ret_self = b;
    return 0;
}

static void destroy(void *self)
{
    free(self);
}

/* Share of the nearest level in w; step->fraction is below 0 before the window and at least 1 behind it. */
static double share(const blend *b, const qb_step *step)
{
    return pow(qb_clamp(step->fraction, 0.0, 1.0), b->power);
}

/* ---- the map: write all of w ----
 * A row is the set of weights that share their levels: a tensor, an output channel or a block, the same loop for all.
 * z holds the latent weights, levels the row's levels in ascending order (neighbours may be equal). Latent weights,
 * gradient, optimizer and levels are the program's business; other hooks may change them, see solver.h. */
static int project(void *self, const qb_step *step, qb_view *v)
{
    const double s = share(self, step);
    const float hard = (float)s, soft = (float)(1.0 - s);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *z = v->z + r * v->row_len, *levels = v->levels + r * v->n_levels;
        float *w = v->w + r * v->row_len;
        qb_nearest_row(levels, v->n_levels, z, v->row_len, w);
        if (s < 1.0) /* behind the window w has to be a level exactly, also where z is infinite */
            for (int64_t i = 0; i < v->row_len; i++)
                w[i] = s > 0.0 ? soft * z[i] + hard * w[i] : z[i];
    }
    return 0;
}

/* A number for the log, beside the loss: train/template_share. */
static size_t metrics(const void *self, const qb_step *step, qb_metric *out, size_t max)
{
    if (max < 1)
        return 0;
    out[0] = (qb_metric){"template_share", share(self, step)};
    return 1;
}

/* ---- what the program reads; the only symbol of the file that it sees ---- */
const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD, /* versions and sizes */

    /* The most that this solver may do. PARALLEL_VIEWS: hooks of different views may run at the same time. */
    .caps = QB_CAP_PARALLEL_VIEWS,

    /* Promises about w(z); `qatbench solver check` tests those that are made here. */
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,

    .name = "template", /* = the file's name without .so */
    .title = "a mix of the latent weight and its nearest level",
    .version = "1.0", /* raise it when results change: a new version is a new experiment */
    .source = "a variation on BinaryRelax, Yin et al., arXiv 1801.06313",
    .options = options,
    .n_options = sizeof options / sizeof *options,

    .project = project, /* the only hook that has to be there */
    .create = create,
    .destroy = destroy,
    .metrics = metrics,
};
