/* Version 1.0 of the plugin interface, pinned for 64-bit Linux: a plugin compiled today must mean the same to every
 * later program of major version 1. Members may be appended (then sizes grow: change the SIZE rows and raise the
 * minor); a row of AT that fails means that the major has to change, and so does one of FIXED: these go in arrays
 * whose elements have no size of their own.
 */
#include "qb_test.h"

#include <qatbench/solver.h>
#include <stddef.h>

#define SIZE(type, n) {"sizeof(" #type ")", sizeof(type), n}
#define FIXED(type, n) {"sizeof(" #type "), which never grows", sizeof(type), n}
#define AT(type, member, n) {#type "." #member, offsetof(type, member), n}
#define VALUE(name, n) {#name, (size_t)name, n}

static const struct {
    const char *what;
    size_t got, wanted;
} pins[] = {
    SIZE(qb_solver_option, 64),
    AT(qb_solver_option, name, 0), AT(qb_solver_option, kind, 8), AT(qb_solver_option, min_open, 12),
    AT(qb_solver_option, def, 16), AT(qb_solver_option, min, 24), AT(qb_solver_option, max, 32),
    AT(qb_solver_option, choices, 40), AT(qb_solver_option, unit, 48), AT(qb_solver_option, help, 56),
    FIXED(qb_option_value, 40),
    AT(qb_option_value, real, 0), AT(qb_option_value, integer, 8), AT(qb_option_value, text, 16),
    AT(qb_option_value, list, 24), AT(qb_option_value, n_list, 32),
    SIZE(qb_host, 56),
    AT(qb_host, size, 0), AT(qb_host, fail, 8), AT(qb_host, uniform, 16), AT(qb_host, bits, 24),
    AT(qb_host, n_views, 28), AT(qb_host, n_steps, 32), AT(qb_host, first_step, 40),
    AT(qb_host, weight_decay, 48),
    SIZE(qb_step, 96),
    AT(qb_step, size, 0), AT(qb_step, step, 8), AT(qb_step, first_step, 16), AT(qb_step, n_steps, 24),
    AT(qb_step, steps_per_epoch, 32), AT(qb_step, anneal_start, 40), AT(qb_step, anneal_end, 48),
    AT(qb_step, fraction, 56), AT(qb_step, lr, 64), AT(qb_step, lr_base, 72), AT(qb_step, lr_sum, 80),
    AT(qb_step, lr_sum_total, 88),
    SIZE(qb_step_request, 16),
    AT(qb_step_request, size, 0), AT(qb_step_request, reset_optimizer, 4), AT(qb_step_request, decay_scale, 8),
    SIZE(qb_view, 144),
    AT(qb_view, size, 0), AT(qb_view, index, 4), AT(qb_view, name, 8), AT(qb_view, n_rows, 16),
    AT(qb_view, row_len, 24), AT(qb_view, n_per_channel, 32), AT(qb_view, fan_in, 40), AT(qb_view, fan_out, 48),
    AT(qb_view, bits, 56), AT(qb_view, layer, 60), AT(qb_view, x, 64), AT(qb_view, z, 72), AT(qb_view, w, 80),
    AT(qb_view, g, 88), AT(qb_view, levels, 96), AT(qb_view, n_levels, 104), AT(qb_view, n_aux, 108),
    AT(qb_view, aux, 112), AT(qb_view, aux_g, 120), AT(qb_view, weight_state, 128), AT(qb_view, row_state, 136),
    SIZE(qb_bind, 28),
    AT(qb_bind, size, 0), AT(qb_bind, caps, 4), AT(qb_bind, n_aux, 8), AT(qb_bind, state_per_weight, 12),
    AT(qb_bind, state_per_row, 16), AT(qb_bind, aux_lr_factor, 20), AT(qb_bind, aux_weight_decay, 24),
    FIXED(qb_metric, 16),
    AT(qb_metric, name, 0), AT(qb_metric, value, 8),
    SIZE(qb_solver, 184),
    AT(qb_solver, abi_major, 0), AT(qb_solver, abi_minor, 4), AT(qb_solver, size, 8),
    AT(qb_solver, option_size, 12), AT(qb_solver, caps, 16), AT(qb_solver, traits, 20), AT(qb_solver, name, 24),
    AT(qb_solver, title, 32), AT(qb_solver, version, 40), AT(qb_solver, source, 48), AT(qb_solver, options, 56),
    AT(qb_solver, n_options, 64), AT(qb_solver, reserved, 68), AT(qb_solver, project, 72),
    AT(qb_solver, supports, 80), AT(qb_solver, create, 88), AT(qb_solver, destroy, 96),
    AT(qb_solver, bind, 104), AT(qb_solver, start, 112), AT(qb_solver, begin_step, 120),
    AT(qb_solver, on_gradient, 128), AT(qb_solver, after_step, 136), AT(qb_solver, finish, 144),
    AT(qb_solver, save, 152), AT(qb_solver, load, 160), AT(qb_solver, metrics, 168),
    AT(qb_solver, extension, 176),
    VALUE(QB_SOLVER_ABI_MAJOR, 1), VALUE(QB_SOLVER_ABI_MINOR, 0),
    VALUE(QB_CAP_EDITS_LATENT, 1), VALUE(QB_CAP_OWN_LEVELS, 2), VALUE(QB_CAP_OWN_STEP, 4),
    VALUE(QB_CAP_FULL_PRECISION, 8), VALUE(QB_CAP_PARALLEL_VIEWS, 16),
    VALUE(QB_TRAIT_IDENTITY_BEFORE, 1), VALUE(QB_TRAIT_HARD_AFTER, 2), VALUE(QB_TRAIT_MONOTONE, 4),
    VALUE(QB_TRAIT_ODD, 8), VALUE(QB_TRAIT_NONEXPANSIVE, 16), VALUE(QB_TRAIT_ROW_SYMMETRIC, 32),
    VALUE(QB_OPTION_BOOL, 1), VALUE(QB_OPTION_INT, 2), VALUE(QB_OPTION_REAL, 3), VALUE(QB_OPTION_CHOICE, 4),
    VALUE(QB_OPTION_REALS, 5), VALUE(QB_LAYER_INNER, 0), VALUE(QB_LAYER_FIRST, 1), VALUE(QB_LAYER_LAST, 2),
};

