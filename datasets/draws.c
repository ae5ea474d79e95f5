#include "datasets/draws.h"

#include <math.h>

#include "image/erase.h"

qb_crop_draw qb_draw_crop(qb_stream *s)
{
    qb_crop_draw draw;
    for (int k = 0; k < QB_CROP_ATTEMPTS; k++)
        for (int i = 0; i < 2; i++)
            draw.attempts[k][i] = qb_rng_uniform(s);
    draw.top = qb_rng_uniform(s);
    draw.left = qb_rng_uniform(s);
    return draw;
}

int qb_draw_operations(qb_stream *s, qb_drawn_operation ret_operations[QB_DRAWN_OPERATIONS])
{
    int n = 0;
    for (int k = 0; k < QB_DRAWN_OPERATIONS; k++) {
        const qb_operation op = (qb_operation)(1 + qb_rng_below(s, QB_N_OPERATIONS));
        const bool applies = !(qb_rng_uniform(s) > 0.5);
        const double magnitude = fmin(fmax(9 + 0.5 * qb_rng_normal(s), 0), 10);
        const bool is_negated = qb_rng_uniform(s) > 0.5;
        if (applies)
            ret_operations[n++] = (qb_drawn_operation){op, qb_operation_argument(op, magnitude, is_negated)};
    }
    return n;
}

static double between(double lowest, double highest, double u)
{
    return lowest + u * (highest - lowest);
}

bool qb_draw_rectangle(qb_stream *s, int height, int width, qb_box *ret_rectangle)
{
    enum { ATTEMPTS = 10 };
    qb_box r;
    if (qb_rng_uniform(s) > 0.25)
        return false;
    for (int k = 0; k < ATTEMPTS; k++) {
        const double share = between(0.02, 1.0 / 3, qb_rng_uniform(s));
        const double log_ratio = between(log(0.3), log(1 / 0.3), qb_rng_uniform(s));
        if (!qb_erase_size(height, width, share, log_ratio, &r.height, &r.width))
            continue;
        r.top = (int)qb_rng_below(s, (uint32_t)(height - r.height) + 1);
        r.left = (int)qb_rng_below(s, (uint32_t)(width - r.width) + 1);
        *ret_rectangle = r;
        return true;
    }
    return false;
}
