/* The quantized step: order of hooks, warm-up, refresh, shrinking, threads, misbehaving plugins. A small set of
 * parameters with gradients that depend on w stands for a network; the plugin `recorder` tells what it saw.
 */
#include "quant_net.h"

#include "plugins/recorder.h"
#include "quant/quant_views.h"

#include <math.h>
#include <stdio.h>

/* ---- order ---- */

static const recorder_log *log_of(const net *n)
{
    return n->plugin->solver.extension("recorder.log");
}

START_TEST(hooks_come_in_order)
{
    net n;
    net_options o = {.solver = "recorder[log=true,aux=1]", .warmup = 2, .period = 1, .threads = 1};
    net_open(&n, &o);
    float x_before[N_PARAMS], w_before[N_PARAMS];
    for (int64_t t = 0; t < 5; t++) {
        int from = log_of(&n)->n;
        for (int p = 0; p < N_PARAMS; p++) {
            x_before[p] = n.params[p].x[0];
            w_before[p] = n.params[p].w[0];
        }
        net_gradient(&n, t);
        float g = n.params[1].g[0];
        ck_assert_int_eq(qb_quant_step(n.quant, t, LR), 0);
        const recorder_event *e = log_of(&n)->events + from, *end = log_of(&n)->events + log_of(&n)->n;
        if (t < 2) {
            ck_assert_ptr_eq(e, end); /* no hook during the warm-up */
            continue;
        }
        if (t == 2) /* started once, where w == x */
            for (int v = 0; v < N_VIEWS; v++, e++) {
                ck_assert_str_eq(e->hook, "start");
                ck_assert(e->w == e->x && isnan(e->level) && isnan(e->z) && isnan(e->g));
            }
        ck_assert_str_eq(e->hook, "begin_step");
        ck_assert_double_eq_tol(e->lr_sum, LR * (double)(t - 1), 1e-12); /* this step included, the warm-up not */
        ck_assert_int_eq(e->step, t);
        e++;
        int seen = 0;
        for (int k = 0; k < N_VIEWS; k++, e += 3) {
            int p = view_params[e->view];
            seen |= 1 << e->view;
            ck_assert_str_eq(e[0].hook, "on_gradient");
            ck_assert_str_eq(e[1].hook, "after_step");
            ck_assert_str_eq(e[2].hook, "project");
            ck_assert(e[0].view == e[1].view && e[1].view == e[2].view);
            ck_assert(e[0].x == x_before[p] && e[0].w == w_before[p] && isnan(e[0].z));
            ck_assert((t == 2) == (e[0].aux == 1.0f)); /* as start left it */
            ck_assert(e[1].x != x_before[p] && e[1].x == n.params[p].x[0]); /* after the base step */
            ck_assert(e[1].aux < e[0].aux && e[1].g == e[0].g && isnan(e[1].z));
            ck_assert((t == 2) == (isnan(e[0].level) && isnan(e[1].level))); /* no levels before the first refresh */
            ck_assert(e[2].z == e[2].x && e[2].w == w_before[p] && isnan(e[2].g) && !isnan(e[2].level));
            ck_assert(p != 1 || e[0].g == g);
        }
        ck_assert_int_eq(seen, (1 << N_VIEWS) - 1);
        ck_assert_ptr_eq(e, end);
    }
    net_close(&n);
}
END_TEST

START_TEST(fraction_of_the_window)
{
    const struct {
        double start, end, want[4];
    } rows[] = {{1, 3, {-0.5, 0, 0.5, 1}}, {2, 2, {-1, -1, 2, 2}}, {0.5, 4.5, {-0.125, 0.125, 0.375, 0.625}}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        net n;
        net_options o = {.solver = "recorder[log=true]", .period = 1, .threads = 1, .start = rows[r].start, .end = rows[r].end};
        net_open(&n, &o);
        for (int64_t t = 0; t < 4; t++) {
            int from = log_of(&n)->n;
            net_step(&n, t);
            ck_assert(log_of(&n)->events[from + (t == 0 ? N_VIEWS : 0)].fraction == rows[r].want[t]);
        }
        net_close(&n);
    }
}
END_TEST

/* ---- what the harness does around the hooks ---- */