START_TEST(is_where_it_was)
{
    ck_assert_msg(pins[_i].got == pins[_i].wanted, "%s: expected %zu, got %zu", pins[_i].what, pins[_i].wanted,
                  pins[_i].got);
}
END_TEST

/* The signatures of version 1.0: another one does not compile. */
START_TEST(has_the_same_signatures)
{
    qb_solver s = {QB_SOLVER_HEAD};
    int (*create)(const qb_host *, const qb_option_value *, void **) = s.create;
    int (*supports)(const qb_option_value *, int32_t, const char *, char *, size_t) = s.supports;
    int (*bind)(void *, const qb_view *, qb_bind *) = s.bind;
    int (*begin_step)(void *, const qb_step *, qb_step_request *) = s.begin_step;
    int (*on_view[])(void *, const qb_step *, qb_view *) = {s.project, s.start, s.on_gradient, s.after_step};
    int (*finish)(void *, const qb_step *, const qb_view *, float *) = s.finish;
    size_t (*save)(const void *, void *, size_t) = s.save;
    int (*load)(void *, const void *, size_t) = s.load;
    size_t (*metrics)(const void *, const qb_step *, qb_metric *, size_t) = s.metrics;
    const void *(*extension)(const char *) = s.extension;
    void (*destroy)(void *) = s.destroy;
    void (*fail)(const qb_host *, const char *) = (qb_host){.size = sizeof(qb_host)}.fail;
    void (*uniform)(const qb_host *, uint32_t, int64_t, uint32_t, int64_t, int64_t, float *) = (qb_host){0}.uniform;
    ck_assert(!create && !supports && !bind && !begin_step && !on_view[0] && !finish && !save && !load && !metrics &&
              !extension && !destroy && !fail && !uniform);
    ck_assert_uint_eq(s.abi_major, 1);
    ck_assert_uint_eq(s.size, sizeof s);
    ck_assert_uint_eq(s.option_size, sizeof(qb_solver_option));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("abi");
    TCase *c = tcase_create("version 1.0");
    tcase_add_loop_test(c, is_where_it_was, 0, (int)(sizeof pins / sizeof *pins));
    tcase_add_test(c, has_the_same_signatures);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
