/* WaveQ's sinusoidal regularizer: zero at evenly spaced levels, highest half-way between them.
 *   term(w) = lam mean_i sin^2(pi (w_i / gap + shift))      gap between levels, shift 0 (a level at 0) or 1/2
 * Source: Elthakeb et al., "WaveQ", arXiv 2003.00146; "SinReQ", arXiv 1905.01416 (shifted by half a gap).
 */
#ifndef QB_SOLVERS_WAVEQ_H
#define QB_SOLVERS_WAVEQ_H

#include <math.h>
#include <stdint.h>

#define QB_PI 3.14159265358979323846

static inline double qb_waveq_term(double lam, double gap, double shift, const float *w, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n && gap > 0.0; i++) {
        double s = sin(QB_PI * ((double)w[i] / gap + shift));
        sum += s * s;
    }
    return lam * sum / (double)n;
}

/* Derivative of the term in one weight, over lam / n; gap > 0. */
static inline double qb_waveq_slope(double gap, double shift, double w)
{
    return QB_PI / gap * sin(2.0 * QB_PI * (w / gap + shift));
}

#endif
