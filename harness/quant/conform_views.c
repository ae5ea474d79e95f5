/* The weights of a stage; see conform_views.h. */
#include "quant/conform_views.h"

#include "base/rng.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows that have broken quantizers before: one row each. */
static const char *const special_rows[] = {"a row of zeros",         "a row of equal weights",  "a row of denormals",
                                           "a row of two values",    "a row with one weight",   "a row of large weights",
                                           "a row of tiny weights",  "a row of both zeros"};
enum { N_SPECIAL = (int)(sizeof special_rows / sizeof *special_rows), SPECIAL_LEN = 12 };

static float special_value(int kind, int64_t i, float random)
{
    switch (kind) {
    case 0: return 0.0f;
    case 1: return 0.25f;
    case 2: return (float)(i - 5) * FLT_TRUE_MIN;
    case 3: return i % 3 == 0 ? -0.5f : 0.125f;
    case 4: return i == 7 ? 1.0f : 0.0f;
    case 5: return 1e6f * random;
    case 6: return 1e-20f * random;
    default: return i % 2 == 0 ? 0.0f : -0.0f;
    }
}

/* ---- shapes ---- */

static void add_view(qb_stage *s, const char *name, int64_t rows, int64_t len, int64_t per_channel)
{
    qb_stage_view *v = &s->views[s->n_views];
    (void)snprintf(v->name, sizeof v->name, "%s", name);
    v->view = (qb_view){.size = (uint32_t)sizeof v->view, .index = (uint32_t)s->n_views, .name = v->name,
                        .n_rows = rows, .row_len = len, .n_per_channel = per_channel, .fan_in = per_channel,
                        .fan_out = rows * len / per_channel, .bits = s->o.setting.bits,
                        .layer = s->n_views == 0 ? QB_LAYER_FIRST : QB_LAYER_INNER};
    s->n_views++;
}

void qb_stage_describe_views(qb_stage *s)
{
    static const struct {
        const char *name;
        struct {
            int64_t rows, len, per_channel;
        } by[3]; /* tensor, row, block */
    } plain[] = {{"conv.weight", {{1, 108, 27}, {4, 27, 27}, {12, 9, 27}}},
                 {"odd.weight", {{1, 35, 7}, {5, 7, 7}, {7, 5, 5}}},
                 {"single.weight", {{1, 1, 1}, {3, 1, 1}, {4, 1, 2}}},
                 {"ramp.weight", {{1, 108, 54}, {1, 108, 108}, {2, 54, 108}}}};
    int by = (int)s->o.setting.granularity - 1;
    if (s->o.timed_rows > 0) {
        add_view(s, "timed.weight", s->o.timed_rows, s->o.timed_len, s->o.timed_len);
    } else if (s->o.scene != QB_SCENE_SPECIAL) {
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
            add_view(s, plain[i].name, plain[i].by[by].rows, plain[i].by[by].len, plain[i].by[by].per_channel);
    } else if (s->o.setting.granularity != QB_PER_TENSOR) {
        add_view(s, "special.weight", N_SPECIAL, SPECIAL_LEN, SPECIAL_LEN * (by == 2 ? 2 : 1));
    } else {
        for (int k = 0; k < N_SPECIAL; k++) {
            char name[32];
            (void)snprintf(name, sizeof name, "special%d.weight", k);
            add_view(s, name, 1, SPECIAL_LEN, SPECIAL_LEN / 2);
        }
    }
    s->views[s->n_views - 1].view.layer = QB_LAYER_LAST;
}

static int special_kind(const qb_stage *s, const qb_stage_view *v, int64_t row)
{
    return (int)(s->o.setting.granularity == QB_PER_TENSOR ? v->view.index : (uint32_t)row);
}

const char *qb_stage_row_text(const qb_stage *s, int v, int64_t row)
{
    return s->o.scene == QB_SCENE_SPECIAL ? special_rows[special_kind(s, &s->views[v], row)] : "";
}

/* ---- values ---- */

static bool is_ramp(const qb_stage_view *v)
{
    return strcmp(v->name, "ramp.weight") == 0;
}

int64_t qb_stage_place(const qb_stage *s, int64_t i, int64_t len)
{
    return s->o.permuted ? (i + 1) % len : i;
}

static float poison(int64_t i)
{
    return i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
}

/* Some of each row, all of the second view. */
static bool is_poisoned(const qb_stage_view *v, int64_t i)
{
    return v->view.index == 1 || i % 11 == 5;
}

void qb_stage_fill(const qb_stage *s, qb_stage_view *v)
{
    int64_t n = v->arrays[QB_ARRAY_X].n, len = v->view.row_len;
    float *random = v->arrays[QB_ARRAY_OUT].data, sign = s->o.mirrored ? -1.0f : 1.0f;
    char key[64];
    (void)snprintf(key, sizeof key, "stage%u.%s", s->o.seed, v->name);
    qb_hash_fill(key, (size_t)n, 0.5, 0.0, random);
    for (int64_t k = 0; k < n; k++) {
        int64_t r = k / len, i = k % len;
        float x = random[k];
        if (is_ramp(v)) /* every 37th, so that neighbours in value are not neighbours in memory */
            x = (float)((k * 37 + (int64_t)s->o.seed) % n) / (float)n - 0.5f;
        if (s->o.scene == QB_SCENE_SPECIAL)
            x = special_value(special_kind(s, v, r), i, random[k]);
        if (s->o.scene == QB_SCENE_POISON_X && is_poisoned(v, k))
            x = poison(k);
        int64_t at = r * len + qb_stage_place(s, i, len);
        v->view.x[at] = v->view.w[at] = sign * x;
    }
    (void)snprintf(key, sizeof key, "target%u.%s", s->o.seed, v->name);
    qb_hash_fill(key, (size_t)n, 0.5, 0.0, random);
    for (int64_t k = 0; k < n; k++) {
        float x = v->view.x[k / len * len + qb_stage_place(s, k % len, len)] * sign;
        float target = s->o.scene == QB_SCENE_SPECIAL ? x : random[k]; /* special rows stay what they are */
        v->target[k / len * len + qb_stage_place(s, k % len, len)] = sign * target;
    }
}

void qb_stage_gradient(const qb_stage *s, qb_stage_view *v)
{
    float *g = v->arrays[QB_ARRAY_G].data;
    for (int64_t k = 0; k < v->arrays[QB_ARRAY_G].n; k++) {
        g[k] = 0.3f * (v->view.w[k] - v->target[k]);
        if (s->o.scene == QB_SCENE_POISON_G && is_poisoned(v, k))
            g[k] = poison(k);
    }
}
