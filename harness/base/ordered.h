/* A counted loop over threads, whose results are taken in order.
 *
 * Invariant: each item is worked on once, in some thread, and then taken once, in the calling thread, item after item; so what
 * comes of it does not depend on the number of threads. No more than QB_ORDERED_SLOTS chunks are worked on ahead.
 */
#ifndef QB_ORDERED_H
#define QB_ORDERED_H

#include <stdint.h>

enum { QB_ORDERED_THREADS = 64, QB_ORDERED_SLOTS = 2 * QB_ORDERED_THREADS };

typedef struct qb_ordered {
    int64_t begin, end; /* items begin..end - 1 */
    int threads;        /* that work, at most QB_ORDERED_THREADS are taken; 1 or less: the calling one works and takes in turn */

    int chunk;          /* items that a thread works on at a time; 0: one. More where handing one over takes longer than it */

    /* Works on item i and leaves what came of it, errors too, in a place of the caller's: `slot` (below QB_ORDERED_SLOTS, times
     * chunk) is that of this item alone until it is taken. thread (below QB_ORDERED_THREADS): for what is kept from item to item. */
    void (*work)(void *context, int64_t i, int slot, int thread);

    /* Takes it. A negative code ends the loop; what was worked on and is not taken then stays in its slots. */
    int (*take)(void *context, int64_t i, int slot);
    void *context;
} qb_ordered;

/* Returns what `take` ended it with, or 0. Signals are left to the calling thread. Threads that the system refuses are done
 * without. */
int qb_ordered_run(const qb_ordered *loop);

#endif
