/* Every test program: includes this, defines `static Suite *suite(void)`, and ends with QB_TEST_MAIN.
 * Check forks a process per test: never touch OpenMP or oneDNN before that (in suite() or main). */
#ifndef QB_TEST_H
#define QB_TEST_H

#include <check.h>
#include <stdlib.h>

#define QB_TEST_MAIN                                      \
    int main(void)                                        \
    {                                                     \
        SRunner *runner = srunner_create(suite());        \
        srunner_run_all(runner, CK_NORMAL);               \
        int failed = srunner_ntests_failed(runner);       \
        srunner_free(runner);                             \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE; \
    }

#endif
