/* golden DIR|FILE...: runs the reference vectors found in folders and below, one line a file:
 *   NAME: N passed, N failed, N skipped, worst ERROR
 * on standard output; failed and skipped cases are named on standard error. Exit status 1 when a case failed,
 * 2 on wrong usage or when a folder cannot be read.
 */
#include "golden.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first kind that recognises a file runs it. */
static const golden_kind *const kinds[] = {
    &golden_models,
    &golden_schedules,
    &golden_training,
    &golden_quantizers,
    &golden_proxmaps,
    &golden_hooks,
    &golden_gradients,
    &golden_whole_runs,
    &golden_trajectories,
    &golden_crops,
    &golden_images,
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* ---- the tally ---- */

void golden_case(golden_tally *t, const char *case_name, double error_over_tolerance)
{
    bool passed = error_over_tolerance <= 1;
    if (isnan(error_over_tolerance))
        error_over_tolerance = HUGE_VAL;
    if (error_over_tolerance > t->worst)
        t->worst = error_over_tolerance;
    if (passed) {
        t->passed++;
        return;
    }
    t->failed++;
    fprintf(stderr, "%s: %s: failed: error is %.3g times the tolerance\n", t->name, case_name, error_over_tolerance);
}

static void name_case(const golden_tally *t, const char *case_name, const char *verdict, const char *fmt, va_list args)
{
    fprintf(stderr, "%s: %s: %s: ", t->name, case_name, verdict);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

void golden_fail(golden_tally *t, const char *case_name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    name_case(t, case_name, "failed", fmt, args);
    va_end(args);
    t->failed++;
    t->worst = HUGE_VAL;
}

void golden_skip(golden_tally *t, const char *case_name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    name_case(t, case_name, "skipped", fmt, args);
    va_end(args);
    t->skipped++;
}

void golden_skip_all(golden_tally *t, const golden_file *f, const char *reason)
{
    if (!f->cases) {
        golden_skip(t, "whole file", "%s", reason);
        return;
    }
    t->skipped += (int)json_object_size(f->cases);
    fprintf(stderr, "%s: all %d cases skipped: %s\n", t->name, t->skipped, reason);
}

double golden_max_abs(const float *v, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs((double)v[i]) > largest)
            largest = fabs((double)v[i]);
    return largest;
}

double golden_error(const float *got, const float *want, size_t n, double tolerance)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (got[i] == want[i]) /* equal infinities too */
            continue;
        double error = fabs((double)got[i] - (double)want[i]) / tolerance;
        if (!(error <= worst))
            worst = isnan(error) ? HUGE_VAL : error;
    }
    return worst;
}

/* ---- reading ---- */

/* A file that claims to be of a kind and lacks what the kind needs fails as a whole: run_file goes on with the
 * next one. What the runner held is not freed; this is a test program. */
static jmp_buf next_file;

static _Noreturn void give_up(const golden_file *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void give_up(const golden_file *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: ", f->path);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    longjmp(next_file, 1);
}

bool golden_cases_have(const golden_file *f, const char *key)
{
    if (!f->cases)
        return false;
    json_t *first = json_object_iter_value(json_object_iter(f->cases));
    return first && json_object_get(first, key) != NULL;
}

const char *golden_meta(const golden_file *f, const char *key)
{
    return f->st.metadata ? json_string_value(json_object_get(f->st.metadata, key)) : NULL;
}

double golden_meta_number(const golden_file *f, const char *key)
{
    const char *text = golden_meta(f, key);
    double v;
    if (!text || !qb_parse_real(text, &v))
        give_up(f, "metadata '%s': expected a number, got '%s'", key, text ? text : "nothing");
    return v;
}

json_t *golden_meta_json(const golden_file *f, const char *key)
{
    const char *text = golden_meta(f, key);
    json_t *value = NULL;
    if (!text)
        give_up(f, "metadata '%s' is missing", key);
    if (qb_json_parse(text, strlen(text), key, &value) < 0)
        give_up(f, "metadata: %s", qb_err_text());
    return value;
}

double golden_number(const json_t *o, const char *key, double def)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : def;
}

const char *golden_text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

