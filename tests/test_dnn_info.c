/* With which oneDNN we run: OpenMP, and one OpenMP library in the process. */
#include "qb_test.h"

#include "base/err.h"
#include "engine/net.h"

#include <stdbool.h>
#include <string.h>

static const struct judged {
    const char *runtime, *openmp, *other_openmp;
    bool is_good;
    const char *text, *hint; /* in the error */
} cases[] = {
    {"OMP", "libgomp.so.1", "", true, NULL, NULL},
    {"OMP", "libomp.so.5", "", true, NULL, NULL}, /* a build by clang */
    {"OMP", "libgomp.so.1", "libiomp5.so", false, "libiomp5.so beside libgomp.so.1", "libdnnl-dev"},
    {"OMP", "libomp.so.5", "libgomp.so.1", false, "libgomp.so.1 beside libomp.so.5", "libdnnl-dev"},
    {"TBB", "libgomp.so.1", "", false, "built for the threading runtime TBB", "libdnnl-dev"},
    {"SYCL", "libgomp.so.1", "libiomp5.so", false, "built for the threading runtime SYCL", "libdnnl-dev"},
    {"SEQ", "libgomp.so.1", "", false, "built for the threading runtime SEQ", "libdnnl-dev"},
    {"THREADPOOL", "libgomp.so.1", "", false, "built for the threading runtime THREADPOOL", "libdnnl-dev"},
    {"none", "libgomp.so.1", "", false, "built for the threading runtime none", "libdnnl-dev"},
    {"other", "libgomp.so.1", "", false, "built for the threading runtime other", "libdnnl-dev"},
};

START_TEST(judges_the_threading)
{
    const struct judged *c = &cases[_i];
    qb_engine_info info = {.onednn = "3.13.0", .onednn_file = "/opt/intel/lib/libdnnl.so.3"};
    strcpy(info.runtime, c->runtime);
    strcpy(info.openmp, c->openmp);
    strcpy(info.other_openmp, c->other_openmp);
    int rc = qb_engine_judge(&info);
    if (c->is_good) {
        ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
        return;
    }
    ck_assert_int_eq(rc, QB_E_UNAVAILABLE);
    ck_assert_int_eq(qb_err_exit_status(rc), 69);
    ck_assert_msg(strstr(qb_err_text(), c->text) != NULL, "%s", qb_err_text());
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "oneDNN 3.13.0 (/opt/intel/lib/libdnnl.so.3)"));
    ck_assert_msg(strstr(qb_err_hint_text(), c->hint) != NULL, "%s", qb_err_hint_text());
    ck_assert_uint_lt(strlen(qb_err_hint_text()), 300); /* what main.c prints of it */
}
END_TEST

START_TEST(runs_with_what_is_loaded)
{
    qb_engine_info info;
    qb_engine_get_info(&info);
    ck_assert_msg(qb_engine_check() == QB_OK, "%s", qb_err_text());
    ck_assert_ptr_nonnull(strstr(info.onednn_file, "libdnnl"));
    ck_assert_ptr_nonnull(strstr(info.openmp, "omp"));
    ck_assert_str_eq(info.other_openmp, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dnn_info");
    TCase *t = tcase_create("threading");
    tcase_add_loop_test(t, judges_the_threading, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(t, runs_with_what_is_loaded);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