START_TEST(warm_up_is_plain_training)
{
    net a, b;
    net_open(&a, &(net_options){.solver = "ste", .warmup = 4, .period = 1, .threads = 1});
    net_open(&b, &(net_options){.solver = "none", .threads = 1});
    for (int64_t t = 0; t < 4; t++) {
        net_step(&a, t);
        net_step(&b, t);
        ck_assert_mem_eq(a.x, b.x, sizeof a.x);
        for (int v = 0; v < N_VIEWS; v++) {
            const qb_param *p = &a.params[view_params[v]];
            ck_assert_mem_eq(p->w, p->x, p->n * sizeof(float));
        }
    }
    net_step(&a, 4);
    net_step(&b, 4);
    ck_assert_mem_eq(a.x, b.x, sizeof a.x); /* the first quantized gradient is taken at w = x */
    ck_assert(memcmp(a.params[1].w, a.params[1].x, a.params[1].n * sizeof(float)) != 0);
    net_step(&a, 5);
    net_step(&b, 5);
    ck_assert(memcmp(a.x, b.x, sizeof a.x) != 0);
    net_close(&a);
    net_close(&b);
}
END_TEST

START_TEST(levels_are_renewed_by_the_period)
{
    for (int64_t period = 0; period <= 3; period++) {
        net n;
        net_open(&n, &(net_options){.solver = "ste", .warmup = 2, .period = period, .threads = 1});
        float before[64] = {0};
        int64_t rows = 0;
        int n_levels = 0;
        for (int64_t t = 0; t < 12; t++) {
            net_step(&n, t);
            const float *levels = qb_quant_levels(n.quant, 1, &rows, &n_levels);
            ck_assert((levels == NULL) == (t < 2));
            if (levels == NULL)
                continue;
            bool due = t == 2 || (period > 0 && (t - 2) % period == 0);
            ck_assert_int_eq(memcmp(before, levels, (size_t)(rows * n_levels) * sizeof *levels) != 0, due);
            memcpy(before, levels, (size_t)(rows * n_levels) * sizeof *levels);
        }
        ck_assert_int_eq(rows, 4);
        ck_assert_int_eq(n_levels, 4);
        ck_assert_ptr_null(qb_quant_levels(n.quant, 0, &rows, &n_levels));
        net_close(&n);
    }
}
END_TEST

START_TEST(shrink_divides_the_input_of_the_map)
{
    net n;
    net_open(&n, &(net_options){.solver = "recorder[log=true]", .period = 1, .threads = 1, .shrink = true});
    for (int64_t t = 0; t < 30; t++)
        net_step(&n, t);
    int shrunk = 0;
    for (int i = 0; i < log_of(&n)->n; i++) {
        const recorder_event *e = &log_of(&n)->events[i];
        if (strcmp(e->hook, "project") != 0)
            continue;
        float by = (float)fmax(1.0, e->lr_sum);
        ck_assert(e->z == e->x / by);
        shrunk += by > 1.0f;
    }
    ck_assert_int_gt(shrunk, 0);
    net_close(&n);
}
END_TEST

START_TEST(decay_scale_concerns_quantized_tensors)
{
    net a, b;
    net_open(&a, &(net_options){.solver = "recorder[decay_scale=0]", .period = 1, .threads = 1, .weight_decay = 0.1});
    net_open(&b, &(net_options){.solver = "recorder", .period = 1, .threads = 1});
    for (int64_t t = 0; t < 5; t++) {
        net_step(&a, t);
        net_step(&b, t);
    }
    for (int v = 0; v < N_VIEWS; v++) {
        const qb_param *p = &a.params[view_params[v]];
        ck_assert_mem_eq(p->x, b.params[view_params[v]].x, p->n * sizeof(float));
    }
    ck_assert(a.params[0].x[0] != b.params[0].x[0]); /* the norm's scale is decayed as ever */
    ck_assert_mem_eq(a.params[3].x, b.params[3].x, a.params[3].n * sizeof(float)); /* a bias is not */
    net_close(&a);
    net_close(&b);
}
END_TEST

START_TEST(reset_forgets_momenta_before_the_step)
{
    net n;
    net_open(&n, &(net_options){.solver = "recorder[reset_step=3]", .period = 1, .threads = 1});
    for (int64_t t = 0; t < 3; t++)
        net_step(&n, t);
    float x[N_FLOATS];
    memcpy(x, n.x, sizeof x);
    net_step(&n, 3);
    for (int p = 0; p < N_PARAMS; p++)
        for (size_t i = 0; i < n.params[p].n; i++)
            ck_assert(fabsf(n.params[p].x[i] - (x[n.params[p].offset + i] - (float)LR * n.params[p].g[i])) < 1e-6f);
    net_close(&n);
}
END_TEST

