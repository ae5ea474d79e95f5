/* solver.safetensors: a run that is saved and loaded at any step equals the unbroken one bit for bit; files that do
 * not fit are refused as a whole.
 */
#include "plugins/recorder.h"
#include "quant_net.h"

#include "base/safetensors.h"

#include <math.h>
#include <unistd.h>

static char folder[] = "/tmp/qb_test_quant_XXXXXX";
static char *path;

static void set_up(void)
{
    net_set_up();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = qb_sprintf("%s/solver.safetensors", folder);
}

static void tear_down(void)
{
    qb_fs_remove_tree(folder);
    qb_free(path);
}

/* What others save: weights and optimizer. */
static void copy_rest(net *to, net *from)
{
    memcpy(to->x, from->x, sizeof to->x);
    memcpy(to->w, from->w, sizeof to->w);
    ck_assert_uint_eq(qb_optim_n_states(to->optim), qb_optim_n_states(from->optim));
    for (size_t i = 0; i < qb_optim_n_states(from->optim); i++) {
        const char *name, *name_to;
        float *values, *values_to;
        size_t n, n_to;
        qb_optim_state(from->optim, i, &name, &values, &n);
        qb_optim_state(to->optim, i, &name_to, &values_to, &n_to);
        ck_assert_str_eq(name, name_to);
        memcpy(values_to, values, n * sizeof(float));
    }
    size_t n;
    const int64_t *counts = qb_optim_step_counts(from->optim, &n);
    memcpy(qb_optim_step_counts(to->optim, &n), counts, n * sizeof *counts);
}

static const char *const solvers[] = {"ste",
                                      "binaryrelax",
                                      "parq[anneal_wd_frac=0.5]",
                                      "softquant",
                                      "par-nonconvex",
                                      "none",
                                      "recorder[aux=2,weight_state=2,row_state=3,noise=0.5]",
                                      "recorder[own_levels=true,own_step=true,aux=1]"};

START_TEST(resumed_equals_unbroken)
{
    static const int8_t mixed[N_PARAMS] = {-1, 8, 2, -1, 0, -1}; /* three instances */
    net_options o = {.solver = solvers[_i / 2], .warmup = 3, .period = 4, .threads = 2, .start = 4, .end = 11, .weight_decay = 0.01,
                     .param_bits = _i % 2 ? mixed : NULL};
    const int64_t places[] = {0, 2, 3, 4, 7, 8, 12}; /* in and after the warm-up, about refreshes, after the window */
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        int64_t at = places[k];
        net whole, broken, resumed;
        char sha[65], sha_again[65];
        float a[N_FLOATS] = {0}, b[N_FLOATS] = {0};
        net_open(&whole, &o);
        net_open(&broken, &o);
        for (int64_t t = 0; t < at; t++)
            net_step(&broken, t);
        ck_assert_msg(qb_quant_save(broken.quant, path, sha) == 0, "%s", qb_err_text());
        net_open(&resumed, &o);
        ck_assert_msg(qb_quant_load(resumed.quant, path) == 0, "%s", qb_err_text());
        copy_rest(&resumed, &broken);
        ck_assert_int_eq(qb_quant_finish(broken.quant, a), 0); /* an evaluation right after loading */
        ck_assert_int_eq(qb_quant_finish(resumed.quant, b), 0);
        ck_assert_mem_eq(a, b, sizeof a);
        ck_assert_int_eq(qb_quant_save(resumed.quant, path, sha_again), 0);
        ck_assert_str_eq(sha, sha_again);
        for (int64_t t = 0; t < 18; t++)
            net_step(&whole, t);
        for (int64_t t = at; t < 18; t++)
            net_step(&resumed, t);
        ck_assert_mem_eq(whole.x, resumed.x, sizeof whole.x);
        ck_assert_mem_eq(whole.w, resumed.w, sizeof whole.w);
        ck_assert_int_eq(qb_quant_save(whole.quant, path, sha), 0);
        ck_assert_int_eq(qb_quant_save(resumed.quant, path, sha_again), 0);
        ck_assert_str_eq(sha, sha_again); /* aux, state, sums, the plugin's own bytes */
        net_close(&whole);
        net_close(&broken);
        net_close(&resumed);
    }
}
END_TEST

static void save_steps(const net_options *o, int64_t steps)
{
    net n;
    net_open(&n, o);
    for (int64_t t = 0; t < steps; t++)
        net_step(&n, t);
    ck_assert_int_eq(qb_quant_save(n.quant, path, NULL), 0);
    net_close(&n);
}

static const struct {
    net_options saved, loading;
    const char *text;
} misfits[] = {
    {{.solver = "ste", .threads = 1}, {.solver = "parq", .threads = 1}, "expected solver 'parq', found 'ste'"},
    {{.solver = "ste", .threads = 1}, {.solver = "ste", .threads = 1, .bits = 3},
     "tensor 'a.weight.levels': expected F32 of shape 4 8, found F32 of shape 4 4"},
    {{.solver = "ste", .threads = 1}, {.solver = "ste", .threads = 1, .granularity = QB_PER_TENSOR},
     "tensor 'a.weight.levels': expected F32 of shape 1 4, found F32 of shape 4 4"},
    {{.solver = "recorder[aux=1]", .threads = 1}, {.solver = "recorder", .threads = 1}, "unknown tensor 'a.weight.aux'"},
    {{.solver = "recorder", .threads = 1}, {.solver = "recorder[row_state=2]", .threads = 1}, "tensor 'a.weight.row_state' is missing"},
    {{.solver = "recorder", .threads = 1}, {.solver = "recorder[trouble=fail_load]", .threads = 1},
     "solver 'recorder': load failed: not my bytes"},
};

