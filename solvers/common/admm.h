/* The nearest scaled code set: alpha * codes closest to v in the least-squares sense, by alternation.
 *   v[n]      values        codes[n_codes]  ascending        alpha  scale, 0 or above
 * Header-only; used by solvers admm and par-quasiconvex.
 * Source: Leng et al., "Extremely Low Bit Neural Network", AAAI 2018, section 3.
 */
#ifndef QB_SOLVERS_ADMM_H
#define QB_SOLVERS_ADMM_H

#include <qatbench/solver_util.h>

enum { QB_ADMM_MAX_ROUNDS = 20 };

enum { QB_CODE_PIECE = 64 };

/* c[i] = code nearest to v[i] / alpha, ties to the lower one; n <= QB_CODE_PIECE. */
QB_CLONES(void, qb_code_nearest, (const float *codes, int32_t n_codes, double alpha, const float *restrict v, int n,
                                  double *restrict c), (codes, n_codes, alpha, v, n, c))
{
    double y[QB_CODE_PIECE];
    for (int i = 0; i < n; i++) {
        y[i] = (double)v[i] / alpha;
        c[i] = (double)codes[0];
    }
    for (int32_t k = 0; k + 1 < n_codes; k++) {
        double code = (double)codes[k + 1], middle = 0.5 * ((double)codes[k] + code);
        for (int i = 0; i < n; i++)
            c[i] = y[i] > middle ? code : c[i];
    }
}

static inline int qb_code_piece(int64_t from, int64_t n) { return n - from < QB_CODE_PIECE ? (int)(n - from) : QB_CODE_PIECE; }

/* The least-squares scale for the codes that `alpha` gives; 0 when all codes are 0. */
static inline double qb_code_refit(const float *codes, int32_t n_codes, double alpha, const float *v, int64_t n)
{
    double vc = 0.0, cc = 0.0, c[QB_CODE_PIECE];
    for (int64_t from = 0; from < n; from += QB_CODE_PIECE) {
        int count = qb_code_piece(from, n);
        qb_code_nearest(codes, n_codes, alpha, v + from, count, c);
        for (int i = 0; i < count; i++) {
            vc += (double)v[from + i] * c[i];
            cc += c[i] * c[i];
        }
    }
    return cc > 0.0 ? vc / cc : 0.0;
}

static inline int qb_code_changes(const float *codes, int32_t n_codes, double a, double b, const float *v, int64_t n)
{
    double of_a[QB_CODE_PIECE], of_b[QB_CODE_PIECE];
    for (int64_t from = 0; from < n; from += QB_CODE_PIECE) {
        int count = qb_code_piece(from, n), changed = 0;
        qb_code_nearest(codes, n_codes, a, v + from, count, of_a);
        qb_code_nearest(codes, n_codes, b, v + from, count, of_b);
        for (int i = 0; i < count; i++)
            changed |= of_a[i] != of_b[i];
        if (changed)
            return 1;
    }
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
    double c[QB_CODE_PIECE];
    for (int64_t from = 0; from < n; from += QB_CODE_PIECE) {
        int count = qb_code_piece(from, n);
        if (alpha > 0.0)
            qb_code_nearest(codes, n_codes, alpha, v + from, count, c);
        for (int i = 0; i < count; i++)
            out[from + i] = alpha > 0.0 ? (float)(alpha * c[i]) : 0.0f;
    }
}

#endif