START_TEST(a_block_that_does_not_divide_goes_by_row)
{
    net n;
    net_open(&n, &(net_options){.solver = "ste", .period = 1, .threads = 1, .granularity = QB_PER_BLOCK, .block = 10});
    const char *const *notes = NULL;
    ck_assert_uint_eq(qb_quant_notes(n.quant, &notes), 2);
    ck_assert_str_eq(notes[0], "layer a.weight: block 10 does not divide 27, quantized by row");
    ck_assert_str_eq(notes[1], "layer c.weight: block 10 does not divide 64, quantized by row");
    net_step(&n, 0);
    int64_t rows;
    int n_levels;
    qb_quant_levels(n.quant, 1, &rows, &n_levels);
    ck_assert_int_eq(rows, 4);
    qb_quant_levels(n.quant, 2, &rows, &n_levels);
    ck_assert_int_eq(rows, 12);
    net_close(&n);
    net_open(&n, &(net_options){.solver = "ste", .period = 1, .threads = 1, .granularity = QB_PER_TENSOR});
    net_step(&n, 0);
    qb_quant_levels(n.quant, 4, &rows, &n_levels);
    ck_assert_int_eq(rows, 1);
    net_close(&n);
}
END_TEST

START_TEST(own_step_and_own_levels)
{
    net n;
    net_open(&n, &(net_options){.solver = "recorder[own_step=true,own_levels=true]", .threads = 1});
    ck_assert(qb_quant_owns_levels(n.quant) && !qb_quant_is_full_precision(n.quant));
    float x[N_FLOATS], slab[N_FLOATS];
    ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0); /* before anything was started */
    for (int v = 0; v < N_VIEWS; v++)
        for (size_t i = 0; i < n.params[view_params[v]].n; i++)
            ck_assert(fabsf(slab[n.params[view_params[v]].offset + i]) == 1.0f);
    memcpy(x, n.x, sizeof x);
    net_step(&n, 0);
    net_step(&n, 1);
    const qb_param *p = &n.params[1];
    ck_assert(fabsf(p->w[0]) == 1.0f);
    int64_t rows;
    int n_levels, max, allowed;
    const char *where;
    ck_assert_ptr_null(qb_quant_levels(n.quant, 1, &rows, &n_levels));
    ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0);
    qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
    ck_assert(max == 2 && allowed == 4 && where == NULL);
    net_close(&n);
    ck_assert(x[16] != n.x[16]);
}
END_TEST

/* An evaluation before the first quantized step shows the solver that step, on copies. */
START_TEST(finish_before_the_first_step_sees_the_first_one)
{
    net n;
    float slab[N_FLOATS];
    net_open(&n, &(net_options){.solver = "recorder[log=true,own_levels=true,own_finish=true]", .threads = 1, .warmup = 4, .start = 2, .end = 10});
    net_step(&n, 0);
    ck_assert_int_eq(log_of(&n)->n, 0);
    ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0);
    static const char *const hooks[] = {"start", "project", "finish"};
    ck_assert_int_eq(log_of(&n)->n, 3 * N_VIEWS);
    for (int i = 0; i < 3 * N_VIEWS; i++) {
        const recorder_event *e = &log_of(&n)->events[i];
        ck_assert_str_eq(e->hook, hooks[i % 3]);
        ck_assert_msg(e->step == 4 && e->fraction == 0.25 && e->lr_sum == LR, "%s: step %d, fraction %g, lr_sum %g", e->hook,
                      (int)e->step, e->fraction, e->lr_sum);
    }
    net_close(&n);
}
END_TEST

START_TEST(full_precision_is_the_base_optimizer)
{
    net n;
    net_open(&n, &(net_options){.solver = "none", .threads = 2});
    ck_assert(qb_quant_is_full_precision(n.quant));
    float slab[N_FLOATS] = {0};
    for (int64_t t = 0; t < 3; t++)
        net_step(&n, t);
    ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0);
    int max, allowed;
    const char *where;
    qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
    ck_assert_int_eq(max, 0);
    for (int p = 0; p < N_PARAMS; p++) {
        ck_assert_mem_eq(n.params[p].w, n.params[p].x, n.params[p].n * sizeof(float));
        ck_assert_mem_eq(slab + n.params[p].offset, n.params[p].x, n.params[p].n * sizeof(float));
    }
    net_close(&n);
}
END_TEST

