/* One step of each base optimizer on a tensor of 64 x 64 x 3 x 3, in cache as in training: nanoseconds a weight. */
#include "bench.h"

#include "engine/optim.h"

enum { N = 64 * 64 * 3 * 3 };

typedef struct job {
    qb_optim *optim;
    int index;
} job;

static float x[N], g[N];

static void run(void *context)
{
    const job *j = context;
    qb_optim_step(j->optim, j->index, x, g, 1e-4, 1.0);
}

int main(void)
{
    static const struct {
        const char *name;
        qb_optim_options options;
    } all[] = {{"sgd", {.kind = QB_OPTIM_SGD}},
               {"sgd, momentum", {.kind = QB_OPTIM_SGD, .momentum = 0.9}},
               {"adamw", {.kind = QB_OPTIM_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}},
               {"adam", {.kind = QB_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}}};
    (void)printf("%-18s %10s\n", "optimizer", "ns/weight");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        job j;
        bench_normal(x, N, 0.05f);
        bench_normal(g, N, 1e-3f);
        bench_need(qb_optim_create(&all[i].options, &j.optim));
        bench_need(qb_optim_add(j.optim, "weight", N, 1e-4, 1.0, &j.index));
        (void)printf("%-18s %10.3f\n", all[i].name, 1e9 * bench_best(run, &j) / N);
        qb_optim_destroy(j.optim);
    }
    return 0;
}
