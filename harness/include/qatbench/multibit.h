/* qatbench/multibit.h - a row as a sum of a few scaled signs, x ~ s_1 v_1 + ... + s_b v_b with s in {-1, +1}, fitted
 * by alternation. Header-only; quantizer lsbq-alternating and solver proxquant use the same one.
 *
 *   round 1        greedy: v_j = mean of |what is left|, s_j = its sign with sgn(0) = +1
 *   each further   v = least squares for the signs so far, then |v| descending, then new signs for it: `fold`, the signs
 *                  of what is left (greedy), or `nearest`, the closest of the 2^b sums (ties to the lower one)
 * Letters: x[n] row, v magnitudes, r what is left. A row is seen as x - centre.
 * Source: Xu et al., "Alternating Multi-bit Quantization", ICLR 2018, as in ProxQuant's code (reg.py); solved exactly
 * here, there by a few steps of conjugate gradients with 1e-6 in the denominators.
 */
#ifndef QATBENCH_MULTIBIT_H
#define QATBENCH_MULTIBIT_H

#include <qatbench/solver_util.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qb_multibit {
    int32_t bits;     /* 1..8                                                    */
    bool nearest;     /* signs by nearest sum, else by folding                   */
    double v[8];      /* magnitudes                                              */
    double sum[256];  /* all 2^bits sums, ascending                              */
    uint8_t code[256]; /* their signs: bit j set = s_j is +1                      */
} qb_multibit;

/* Sums in ascending order: the set so far, shifted down and up by v_j, merged. */
static inline void qb_multibit_order(qb_multibit *m)
{
    double half[128];
    uint8_t codes[128];
    m->sum[0] = 0.0;
    m->code[0] = 0;
    for (int32_t j = 0, n = 1; j < m->bits; j++, n *= 2) {
        for (int32_t i = 0; i < n; i++) {
            half[i] = m->sum[i];
            codes[i] = m->code[i];
        }
        for (int32_t low = 0, high = 0, i = 0; i < 2 * n; i++) {
            bool down = low < n && (high == n || half[low] - m->v[j] <= half[high] + m->v[j]);
            m->sum[i] = down ? half[low] - m->v[j] : half[high] + m->v[j];
            m->code[i] = (uint8_t)(down ? codes[low] : codes[high] | 1u << j);
            low += down ? 1 : 0;
            high += down ? 0 : 1;
        }
    }
}

enum { QB_MULTIBIT_PIECE = 64 };

/* The sums that stand for x[n], n <= QB_MULTIBIT_PIECE, and their signs. */
QB_CLONES(void, qb_multibit_values, (const qb_multibit *m, const double *QB_RESTRICT x, int32_t n,
                                     double *QB_RESTRICT value, int64_t *QB_RESTRICT code), (m, x, n, value, code))
{
    const int32_t last = (1 << m->bits) - 1;
    double rest[QB_MULTIBIT_PIECE];
    for (int32_t i = 0; i < n; i++) {
        rest[i] = x[i];
        code[i] = 0;
    }
    if (!m->nearest) { /* fold: signs of what is left */
        for (int32_t j = 0; j < m->bits; j++) {
            const double v = m->v[j];
            const int64_t bit = (int64_t)1 << j;
            for (int32_t i = 0; i < n; i++) {
                code[i] |= rest[i] < 0.0 ? 0 : bit;
                rest[i] += rest[i] < 0.0 ? v : -v;
            }
        }
        for (int32_t i = 0; i < n; i++)
            value[i] = x[i] - rest[i];
        return;
    }
    if (last < 16) { /* how many midpoints lie below; a value on one stays below */
        for (int32_t k = 0; k < last; k++) {
            const double middle = 0.5 * (m->sum[k] + m->sum[k + 1]);
            for (int32_t i = 0; i < n; i++)
                code[i] += x[i] > middle ? 1 : 0;
        }
    } else {
        for (int32_t i = 0; i < n; i++) { /* the same by halving, without branches */
            int32_t low = 0, left = last + 1;
            while (left > 1) {
                int32_t half = left / 2;
                low += half * (x[i] > 0.5 * (m->sum[low + half - 1] + m->sum[low + half]));
                left -= half;
            }
            code[i] = low;
        }
    }
    for (int32_t i = 0; i < n; i++) {
        value[i] = m->sum[code[i]];
        code[i] = m->code[code[i]];
    }
}

/* The same for one value. */
static inline double qb_multibit_value(const qb_multibit *m, double x, uint8_t *ret_code)
{
    double value;
    int64_t code;
    qb_multibit_values(m, &x, 1, &value, &code);
    *ret_code = (uint8_t)code;
    return value;
}

/* v <- least squares for the present signs: the solution of smallest norm, by conjugate gradients from 0 on the
 * b normal equations, which end exactly; columns that coincide do no harm. Then |v| descending. */