/* ---- finished weights ---- */

START_TEST(finish_gives_hard_weights_and_changes_nothing)
{
    static const char *const solvers[] = {"ste", "parq", "softquant", "binaryrelax", "par-nonconvex", "recorder[own_finish=true]"};
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        net n;
        net_open(&n, &(net_options){.solver = solvers[s], .warmup = 2, .period = 2, .threads = 2, .start = 3, .end = 9});
        for (int64_t t = 0; t < 12; t++) {
            float slab[N_FLOATS] = {0}, again[N_FLOATS] = {0}, x[N_FLOATS], w[N_FLOATS];
            memcpy(x, n.x, sizeof x);
            memcpy(w, n.w, sizeof w);
            ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0);
            ck_assert_mem_eq(x, n.x, sizeof x);
            ck_assert_mem_eq(w, n.w, sizeof w);
            int max, allowed;
            const char *where = "";
            qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
            ck_assert_msg(max <= 4 && max >= 2 && where == NULL, "%s, step %d: %d levels", solvers[s], (int)t, max);
            ck_assert_int_eq(qb_quant_count_collapsed(n.quant, slab), 0);
            if (t > 9) { /* hard already: not a bit changes */
                qb_quant_finish(n.quant, again);
                ck_assert_mem_eq(slab, again, sizeof slab);
            }
            net_step(&n, t);
        }
        net_close(&n);
    }
}
END_TEST

START_TEST(counts_levels_with_equality)
{
    net n;
    net_open(&n, &(net_options){.solver = "ste", .period = 1, .threads = 1});
    float slab[N_FLOATS] = {0};
    int max, allowed;
    const char *where;
    slab[n.params[1].offset] = -0.0f;
    qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
    ck_assert(max == 1 && allowed == 4 && where == NULL);
    ck_assert_int_eq(qb_quant_count_collapsed(n.quant, slab), 4 + 6 + 5); /* every row */
    for (int i = 0; i < 64; i++)
        slab[n.params[4].offset + 64 + (size_t)i] = (float)(i % 5);
    qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
    ck_assert_int_eq(max, 5);
    ck_assert_str_eq(where, "c.weight");
    ck_assert_int_eq(qb_quant_count_collapsed(n.quant, slab), 4 + 6 + 4);
    slab[n.params[1].offset] = slab[n.params[1].offset + 1] = NAN;
    slab[n.params[1].offset + 2] = slab[n.params[1].offset + 3] = slab[n.params[1].offset + 4] = slab[n.params[1].offset + 5] = NAN;
    qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
    ck_assert_int_eq(max, 7); /* a NaN equals nothing */
    ck_assert_str_eq(where, "a.weight");
    net_close(&n);
}
END_TEST

/* ---- threads ---- */

static const char *const threaded[] = {"ste", "binaryrelax", "parq[anneal_wd_frac=0.5]", "softquant", "par-nonconvex", "none",
                                       "recorder[aux=2,weight_state=2,row_state=3,noise=0.5]",
                                       "recorder[own_levels=true,own_step=true,aux=1]"};

START_TEST(threads_change_no_bit)
{
    net one, many;
    net_options o = {.solver = threaded[_i], .warmup = 1, .period = 2, .threads = 1, .start = 2, .end = 9};
    net_open(&one, &o);
    o.threads = 4;
    net_open(&many, &o);
    float a[N_FLOATS] = {0}, b[N_FLOATS] = {0};
    for (int64_t t = 0; t < 12; t++) {
        net_step(&one, t);
        net_step(&many, t);
        ck_assert_mem_eq(one.x, many.x, sizeof one.x);
        ck_assert_mem_eq(one.w, many.w, sizeof one.w);
        ck_assert_int_eq(qb_quant_finish(one.quant, a), 0);
        ck_assert_int_eq(qb_quant_finish(many.quant, b), 0);
        ck_assert_mem_eq(a, b, sizeof a);
    }
    net_close(&one);
    net_close(&many);
}
END_TEST

