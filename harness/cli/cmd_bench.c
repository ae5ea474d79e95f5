/* `qatbench bench`: how fast a training step is, how near to what its convolutions allow, and where its time goes. */
#include "cli/bench.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/cli.h"

#include <string.h>

enum { MAX_SWEEP = 32 };

static int measure(const qb_cli *cli, const qb_settings *run, qb_bench **ret_bench)
{
    qb_bench *b;
    QB_TRY(qb_bench_create(run, &b));
    b->n_windows = (size_t)qb_get(&cli->flags, "windows")->i;
    b->with_ceiling = qb_get(&cli->flags, "ceiling")->b;
    b->with_costs = qb_get(&cli->flags, "profile")->b;
    int rc = qb_bench_measure(b, qb_get(&cli->flags, "seconds")->r);
    if (rc == QB_OK)
        *ret_bench = b;
    else
        qb_bench_destroy(b);
    return rc;
}

static int bench_once(const qb_cli *cli)
{
    qb_bench *b;
    QB_TRY(measure(cli, &cli->run, &b));
    qb_str text = {0};
    int rc;
    if (cli->json) {
        rc = qb_cli_print_json(qb_bench_json(b));
    } else {
        qb_bench_add_text(b, &text);
        rc = qb_cli_print_owned(qb_str_take(&text));
    }
    if (rc == QB_OK && b->with_costs && !cli->json)
        rc = qb_bench_draw_costs(b, qb_get(&cli->flags, "output")->text);
    qb_bench_destroy(b);
    return rc;
}

/* ---- a sweep: one key, several values ---- */

typedef struct sweep {
    char *key; /* owns the text of the values too */
    char *values[MAX_SWEEP];
    size_t n;
    qb_bench *benches[MAX_SWEEP];
    size_t n_done;
} sweep;

/* KEY=V1,V2,...: commas within brackets belong to a value. */
static int parse_sweep(const char *text, const char *const *keys, sweep *s)
{
    s->key = qb_strdup(text);
    if (!s->key)
        return QB_E_NOMEM;
    char *at = strchr(s->key, '=');
    if (!at || at == s->key || at[1] == '\0')
        return qb_err_set(QB_E_USAGE, "--sweep: expected KEY=VALUE,VALUE..., got '%s'", text);
    *at = '\0';
    bool is_known = false;
    for (size_t i = 0; keys[i]; i++)
        is_known = is_known || strcmp(s->key, keys[i]) == 0;
    if (!is_known) {
        (void)qb_err_set(QB_E_USAGE, "--sweep: '%s' is not an option of bench that a sweep can vary", s->key);
        return qb_err_hint("for instance --sweep batch=32,64,128");
    }
    int depth = 0;
    s->values[s->n++] = at + 1;
    while (*++at) {
        depth += (*at == '[') - (*at == ']');
        if (*at != ',' || depth != 0)
            continue;
        if (s->n == MAX_SWEEP)
            return qb_err_set(QB_E_USAGE, "--sweep: expected at most %d values", MAX_SWEEP);
        *at = '\0';
        s->values[s->n++] = at + 1;
    }
    return QB_OK;
}

static void sweep_finish(sweep *s)
{
    for (size_t i = 0; i < s->n_done; i++)
        qb_bench_destroy(s->benches[i]);
    qb_free(s->key);
}

static int sweep_measure(const qb_cli *cli, sweep *s)
{
    for (size_t i = 0; i < s->n; i++) {
        qb_settings run;
        QB_TRY(qb_settings_copy(&run, &cli->run));
        int rc = qb_settings_set(&run, s->key, s->values[i]);
        if (rc == QB_OK)
            rc = measure(cli, &run, &s->benches[i]);
        qb_settings_finish(&run);
        if (rc < 0)
            return qb_err_add("--sweep %s=%s", s->key, s->values[i]);
        s->n_done++;
    }
    return QB_OK;
}

static int sweep_print(const sweep *s)
{
    qb_str out = {0};
    bool with_ceiling = s->benches[0]->with_ceiling;
    qb_str_addf(&out, "%-20s %10s %10s %8s %8s%s\n", s->key, "images/s", "step ms", "conv %", "solver %",
                with_ceiling ? "  step/ceiling" : "");
    for (size_t i = 0; i < s->n; i++) {
        const qb_bench_window *m = &s->benches[i]->median;
        qb_str_addf(&out, "%-20s %10.1f %10.2f %8.1f %8.2f", s->values[i], m->images_per_second, m->step, 100 * m->conv / m->step,
                    100 * (m->solver + m->optimizer) / m->step);
        if (with_ceiling)
            qb_str_addf(&out, "%14.3f", s->benches[i]->ratio);
        qb_str_add(&out, "\n");
    }
    return qb_cli_print_owned(qb_str_take(&out));
}

