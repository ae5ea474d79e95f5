/* The loops of BatchNorm + add + ReLU for every width that this CPU has and both types: GB/s of the values read and
 * written, and that over the GB/s of a plain copy in the same process. 128 images of 16 x 32 x 32, one thread, the layout
 * that the width is for; stats and apply go forward, sums and gradient backward, `+` with the residual's part. */
#include "bench.h"

#include "base/mem.h"
#include "engine/bn_kernel.h"

#include <string.h>

enum { IMAGES = 128, CHANNELS = 16, PIXELS = 32 * 32, N = IMAGES * CHANNELS * PIXELS };
enum { X, R, Y, G0, G1, T, N_TENSORS };

typedef struct job {
    const qb_bn_kernels *kernels;
    size_t size;                 /* of a value */
    char *tensor[N_TENSORS];
    float constant[5][CHANNELS]; /* mean, scale, shift, mean_t, slope */
} job;

typedef struct strip {
    qb_bn_strip s;
    int channel;
    char *at[N_TENSORS];
} strip;

static strip strip_of(const job *j, int64_t i)
{
    int width = j->kernels->width, first = (int)(i % (CHANNELS / width)) * width;
    strip p = {.s = {.pixels = PIXELS, .stride = width, .mean = j->constant[0] + first, .scale = j->constant[1] + first,
                     .shift = j->constant[2] + first, .relu = true},
               .channel = first};
    for (int k = 0; k < N_TENSORS; k++)
        p.at[k] = j->tensor[k] + (size_t)(i * PIXELS * width) * j->size;
    return p;
}

static int64_t n_strips(const job *j) { return IMAGES * CHANNELS / j->kernels->width; }

static void copy(void *context)
{
    const job *j = context;
    memcpy(j->tensor[Y], j->tensor[X], N * j->size);
}

static void stats(void *context)
{
    const job *j = context;
    double mean[CHANNELS], m2[CHANNELS];
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        j->kernels->stats(&p.s, p.at[X], mean, m2);
    }
}

static void apply(void *context)
{
    const job *j = context;
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        j->kernels->apply(&p.s, p.at[X], NULL, p.at[Y]);
    }
}

static void apply_add(void *context)
{
    const job *j = context;
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        j->kernels->apply(&p.s, p.at[X], p.at[R], p.at[Y]);
    }
}

static void sums(void *context)
{
    const job *j = context;
    double sum_t[CHANNELS], sum_txm[CHANNELS];
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        const void *g[3] = {p.at[G0], NULL, NULL};
        j->kernels->sums(&p.s, p.at[X], NULL, g, NULL, sum_t, sum_txm);
    }
}

static void sums_add(void *context)
{
    const job *j = context;
    double sum_t[CHANNELS], sum_txm[CHANNELS];
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        const void *g[3] = {p.at[G0], p.at[G1], NULL};
        j->kernels->sums(&p.s, p.at[X], p.at[Y], g, p.at[T], sum_t, sum_txm);
    }
}

static void gradient(void *context)
{
    const job *j = context;
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        const void *g[3] = {p.at[G0], NULL, NULL};
        j->kernels->gradient(&p.s, p.at[X], NULL, g, j->constant[3] + p.channel, j->constant[4] + p.channel, p.at[T]);
    }
}

/* t is formed already: no mask. */
static void gradient_add(void *context)
{
    const job *j = context;
    for (int64_t i = 0; i < n_strips(j); i++) {
        strip p = strip_of(j, i);
        const void *g[3] = {p.at[T], NULL, NULL};
        p.s.relu = false;
        j->kernels->gradient(&p.s, p.at[X], NULL, g, j->constant[3] + p.channel, j->constant[4] + p.channel, p.at[Y]);
    }
}

static const struct {
    const char *name;
    void (*run)(void *context);
    int tensors; /* read or written once each */
} loops[] = {{"stats", stats, 1}, {"apply", apply, 2},       {"apply+", apply_add, 3},      {"sums", sums, 2},
             {"sums+", sums_add, 5}, {"gradient", gradient, 3}, {"gradient+", gradient_add, 3}};

int main(void)
{
    const struct {
        const qb_bn_kernels *kernels;
        const char *type;
        size_t size;
        bool runs;
    } all[] = {{&qb_bn_f32_16, "f32", 4, qb_dnn_has_avx512()},   {&qb_bn_f32_8, "f32", 4, qb_dnn_has_avx2()},
               {&qb_bn_f32_1, "f32", 4, true},                   {&qb_bn_bf16_16, "bf16", 2, qb_dnn_has_avx512()},
               {&qb_bn_bf16_8, "bf16", 2, qb_dnn_has_avx2()},    {&qb_bn_bf16_1, "bf16", 2, true}};
    (void)printf("%-10s %6s %6s %10s %10s\n", "batchnorm", "type", "width", "GB/s", "of copy");
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        if (!all[a].runs)
            continue;
        job j = {.kernels = all[a].kernels, .size = all[a].size};
        for (int k = 0; k < 5; k++)
            bench_normal(j.constant[k], CHANNELS, 1.0f);
        for (int k = 0; k < N_TENSORS; k++) { /* the same normal numbers in either type: bf16 is the upper half */
            float *values = qb_alloc(N, sizeof *values);
            if (values == NULL)
                bench_need(QB_E_NOMEM);
            for (int64_t i = 0; i < N; i += PIXELS)
                bench_normal(values + i, PIXELS, 1.0f);
            for (int64_t i = 0; j.size == 2 && i < N; i++)
                memcpy((char *)values + 2 * i, (char *)&values[i] + 2, 2);
            j.tensor[k] = (char *)values;
        }
        double tensor = (double)(N * j.size), of_copy = 2.0 * tensor / bench_best(copy, &j);
        for (size_t k = 0; k < sizeof loops / sizeof *loops; k++) {
            double speed = loops[k].tensors * tensor / bench_best(loops[k].run, &j);
            (void)printf("%-10s %6s %6d %10.1f %10.2f\n", loops[k].name, all[a].type, j.kernels->width, 1e-9 * speed,
                         speed / of_copy);
        }
        for (int k = 0; k < N_TENSORS; k++)
            qb_free(j.tensor[k]);
    }
    return 0;
}