START_TEST(random_numbers_differ_by_view_step_and_seed)
{
    net a, b;
    net_open(&a, &(net_options){.solver = "recorder[noise=1]", .threads = 2});
    net_open(&b, &(net_options){.solver = "recorder[noise=1]", .threads = 2, .seed = 2});
    float before[N_FLOATS];
    net_step(&a, 0);
    net_step(&b, 0);
    ck_assert(memcmp(a.w, b.w, sizeof a.w) != 0);
    memcpy(before, a.w, sizeof before);
    net_step(&a, 1);
    double sum = 0;
    for (size_t i = 0; i < a.params[4].n; i++) {
        float u = a.params[4].w[i] - qb_nearest(qb_quant_levels(a.quant, 4, &(int64_t){0}, &(int){0}) + (i / 64) * 4, 4, a.params[4].x[i]);
        ck_assert(u > -1e-6f && u < 1.0f + 1e-6f);
        sum += (double)u;
    }
    ck_assert_double_eq_tol(sum / (double)a.params[4].n, 0.5, 0.1);
    ck_assert(a.params[1].w[0] != before[a.params[1].offset]);
    net_close(&a);
    net_close(&b);
}
END_TEST

START_TEST(a_step_allocates_nothing)
{
    net n;
    net_open(&n, &(net_options){.solver = threaded[_i], .warmup = 2, .period = 2, .threads = 2, .quantizer = "lsbq-optimal"});
    long calls = qb_mem_calls();
    for (int64_t t = 0; t < 6; t++)
        net_step(&n, t);
    ck_assert_int_eq(qb_mem_calls(), calls);
    net_close(&n);
}
END_TEST

/* ---- misbehaving plugins ---- */

static const struct {
    const char *trouble, *more;
    int view;
    const char *text;
} bad_steps[] = {
    {"fail_start", "", 1, "solver 'recorder': start of b.weight failed: cannot start"},
    {"fail_begin", "", 0, "solver 'recorder': begin_step failed: cannot begin"},
    {"fail_gradient", "", 0, "solver 'recorder': on_gradient of a.weight failed: bad gradient"},
    {"fail_after", "", 2, "solver 'recorder': after_step of c.weight failed: bad step"},
    {"silent", "", 2, "solver 'recorder': after_step of c.weight failed: it gave no reason"},
    {"fail_project", "", 1, "solver 'recorder': project of b.weight failed: cannot project"},
    {"before_w", "", 1, "solver 'recorder': project of b.weight wrote outside its view: next to w"},
    {"after_w", "", 0, "solver 'recorder': project of a.weight wrote outside its view: next to w"},
    {"after_w", "", 1, "solver 'recorder': project of b.weight wrote outside its view: next to w"},
    {"before_x", "", 0, "solver 'recorder': after_step of a.weight wrote outside its view: next to x"},
    {"after_g", "", 2, "solver 'recorder': on_gradient of c.weight wrote outside its view: next to g"},
    {"after_aux", ",aux=1", 0, "solver 'recorder': after_step of a.weight wrote outside its view: next to aux"},
    {"after_levels", "", 2, "solver 'recorder': project of c.weight wrote outside its view: next to levels"},
    {"after_weight_state", ",weight_state=2", 1, "solver 'recorder': after_step of b.weight wrote outside its view: next to weight_state"},
    {"after_row_state", ",row_state=3", 0, "solver 'recorder': after_step of a.weight wrote outside its view: next to row_state"},
    {"nan_gradient", "", 0, "solver 'recorder': on_gradient of a.weight left a gradient that is not a finite number"},
    {"nan_latent", ",edits=true", 1, "solver 'recorder': after_step of b.weight left a latent weight that is not a finite number"},
    {"nan_weight", "", 2, "solver 'recorder': project of c.weight left a weight that is not a finite number"},
    {"uniform_view", "", 1, "solver 'recorder': project of b.weight failed: it asked host->uniform for view 3; the number of views is 3"},
    {"uniform_first", "", 0, "solver 'recorder': project of a.weight failed: it asked host->uniform for 2 numbers from number -1 on; "
                             "expected none below 0"},
    {"uniform_count", "", 2, "solver 'recorder': project of c.weight failed: it asked host->uniform for -2 numbers from number 0 on; "
                             "expected none below 0"},
    {"uniform_nowhere", "", 0, "solver 'recorder': project of a.weight failed: it asked host->uniform for 2 numbers and gave no room for them"},
    {"uniform_host", "", 1, "solver 'recorder': project of b.weight failed: it called host->uniform with another host than the one "
                            "that create got"},
    {"bad_scale", "", 0, "solver 'recorder': begin_step set decay_scale -1; expected 0 to 1e6"},
};

