/* One instance of a solver: the host that it sees, made, bound to its views, asked and ended. Training, maps, contract
 * tests and the probe of a plugin all make theirs here.
 *
 * Invariant: whatever a hook does with its host, this process goes on. A bad argument is the plugin's mistake: the hook
 * that made it counts as failed, with a reason. So every hook is called through QB_HOOK.
 */
#ifndef QB_INSTANCE_H
#define QB_INSTANCE_H

#include "quant/plugin.h"
#include "quant/plugin_visit.h"

#include <stdint.h>

/* The most that bind may ask for. */
enum { QB_MAX_AUX = 16, QB_MAX_WEIGHT_STATE = 8, QB_MAX_ROW_STATE = 64 };

typedef struct qb_instance_options {
    const qb_plugin *plugin;
    const qb_settings *settings; /* of the plugin's options; borrowed for qb_instance_init only */
    int bits;                    /* 1..8, 0 = ternary */
    uint32_t n_views;
    const char *const *view_names; /* n_views of them, key of the random numbers; outlive the instance */
    int64_t n_steps, first_step;   /* of the run; first quantized step */
    double weight_decay;
    uint64_t seed;
} qb_instance_options;

typedef struct qb_instance {
    qb_host host; /* first: the plugin's pointer to it is a pointer to this */
    const qb_solver *solver;
    const char *const *view_names;
    uint64_t seed;
    void *self;
    bool is_live; /* create succeeded: destroy is due */
} qb_instance;

/* create. *i stays at its address until qb_instance_finish, which may be called after a failure too. QB_E_NOMEM;
 * QB_E_FAILED: "solver 'x': create failed: WHY", and *ret_why (may be NULL) is WHY, as qb_hook_leave gives it. */
int qb_instance_init(qb_instance *i, const qb_instance_options *o, const char **ret_why);
void qb_instance_finish(qb_instance *i); /* destroy; zeroed memory is fine */

/* bind of a view, its answer checked against the limits. NULL: *ret_request is good; else what stands behind "bind of
 * VIEW": "failed: WHY", "asked for n_aux = 17; expected 0 to 16". Valid until the next hook on this thread. */
const char *qb_instance_bind(qb_instance *i, const qb_view *view, qb_bind *ret_request);

/* Calls a hook, as a visit (plugin_visit.h) on this thread; `call` gives what it returned (0 for hooks that return no such
 * thing). NULL: all is well; else why not: what was told host->fail, "it gave no reason", what was wrong with the arguments
 * of host->uniform, "it called exit(0)". Valid until the next hook on this thread. */
#define QB_HOOK(instance, hook, whole, call)                    \
    (qb_hook_enter((instance), (hook), (whole)), _setjmp(*qb_visit_way_back()) == 0 ? qb_hook_leave(call) : qb_hook_broken())

void qb_hook_enter(const qb_instance *i, const char *hook, bool whole);
const char *qb_hook_leave(int returned);
const char *qb_hook_broken(void);

#endif
