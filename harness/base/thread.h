/* Threads beside the main one. */
#ifndef QB_THREAD_H
#define QB_THREAD_H

#include <pthread.h>

/* pthread_create of a thread that runs no signal handler: signals are for the main thread. Returns what that does. */
int qb_thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context);

#endif
