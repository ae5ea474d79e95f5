/* The nearest scaled code set: alpha * codes closest to v in the least-squares sense, by alternation.
 *   v[n]      values        codes[n_codes]  ascending        alpha  scale, 0 or above
 * Header-only; used by solvers admm and par-quasiconvex.
 * Source: Leng et al., "Extremely Low Bit Neural Network", AAAI 2018, section 3.
 */
#ifndef QB_SOLVERS_ADMM_H
#define QB_SOLVERS_ADMM_H

#include <qatbench/solver_util.h>

enum { QB_ADMM_MAX_ROUNDS = 20 };

static inline double qb_code_nearest(const float *codes, int32_t n_codes, double alpha, double v)
{
    double y = v / alpha;
    int32_t i = 0;
    while (i + 1 < n_codes && y > 0.5 * ((double)codes[i] + (double)codes[i + 1]))
        i++;
    return (double)codes[i];
}

/* The least-squares scale for the codes that `alpha` gives; 0 when all codes are 0. */
static inline double qb_code_refit(const float *codes, int32_t n_codes, double alpha, const float *v, int64_t n)
{
    double vc = 0.0, cc = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double c = qb_code_nearest(codes, n_codes, alpha, (double)v[i]);
        vc += (double)v[i] * c;
        cc += c * c;
    }
    return cc > 0.0 ? vc / cc : 0.0;
}

static inline int qb_code_changes(const float *codes, int32_t n_codes, double a, double b, const float *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (qb_code_nearest(codes, n_codes, a, (double)v[i]) != qb_code_nearest(codes, n_codes, b, (double)v[i]))
            return 1;
    return 0;
}

/* alpha of the row, from `alpha` on until the codes repeat. *ret_rounds (may be NULL): least-squares updates made.
 * The source starts from mean |v|. From there values that lie on scaled codes already may end on fewer of them: +-1 and
 * +-3 times a have a mean so large that 3 a is nearer to 1 than to 3. From the last alpha they stay where they are. */
static inline double qb_code_fit(const float *codes, int32_t n_codes, double alpha, const float *v, int64_t n, int32_t *ret_rounds)
{
    int32_t rounds = 0;
    while (alpha > 0.0 && rounds < QB_ADMM_MAX_ROUNDS) {
        double next = qb_code_refit(codes, n_codes, alpha, v, n);
        rounds++;
        int changed = next > 0.0 && qb_code_changes(codes, n_codes, alpha, next, v, n);
        alpha = next;
        if (!changed)
            break;
    }
    if (ret_rounds != NULL)
        *ret_rounds = rounds;
    return alpha > 0.0 ? alpha : 0.0;
}

/* out[i] = alpha * code of v[i]; zeros for alpha = 0. */
static inline void qb_code_apply(const float *codes, int32_t n_codes, double alpha, const float *v, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = alpha > 0.0 ? (float)(alpha * qb_code_nearest(codes, n_codes, alpha, (double)v[i])) : 0.0f;
}

#endif
