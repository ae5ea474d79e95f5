/* The time limit of a run: a thread that says when the time is up, and ends what does not come to an end by itself.
 *
 * Invariant: within the limit it does nothing; it never looks at the run itself, so that it works where the run hangs.
 */
#ifndef QB_WATCHDOG_H
#define QB_WATCHDOG_H

#include <stdbool.h>

typedef struct qb_watchdog qb_watchdog;

/* limit, grace: seconds. on_hang is called, once and on the watchdog's thread, when `grace` more seconds have passed since
 * the limit or the last rest. QB_E_NOMEM; QB_E_FAILED: no thread could be started. */
int qb_watchdog_start(double limit, double grace, void (*on_hang)(void *context), void *context, qb_watchdog **ret);

/* Also where there is no limit, w = NULL: nothing happens then. */
bool qb_watchdog_time_is_up(const qb_watchdog *w);
void qb_watchdog_rest(qb_watchdog *w, bool rests); /* true: what follows may take its time, as writing does */
void qb_watchdog_stop(qb_watchdog *w);

#endif
