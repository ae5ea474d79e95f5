/* Counter-based random numbers: value = f(seed, purpose, a, b, index), so nothing has to be saved,
 * any worker can compute any number, and adding a purpose leaves the other streams as they are.
 *
 * Philox4x32-10 (Salmon et al. 2011, through Random123). Key = seed and purpose; counter = (index / 4, a, b).
 */
#ifndef QB_RNG_H
#define QB_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Purposes are part of every result: append, never renumber. */
enum {
    QB_RNG_INIT = 1,      /* initial weights: a = FNV-1a hash of the tensor name (split over a, b) */
    QB_RNG_SHUFFLE = 2,   /* order of an epoch: a = epoch                                           */
    QB_RNG_AUGMENT = 3,   /* flip and pad-crop: a = epoch, b = sample index + 2^32 * repeat          */
    QB_RNG_SOLVER = 4,    /* solver_util uniform(): see quant/                                      */
    QB_RNG_SYNTHETIC = 5, /* pixels of the synthetic data set                                       */
    QB_RNG_DROP = 6,      /* stochastic depth: a = step, b = position in the batch, index = branch   */
    QB_RNG_CROP = 7,      /* RandomResizedCrop: a and b as of QB_RNG_AUGMENT, and of the next two     */
    QB_RNG_OPERATIONS = 8, /* RandAugment                                                            */
    QB_RNG_ERASE = 9,     /* RandomErasing                                                           */
    QB_RNG_MIX = 10,      /* MixUp and CutMix: a = step, b = part of the batch                       */
};

typedef struct qb_stream {
    uint64_t seed;
    uint32_t purpose;
    uint64_t a, b; /* a and b below 2^48: they share three counter words (b: all of one, upper half of the third) */
    uint64_t next; /* index of the next 32-bit word, below 2^34 */
} qb_stream;

qb_stream qb_rng_stream(uint64_t seed, uint32_t purpose, uint64_t a, uint64_t b);

uint32_t qb_rng_word(qb_stream *s);                 /* 32 random bits; advances by one word */
void qb_rng_words(qb_stream *s, uint32_t *words, size_t n); /* the next n words */
uint32_t qb_rng_below(qb_stream *s, uint32_t n);    /* uniform on 0..n-1, n >= 1, without bias (rejection) */
double qb_rng_uniform(qb_stream *s);                /* uniform on [0, 1), 53 bits; advances by two words */
double qb_rng_normal(qb_stream *s);                 /* N(0, 1) by Box-Muller, cosine half; advances by four words */

/* Beta(alpha, alpha) on [0, 1], alpha > 0; 1: uniform. A quotient of two gamma variates (Marsaglia and Tsang 2000), whose
 * logarithms are drawn, so that it holds for small alpha too. Advances by as much as it takes. */
double qb_rng_beta(qb_stream *s, double alpha);

/* A permutation of 0..n-1 (Fisher-Yates) drawn from `s`. */
void qb_rng_permutation(qb_stream *s, uint32_t *order, uint32_t n);

/* FNV-1a, 64 bit, of a text: keys streams by tensor name. */
uint64_t qb_fnv1a(const char *text);

/* Element i of the reference vectors' hash fill: (2u - 1) * a + b as float32,
 * u from splitmix64(fnv1a(name) + (i + 1) * golden ratio). */
void qb_hash_fill(const char *name, size_t n, double a, double b, float *out);

#endif