START_TEST(names_a_bad_step)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        char spec[200];
        (void)snprintf(spec, sizeof spec, "recorder[trouble=%s,trouble_view=%d,trouble_step=2%s]", bad_steps[_i].trouble,
                       bad_steps[_i].view, bad_steps[_i].more);
        net n;
        net_open(&n, &(net_options){.solver = spec, .warmup = strcmp(bad_steps[_i].trouble, "fail_start") ? 0 : 2, .period = 1,
                                    .threads = threads});
        net_step(&n, 0);
        net_step(&n, 1);
        net_gradient(&n, 2);
        ck_assert_int_eq(qb_quant_step(n.quant, 2, LR), QB_E_FAILED);
        ck_assert_str_eq(qb_err_text(), bad_steps[_i].text);
        net_close(&n);
    }
}
END_TEST

static const struct {
    const char *options, *text;
    int code;
} bad_plugins[] = {
    {"trouble=fail_create", "solver 'recorder': create failed: no wish to live", QB_E_FAILED},
    {"trouble=fail_bind,trouble_view=1", "solver 'recorder': bind of b.weight failed: not this one", QB_E_FAILED},
    {"trouble=greedy_aux", "solver 'recorder': bind of a.weight asked for n_aux = 17; expected 0 to 16", QB_E_FAILED},
    {"trouble=more_caps", "solver 'recorder': bind of a.weight asked for capabilities 0x18, the plugin declares 0x17", QB_E_FAILED},
};

START_TEST(names_a_plugin_that_does_not_start)
{
    net n;
    char spec[200];
    (void)snprintf(spec, sizeof spec, "recorder[%s]", bad_plugins[_i].options);
    ck_assert_int_eq(net_try(&n, &(net_options){.solver = spec, .threads = 1}), bad_plugins[_i].code);
    ck_assert_str_eq(qb_err_text(), bad_plugins[_i].text);
    net_close(&n);
}
END_TEST

static const struct {
    const char *trouble, *text;
} bad_finishes[] = {
    {"fail_finish", "solver 'recorder': finish of a.weight failed: cannot finish"},
    {"nan_finish", "solver 'recorder': finish of a.weight left a weight that is not a finite number"},
    {"over_finish", "solver 'recorder': finish of a.weight wrote outside its view: next to out"},
};

START_TEST(names_a_bad_finish)
{
    net n;
    char spec[200];
    (void)snprintf(spec, sizeof spec, "recorder[trouble=%s]", bad_finishes[_i].trouble);
    net_open(&n, &(net_options){.solver = spec, .period = 1, .threads = 2});
    net_step(&n, 0);
    float slab[N_FLOATS];
    ck_assert_int_eq(qb_quant_finish(n.quant, slab), QB_E_FAILED);
    ck_assert_str_eq(qb_err_text(), bad_finishes[_i].text);
    net_close(&n);
}
END_TEST

START_TEST(divergence_is_not_the_plugin_s_fault)
{
    static const char *const solvers[] = {"ste", "parq", "softquant", "binaryrelax", "par-nonconvex", "recorder"};
    static const float values[] = {INFINITY, -INFINITY, NAN, 3e38f};
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            net n;
            net_open(&n, &(net_options){.solver = solvers[s], .period = 1, .threads = 2, .end = 8});
            for (int64_t t = 0; t < 10; t++) {
                net_gradient(&n, t);
                if (t == 3 || t == 9)
                    for (int i = 0; i < 3; i++)
                        n.params[1].g[i] = values[k];
                ck_assert_msg(qb_quant_step(n.quant, t, 1.0) == 0, "%s: %s", solvers[s], qb_err_text());
            }
            float slab[N_FLOATS];
            ck_assert_msg(qb_quant_finish(n.quant, slab) == 0, "%s: %s", solvers[s], qb_err_text());
            net_close(&n);
        }
}
END_TEST