static int sweep_print_json(const sweep *s)
{
    json_t *all = json_array();
    for (size_t i = 0; i < s->n; i++) {
        json_t *one = qb_bench_json(s->benches[i]);
        if (one && i > 0)
            json_object_set_new(one, "peak_rss_bytes", json_null()); /* it would hold what came before, too */
        json_array_append_new(all, one);
    }
    return qb_cli_print_json(qb_json_pack("{s:s, s:o}", "sweep", s->key, "measurements", all));
}

static int bench_sweep(const qb_cli *cli, const char *text)
{
    sweep s = {0};
    int rc = parse_sweep(text, cli->verb->run_keys, &s);
    if (rc == QB_OK)
        rc = sweep_measure(cli, &s);
    if (rc == QB_OK)
        rc = cli->json ? sweep_print_json(&s) : sweep_print(&s);
    if (rc == QB_OK && !cli->json)
        rc = qb_bench_draw_sweep(s.benches, s.n, s.key, qb_get(&cli->flags, "output")->text);
    sweep_finish(&s);
    return rc;
}

static int run_bench(qb_cli *cli)
{
    const char *sweep_text = qb_cli_flag_text(cli, "sweep");
    return sweep_text ? bench_sweep(cli, sweep_text) : bench_once(cli);
}

static const char *const run_keys[] = {"model", "solver", "bits", "quantizer", "granularity", "quant_period",
                                       "quant_shrink", "solver_path", "batch", "shards", "optimizer", "dtype", "flip", "crop",
                                       "threads", "loader_threads", NULL};

static const qb_option options[] = {
    {"windows", QB_KIND_INT, "5", 1, QB_BENCH_MAX_WINDOWS, NULL, "", "windows to measure; the median one is shown", 0, NULL},
    {"seconds", QB_KIND_REAL, "2", 0, 3600, NULL, "seconds", "least length of a window", QB_OPT_MIN_OPEN, NULL},
    {"ceiling", QB_KIND_BOOL, "false", 0, 0, NULL, "",
     "also time the convolutions and matrix products alone, in the same layouts, in turn with the steps", 0, NULL},
    {"profile", QB_KIND_BOOL, "false", 0, 0, NULL, "", "time, bytes and GFLOP/s of every layer and pass, and a picture of it",
     0, NULL},
    {"sweep", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "KEY=V1,V2,...: measure with each value of an option, and draw it",
     QB_OPT_NULLABLE, NULL},
    {"output", QB_KIND_PATH, "plots", 0, 0, NULL, "", "folder for the pictures", 0, NULL},
};

const qb_verb qb_verb_bench = {
    .name = "bench",
    .args = "",
    .summary = "images per second of training, and where the time goes",
    .examples = "  qatbench bench --model resnet20\n"
                "  qatbench bench --model resnet20 --batch 128 --threads 2 --solver parq --bits 2\n"
                "  qatbench bench --model resnet20 --ceiling --profile\n"
                "  qatbench bench --model resnet20 --ceiling --sweep batch=32,64,128,256\n"
                "  qatbench bench --model resnet20 --sweep model=resnet20,resnet56,resnet110\n"
                "  qatbench bench --model resnet50 --batch 32 --windows 3 --json\n",
    .details = "Images are random, already in memory, of the model's own size; they come through\n"
               "the same loader threads as in training. The first steps are not counted.\n"
               "--ceiling: how near the step is to what its convolutions alone allow.\n"
               "--profile and --sweep draw a picture (gnuplot) and print its name.\n"
               "'qatbench bench data' is about images on their way to the network.\n"
               "--json: images_per_second step_ms data_ms forward_ms backward_ms optimizer_ms\n"
               "solver_ms conv_ms peak_rss_bytes isa onednn and what was measured; ceiling_ms\n"
               "ceiling_images_per_second ceiling_ratio; costs. No picture is drawn then.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = run_keys,
    .has_json = true,
    .min_args = 0,
    .max_args = 0,
    .run = run_bench,
};
