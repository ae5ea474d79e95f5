/* Softmax cross-entropy: loss.h. z logits, y label. */
#include "engine/loss.h"

#include "base/err.h"

#include <math.h>

/* How many logits rank before that of the label: larger, or equal with a lower index. */
static int rank(const float *z, int classes, int32_t y)
{
    int before = 0;
    for (int c = 0; c < classes; c++)
        before += z[c] > z[y] || (z[c] == z[y] && c < y);
    return before;
}

static double one_image(const float *z, int classes, int32_t y, double smoothing, double scale, float *grad)
{
    double max = (double)z[0], sum = 0, all = 0;
    for (int c = 1; c < classes; c++)
        max = (double)z[c] > max ? (double)z[c] : max;
    for (int c = 0; c < classes; c++) {
        sum += exp((double)z[c] - max);
        all += (double)z[c] - max;
    }
    double log_sum = log(sum), even = smoothing / classes;
    if (grad != NULL)
        for (int c = 0; c < classes; c++) {
            double target = even + (c == y ? 1 - smoothing : 0);
            grad[c] = (float)(scale * (exp((double)z[c] - max - log_sum) - target));
        }
    /* -sum of target * log softmax, with log softmax = z - max - log_sum */
    return (1 - smoothing) * (log_sum - ((double)z[y] - max)) + even * (classes * log_sum - all);
}

void qb_cross_entropy(const float *logits, int n, int classes, const int32_t *labels, double smoothing, double *per_image,
                      float *grad, qb_loss *ret_loss)
{
    for (int i = 0; i < n; i++)
        QB_ASSERT(labels[i] >= 0 && labels[i] < classes); /* datasets check theirs */
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * (size_t)classes;
        per_image[i] = one_image(logits + at, classes, labels[i], smoothing, 1.0 / n, grad != NULL ? grad + at : NULL);
    }
    qb_loss loss = {.n = n, .finite = true};
    for (int i = 0; i < n; i++) {
        loss.sum += per_image[i];
        if (!isfinite(per_image[i])) {
            loss.finite = false;
            continue; /* a rank among NaNs means nothing: not correct */
        }
        int before = rank(logits + (size_t)i * (size_t)classes, classes, labels[i]);
        loss.correct += before < 1;
        loss.correct5 += before < 5;
    }
    *ret_loss = loss;
}
