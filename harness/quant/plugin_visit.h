/* A visit: code of a plugin that runs on this thread, from the call of a hook to its end, whichever way it ends.
 *
 * Invariant: after a visit thread and process are as before it (<base/process_state.h>). What was put back is said once,
 * as a warning, and kept as the plugin's conduct, for records and contract tests; it is no reason to end a run. A hook that
 * ends its thread or the process (exit, _exit, _Exit, quick_exit, pthread_exit) does not: the visit ends there, and the
 * hook has failed. The program defines these five functions for that, and hands on every call from elsewhere.
 */
#ifndef QB_PLUGIN_VISIT_H
#define QB_PLUGIN_VISIT_H

#include <qatbench/solver.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL when `call` came to its end, else why not: "it called exit(3)"; valid until the next visit on this thread. Nothing
 * that `call` assigns may be relied on then. hook: "project". whole: the state of the process is looked at too, which takes
 * some 10 us, and such visits wait for one another; without it only the thread's. The one place where plugins are called from. */
#define QB_VISIT(solver, hook, whole, call) \
    (qb_visit_begin((solver), (hook), (whole)), _setjmp(*qb_visit_way_back()) == 0 ? ((void)(call), qb_visit_end()) : qb_visit_broken())

void qb_visit_begin(const qb_solver *solver, const char *hook, bool whole);
jmp_buf *qb_visit_way_back(void);
const char *qb_visit_end(void);    /* NULL */
const char *qb_visit_broken(void); /* why */

/* Around visits that are not whole, on the main thread: the state of the process is looked at once for all of them, in the
 * first rounds after each, then a few times a second and before the next whole visit. hooks: "on_gradient or project". threads:
 * of the team that works for this thread, each put back too (a plugin's own parallel loops reach them); 0: left alone.
 * whole: every visit of this round is, one after the other, so that the very hook is named. */
void qb_visits_begin(const qb_solver *solver, bool whole);
void qb_visits_end(const qb_solver *solver, const char *hooks, int threads);

/* For contract tests, in a process of their own: nothing is warned of, and, with `whole`, every visit is whole. */
void qb_visits_examine(bool whole);

/* What a plugin changed, one sentence each: "solver 'x': loading it changed the umask; put back". NULL: no more. */
const char *qb_conduct(const qb_solver *solver, size_t index);

/* Adds to it: "solver 'x': DEED changed WHAT; put back"; nothing when it was said before. Any thread. */
void qb_conduct_add(const qb_solver *solver, const char *deed, const char *what);

#endif
