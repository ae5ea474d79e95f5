/* See thread.h. */
#include "base/thread.h"

#include <signal.h>

int qb_thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread begins with the mask of the one that starts it */
    const int refused = pthread_create(ret_thread, NULL, run, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return refused;
}
