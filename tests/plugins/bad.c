/* One plugin, good as it stands; every macro is a place where tests/plugins/meson.build breaks it. */
#include <qatbench/solver.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TWO_LINES "a\nb"

#ifndef THE_NAME
#define THE_NAME FILE_NAME
#endif
#ifndef TITLE
#define TITLE "A plugin to break"
#endif
#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef SOURCE
#define SOURCE "tests"
#endif
#ifndef MAJOR
#define MAJOR QB_SOLVER_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR QB_SOLVER_ABI_MINOR
#endif
#ifndef SIZE
#define SIZE sizeof(qb_solver)
#endif
#ifndef OPTION_SIZE
#define OPTION_SIZE sizeof(qb_solver_option)
#endif
#ifndef CAPS
#define CAPS QB_CAP_PARALLEL_VIEWS
#endif
#ifndef TRAITS
#define TRAITS QB_TRAIT_MONOTONE
#endif
#ifndef PROJECT
#define PROJECT project
#endif
#ifndef OPTIONS
#define OPTIONS options
#endif
#ifndef N_OPTIONS
#define N_OPTIONS 5
#endif
#ifndef OPTION_NAME
#define OPTION_NAME "rate"
#endif
#ifndef OPTION_KIND
#define OPTION_KIND QB_OPTION_REAL
#endif
#ifndef OPTION_OPEN
#define OPTION_OPEN 0
#endif
#ifndef OPTION_DEF
#define OPTION_DEF "0.5"
#endif
#ifndef OPTION_MIN
#define OPTION_MIN 0
#endif
#ifndef OPTION_CHOICES
#define OPTION_CHOICES NULL
#endif
#ifndef OPTION_HELP
#define OPTION_HELP "how fast"
#endif
#ifndef CHOICES
#define CHOICES modes
#endif
#ifndef SECOND_MODE
#define SECOND_MODE "hard"
#endif
#ifndef REST
#define REST .reserved = 0
#endif

#ifdef ABORTS_WHEN_LOADED /* refused by its file alone: this must never run */
__attribute__((constructor)) static void abort_when_loaded(void) { abort(); }
#endif

#ifdef CALLS_OPENMP
int omp_get_max_threads(void);
__attribute__((visibility("default"))) int calls_openmp(void);
int calls_openmp(void) { return omp_get_max_threads(); }
#endif

#ifdef CALLS_UNKNOWN
void defined_nowhere(void);
__attribute__((visibility("default"))) void calls_unknown(void);
void calls_unknown(void) { defined_nowhere(); }
#endif

static int project(void *self, const qb_step *step, qb_view *view)
{
    (void)self;
    (void)step;
    memcpy(view->w, view->z, (size_t)(view->n_rows * view->row_len) * sizeof *view->w);
    return 0;
}

static int supports(const qb_option_value *values, int32_t bits, const char *granularity, char *why, size_t n)
{
    if (bits != 3)
        return 0;
    snprintf(why, n, "rate %g and %s, by %s", values[0].real, values[1].text, granularity);
    return 1;
}

/* For variants that set a hook through REST. */
__attribute__((unused)) static void destroy(void *self) { (void)self; }

__attribute__((unused)) static size_t save(const void *self, void *bytes, size_t capacity)
{
    (void)self;
    (void)bytes;
    return capacity - capacity;
}

__attribute__((unused)) static int load(void *self, const void *bytes, size_t n)
{
    (void)self;
    (void)bytes;
    return n > 0;
}

static const char *const modes[] = {"soft", SECOND_MODE, NULL};

static const qb_solver_option options[] = {
    {OPTION_NAME, OPTION_KIND, OPTION_OPEN, OPTION_DEF, OPTION_MIN, 1, OPTION_CHOICES, "steps", OPTION_HELP},
    {"mode", QB_OPTION_CHOICE, 0, "hard", 0, 0, CHOICES, "", "which way"},
    {"count", QB_OPTION_INT, 0, "3", 1, 9, NULL, "", "how many"},
    {"flag", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, NULL, "whether"},
    {"marks", QB_OPTION_REALS, 0, "1/2.5", 0, 0, NULL, "", "where"},
};

const qb_solver qb_solver_v1 = {
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .size = SIZE,
    .option_size = OPTION_SIZE,
    .caps = CAPS,
    .traits = TRAITS,
    .name = THE_NAME,
    .title = TITLE,
    .version = VERSION,
    .source = SOURCE,
    .options = OPTIONS,
    .n_options = N_OPTIONS,
    .project = PROJECT,
    .supports = supports,
    REST,
};
