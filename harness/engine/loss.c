/* Softmax cross-entropy: loss.h. z logits. */
#include "engine/loss.h"

#include "base/err.h"

#include <math.h>

/* How many logits rank before that of the label y: larger, or equal with a lower index. */
static int rank(const float *z, int classes, int32_t y)
{
    int before = 0;
    for (int c = 0; c < classes; c++)
        before += z[c] > z[y] || (z[c] == z[y] && c < y);
    return before;
}

static double one_image(const float *z, int classes, const qb_target *t, double smoothing, double scale, float *grad)
{
    double max = (double)z[0], sum = 0, all = 0;
    for (int c = 1; c < classes; c++)
        max = (double)z[c] > max ? (double)z[c] : max;
    for (int c = 0; c < classes; c++) {
        sum += exp((double)z[c] - max);
        all += (double)z[c] - max;
    }
    double log_sum = log(sum), even = smoothing / classes, loss = even * (classes * log_sum - all);
    double keep[2] = {(1 - smoothing) * (double)t->share[0], (1 - smoothing) * (double)t->share[1]};
    if (grad != NULL)
        for (int c = 0; c < classes; c++) {
            double target = even + ((c == t->label[0] ? keep[0] : 0) + (c == t->label[1] ? keep[1] : 0));
            grad[c] = (float)(scale * (exp((double)z[c] - max - log_sum) - target));
        }
    /* -sum of target * log softmax, with log softmax = z - max - log_sum */
    for (int k = 2; k-- > 0;)
        if (t->share[k] > 0)
            loss += keep[k] * (log_sum - ((double)z[t->label[k]] - max));
    return loss;
}

void qb_cross_entropy(const float *logits, const qb_batch *batch, int classes, double *per_image, float *grad, qb_loss *ret_loss)
{
    const int n = batch->n;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 2; k++) {
            int32_t label = batch->targets[qb_batch_position(batch, i)].label[k];
            QB_ASSERT(label >= 0 && label < classes); /* datasets check theirs */
        }
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * (size_t)classes;
        per_image[i] = one_image(logits + at, classes, &batch->targets[qb_batch_position(batch, i)], batch->label_smoothing,
                                 1.0 / batch->n_whole, grad != NULL ? grad + at : NULL);
    }
    qb_loss loss = {.n = n, .finite = true};
    for (int i = 0; i < n; i++) {
        loss.sum += per_image[i];
        if (!isfinite(per_image[i])) {
            loss.finite = false;
            continue; /* a rank among NaNs means nothing: not correct */
        }
        const size_t position = qb_batch_position(batch, i);
        if (batch->unreadable && batch->unreadable[position])
            continue;
        int before = rank(logits + (size_t)i * (size_t)classes, classes, batch->targets[position].label[0]);
        loss.correct += before < 1;
        loss.correct5 += before < 5;
    }
    *ret_loss = loss;
}
