#include "base/clock.h"

#include <time.h>

double qb_now_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double qb_thread_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the same */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