START_TEST(shrink_is_refused_where_it_has_no_meaning)
{
    net n;
    ck_assert_int_eq(net_try(&n, &(net_options){.solver = "par-nonconvex", .threads = 1, .shrink = true}), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "solver 'par-nonconvex' does not work with quant_shrink: it edits the latent weights");
    net_close(&n);
    ck_assert_int_eq(net_try(&n, &(net_options){.solver = "recorder[own_levels=true]", .threads = 1, .shrink = true}), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "solver 'recorder' does not work with quant_shrink: it decides its levels itself");
    net_close(&n);
    ck_assert_int_eq(net_try(&n, &(net_options){.solver = "ste", .threads = 1, .quantizer = "maxunif", .bits = 1}), QB_E_NOT_OFFERED);
    net_close(&n);
}
END_TEST

START_TEST(running_out_of_memory_is_an_error)
{
    const qb_plugin *plugin;
    ck_assert_int_eq(qb_plugin_load("parq", NULL, &plugin), 0); /* kept by the loader: not part of the count */
    for (long nth = 1;; nth++) {
        net n;
        net_options o = {.solver = "parq", .threads = 2, .shrink = true, .granularity = QB_PER_BLOCK, .block = 10};
        net_prepare(&n, &o);
        long blocks = qb_mem_live_blocks();
        qb_mem_fail_at(nth, 1);
        int rc = net_create_quant(&n, &o);
        qb_mem_fail_at(0, 0);
        bool done = rc == 0;
        ck_assert(done || rc == QB_E_NOMEM);
        if (!done)
            ck_assert_int_ge(blocks + 100, qb_mem_live_blocks()); /* only what the optimizer took is left */
        net_close(&n);
        if (done) {
            ck_assert_int_gt(nth, 10);
            break;
        }
    }
}
END_TEST

/* ---- parts ---- */

START_TEST(metrics_are_those_of_the_last_step)
{
    net n;
    qb_quant_metric m[4];
    size_t n_metrics;
    net_open(&n, &(net_options){.solver = "parq[schedule=cosine]", .warmup = 1, .period = 1, .threads = 1, .start = 1, .end = 3});
    net_step(&n, 0);
    ck_assert_int_eq(qb_quant_metrics(n.quant, m, 4, &n_metrics), 0);
    ck_assert_uint_eq(n_metrics, 0);
    net_step(&n, 1);
    ck_assert_int_eq(qb_quant_metrics(n.quant, m, 4, &n_metrics), 0);
    ck_assert_uint_eq(n_metrics, 1);
    ck_assert(m[0].value == 1.0);
    net_step(&n, 2);
    ck_assert_int_eq(qb_quant_metrics(n.quant, m, 4, &n_metrics), 0);
    ck_assert_uint_eq(n_metrics, 1);
    ck_assert_double_eq_tol(m[0].value, 0.5, 1e-12);
    ck_assert_str_eq(m[0].name, "parq_inv_slope");
    ck_assert_int_eq(qb_quant_metrics(n.quant, m, 0, &n_metrics), 0);
    ck_assert_uint_eq(n_metrics, 0);
    net_close(&n);
}
END_TEST

/* x - lr * lr_factor * (g + weight_decay * decay_factor * x): the first step of SGD, whatever the momentum. */
START_TEST(a_parameter_learns_and_decays_by_its_factors)
{
    static const float lr_factor[N_PARAMS] = {0.5f, 2, 1, 0.25f, 0.125f, 4}, decay_factor[N_PARAMS] = {1, 0, 1, 0, 0.5f, 2};
    net n;
    net_options o = {.solver = "ste", .weight_decay = 0.1, .threads = 1};
    net_prepare(&n, &o);
    for (int i = 0; i < N_PARAMS; i++) {
        n.params[i].lr_factor = lr_factor[i];
        n.params[i].decay_factor = decay_factor[i];
    }
    ck_assert_msg(net_create_quant(&n, &o) == 0, "%s", qb_err_text());
    float before[N_FLOATS];
    net_gradient(&n, 0);
    memcpy(before, n.x, sizeof before);
    ck_assert_msg(qb_quant_step(n.quant, 0, LR) == 0, "%s", qb_err_text());
    for (int i = 0; i < N_PARAMS; i++) {
        const qb_param *p = &n.params[i];
        for (size_t k = 0; k < p->n; k++) {
            double x = (double)before[p->offset + k], d = (double)p->g[k] + 0.1 * (double)decay_factor[i] * x;
            ck_assert_double_eq_tol((double)p->x[k], x - LR * (double)lr_factor[i] * d, 1e-6);
        }
    }
    net_close(&n);
}
END_TEST

