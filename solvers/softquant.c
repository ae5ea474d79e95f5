/* softquant - every interval of neighbouring levels carries a sigmoid that grows steeper over the window.
 *
 *   w = c + d tanh(tau (z' - c) / (4 d)) / tanh(tau / 4)     l <= z' = z clipped to [lowest, highest level] <= h
 *   c = (l + h) / 2,  d = (h - l) / 2,  tau = tau_start + f^power (tau_end - tau_start),  f = fraction of the window
 *   w = z before the window, the nearest level from its end on
 * w(l) = l, w(h) = h, odd around c; tau = 1 is almost the identity.
 *
 * Source: softquant.py of facebookresearch/parq. Differs: the stable form above instead of a ratio of exponentials,
 * and l = h gives l exactly.
 */
#include "common/maps.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct softquant {
    double tau_start, tau_end, power;
} softquant;

static const qb_solver_option options[] = {
    {"tau_start", QB_OPTION_REAL, 1, "1", 0, 1e6, NULL, "", "steepness of the sigmoids at the start of the window"},
    {"tau_end", QB_OPTION_REAL, 1, "1000", 0, 1e9, NULL, "", "steepness at its end; above tau_start"},
    {"power", QB_OPTION_REAL, 1, "1", 0, 100, NULL, "", "exponent of the fraction of the window"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)bits;
    (void)granularity;
    if (value[0].real < value[1].real)
        return 0;
    (void)snprintf(why, n, "tau_end must be above tau_start, got %g and %g", value[1].real, value[0].real);
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    softquant *s = calloc(1, sizeof *s);
    if (s == NULL) {
        host->fail(host, "out of memory");
        return 1;
    }
    s->tau_start = value[0].real;
    s->tau_end = value[1].real;
    s->power = value[2].real;
    *ret_self = s;
    return 0;
}

QB_CLONES(void, soft_row, (const float *q, int32_t n, double tau, const float *restrict z, int64_t len,
                           float *restrict w), (q, n, tau, z, len, w))
{
    enum { PIECE = 256 };
    float l[PIECE], h[PIECE];
    const double scale = 1.0 / qb_tanh(0.25 * tau), quarter = 0.25 * tau;
    for (int64_t from = 0; from < len; from += PIECE) {
        int count = len - from < PIECE ? (int)(len - from) : PIECE;
        qb_intervals(q, n, z + from, count, l, h);
        for (int i = 0; i < count; i++) {
            double low = (double)l[i], high = (double)h[i], x = (double)z[from + i];
            double c = 0.5 * (low + high), d = 0.5 * (high - low);
            x = x > low ? x : low;
            x = x < high ? x : high;
            double y = c + d * qb_tanh(quarter * (x - c) / d) * scale;
            y = y > low ? y : low; /* also where d = 0 */
            y = y < high ? y : high;
            w[from + i] = (float)y;
        }
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const softquant *s = self;
    if (step->fraction < 0.0)
        return qb_map_identity(v);
    if (step->fraction >= 1.0)
        return qb_map_nearest(v);
    double tau = s->tau_start + pow(step->fraction, s->power) * (s->tau_end - s->tau_start);
    for (int64_t r = 0; r < v->n_rows; r++)
        soft_row(v->levels + r * v->n_levels, v->n_levels, tau, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "softquant",
    .title = "sigmoid between neighbouring levels, with falling temperature",
    .version = "1.0",
    .source = "softquant.py of facebookresearch/parq (PARQ, arXiv 2503.15748)",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
};