static inline void qb_multibit_refit(qb_multibit *m, const float *x, int64_t n, double centre)
{
    enum { LANES = 4 }; /* sums of every fourth value: neighbours with one code do not wait for each other */
    double count[LANES][256], total[LANES][256], a[8][8], r[8], p[8], v[8] = {0}, rr = 0.0;
    double in[QB_MULTIBIT_PIECE], value[QB_MULTIBIT_PIECE];
    int64_t code[QB_MULTIBIT_PIECE];
    int32_t b = m->bits, n_codes = 1 << b;
    for (int32_t lane = 0; lane < LANES; lane++)
        for (int32_t c = 0; c < n_codes; c++)
            count[lane][c] = total[lane][c] = 0.0;
    for (int64_t from = 0; from < n; from += QB_MULTIBIT_PIECE) {
        int32_t piece = n - from < QB_MULTIBIT_PIECE ? (int32_t)(n - from) : QB_MULTIBIT_PIECE;
        for (int32_t i = 0; i < piece; i++)
            in[i] = (double)x[from + i] - centre;
        qb_multibit_values(m, in, piece, value, code);
        for (int32_t i = 0; i < piece; i++) {
            count[i % LANES][code[i]] += 1.0;
            total[i % LANES][code[i]] += in[i];
        }
    }
    for (int32_t j = 0; j < b; j++) {
        r[j] = 0.0;
        for (int32_t k = 0; k < b; k++)
            a[j][k] = 0.0;
    }
    for (int32_t c = 0; c < n_codes; c++) {
        double n_c = (count[0][c] + count[1][c]) + (count[2][c] + count[3][c]);
        double total_c = (total[0][c] + total[1][c]) + (total[2][c] + total[3][c]);
        if (!(n_c > 0.0))
            continue;
        for (int32_t j = 0; j < b; j++) {
            double s = c >> j & 1 ? 1.0 : -1.0;
            r[j] += s * total_c;
            for (int32_t k = 0; k < b; k++)
                a[j][k] += (c >> k & 1 ? s : -s) * n_c;
        }
    }
    for (int32_t j = 0; j < b; j++) {
        p[j] = r[j];
        rr += r[j] * r[j];
    }
    const double enough = 1e-26 * rr;
    for (int32_t round = 0; round < 4 * b && rr > enough; round++) {
        double ap[8], pap = 0.0, next = 0.0;
        for (int32_t j = 0; j < b; j++) {
            ap[j] = 0.0;
            for (int32_t k = 0; k < b; k++)
                ap[j] += a[j][k] * p[k];
            pap += p[j] * ap[j];
        }
        if (!(pap > 0.0))
            break;
        for (int32_t j = 0; j < b; j++) {
            v[j] += rr / pap * p[j];
            r[j] -= rr / pap * ap[j];
            next += r[j] * r[j];
        }
        for (int32_t j = 0; j < b; j++)
            p[j] = r[j] + next / rr * p[j];
        rr = next;
    }
    for (int32_t j = 0; j < b; j++) { /* by insertion */
        double size = fabs(v[j]);
        int32_t at = j;
        for (; at > 0 && m->v[at - 1] < size; at--)
            m->v[at] = m->v[at - 1];
        m->v[at] = size;
    }
}

/* Fits a row: bits 1..8, rounds >= 1 (round 1 is the greedy one), n >= 1. Cost: O(n bits (bits + rounds)). A row with a
 * NaN or infinite weight gives magnitudes that are not finite. */
static inline void qb_multibit_fit(const float *x, int64_t n, double centre, int32_t bits, int32_t rounds, bool nearest,
                                   qb_multibit *ret)
{
    double in[QB_MULTIBIT_PIECE], value[QB_MULTIBIT_PIECE];
    int64_t code[QB_MULTIBIT_PIECE];
    ret->nearest = false;
    for (int32_t j = 0; j < bits; j++) {
        double sum = 0.0;
        ret->bits = j;
        for (int64_t from = 0; from < n; from += QB_MULTIBIT_PIECE) {
            int32_t piece = n - from < QB_MULTIBIT_PIECE ? (int32_t)(n - from) : QB_MULTIBIT_PIECE;
            for (int32_t i = 0; i < piece; i++)
                in[i] = (double)x[from + i] - centre;
            qb_multibit_values(ret, in, piece, value, code);
            for (int32_t i = 0; i < piece; i++)
                sum += fabs(in[i] - value[i]);
        }
        ret->v[j] = sum / (double)n;
    }
    ret->bits = bits;
    qb_multibit_order(ret);
    for (int32_t round = 1; round < rounds && bits > 1; round++) {
        qb_multibit_refit(ret, x, n, centre);
        ret->nearest = nearest;
        qb_multibit_order(ret);
    }
}

#ifdef __cplusplus
}
#endif
#endif