START_TEST(first_and_last_layer)
{
    net n;
    net_prepare(&n, &(net_options){.solver = "ste"});
    const int want[N_PARAMS] = {QB_LAYER_INNER, QB_LAYER_FIRST, QB_LAYER_INNER, QB_LAYER_INNER, QB_LAYER_INNER, QB_LAYER_LAST};
    for (size_t i = 0; i < N_PARAMS; i++)
        ck_assert_int_eq(qb_quant_tensor_layer(n.params, N_PARAMS, i), want[i]);
    ck_assert_int_eq(qb_quant_tensor_layer(n.params + 1, 1, 0), QB_LAYER_FIRST | QB_LAYER_LAST);
    net_close(&n);
}
END_TEST

/* a and b lie 4 floats apart: one thread must have both, since each one's guard is the other's edge. */
START_TEST(neighbours_are_one_group)
{
    net n;
    net_prepare(&n, &(net_options){.solver = "ste"});
    qb_quant_tensor tensors[N_VIEWS] = {{0}};
    size_t order[N_VIEWS], starts[N_VIEWS + 1];
    for (int v = 0; v < N_VIEWS; v++)
        tensors[v].param = &n.params[view_params[v]];
    ck_assert_uint_eq(qb_quant_tensor_groups(tensors, N_VIEWS, order, starts), 2);
    ck_assert(order[0] == 2 && order[1] == 1 && order[2] == 0); /* the largest first */
    ck_assert(starts[0] == 0 && starts[1] == 1 && starts[2] == 3);
    net_close(&n);
}
END_TEST

START_TEST(all_finite_sees_every_place)
{
    const float odd[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (size_t n = 1; n < 40; n++)
        for (size_t at = 0; at < n; at++) {
            float x[40] = {3e38f, -3e38f, 1e-45f, -0.0f};
            ck_assert(qb_all_finite(x, n));
            x[at] = odd[at % 4];
            ck_assert(!qb_all_finite(x, n));
        }
    ck_assert(qb_all_finite(NULL, 0));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("quant");
    TCase *t = tcase_create("step");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, net_set_up, NULL);
    tcase_add_test(t, hooks_come_in_order);
    tcase_add_test(t, fraction_of_the_window);
    tcase_add_test(t, warm_up_is_plain_training);
    tcase_add_test(t, levels_are_renewed_by_the_period);
    tcase_add_test(t, shrink_divides_the_input_of_the_map);
    tcase_add_test(t, decay_scale_concerns_quantized_tensors);
    tcase_add_test(t, reset_forgets_momenta_before_the_step);
    tcase_add_test(t, a_block_that_does_not_divide_goes_by_row);
    tcase_add_test(t, own_step_and_own_levels);
    tcase_add_test(t, finish_before_the_first_step_sees_the_first_one);
    tcase_add_test(t, full_precision_is_the_base_optimizer);
    tcase_add_test(t, finish_gives_hard_weights_and_changes_nothing);
    tcase_add_test(t, counts_levels_with_equality);
    tcase_add_loop_test(t, threads_change_no_bit, 0, sizeof threaded / sizeof *threaded);
    tcase_add_test(t, random_numbers_differ_by_view_step_and_seed);
    tcase_add_loop_test(t, a_step_allocates_nothing, 0, sizeof threaded / sizeof *threaded);
    tcase_add_loop_test(t, names_a_bad_step, 0, sizeof bad_steps / sizeof *bad_steps);
    tcase_add_loop_test(t, names_a_plugin_that_does_not_start, 0, sizeof bad_plugins / sizeof *bad_plugins);
    tcase_add_loop_test(t, names_a_bad_finish, 0, sizeof bad_finishes / sizeof *bad_finishes);
    tcase_add_test(t, divergence_is_not_the_plugin_s_fault);
    tcase_add_test(t, shrink_is_refused_where_it_has_no_meaning);
    tcase_add_test(t, running_out_of_memory_is_an_error);
    tcase_add_test(t, metrics_are_those_of_the_last_step);
    tcase_add_test(t, first_and_last_layer);
    tcase_add_test(t, a_parameter_learns_and_decays_by_its_factors);
    tcase_add_test(t, neighbours_are_one_group);
    tcase_add_test(t, all_finite_sees_every_place);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
