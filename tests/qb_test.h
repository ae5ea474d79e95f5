/* Every test program: includes this, defines `static Suite *suite(void)`, and ends with QB_TEST_MAIN.
 * Check forks a process per test: never touch OpenMP or oneDNN before that (in suite() or main).
 *
 * A test that cannot be run here says QB_TEST_SKIP. The program's last line is then "Skipped: N" (Check counts these as
 * passed), and its exit status 77 where it could run none. Cases for CPUs with more than others have (bf16, avx512) are
 * tagged so, and are programs of their own to Meson, which can say SKIP of whole programs alone.
 */
#ifndef QB_TEST_H
#define QB_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* At every assertion that holds Check writes down where, to be able to say after a crash what held last: dear in loops over
 * numbers. Here each line does so 16 times. */
static inline void qb_test_mark(const char *file, int line)
{
    static unsigned char n_marked[4096];
    unsigned char *n = &n_marked[(size_t)line % sizeof n_marked];
    if (*n >= 16)
        return;
    (*n)++;
    _mark_point(file, line);
}
#define _mark_point(file, line) qb_test_mark(file, line)

/* Ends the test (a START_TEST, not a function that it calls). reason: what is missing. */
#define QB_TEST_SKIP(reason)                                                                     \
    do {                                                                                         \
        fprintf(stderr, "skipped: %s:%d, case %d: %s\n", __FILE__, __LINE__, _i, reason);        \
        (*qb_test_n_skipped)++;                                                                  \
        return;                                                                                  \
    } while (0)

static int *qb_test_n_skipped __attribute__((unused)); /* shared with the processes of the tests, of which one runs at a time */

static inline int qb_test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    qb_test_n_skipped = mmap(NULL, sizeof *qb_test_n_skipped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (qb_test_n_skipped == MAP_FAILED)
        return EXIT_FAILURE;
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    if (*qb_test_n_skipped > 0)
        printf("Skipped: %d\n", *qb_test_n_skipped);
    return failed > 0 ? EXIT_FAILURE : run > 0 && run == *qb_test_n_skipped ? 77 : EXIT_SUCCESS;
}

#define QB_TEST_MAIN \
    int main(void) { return qb_test_run(suite()); }

#endif
