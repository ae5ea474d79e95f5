/* Every solver found, through the harness as in training: nanoseconds a weight of one step's hooks and checks with the
 * levels at rest, in the middle of the annealing window, and of the base optimizer beside it. One tensor of
 * 64 x 64 x 3 x 3 by row, one thread; bits: the first of 2, ternary and 1 that the solver supports. */
#include "bench.h"

#include "quant/plugin_probe.h"
#include "quant/quant.h"

#include <string.h>

enum { ROWS = 64, ROW_LEN = 576, N = ROWS * ROW_LEN, STEPS = 20, ROUNDS = 30 };

static float x[N], w[N], g[N];

/* Best times a step; false: unsupported. */
static bool measure(const qb_plugin *plugin, int bits, qb_quant_times *ret_best)
{
    const double lr = 1e-4, n_steps = 1e6;
    qb_param param = {.name = "conv.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 4, .shape = {ROWS, 64, 3, 3}, .n = N,
                      .fan_in = ROW_LEN, .fan_out = ROW_LEN, .x = x, .w = w, .g = g};
    qb_optim_options sgd = {.kind = QB_OPTIM_SGD, .momentum = 0.9};
    qb_spec spec;
    qb_settings settings;
    qb_optim *optim;
    qb_quant *quant = NULL;
    bench_need(qb_spec_parse(plugin->solver.name, &spec));
    bench_need(qb_plugin_settings(plugin, &spec, &settings));
    bench_need(qb_optim_create(&sgd, &optim));
    bench_normal(x, N, 0.05f);
    bench_normal(g, N, 1e-3f);
    memcpy(w, x, sizeof w);
    qb_quant_options o = {.plugin = plugin, .solver_settings = &settings, .bits = bits, .quantizer = "lsbq",
                          .granularity = QB_PER_ROW, .period = 0, .n_steps = (int64_t)n_steps, .steps_per_epoch = 400,
                          .anneal_start = -n_steps, .anneal_end = n_steps, .lr_base = lr, .lr_sum_total = lr * n_steps,
                          .seed = 1, .threads = 1};
    bool supported = qb_plugin_supports(plugin, &settings, bits, "row") == 0;
    if (supported)
        bench_need(qb_quant_create(&o, &param, 1, optim, &quant));
    *ret_best = (qb_quant_times){1e30, 1e30};
    for (int64_t round = 0, step = 0; supported && round < ROUNDS; round++) {
        for (int i = 0; i < STEPS; i++, step++)
            bench_need(qb_quant_step(quant, step, lr));
        qb_quant_times t = qb_quant_take_times(quant);
        ret_best->optimizer = t.optimizer < ret_best->optimizer ? t.optimizer : ret_best->optimizer;
        ret_best->solver = t.solver < ret_best->solver ? t.solver : ret_best->solver;
    }
    qb_quant_destroy(quant);
    qb_optim_destroy(optim);
    qb_settings_finish(&settings);
    qb_spec_finish(&spec);
    return supported;
}

int main(void)
{
    static const int widths[] = {2, 0, 1};
    const double ns = 1e9 / (STEPS * (double)N);
    qb_plugin_entry *entries;
    size_t n;
    bench_need(qb_plugin_list(NULL, &entries, &n));
    (void)printf("%-18s %-8s %10s %10s   ns a weight\n", "solver", "bits", "solver", "optimizer");
    for (size_t i = 0; i < n; i++) {
        qb_quant_times best;
        size_t b = 0;
        while (entries[i].plugin != NULL && b < 3 && !measure(entries[i].plugin, widths[b], &best))
            b++;
        if (entries[i].plugin == NULL || b == 3)
            (void)printf("%-18s skipped: %s\n", entries[i].name, entries[i].plugin != NULL ? "bits" : entries[i].error);
        else
            (void)printf("%-18s %-8s %10.3f %10.3f\n", entries[i].name, widths[b] == 2 ? "2" : widths[b] == 1 ? "1" : "ternary",
                         ns * best.solver, ns * best.optimizer);
    }
    qb_plugin_list_free(entries, n);
    return 0;
}
