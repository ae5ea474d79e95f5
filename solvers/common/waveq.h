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

/* sin(2 pi t) in plain arithmetic, for loops that are to become vector code: t less the nearest whole number, mirrored
 * into [-1/4, 1/4], then the series of degree 19. Absolute error below 1e-14 while |t| < 2^51. */
static inline double qb_sin_turns(double t)
{
    const double round = 0x1.8p52; /* adding it leaves the nearest whole number */
    double f = t - ((t + round) - round);
    f = f > 0.25 ? 0.5 - f : f;
    f = f < -0.25 ? -0.5 - f : f;
    double y = 2.0 * QB_PI * f, s = y * y, p = -1.0 / 121645100408832000.0;
    p = p * s + 1.0 / 355687428096000.0;
    p = p * s - 1.0 / 1307674368000.0;
    p = p * s + 1.0 / 6227020800.0;
    p = p * s - 1.0 / 39916800.0;
    p = p * s + 1.0 / 362880.0;
    p = p * s - 1.0 / 5040.0;
    p = p * s + 1.0 / 120.0;
    p = p * s - 1.0 / 6.0;
    return y + y * s * p;
}

/* Derivative of the term in one weight, over lam / n; gap > 0. */
static inline double qb_waveq_slope(double gap, double shift, double w)
{
    return QB_PI / gap * qb_sin_turns(w / gap + shift);
}

#endif
