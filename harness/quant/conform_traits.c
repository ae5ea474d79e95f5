/* The traits that a plugin claims, tested on what project makes of a row. Letters: z input of the map, w result.
 *
 * Each is looked at after every step of several plays: with the default window, with an empty one, and with z apart
 * from x as under quant_shrink.
 */
#include "quant/conform_rules.h"

#include "base/err.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY_WINDOW_AT = 9 };

static void play_variants(qb_conform *c, qb_scene scene, qb_stage_look each)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage_options o = qb_conform_options(c, c->list[i], scene);
        qb_conform_play(c, &o, each);
        o.shrunk = true;
        qb_conform_play(c, &o, each);
        o.shrunk = false;
        o.window_start = o.window_end = EMPTY_WINDOW_AT;
        qb_conform_play(c, &o, each);
    }
}

/* "2 bits by row, step 7 of a window from 6 to 14, row 0 of odd.weight, a row of zeros: " and what is said. */
static void fail_at(qb_conform *c, const qb_stage *s, int v, int64_t row, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void fail_at(qb_conform *c, const qb_stage *s, int v, int64_t row, const char *fmt, ...)
{
    char what[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const char *kind = qb_stage_row_text(s, v, row);
    qb_conform_fail(c, "%s, step %lld of a window from %g to %g, row %lld of %s%s%s: %s",
                    qb_conform_setting_text(s->o.setting), (long long)s->step.step, s->step.anneal_start,
                    s->step.anneal_end, (long long)row, s->views[v].name, kind[0] ? ", " : "", kind, what);
}

static const float *row_of(const qb_stage *s, int v, int array, int64_t row)
{
    return s->views[v].arrays[array].data + row * s->views[v].view.row_len;
}

/* ---- before and after the window ---- */

static void look_at_identity(qb_conform *c, qb_stage *s)
{
    if (s->step.fraction >= 0.0)
        return;
    for (int v = 0; v < s->n_views; v++)
        for (int64_t r = 0; r < s->views[v].view.n_rows; r++) {
            const float *z = row_of(s, v, QB_ARRAY_Z, r), *w = row_of(s, v, QB_ARRAY_W, r);
            for (int64_t i = 0; i < s->views[v].view.row_len; i++)
                if (w[i] != z[i])
                    fail_at(c, s, v, r, "z = %.9g gave w = %.9g, which must equal z before the window", (double)z[i],
                            (double)w[i]);
        }
}

static void test_identity(qb_conform *c)
{
    play_variants(c, QB_SCENE_PLAIN, look_at_identity);
    play_variants(c, QB_SCENE_SPECIAL, look_at_identity);
}

static bool is_level(const qb_view *view, int64_t row, float w)
{
    for (int32_t k = 0; k < view->n_levels; k++)
        if (view->levels[row * view->n_levels + k] == w)
            return true;
    return false;
}

/* "(-0.5 0 0.5)"; of many the first and the last few. */
static const char *levels_text(const qb_view *view, int64_t row, char *buf, size_t n)
{
    enum { SHOWN = 4 }; /* at each end */
    size_t used = 0;
    for (int32_t k = 0; k < view->n_levels && used < n; k++) {
        if (k == SHOWN && view->n_levels > 2 * SHOWN) {
            used += (size_t)snprintf(buf + used, n - used, " ..");
            k = view->n_levels - SHOWN;
        }
        if (used < n)
            used += (size_t)snprintf(buf + used, n - used, "%s%.9g", k == 0 ? "(" : " ",
                                     (double)view->levels[row * view->n_levels + k]);
    }
    if (used < n)
        (void)snprintf(buf + used, n - used, ")");
    return buf;
}

static void look_at_hard(qb_conform *c, qb_stage *s)
{
    if (s->step.fraction < 1.0)
        return;
    int most = qb_conform_max_values(s->o.setting.bits);
    for (int v = 0; v < s->n_views; v++) {
        const qb_view *view = &s->views[v].view;
        for (int64_t r = 0; r < view->n_rows; r++) {
            const float *z = row_of(s, v, QB_ARRAY_Z, r), *w = row_of(s, v, QB_ARRAY_W, r);
            for (int64_t i = 0; view->levels && i < view->row_len; i++)
                if (!is_level(view, r, w[i])) {
                    char levels[256];
                    fail_at(c, s, v, r, "z = %.9g gave w = %.9g, which is none of the row's levels %s", (double)z[i],
                            (double)w[i], levels_text(view, r, levels, sizeof levels));
                }
            int got = qb_conform_count_values(w, view->row_len, most);
            if (got > most)
                fail_at(c, s, v, r, "after the window, w has at least %d values, and %d are allowed", got, most);
        }
    }
}

static void test_hard(qb_conform *c)
{
    play_variants(c, QB_SCENE_PLAIN, look_at_hard);
    play_variants(c, QB_SCENE_SPECIAL, look_at_hard);
}

/* ---- the map of a row ---- */

typedef struct pair {
    float z, w;
} pair;

static int by_z(const void *a, const void *b)
{
    float p = ((const pair *)a)->z, q = ((const pair *)b)->z;
    return p < q ? -1 : p > q;
}

/* The row's pairs by ascending z; freed by the caller. */
static pair *sorted_row(const qb_stage *s, int v, int64_t row)
{
    int64_t n = s->views[v].view.row_len;
    pair *p = qb_alloc((size_t)n, sizeof *p);
    QB_ASSERT(p);
    for (int64_t i = 0; i < n; i++)
        p[i] = (pair){row_of(s, v, QB_ARRAY_Z, row)[i], row_of(s, v, QB_ARRAY_W, row)[i]};
    qsort(p, (size_t)n, sizeof *p, by_z);
    return p;
}

static void look_at_monotone(qb_conform *c, qb_stage *s)
{
    for (int v = 0; v < s->n_views; v++)
        for (int64_t r = 0; r < s->views[v].view.n_rows; r++) {
            pair *p = sorted_row(s, v, r);
            for (int64_t i = 0; i + 1 < s->views[v].view.row_len; i++) {
                if (p[i].z < p[i + 1].z && p[i].w > p[i + 1].w)
                    fail_at(c, s, v, r, "z = %.9g gave w = %.9g, but the larger z = %.9g gave the smaller w = %.9g",
                            (double)p[i].z, (double)p[i].w, (double)p[i + 1].z, (double)p[i + 1].w);
                if (p[i].z == p[i + 1].z && p[i].w != p[i + 1].w)
                    fail_at(c, s, v, r, "z = %.9g, which stands in the row more than once, gave w = %.9g and w = %.9g",
                            (double)p[i].z, (double)p[i].w, (double)p[i + 1].w);
            }
            qb_free(p);
        }
}

static void test_monotone(qb_conform *c)
{
    play_variants(c, QB_SCENE_PLAIN, look_at_monotone);
    play_variants(c, QB_SCENE_SPECIAL, look_at_monotone);
}

/* Neighbours by z are enough: differences add up. The slack is what rounding w and z to float may add. */
static void look_at_expansion(qb_conform *c, qb_stage *s)
{
    for (int v = 0; v < s->n_views; v++)
        for (int64_t r = 0; r < s->views[v].view.n_rows; r++) {
            pair *p = sorted_row(s, v, r);
            for (int64_t i = 0; i + 1 < s->views[v].view.row_len; i++) {
                double dw = fabs((double)p[i + 1].w - (double)p[i].w), dz = (double)p[i + 1].z - (double)p[i].z;
                double largest = fmax(fmax(fabs((double)p[i].w), fabs((double)p[i + 1].w)),
                                      fmax(fabs((double)p[i].z), fabs((double)p[i + 1].z)));
                if (dw > dz + 4.0 * (double)FLT_EPSILON * largest)
                    fail_at(c, s, v, r, "z = %.9g gave w = %.9g and z = %.9g gave w = %.9g: w differ by %.9g, z by %.9g only",
                            (double)p[i].z, (double)p[i].w, (double)p[i + 1].z, (double)p[i + 1].w, dw, dz);
            }
            qb_free(p);
        }
}

static void test_nonexpansive(qb_conform *c)
{
    play_variants(c, QB_SCENE_PLAIN, look_at_expansion);
    play_variants(c, QB_SCENE_SPECIAL, look_at_expansion);
}

/* ---- two plays side by side ---- */

typedef void (*pair_look)(qb_conform *c, qb_stage *a, qb_stage *b, bool *skip);

/* skip: one flag a weight of a stage (rows of all views one after another), kept from step to step. */
static void play_two(qb_conform *c, const qb_stage_options *oa, qb_stage_options ob, pair_look look)
{
    qb_stage a, b;
    bool skip[1024] = {false};
    qb_stage_init(&a, oa);
    ob.levels_of = &a;
    qb_stage_init(&b, &ob);
    while (!a.stopped && !b.stopped && a.next_step < QB_STAGE_STEPS && !qb_conform_has_failed(c)) {
        qb_stage_step(&a);
        qb_stage_step(&b);
        if (!a.stopped && !b.stopped)
            look(c, &a, &b, skip);
    }
    qb_stage_finish(&b);
    qb_stage_finish(&a);
}

static bool is_symmetric(const qb_view *view, int64_t row)
{
    const float *q = view->levels + row * view->n_levels;
    for (int32_t k = 0; k < view->n_levels; k++)
        if (q[k] != -q[view->n_levels - 1 - k])
            return false;
    return true;
}

static bool is_tie(const qb_view *view, int64_t row, float z)
{
    const float *q = view->levels + row * view->n_levels;
    for (int32_t k = 0; k + 1 < view->n_levels; k++)
        if ((double)z == 0.5 * ((double)q[k] + (double)q[k + 1]))
            return true;
    return false;
}

/* A row that once had asymmetric levels or a tie is left out from then on: its mirror image went another way. */
static void look_at_oddness(qb_conform *c, qb_stage *a, qb_stage *b, bool *skip)
{
    for (int v = 0; v < a->n_views; v++) {
        const qb_view *view = &a->views[v].view;
        for (int64_t r = 0; r < view->n_rows; r++, skip++) {
            const float *z = row_of(a, v, QB_ARRAY_Z, r), *w = row_of(a, v, QB_ARRAY_W, r);
            const float *mirror = row_of(b, v, QB_ARRAY_W, r);
            *skip = *skip || (view->levels && !is_symmetric(view, r));
            for (int64_t i = 0; view->levels && i < view->row_len && !*skip; i++)
                *skip = is_tie(view, r, z[i]);
            for (int64_t i = 0; i < view->row_len && !*skip; i++)
                if (mirror[i] != -w[i])
                    fail_at(c, a, v, r, "z = %.9g gave w = %.9g, but -z gave w = %.9g, expected %.9g", (double)z[i],
                            (double)w[i], (double)mirror[i], -(double)w[i]);
        }
    }
}

static void test_odd(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
        qb_stage_options mirrored = o;
        mirrored.mirrored = true;
        play_two(c, &o, mirrored, look_at_oddness);
    }
}

/* Sums over a row may round differently in another order: to 1e-5 of the row's largest weight. */
static void look_at_symmetry(qb_conform *c, qb_stage *a, qb_stage *b, bool *skip)
{
    (void)skip;
    for (int v = 0; v < a->n_views; v++) {
        const int64_t len = a->views[v].view.row_len;
        for (int64_t r = 0; r < a->views[v].view.n_rows; r++) {
            const float *w = row_of(a, v, QB_ARRAY_W, r), *permuted = row_of(b, v, QB_ARRAY_W, r);
            double largest = 0.0;
            for (int64_t i = 0; i < len; i++)
                largest = fmax(largest, fabs((double)w[i]));
            for (int64_t i = 0; i < len; i++) {
                int64_t place = qb_stage_place(b, i, len);
                if (!(fabs((double)w[i] - (double)permuted[place]) <= 1e-5 * largest))
                    fail_at(c, a, v, r, "z = %.9g gave w = %.9g at place %lld, but %.9g at place %lld of the permuted row",
                            (double)row_of(a, v, QB_ARRAY_Z, r)[i], (double)w[i], (long long)i,
                            (double)permuted[place], (long long)place);
            }
        }
    }
}

static void test_row_symmetric(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
        qb_stage_options permuted = o;
        permuted.permuted = true;
        play_two(c, &o, permuted, look_at_symmetry);
    }
}

const qb_rule qb_trait_rules[] = {
    {"IDENTITY_BEFORE: w equals z before the annealing window", QB_TRAIT_IDENTITY_BEFORE, test_identity},
    {"HARD_AFTER: w is a level of its row from the end of the window on", QB_TRAIT_HARD_AFTER, test_hard},
    {"MONOTONE: in a row, a larger z never gives a smaller w", QB_TRAIT_MONOTONE, test_monotone},
    {"ODD: -z gives -w where the levels are symmetric, except at ties", QB_TRAIT_ODD, test_odd},
    {"NONEXPANSIVE: two weights of a row come no further apart", QB_TRAIT_NONEXPANSIVE, test_nonexpansive},
    {"ROW_SYMMETRIC: permuting the weights of a row permutes w", QB_TRAIT_ROW_SYMMETRIC, test_row_symmetric},
    {NULL, 0, NULL},
};
