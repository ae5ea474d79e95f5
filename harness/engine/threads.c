#include "engine/threads.h"

#include "base/err.h"
#include "base/str.h"

#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the environment ---- */

enum { MAX_HIDDEN = 64, MAX_THREADS = 1024 };

static char *hidden[MAX_HIDDEN + 1];

/* Runs before any constructor: no library is ready yet, sanitizers neither. Nothing of theirs may be called. */
#define BEFORE_LIBRARIES __attribute__((no_sanitize("address", "undefined"), no_sanitize_coverage))

BEFORE_LIBRARIES static bool begins_with(const char *text, const char *start)
{
    while (*start && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

BEFORE_LIBRARIES static bool is_hidden(const char *variable)
{
    static const char *const families[] = {"OMP_", "GOMP_", "KMP_"};
    static const char *const harmless[] = {"OMP_WAIT_POLICY=", "GOMP_SPINCOUNT=", "KMP_BLOCKTIME=", "OMP_DISPLAY_ENV="};
    bool is_openmp = false;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        is_openmp = is_openmp || begins_with(variable, families[i]);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        is_openmp = is_openmp && !begins_with(variable, harmless[i]);
    return is_openmp;
}

/* Closes the gaps in the very array that becomes `environ`: libgomp reads it in its constructor. */
BEFORE_LIBRARIES static void hide_variables(int argc, char **argv, char **variables)
{
    (void)argc;
    (void)argv;
    size_t n_hidden = 0;
    char **kept = variables;
    for (char **v = variables; *v; v++) {
        if (!is_hidden(*v))
            *kept++ = *v;
        else if (n_hidden < MAX_HIDDEN) /* of more than there are names, the rest is lost */
            hidden[n_hidden++] = *v;
    }
    *kept = NULL;
}

/* The dynamic linker calls what is here before the constructors of the libraries; allowed in programs, not in libraries. */
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **, char **) = hide_variables;

/* A program's own constructors come after those of its libraries: the record, and programs that are started, see them. */
__attribute__((constructor)) static void show_variables(void)
{
    for (size_t i = 0; hidden[i]; i++)
        (void)putenv(hidden[i]); /* without memory for it, one is missing in the record */
}

const char *qb_threads_hidden_variable(size_t i)
{
    return i < MAX_HIDDEN ? hidden[i] : NULL;
}

int qb_threads_from_environment(void)
{
    const char *value = getenv("OMP_NUM_THREADS");
    char first[16];
    long long n;
    if (!value || !value[0])
        return 0;
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(value, ","), value);
    return qb_parse_int(first, &n) && n >= 1 && n <= MAX_THREADS ? (int)n : -1;
}

/* ---- asking for threads ---- */

static void *wait_for_all(void *gate)
{
    (void)pthread_mutex_lock(gate);
    (void)pthread_mutex_unlock(gate);
    return NULL;
}

/* libgomp ends the process when it cannot start a thread: try it first, all of them at once. */
static int try_to_start(int n)
{
    pthread_t threads[MAX_THREADS];
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    int n_started = 0, refused = 0;
    (void)pthread_mutex_lock(&gate);
    while (n_started < n && n_started < MAX_THREADS && refused == 0) {
        refused = pthread_create(&threads[n_started], NULL, wait_for_all, &gate);
        n_started += refused == 0;
    }
    (void)pthread_mutex_unlock(&gate);
    for (int i = 0; i < n_started; i++)
        (void)pthread_join(threads[i], NULL);
    if (refused == 0)
        return QB_OK;
    (void)qb_err_set(QB_E_FAILED, "%d threads were asked for, the system gives %d: %s", n + 1, n_started + 1, strerror(refused));
    return qb_err_hint("use fewer --threads, or raise the limit of processes (ulimit -u)");
}

void qb_threads_keep(int n)
{
    if (omp_get_max_threads() != n)
        omp_set_num_threads(n);
    if (omp_get_dynamic())
        omp_set_dynamic(0);
    if (omp_get_max_active_levels() < 1)
        omp_set_max_active_levels(1);
}

int qb_threads_use(int n)
{
    static int n_tried; /* by the thread that trains; another would only try once more */
    int obtained = 0;
    if (n > n_tried)
        QB_TRY(try_to_start(n - 1));
    n_tried = n > n_tried ? n : n_tried;
    qb_threads_keep(n);
#pragma omp parallel
    {
#pragma omp single
        obtained = omp_get_num_threads();
    }
    if (obtained == n)
        return QB_OK;
    (void)qb_err_set(QB_E_FAILED, "%d threads were asked for, OpenMP gives %d", n, obtained);
    return qb_err_hint("a library that is loaded beside this program changed OpenMP's settings; --threads %d works", obtained);
}

void qb_threads_spread(void *block, size_t n_bytes)
{
    enum { PAGE = 4096 };
    char *bytes = block;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_bytes; i += PAGE)
        bytes[i] = 0;
}
