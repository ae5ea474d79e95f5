/* Streams of random numbers computed from their coordinates (Philox4x32-10).
 *
 * Invariant: the words of a stream depend on (seed, purpose, a, b, index) alone; two streams that differ in
 * any of them (seeds below 2^54, purposes below 256) share no block.
 */
#include "base/rng.h"

#include "base/err.h"

#include <Random123/philox.h>
#include <math.h>

/* 2^64 / golden ratio, odd: its multiples by 1..255 stay 2^54 apart from each other and from 0, so purposes
 * move a seed to keys that no other seed below 2^54 has. */
static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

qb_stream qb_rng_stream(uint64_t seed, uint32_t purpose, uint64_t a, uint64_t b)
{
    QB_ASSERT(a >> 48 == 0 && b >> 48 == 0);
    return (qb_stream){.seed = seed, .purpose = purpose, .a = a, .b = b};
}

static philox4x32_ctr_t block_at(const qb_stream *s, uint64_t index)
{
    QB_ASSERT(index >> 34 == 0);
    uint64_t k = s->seed + s->purpose * GOLDEN;
    philox4x32_key_t key = {{(uint32_t)k, (uint32_t)(k >> 32)}};
    philox4x32_ctr_t counter = {{(uint32_t)(index / 4), (uint32_t)s->a, (uint32_t)s->b,
                                 (uint32_t)(s->a >> 32) | (uint32_t)(s->b >> 32) << 16}};
    return philox4x32(counter, key);
}

/* A block is computed once for all words taken from it. */
void qb_rng_words(qb_stream *s, uint32_t *words, size_t n)
{
    philox4x32_ctr_t block = {{0}};
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || s->next % 4 == 0)
            block = block_at(s, s->next);
        words[i] = block.v[s->next % 4];
        s->next++;
    }
}

uint32_t qb_rng_word(qb_stream *s)
{
    uint32_t word;
    qb_rng_words(s, &word, 1);
    return word;
}

uint32_t qb_rng_below(qb_stream *s, uint32_t n)
{
    QB_ASSERT(n >= 1);
    uint32_t n_refused = -n % n; /* 2^32 mod n: what is left over when 0..2^32-1 is dealt to n heaps */
    uint32_t word;
    do {
        word = qb_rng_word(s);
    } while (word < n_refused);
    return word % n;
}

static double unit_interval(uint32_t high, uint32_t low)
{
    uint64_t bits = (uint64_t)high << 32 | low;
    return (double)(bits >> 11) * 0x1p-53;
}

double qb_rng_uniform(qb_stream *s)
{
    uint32_t w[2];
    qb_rng_words(s, w, 2);
    return unit_interval(w[0], w[1]);
}

double qb_rng_normal(qb_stream *s)
{
    uint32_t w[4];
    qb_rng_words(s, w, 4);
    double radius = sqrt(-2 * log(1 - unit_interval(w[0], w[1]))); /* 1 - u is in (0, 1] */
    return radius * cos(2 * 3.14159265358979323846 * unit_interval(w[2], w[3]));
}

/* log of a Gamma(alpha, 1) variate. Below 1, by X(alpha) = X(alpha + 1) U^(1 / alpha). */
static double log_gamma_variate(qb_stream *s, double alpha)
{
    if (alpha < 1) {
        const double log_power = log(1 - qb_rng_uniform(s)) / alpha;
        return log_gamma_variate(s, alpha + 1) + log_power;
    }
    const double d = alpha - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double z = qb_rng_normal(s), root = 1 + c * z, v = root * root * root, u = 1 - qb_rng_uniform(s);
        if (v > 0 && log(u) < 0.5 * z * z + d - d * v + d * log(v))
            return log(d * v);
    }
}

double qb_rng_beta(qb_stream *s, double alpha)
{
    QB_ASSERT(alpha > 0);
    const double a = log_gamma_variate(s, alpha), b = log_gamma_variate(s, alpha);
    return 1 / (1 + exp(b - a));
}

void qb_rng_permutation(qb_stream *s, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = qb_rng_below(s, i);
        uint32_t last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}

uint64_t qb_fnv1a(const char *text)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001B3u;
    return h;
}

void qb_hash_fill(const char *name, size_t n, double a, double b, float *out)
{
    uint64_t state = qb_fnv1a(name);
    for (size_t i = 0; i < n; i++) {
        state += GOLDEN;
        uint64_t z = state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        double u = (double)(z >> 40) * 0x1p-24;
        out[i] = (float)((2 * u - 1) * a + b);
    }
}
