/* What code that is not ours may change in the process that it runs in: noted before it runs, put back after it.
 *
 * Invariant: after a restore everything listed here is as it was noted, and what had to be put back is named. Memory,
 * threads and descriptors beyond the three standard ones are not looked at.
 */
#ifndef QB_PROCESS_STATE_H
#define QB_PROCESS_STATE_H

#include <fenv.h>
#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one thread: floating-point control (rounding, flush to zero, trapped exceptions; not the sticky flags) and its
 * locale. Cheap enough for every call: no system call. */
typedef struct qb_thread_state {
    femode_t fp;
    locale_t locale;
} qb_thread_state;

void qb_thread_note(qb_thread_state *ret_state);

/* Puts it back on the calling thread. true: something had changed; `what` gets "the floating-point mode (flush to zero)",
 * several with ", " between them. */
bool qb_thread_restore(const qb_thread_state *state, char *what, size_t size);

/* Of the process: locale, handlers of the standard signals, the calling thread's signal mask and OpenMP settings, working
 * folder, umask, environment, standard descriptors. One note at a time, by the main thread: some 40 system calls. */
void qb_process_note(void);

/* Back to the last note; what, size: as above. */
bool qb_process_restore(char *what, size_t size);

/* On a thread of a team, between a note and anything else: the signal mask as noted by the main thread. */
void qb_process_restore_mask(void);

#endif
