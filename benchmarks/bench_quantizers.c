/* Every registered quantizer at every width it offers: nanoseconds a weight, for a whole tensor of 64 x 64 x 3 x 3 and for
 * its 64 rows. */
#include "bench.h"

#include "quant/levels.h"

enum { ROWS = 64, ROW_LEN = 576, N = ROWS * ROW_LEN };

typedef struct job {
    qb_quantizer *quantizer;
    const float *x;
    int64_t row_len;
} job;

static void run(void *context)
{
    const job *j = context;
    float levels[256];
    for (int64_t at = 0; at < N; at += j->row_len)
        qb_quantizer_levels(j->quantizer, 0, j->x + at, j->row_len, levels);
}

/* Nanoseconds a weight; below 0: the quantizer does not offer these bits. */
static double measure(const char *name, int bits, const float *x, int64_t row_len)
{
    job j = {.x = x, .row_len = row_len};
    if (qb_quantizer_create(name, bits, row_len, 1, &j.quantizer) != 0)
        return -1;
    double seconds = bench_best(run, &j);
    qb_quantizer_destroy(j.quantizer);
    return 1e9 * seconds / N;
}

int main(void)
{
    static const int widths[] = {0, 1, 2, 3, 4, 8};
    static float x[N];
    size_t n_kinds;
    const qb_quantizer_kind *kinds = qb_quantizer_kinds(&n_kinds);
    bench_normal(x, N, 0.05f);
    (void)printf("%-18s %-8s %10s %10s   ns a weight\n", "quantizer", "bits", "tensor", "row");
    for (size_t k = 0; k < n_kinds; k++)
        for (size_t b = 0; b < sizeof widths / sizeof *widths; b++) {
            char bits[16];
            (void)snprintf(bits, sizeof bits, widths[b] > 0 ? "%d" : "ternary", widths[b]);
            double tensor = measure(kinds[k].name, widths[b], x, N);
            if (tensor >= 0)
                (void)printf("%-18s %-8s %10.3f %10.3f\n", kinds[k].name, bits, tensor,
                             measure(kinds[k].name, widths[b], x, ROW_LEN));
        }
    return 0;
}