const qb_st_tensor *golden_tensor(const golden_file *f, const char *case_name, const char *name)
{
    char full[256];
    snprintf(full, sizeof full, "%s%s%s", case_name ? case_name : "", case_name ? "." : "", name);
    return qb_safetensors_find(&f->st, full);
}

float *golden_floats(const golden_file *f, const char *case_name, const char *name, size_t *ret_n)
{
    const qb_st_tensor *tensor = golden_tensor(f, case_name, name);
    if (!tensor || tensor->dtype != QB_F32)
        give_up(f, "tensor '%s%s%s' is %s", case_name ? case_name : "", case_name ? "." : "", name,
                tensor ? "not F32" : "missing");
    float *values = qb_alloc(tensor->n_elements, sizeof *values);
    if (!values)
        give_up(f, "%s", qb_err_text());
    memcpy(values, tensor->data, tensor->n_bytes);
    if (ret_n)
        *ret_n = tensor->n_elements;
    return values;
}

int golden_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    long long n = 0;
    cpu_set_t cores;
    if (text && qb_parse_int(text, &n) && n >= 1 && n <= CPU_SETSIZE)
        return (int)n;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

/* ---- files and folders ---- */

typedef struct totals {
    int files, failed;
} totals;

static int open_file(golden_file *f)
{
    if (qb_ends_with(f->path, ".json")) {
        QB_TRY(qb_json_read(f->path, &f->json));
        f->cases = json_is_object(f->json) ? json_incref(f->json) : NULL;
        return 0;
    }
    QB_TRY(qb_safetensors_read(f->path, &f->st));
    const char *cases = golden_meta(f, "cases");
    if (cases)
        QB_TRY(qb_json_parse(cases, strlen(cases), "cases", &f->cases));
    return 0;
}

static void close_file(golden_file *f)
{
    json_decref(f->cases);
    json_decref(f->json);
    qb_safetensors_finish(&f->st);
}

static void run_kind(golden_tally *t, const golden_file *f)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i]->matches(f)) {
            kinds[i]->run(t, f);
            return;
        }
    golden_skip_all(t, f, "this kind of file is unknown here");
}

static void run_opened(golden_tally *t, golden_file *f)
{
    if (setjmp(next_file))
        golden_fail(t, "whole file", "a case cannot be read");
    else if (open_file(f) < 0)
        golden_fail(t, "whole file", "%s", qb_err_text());
    else
        run_kind(t, f);
}

static bool is_golden(const char *path)
{
    return qb_ends_with(path, ".safetensors") || qb_ends_with(path, ".json");
}

static void run_file(const char *path, totals *sum)
{
    const char *file_name = qb_path_base(path);
    char *stem = qb_strndup(file_name, (size_t)(strrchr(file_name, '.') - file_name));
    golden_file f = {.path = path, .name = stem};
    golden_tally t = {.name = stem};
    run_opened(&t, &f);
    close_file(&f);
    printf("%s: %d passed, %d failed, %d skipped, worst %.3g\n", stem, t.passed, t.failed, t.skipped, t.worst);
    fflush(stdout);
    sum->files++;
    sum->failed += t.failed;
    qb_free(stem);
}

static int walk(const char *dir, totals *sum)
{
    char **names;
    size_t n;
    QB_TRY(qb_fs_list(dir, &names, &n));
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        char *path = qb_path_join(dir, names[i]);
        if (!path)
            rc = QB_E_NOMEM;
        else if (qb_fs_is_dir(path))
            rc = walk(path, sum);
        else if (is_golden(path))
            run_file(path, sum);
        qb_free(path);
    }
    qb_fs_free_names(names, n);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: golden DIR|FILE...\n"
                        "Runs golden files (*.safetensors, *.json): those given, those in the folders and below.\n"
                        "QATBENCH_TEST_DATA: folder of real images, for the cases that need them.\n");
        return 2;
    }
    totals sum = {0};
    for (int i = 1; i < argc; i++)
        if (!qb_fs_is_dir(argv[i]) && is_golden(argv[i]))
            run_file(argv[i], &sum);
        else if (walk(argv[i], &sum) < 0) {
            fprintf(stderr, "golden: %s\n", qb_err_text());
            return 2;
        }
    if (sum.files == 0) {
        fprintf(stderr, "golden: nothing to run: no *.safetensors or *.json file in the folders given\n");
        return 2;
    }
    return sum.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
