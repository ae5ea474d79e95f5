/* Loops that are compiled several times (QB_CLONES): oneDNN's variables choose among them, and all give the same bits. */
#include "quant_net.h"

#include "engine/dnn.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* oneDNN's word for a CPU that has no more than this. */
static const char *const words[] = {[QB_CLONE_ANY] = "SSE41", [QB_CLONE_AVX2] = "AVX2", [QB_CLONE_AVX512] = "ALL"};

static void hold_to(const char *onednn, const char *dnnl)
{
    (void)unsetenv("ONEDNN_MAX_CPU_ISA");
    (void)unsetenv("DNNL_MAX_CPU_ISA");
    if (onednn)
        (void)setenv("ONEDNN_MAX_CPU_ISA", onednn, 1);
    if (dnnl)
        (void)setenv("DNNL_MAX_CPU_ISA", dnnl, 1);
}

/* The best clone that this CPU can run. In a process of its own: the first question settles it for good. */
static int best_clone(void)
{
    int status;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        hold_to(NULL, NULL);
        _exit(qb_clone());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- the choice ---- */

static const struct {
    const char *onednn, *dnnl;
    int most;
} choices[] = {
    {NULL, NULL, QB_CLONE_AVX512},
    {NULL, "ALL", QB_CLONE_AVX512},
    {NULL, "DEFAULT", QB_CLONE_AVX512},
    {NULL, "", QB_CLONE_AVX512},
    {NULL, "SSE41", QB_CLONE_ANY},
    {NULL, "sse41", QB_CLONE_ANY},
    {NULL, "AVX", QB_CLONE_ANY},
    {NULL, "AVX2", QB_CLONE_AVX2},
    {NULL, "Avx2", QB_CLONE_AVX2},
    {NULL, "AVX2_VNNI", QB_CLONE_AVX2},
    {NULL, "AVX2_VNNI_2", QB_CLONE_AVX2},
    {NULL, "AVX512_CORE", QB_CLONE_AVX512},
    {NULL, "AVX512_CORE_BF16", QB_CLONE_AVX512},
    {NULL, "AVX10_1_512", QB_CLONE_AVX512},
    {NULL, "AVX3", QB_CLONE_AVX512},
    {"AVX2", NULL, QB_CLONE_AVX2},
    {"SSE41", "AVX2", QB_CLONE_ANY},
    {"ALL", "SSE41", QB_CLONE_AVX512},
    {"", "SSE41", QB_CLONE_ANY},
};

START_TEST(heeds_what_holds_onednn)
{
    int best = best_clone(), most = choices[_i].most;
    hold_to(choices[_i].onednn, choices[_i].dnnl);
    ck_assert_int_eq(qb_clone(), most < best ? most : best);
    ck_assert_int_eq(qb_clone(), most < best ? most : best);
}
END_TEST

/* Words that every oneDNN from 2.6 on knows. */
START_TEST(agrees_with_onednn)
{
    static const char *const known[] = {"ALL", "SSE41", "AVX", "AVX2", "avx2", "AVX512_CORE"};
    hold_to(_i % 2 == 0 ? known[_i / 2] : NULL, _i % 2 == 1 ? known[_i / 2] : NULL);
    ck_assert_int_eq(qb_clone(), qb_dnn_has_avx512() ? QB_CLONE_AVX512 : qb_dnn_has_avx2() ? QB_CLONE_AVX2 : QB_CLONE_ANY);
}
END_TEST

/* ---- the bits ---- */

enum { N_TENSORS = 24, N_ROWS = 2, N_STEPS = 4, MARGIN = QB_SLAB_MARGIN };

/* Around the lengths of vectors and of the pieces that loops work on (64, 256, 512). */
static const int64_t lengths[N_TENSORS] = {1,  2,  3,  4,  5,  7,  8,  9,   11,  13,  15,  16,
                                           17, 31, 33, 63, 65, 67, 77, 127, 131, 259, 515, 1031};

/* Every solver that is built, and options and quantizers that lead to further loops. */
static const struct {
    const char *solver, *quantizer;
} cases[] = {
    {"admm", "lsbq"},
    {"binaryconnect", "lsbq"},
    {"binaryrelax", "lsbq"},
    {"dorefa", "lsbq"},
    {"lsq", "lsbq"},
    {"nmsgd", "lsbq"},
    {"nmsgd[inner=par-convex]", "lsbq"},
    {"none", "lsbq"},
    {"par", "lsbq"},
    {"par[method=proxsgd]", "lsbq"},
    {"par-nonconvex", "lsbq"},
    {"par-nonconvex[method=aprox]", "lsbq"},
    {"par-quasiconvex", "lsbq"},
    {"par-quasiconvex[levels=quantizer]", "lsbq"},
    {"par-quasiconvex[method=proxsgd]", "lsbq"},
    {"parq", "lsbq"},
    {"proxconnect", "lsbq"},
    {"proxquant", "lsbq-alternating"},
    {"proxquant[norm=l2]", "lsbq"},
    {"proxsgd", "lsbq"},
    {"softquant", "lsbq"},
    {"ste", "lsbq"},
    {"ste", "lsbq-optimal"},
    {"ste", "lsbq-optimal[center=true]"},
    {"ste", "lsbq-alternating"},
    {"ste", "unif[scale=max]"},
    {"ttq", "lsbq"},
    {"waveq", "lsbq"},
};
enum { N_CASES = sizeof cases / sizeof *cases };

typedef struct training {
    qb_param params[N_TENSORS];
    char names[N_TENSORS][16];
    size_t n_floats;
    float *x, *w, *g; /* with margins */
    const qb_plugin *plugin;
    qb_settings settings;
    qb_optim *optim;
    qb_quant *quant;
} training;

static float *slab(size_t n_floats) { return (float *)qb_alloc(n_floats + 2 * MARGIN, sizeof(float)) + MARGIN; }

/* QB_E_NOT_OFFERED: not these bits. */
static int training_open(training *t, const char *solver, const char *quantizer, int bits)
{
    const qb_optim_options sgd = {.kind = QB_OPTIM_SGD, .momentum = 0.9};
    qb_spec spec;
    memset(t, 0, sizeof *t);
    for (int i = 0; i < N_TENSORS; i++) {
        snprintf(t->names[i], sizeof t->names[i], "%d.weight", (int)lengths[i]);
        t->params[i] = (qb_param){.name = t->names[i], .is_quantized = true, .decay_factor = 1, .lr_factor = 1,
                                  .n_dims = 2, .shape = {N_ROWS, lengths[i]}, .n = (size_t)(N_ROWS * lengths[i]),
                                  .offset = t->n_floats};
        t->n_floats += (t->params[i].n + 15) / 16 * 16;
    }
    t->x = slab(t->n_floats);
    t->w = slab(t->n_floats);
    t->g = slab(t->n_floats);
    for (int i = 0; i < N_TENSORS; i++) {
        qb_param *p = &t->params[i];
        p->x = t->x + p->offset;
        p->w = t->w + p->offset;
        p->g = t->g + p->offset;
        qb_hash_fill(p->name, p->n, 1.0, 0.0, p->x);
        memcpy(p->w, p->x, p->n * sizeof *p->w);
    }
    ck_assert_int_eq(qb_spec_parse(solver, &spec), 0);
    ck_assert_msg(qb_plugin_load(spec.name, NULL, &t->plugin) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_plugin_settings(t->plugin, &spec, &t->settings) == 0, "%s", qb_err_text());
    qb_spec_finish(&spec);
    ck_assert_int_eq(qb_optim_create(&sgd, &t->optim), 0);
    qb_quant_options q = {.plugin = t->plugin, .solver_settings = &t->settings, .bits = bits, .quantizer = quantizer,
                          .granularity = QB_PER_ROW, .period = 1, .n_steps = N_STEPS, .steps_per_epoch = 2,
                          .anneal_end = N_STEPS + 1, .lr_base = LR, .lr_sum_total = LR * N_STEPS, .weight_decay = 1e-4,
                          .seed = 1, .threads = 1, .slab_margin = MARGIN};
    return qb_quant_create(&q, t->params, N_TENSORS, t->optim, &t->quant);
}

static void training_close(training *t)
{
    qb_quant_destroy(t->quant);
    qb_optim_destroy(t->optim);
    qb_settings_finish(&t->settings);
    qb_free(t->x - MARGIN);
    qb_free(t->w - MARGIN);
    qb_free(t->g - MARGIN);
}

static void keep(const training *t, const float *values, float **to)
{
    memcpy(*to, values, t->n_floats * sizeof *values);
    *to += t->n_floats;
}

enum { MAX_BITS = 5, MOST_FLOATS = (MAX_BITS + 1) * (2 * N_STEPS + 1) * 8192 };

typedef struct outcome {
    int n_widths;
    float values[MOST_FLOATS]; /* of each width: x and w after each step, then the finished weights */
} outcome;

static void train(int i, outcome *o)
{
    float *to = o->values;
    for (int bits = 0; bits <= MAX_BITS; bits++) {
        training t;
        int rc = training_open(&t, cases[i].solver, cases[i].quantizer, bits);
        ck_assert_msg(rc == 0 || rc == QB_E_NOT_OFFERED, "%s with %d bits: %s", cases[i].solver, bits, qb_err_text());
        for (int64_t step = 0; rc == 0 && step < N_STEPS; step++) {
            char name[16];
            snprintf(name, sizeof name, "g%d", (int)step);
            qb_hash_fill(name, t.n_floats, 0.5, 0.0, t.g);
            ck_assert_msg(qb_quant_step(t.quant, step, LR) == 0, "%s: %s", cases[i].solver, qb_err_text());
            keep(&t, t.x, &to);
            keep(&t, t.w, &to);
        }
        if (rc == 0) {
            ck_assert_int_eq(qb_quant_finish(t.quant, t.g), 0);
            keep(&t, t.g, &to);
            o->n_widths++;
        }
        training_close(&t);
    }
}

/* In a process of its own, where nothing has asked for a clone yet. */
static void train_held(int clone, int i, outcome *o)
{
    int status;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        hold_to(NULL, words[clone]);
        ck_assert_int_eq(qb_clone(), clone);
        train(i, o);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s held to %s ended badly", cases[i].solver, words[clone]);
}

static void compare(int clone, int i)
{
    outcome *o = mmap(NULL, 2 * sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(o, MAP_FAILED);
    net_set_up();
    train_held(QB_CLONE_ANY, i, &o[0]);
    train_held(clone, i, &o[1]);
    ck_assert_int_ge(o[0].n_widths, 1);
    ck_assert_int_eq(o[1].n_widths, o[0].n_widths);
    size_t k = 0;
    while (k < MOST_FLOATS && memcmp(&o[0].values[k], &o[1].values[k], sizeof(float)) == 0)
        k++;
    ck_assert_msg(k == MOST_FLOATS, "%s, %s: value %zu is %.9g, with %s %.9g", cases[i].solver, cases[i].quantizer, k,
                  (double)o[0].values[k], words[clone], (double)o[1].values[k]);
    (void)munmap(o, 2 * sizeof *o);
}

START_TEST(avx2_gives_the_bits_of_any_cpu)
{
    if (best_clone() < QB_CLONE_AVX2)
        QB_TEST_SKIP("this CPU has no AVX2");
    compare(QB_CLONE_AVX2, _i);
}
END_TEST

START_TEST(avx512_gives_the_bits_of_any_cpu)
{
    if (best_clone() < QB_CLONE_AVX512)
        QB_TEST_SKIP("this CPU has no AVX-512");
    compare(QB_CLONE_AVX512, _i);
}
END_TEST

START_TEST(every_solver_is_compared)
{
    qb_plugin_entry *entries;
    size_t n;
    net_set_up();
    char *solvers = strchr(getenv("QATBENCH_SOLVER_PATH"), ':');
    ck_assert_int_eq(qb_plugin_list(solvers + 1, &entries, &n), 0);
    for (size_t k = 0; k < n; k++) {
        bool listed = strstr(entries[k].path, "/plugins/") != NULL;
        for (int i = 0; i < N_CASES; i++)
            listed = listed || strcmp(cases[i].solver, entries[k].name) == 0;
        ck_assert_msg(listed, "%s (%s) is missing in `cases`", entries[k].name, entries[k].path);
    }
    qb_plugin_list_free(entries, n);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("clones");
    TCase *t = tcase_create("choice");
    tcase_add_loop_test(t, heeds_what_holds_onednn, 0, sizeof choices / sizeof *choices);
    tcase_add_loop_test(t, agrees_with_onednn, 0, 12);
    suite_add_tcase(s, t);
    t = tcase_create("bits");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, avx2_gives_the_bits_of_any_cpu, 0, N_CASES);
    tcase_add_test(t, every_solver_is_compared);
    suite_add_tcase(s, t);
    t = tcase_create("bits of AVX-512");
    tcase_set_tags(t, "avx512");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, avx512_gives_the_bits_of_any_cpu, 0, N_CASES);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
