/* The numbers that tables show. See measure.h. */
#include "study/measure.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const qb_measure measures[] = {
    {"test_top1", "test top-1", "%", "last epoch", true, 2},
    {"test_top5", "test top-5", "%", "last epoch", true, 2},
    {"best_top1", "best test top-1", "%", "best evaluation after annealing", true, 2},
    {"mean5_top1", "mean test top-1", "%", "mean of the last 5 evaluations", true, 2},
    {"test_loss", "test loss", "", "last epoch", false, -1},
    {"train_loss", "training loss", "", "last epoch", false, -1},
    {"images_per_second", "training speed", "images/s", "whole run", true, -1},
    {"max_levels", "most levels in a row", "", "last epoch", false, 0},
    {"model_bytes", "size of the model", "bytes", "last epoch", false, 0},
};
enum { N_MEASURES = sizeof measures / sizeof *measures };

const qb_measure *qb_measures(size_t *ret_n)
{
    *ret_n = N_MEASURES;
    return measures;
}

/* Kept beside the table: an option's choices are a constant list. A test keeps the two equal. */
const char *const qb_measure_names[] = {"test_top1",  "test_top5",         "best_top1",  "mean5_top1",  "test_loss",
                                        "train_loss", "images_per_second", "max_levels", "model_bytes", NULL};

int qb_measure_find(const char *name, const qb_measure **ret_measure)
{
    for (size_t i = 0; i < N_MEASURES; i++) {
        if (strcmp(measures[i].name, name) == 0) {
            *ret_measure = &measures[i];
            return QB_OK;
        }
    }
    const char *nearest = qb_nearest_name(name, qb_measure_names, N_MEASURES);
    int rc = qb_err_set(QB_E_USAGE, "metric: unknown metric '%.60s'", name);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
}

int qb_measure_decimals(const qb_measure *m, double mean, double std)
{
    if (m->decimals >= 0)
        return m->decimals;
    bool spread = std > 0 && isfinite(std);
    double v = spread ? std : fabs(mean);
    int digits = spread ? 2 : 4;
    if (!(v > 0) || !isfinite(v))
        return 4;
    char text[32];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, v); /* rounds first: 0.0996 is 0.10 */
    int exponent = 0;
    (void)sscanf(strchr(text, 'e') + 1, "%d", &exponent);
    int decimals = digits - 1 - exponent;
    return decimals < 0 ? 0 : decimals > 8 ? 8 : decimals;
}

double qb_measure_without_minus_zero(double v, int decimals)
{
    return fabs(v) < 0.5 * pow(10, -decimals) ? 0.0 : v;
}

char *qb_measure_text(const qb_measure *m, double mean, double std, size_t n)
{
    int decimals = qb_measure_decimals(m, mean, n > 1 ? std : (double)NAN);
    if (isnan(mean))
        return qb_strdup("");
    mean = qb_measure_without_minus_zero(mean, decimals);
    if (n < 2 || isnan(std))
        return qb_sprintf("%.*f", decimals, mean);
    return qb_sprintf("%.*f ± %.*f", decimals, mean, decimals, std);
}