START_TEST(refuses_a_file_that_does_not_fit)
{
    save_steps(&misfits[_i].saved, 3);
    net n;
    net_open(&n, &misfits[_i].loading);
    ck_assert_int_eq(qb_quant_load(n.quant, path), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), misfits[_i].text) != NULL && strstr(qb_err_text(), path) == qb_err_text(), "got: %s",
                  qb_err_text());
    net_step(&n, 0); /* nothing was taken over: the first step is still due */
    net_close(&n);
}
END_TEST

/* The file with the bytes of one tensor changed. */
static void rewrite(const char *tensor, const void *value, size_t size)
{
    qb_safetensors f;
    ck_assert_int_eq(qb_safetensors_read(path, &f), 0);
    qb_st_tensor *t = (qb_st_tensor *)(uintptr_t)qb_safetensors_find(&f, tensor);
    ck_assert_ptr_nonnull(t);
    ck_assert_uint_eq(t->n_bytes, size);
    t->data = value;
    ck_assert_int_eq(qb_safetensors_write(path, f.tensors, f.n, f.metadata, NULL), 0);
    qb_safetensors_finish(&f);
}

START_TEST(refuses_impossible_numbers)
{
    net_options o = {.solver = "ste", .threads = 1};
    const int64_t steps[] = {-1, 101};
    const double sums[] = {-1.0, NAN, INFINITY};
    net n;
    net_open(&n, &o);
    for (size_t i = 0; i < 2; i++) {
        save_steps(&o, 2);
        rewrite("next_step", &steps[i], sizeof steps[i]);
        ck_assert_int_eq(qb_quant_load(n.quant, path), QB_E_DATA);
        ck_assert_ptr_nonnull(strstr(qb_err_text(), "next_step: expected 0 to 100"));
    }
    for (size_t i = 0; i < 3; i++) {
        save_steps(&o, 2);
        rewrite("lr_sum", &sums[i], sizeof sums[i]);
        ck_assert_int_eq(qb_quant_load(n.quant, path), QB_E_DATA);
        ck_assert_ptr_nonnull(strstr(qb_err_text(), "lr_sum: expected a number of at least 0"));
    }
    unlink(path);
    ck_assert_int_eq(qb_quant_load(n.quant, path), QB_E_NOINPUT);
    net_close(&n);
}
END_TEST

static const recorder_event *last_event(const net *n, const char *hook)
{
    const recorder_log *log = n->plugin->solver.extension("recorder.log");
    int i = log->n - 1;
    while (i >= 0 && strcmp(log->events[i].hook, hook) != 0)
        i--;
    ck_assert_msg(i >= 0, "no %s", hook);
    return &log->events[i];
}

/* As solver-abi.md has it: `load` gets the solver's own bytes alone, what the program keeps for it follows. */
START_TEST(arrays_are_filled_after_load)
{
    net n;
    net_open(&n, &(net_options){.solver = "recorder[log=true,aux=1]", .threads = 1});
    for (int64_t t = 0; t < 3; t++)
        net_step(&n, t);
    const float saved = last_event(&n, "project")->aux;
    ck_assert_int_eq(qb_quant_save(n.quant, path, NULL), 0);
    net_step(&n, 3);
    const float later = last_event(&n, "project")->aux;
    ck_assert(later < saved);
    ck_assert_msg(qb_quant_load(n.quant, path) == 0, "%s", qb_err_text());
    ck_assert(last_event(&n, "load")->aux == later);
    net_step(&n, 3);
    ck_assert(last_event(&n, "on_gradient")->aux == saved);
    net_close(&n);
}
END_TEST

START_TEST(names_a_bad_save)
{
    static const struct {
        const char *trouble, *text;
    } rows[] = {{"save_lies", "solver 'recorder': save asked for 4 bytes, then wrote 5"},
                {"save_overruns", "solver 'recorder': save wrote beyond the 4 bytes it asked for"}};
    for (size_t i = 0; i < 2; i++) {
        net n;
        char spec[100];
        (void)snprintf(spec, sizeof spec, "recorder[trouble=%s]", rows[i].trouble);
        net_open(&n, &(net_options){.solver = spec, .threads = 1});
        ck_assert_int_eq(qb_quant_save(n.quant, path, NULL), QB_E_FAILED);
        ck_assert_str_eq(qb_err_text(), rows[i].text);
        ck_assert_int_ne(access(path, F_OK), 0);
        net_close(&n);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("quant_save");
    TCase *t = tcase_create("save");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, resumed_equals_unbroken, 0, 2 * (sizeof solvers / sizeof *solvers));
    tcase_add_loop_test(t, refuses_a_file_that_does_not_fit, 0, sizeof misfits / sizeof *misfits);
    tcase_add_test(t, refuses_impossible_numbers);
    tcase_add_test(t, arrays_are_filled_after_load);
    tcase_add_test(t, names_a_bad_save);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
