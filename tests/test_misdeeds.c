/* A solver that changes the process, or would end it, in any of its hooks: training puts it back and goes on, or ends as
 * failed with the names of solver and hook; and no bit of the results is another's. */
#include "process_watch.h"
#include "quant_net.h"

#include "quant/plugin_visit.h"

static const char *const hooks[] = {"create", "bind", "load", "start", "begin_step", "on_gradient", "after_step", "project",
                                    "metrics", "save", "finish"};

enum { N_HOOKS = sizeof hooks / sizeof hooks[0], N_STEPS = 2 };

/* A run that is saved and loaded, evaluated and ended. *ret_sum: of its finished weights. */
static int live(const char *deed, const char *hook, int threads, double *ret_sum)
{
    static net n;
    qb_quant_metric metrics[QB_MAX_METRICS];
    size_t n_metrics;
    float slab[N_FLOATS] = {0};
    char sha256[65], file[] = "/tmp/qb_misdeeds_XXXXXX", *solver = qb_sprintf("misdeed[deed=%s,hook=%s]", deed, hook);
    close(mkstemp(file));
    net_options o = {.solver = solver, .period = 3, .threads = threads};
    int rc = net_try(&n, &o);
    for (int64_t t = 0; rc == 0 && t < N_STEPS; t++) {
        for (int i = 0; i < N_PARAMS; i++)
            for (size_t k = 0; k < n.params[i].n; k++)
                n.params[i].g[k] = 1e-3f * n.params[i].w[k] + 1e-40f; /* flushed to zero, the sum is another */
        rc = qb_quant_step(n.quant, t, LR);
        if (rc == 0)
            rc = qb_quant_metrics(n.quant, metrics, QB_MAX_METRICS, &n_metrics);
    }
    if (rc == 0)
        rc = qb_quant_save(n.quant, file, sha256);
    if (rc == 0)
        rc = qb_quant_load(n.quant, file);
    if (rc == 0)
        rc = qb_quant_finish(n.quant, slab);
    *ret_sum = 0;
    for (int i = 0; i < N_FLOATS; i++)
        *ret_sum += (double)slab[i];
    net_close(&n);
    unlink(file);
    qb_free(solver);
    return rc;
}

static const qb_solver *misdeed(void)
{
    const qb_plugin *p;
    ck_assert_int_eq(qb_plugin_load("misdeed", NULL, &p), 0);
    return &p->solver;
}

START_TEST(any_change_in_any_hook_is_put_back)
{
    const change *d = &changes[_i];
    double sum, usual;
    ck_assert_int_eq(live("none", "create", 1, &usual), 0);
    for (int k = 0; k < N_HOOKS; k++) {
        process_watch before;
        size_t said = 0;
        while (qb_conduct(misdeed(), said))
            said++;
        watch_process(&before);
        ck_assert_msg(live(d->name, hooks[k], 2, &sum) == 0, "%s in %s: %s", d->name, hooks[k], qb_err_text());
        assert_process_unchanged(&before, hooks[k]);
        char *text = qb_sprintf("solver 'misdeed': %s changed %s", hooks[k], d->what);
        const char *got = qb_conduct(misdeed(), said);
        ck_assert_msg(got && strncmp(got, text, strlen(text)) == 0, "expected '%s', got '%s'", text, got ? got : "nothing");
        qb_free(text);
        ck_assert_msg(sum == usual, "%s in %s: %.17g, expected %.17g", d->name, hooks[k], sum, usual);
    }
}
END_TEST

static const char *const ends[] = {"exit", "_exit", "_Exit", "quick_exit", "pthread_exit"};

START_TEST(no_hook_ends_the_process)
{
    double sum;
    for (int k = 0; k < N_HOOKS; k++) {
        ck_assert_int_lt(live(ends[_i], hooks[k], 2, &sum), 0);
        char *hook = qb_sprintf("solver 'misdeed': %s ", hooks[k]), *why = qb_sprintf("failed: it called %s", ends[_i]);
        ck_assert_msg(strstr(qb_err_text(), hook) && strstr(qb_err_text(), why), "%s: %s", hooks[k], qb_err_text());
        qb_free(hook);
        qb_free(why);
    }
    ck_assert_int_eq(live(ends[_i], "destroy", 2, &sum), 0); /* all is done then */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("misdeeds");
    TCase *c = tcase_create("hooks");
    tcase_add_checked_fixture(c, net_set_up, NULL);
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, any_change_in_any_hook_is_put_back, 0, N_CHANGES);
    tcase_add_loop_test(c, no_hook_ends_the_process, 0, (int)(sizeof ends / sizeof ends[0]));
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
