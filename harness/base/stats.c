/* Means, spreads, Student's t, Welch's and the paired test, Holm's adjustment; Friedman's and Nemenyi's tests of ranks.
 *
 * Source: Student's t through the regularized incomplete beta function I_x(df/2, 1/2), its continued fraction
 * as in Abramowitz & Stegun 26.5.8, evaluated by Lentz's method; Holm (1979), Scand. J. Statist. 6. Chi-square by its
 * finite sums, Abramowitz & Stegun 26.4.4 and 26.4.5. The range of normal values by the trapezoidal rule, which converges
 * exponentially for such integrands (Trefethen & Weideman 2014, SIAM Review 56). Ranks: Demsar (2006), JMLR 7; ties:
 * Conover (1999), Practical Nonparametric Statistics, 5.8.
 */
#include "base/stats.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>

double qb_mean(const double *v, size_t n)
{
    QB_ASSERT(n >= 1);
    double sum = 0, rest = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        rest += v[i] - mean;
    return mean + rest / (double)n; /* the second pass makes the mean of n equal values exactly that value */
}

static double variance(const double *v, size_t n, int ddof)
{
    double mean = qb_mean(v, n), squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - mean) * (v[i] - mean);
    return squares / ((double)n - ddof);
}

double qb_std(const double *v, size_t n, int ddof)
{
    if ((double)n <= ddof || n == 0)
        return NAN;
    return sqrt(variance(v, n, ddof));
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double qb_median(double *v, size_t n)
{
    QB_ASSERT(n >= 1);
    qsort(v, n, sizeof *v, compare_reals);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- Student's t ---- */

/* Gamma(a + 1/2) / Gamma(a). For large a the difference of two lgamma would lose digits: asymptotic series. */
static double half_gamma_ratio(double a)
{
    if (a < 100) {
        int sign;
        return exp(lgamma_r(a + 0.5, &sign) - lgamma_r(a, &sign));
    }
    double r = 1 / a;
    return sqrt(a) * (1 + r * (-1. / 8 + r * (1. / 128 + r * (5. / 1024 + r * (-21. / 32768)))));
}

/* The continued fraction of I_x(a, b), for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    enum { MAX_TERMS = 100000 };
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int m = 1; m < MAX_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + even / c;
        c = fabs(c) < tiny ? tiny : c;
        f *= d * c;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + odd / c;
        c = fabs(c) < tiny ? tiny : c;
        double step = d * c;
        f *= step;
        if (fabs(step - 1) < 1e-16)
            break;
    }
    return f;
}

/* P(T > t) for t >= 0, with all digits however small it is. */
static double upper_tail(double t, double df)
{
    if (isnan(t) || isnan(df))
        return NAN;
    if (isinf(t))
        return 0;
    double a = df / 2, ratio = t * t / df;
    double x = 1 / (1 + ratio), y = ratio / (1 + ratio); /* x + y = 1, both without cancellation */
    /* x^a y^(1/2) / B(a, 1/2), with B(a, 1/2) = sqrt(pi) Gamma(a) / Gamma(a + 1/2) */
    double front = exp(-a * log1p(ratio)) * sqrt(y) * half_gamma_ratio(a) / sqrt(3.14159265358979323846);
    if (x < (a + 1) / (a + 2.5))
        return front * beta_fraction(a, 0.5, x) / a / 2;
    return (1 - front * beta_fraction(0.5, a, y) / 0.5) / 2;
}

double qb_t_cdf(double t, double df)
{
    QB_ASSERT(!(df <= 0));
    return t >= 0 ? 1 - upper_tail(t, df) : upper_tail(-t, df);
}

/* The x >= 0 beyond which a distribution has `tail`: its tail falls with x, so halve until the two ends are neighbours. */
static double where_tail_is(double tail, double (*tail_of)(double x, double parameter), double parameter)
{
    double low = 0, high = 1;
    while (tail_of(high, parameter) > tail) {
        low = high;
        high *= 2;
    }
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (tail_of(middle, parameter) > tail)
            low = middle;
        else
            high = middle;
    }
}

double qb_t_quantile(double p, double df)
{
    QB_ASSERT(!(df <= 0) && !(p < 0) && !(p > 1));
    if (isnan(p) || isnan(df))
        return NAN;
    double tail = p < 0.5 ? p : 1 - p, sign = p < 0.5 ? -1 : 1;
    if (tail == 0.5)
        return 0;
    if (tail == 0)
        return sign * (double)INFINITY;
    return sign * where_tail_is(tail, upper_tail, df);
}

double qb_mean_margin(const double *v, size_t n, double level)
{
    QB_ASSERT(level > 0 && level < 1);
    if (n < 2)
        return NAN;
    return qb_t_quantile((1 + level) / 2, (double)(n - 1)) * qb_std(v, n, 1) / sqrt((double)n);
}

/* ---- chi-square ---- */

double qb_chi2_tail(double x, int df)
{
    QB_ASSERT(df >= 1);
    if (isnan(x))
        return NAN;
    if (x <= 0)
        return 1;
    double half = x / 2, sum = 0, term; /* P of df + 2 is P of df plus half^(df/2) e^-half / Gamma(df/2 + 1) */
    int n = df % 2 ? 1 : 2;
    if (n == 1) {
        sum = erfc(sqrt(half));
        term = exp(-half) * sqrt(half) * 2 / sqrt(3.14159265358979323846);
    } else {
        sum = exp(-half);
        term = sum * half;
    }
    for (; n < df; n += 2) {
        sum += term;
        term *= half / (n / 2. + 1);
    }
    return sum;
}

/* ---- range of normal values ---- */

static double normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* With z the largest of the k values, F and f the normal distribution and density:
 *   P(Q > q) = k * integral of f(z) (F(z)^(k-1) - (F(z) - F(z - q))^(k-1)) dz,
 * the bracket written as F^(k-1) (1 - (1 - r)^(k-1)), r = F(z - q) / F(z), so that small tails keep their digits. */
double qb_range_tail(double q, size_t k)
{
    QB_ASSERT(k >= 2);
    if (isnan(q))
        return NAN;
    if (q <= 0)
        return 1;
    const double step = 1. / 16, reach = 9, others = (double)(k - 1); /* f(9) is 1e-18 of f(0) */
    double sum = 0;
    for (double z = -reach; z <= reach + q; z += step) {
        double below = normal_cdf(z), r = normal_cdf(z - q) / below;
        sum += exp(-z * z / 2) * pow(below, others) * -expm1(others * log1p(-r));
    }
    return fmin(1, (double)k * sum * step / sqrt(2 * 3.14159265358979323846));
}

static double range_tail(double q, double k) { return qb_range_tail(q, (size_t)k); }

double qb_range_quantile(double p, size_t k)
{
    QB_ASSERT(k >= 2 && p >= 0 && p < 1);
    return where_tail_is(1 - p, range_tail, (double)k);
}

/* ---- tests ---- */

static double two_sided(double difference, double variance_of_mean, double df)
{
    if (variance_of_mean == 0)
        return difference == 0 ? 1 : 0;
    return 2 * upper_tail(fabs(difference) / sqrt(variance_of_mean), df);
}

double qb_welch_p(const double *a, size_t na, const double *b, size_t nb, double *ret_df)
{
    double df = NAN, p = NAN;
    if (na >= 2 && nb >= 2) {
        double va = variance(a, na, 1) / (double)na, vb = variance(b, nb, 1) / (double)nb;
        df = va + vb == 0 ? (double)(na + nb - 2)
                          : (va + vb) * (va + vb) / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
        p = two_sided(qb_mean(a, na) - qb_mean(b, nb), va + vb, df);
    }
    if (ret_df)
        *ret_df = df;
    return p;
}

double qb_paired_p(const double *a, const double *b, size_t n, double *ret_df)
{
    double df = NAN, p = NAN;
    if (n >= 2) {
        double sum = 0, rest = 0, squares = 0;
        for (size_t i = 0; i < n; i++)
            sum += a[i] - b[i];
        double mean = sum / (double)n;
        for (size_t i = 0; i < n; i++)
            rest += a[i] - b[i] - mean;
        mean += rest / (double)n;
        for (size_t i = 0; i < n; i++)
            squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
        df = (double)(n - 1);
        p = two_sided(mean, squares / df / (double)n, df);
    }
    if (ret_df)
        *ret_df = df;
    return p;
}

void qb_holm(double *p, size_t n)
{
    size_t left = 0; /* hypotheses not adjusted yet */
    for (size_t i = 0; i < n; i++) {
        if (!isnan(p[i])) {
            p[i] = fabs(p[i]);
            left++;
        }
    }
    /* Smallest first. An adjusted value waits with its sign bit set, so no second array is needed. */
    double floor_so_far = 0;
    for (; left > 0; left--) {
        size_t smallest = n;
        for (size_t i = 0; i < n; i++) {
            if (!isnan(p[i]) && !signbit(p[i]) && (smallest == n || p[i] < p[smallest]))
                smallest = i;
        }
        double adjusted = fmin(1, (double)left * p[smallest]);
        floor_so_far = fmax(floor_so_far, adjusted);
        p[smallest] = -floor_so_far;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = isnan(p[i]) ? p[i] : fabs(p[i]);
}

/* ---- ranks ---- */

void qb_friedman(const double *v, size_t n, size_t k, double *ret_mean_ranks, double *ret_chi2, double *ret_p)
{
    QB_ASSERT(n >= 1 && k >= 2);
    double ties = 0, squares = 0, blocks = (double)n, treatments = (double)k;
    for (size_t j = 0; j < k; j++)
        ret_mean_ranks[j] = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++) {
            double smaller = 0, equal = 0; /* itself among the equal ones */
            for (size_t other = 0; other < k; other++) {
                smaller += v[i * k + other] < v[i * k + j];
                equal += v[i * k + other] == v[i * k + j];
            }
            ret_mean_ranks[j] += smaller + (equal + 1) / 2;
            ties += equal * equal - 1; /* over a group of t equal values: t^3 - t */
        }
    }
    for (size_t j = 0; j < k; j++) {
        double from_middle = ret_mean_ranks[j] - blocks * (treatments + 1) / 2;
        squares += from_middle * from_middle;
        ret_mean_ranks[j] /= blocks;
    }
    double untied = 1 - ties / (blocks * treatments * (treatments * treatments - 1));
    *ret_chi2 = squares > 0 ? 12 * squares / (blocks * treatments * (treatments + 1)) / untied : 0;
    *ret_p = qb_chi2_tail(*ret_chi2, (int)k - 1);
}

/* Of a difference of mean ranks when nothing differs, times the square root of 2, as which the range is tabulated. */
static double rank_unit(size_t n, size_t k)
{
    return sqrt((double)k * (double)(k + 1) / (12 * (double)n));
}

double qb_nemenyi_p(double difference, size_t n, size_t k)
{
    return qb_range_tail(fabs(difference) / rank_unit(n, k), k);
}

double qb_nemenyi_distance(double level, size_t n, size_t k)
{
    return qb_range_quantile(1 - level, k) * rank_unit(n, k);
}
