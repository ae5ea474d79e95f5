#include "quant/instance.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdio.h>
#include <string.h>

/* Of the hook that runs on this thread. */
static _Thread_local const qb_instance *current;
static _Thread_local char reason[512], misuse[256];

/* ---- the host ---- */

static void host_fail(const qb_host *host, const char *why)
{
    (void)host;
    (void)snprintf(reason, sizeof reason, "%s", why != NULL ? why : "");
}

/* Notes the first bad argument of this hook. */
static bool is_good_request(const qb_host *host, uint32_t view, int64_t first, int64_t n, const float *out)
{
    char why[sizeof misuse] = "";
    if (host == NULL || (current != NULL && host != &current->host))
        (void)snprintf(why, sizeof why, "it called host->uniform with another host than the one that create got");
    else if (view >= host->n_views)
        (void)snprintf(why, sizeof why, "it asked host->uniform for view %u; the number of views is %u", view, host->n_views);
    else if (first < 0 || n < 0)
        (void)snprintf(why, sizeof why, "it asked host->uniform for %lld numbers from number %lld on; expected none below 0",
                       (long long)n, (long long)first);
    else if (n > 0 && out == NULL)
        (void)snprintf(why, sizeof why, "it asked host->uniform for %lld numbers and gave no room for them", (long long)n);
    if (why[0] != '\0' && misuse[0] == '\0')
        memcpy(misuse, why, sizeof why);
    return why[0] == '\0';
}

/* Stream of (seed, view's name, step, purpose): name and purpose hashed into 48 bits, the step beside them. */
static void host_uniform(const qb_host *host, uint32_t view, int64_t step, uint32_t purpose, int64_t first, int64_t n,
                         float *out)
{
    if (!is_good_request(host, view, first, n, out)) {
        for (int64_t i = 0; out != NULL && i < n; i++)
            out[i] = 0.0f;
        return;
    }
    const qb_instance *self = (const qb_instance *)(const void *)host;
    uint64_t key = qb_fnv1a(self->view_names[view]) + ((uint64_t)purpose + 1) * 0x9E3779B97F4A7C15u;
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9u;
    key = (key ^ key >> 27) * 0x94D049BB133111EBu;
    qb_stream s = qb_rng_stream(self->seed, QB_RNG_SOLVER, (key ^ key >> 31) >> 16, (uint64_t)step);
    s.next = (uint64_t)first;
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(qb_rng_word(&s) >> 8) * 0x1p-24f;
}

/* ---- calling hooks ---- */

void qb_hook_enter(const qb_instance *i, const char *hook, bool whole)
{
    current = i;
    reason[0] = '\0';
    misuse[0] = '\0';
    qb_visit_begin(i->solver, hook, whole);
}

const char *qb_hook_broken(void)
{
    current = NULL;
    return qb_visit_broken();
}

const char *qb_hook_leave(int returned)
{
    (void)qb_visit_end();
    current = NULL;
    if (misuse[0] != '\0')
        return misuse;
    if (returned == 0)
        return NULL;
    return reason[0] != '\0' ? reason : "it gave no reason";
}

static int call_create(qb_instance *i, const qb_option_value *values)
{
    int returned = i->solver->create(&i->host, values, &i->self);
    i->is_live = returned == 0;
    return returned;
}

int qb_instance_init(qb_instance *i, const qb_instance_options *o, const char **ret_why)
{
    const qb_solver *solver = &o->plugin->solver;
    *i = (qb_instance){.host = {.size = (uint32_t)sizeof i->host, .fail = host_fail, .uniform = host_uniform, .bits = o->bits,
                                .n_views = o->n_views, .n_steps = o->n_steps, .first_step = o->first_step,
                                .weight_decay = o->weight_decay},
                       .solver = solver, .view_names = o->view_names, .seed = o->seed};
    if (solver->create == NULL)
        return QB_OK;
    qb_option_value *values = qb_plugin_values(o->plugin, o->settings);
    if (values == NULL)
        return QB_E_NOMEM;
    const char *why = QB_HOOK(i, "create", true, call_create(i, values));
    qb_free(values);
    if (why == NULL)
        return QB_OK;
    if (ret_why != NULL)
        *ret_why = why;
    return qb_err_set(QB_E_FAILED, "solver '%s': create failed: %s", solver->name, why);
}

void qb_instance_finish(qb_instance *i)
{
    if (i->is_live && i->solver->destroy != NULL) {
        (void)QB_HOOK(i, "destroy", true, (i->solver->destroy(i->self), 0)); /* nothing is left that could fail */
    }
    i->is_live = false;
}

static const char *check_request(const qb_solver *solver, const qb_bind *r)
{
    static _Thread_local char text[128];
    const struct {
        const char *name;
        int got, max;
    } limits[] = {{"n_aux", r->n_aux, QB_MAX_AUX},
                  {"state_per_weight", r->state_per_weight, QB_MAX_WEIGHT_STATE},
                  {"state_per_row", r->state_per_row, QB_MAX_ROW_STATE}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].got < 0 || limits[i].got > limits[i].max) {
            (void)snprintf(text, sizeof text, "asked for %s = %d; expected 0 to %d", limits[i].name, limits[i].got, limits[i].max);
            return text;
        }
    if ((r->caps & ~solver->caps) == 0)
        return NULL;
    (void)snprintf(text, sizeof text, "asked for capabilities 0x%x, the plugin declares 0x%x", r->caps, solver->caps);
    return text;
}

const char *qb_instance_bind(qb_instance *i, const qb_view *view, qb_bind *ret_request)
{
    static _Thread_local char text[sizeof reason + 16];
    *ret_request = (qb_bind){.size = (uint32_t)sizeof *ret_request, .caps = i->solver->caps, .aux_lr_factor = 1.0f};
    if (i->solver->bind == NULL)
        return NULL;
    const char *why = QB_HOOK(i, "bind", true, i->solver->bind(i->self, view, ret_request));
    if (why == NULL)
        return check_request(i->solver, ret_request);
    (void)snprintf(text, sizeof text, "failed: %s", why);
    return text;
}
