/* The threads of a run, OpenMP's: how many there are is said by the program alone.
 *
 * Invariant: when the OpenMP runtime starts, no variable is there that would give a run fewer threads than it asks for,
 * bind them to fewer cores, or give them another stack. oneDNN's primitives are made for one number of threads; run by
 * fewer they wait for ever.
 */
#ifndef QB_THREADS_H
#define QB_THREADS_H

#include <stddef.h>

/* "NAME=VALUE" of the i-th OpenMP variable (OMP_*, GOMP_*, KMP_*) that the user has set and that the runtime did not see;
 * NULL from the last one on. Borrowed, for the life of the process. They are in the environment again when main begins.
 * Variables that change waiting and display only (OMP_WAIT_POLICY, GOMP_SPINCOUNT, KMP_BLOCKTIME, OMP_DISPLAY_ENV) are
 * left to the runtime and not listed. */
const char *qb_threads_hidden_variable(size_t i);

/* OMP_NUM_THREADS where it is a whole number from 1 to 1024, or a list of which this is the first ("2,1"). 0: not set or
 * empty, -1: something else. */
int qb_threads_from_environment(void);

/* Makes `n` (>= 1) the number of threads of every parallel region of the calling thread, and sees to it that a region gets
 * them. QB_E_FAILED: the system gives fewer. */
int qb_threads_use(int n);

/* The same before every pass, without trying it out: the calling thread may be another one, and a plugin may have changed
 * OpenMP's settings. Costs nothing where all is as it was. */
void qb_threads_keep(int n);

/* Writes to each page of a fresh block of qb_alloc, from the threads of the calling thread's parallel regions, each to its
 * share of a static schedule: for memory that one thread fills and all read, which would else come to rest on one node. */
void qb_threads_spread(void *block, size_t n_bytes);

#endif
