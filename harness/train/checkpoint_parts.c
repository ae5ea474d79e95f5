#include "train/checkpoint_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "train/tensor_list.h"

#include <stddef.h>

/* ---- files ---- */

static qb_tensor_list list_model(qb_net *net)
{
    qb_tensor_list l = {0};
    size_t n;
    qb_param *params = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++) {
        const qb_param *p = &params[i];
        qb_tensor_list_add(&l, qb_strdup(p->name), QB_F32, p->n_dims, p->shape, p->x);
        if (p->w != p->x)
            qb_tensor_list_add(&l, qb_sprintf("w/%s", p->name), QB_F32, p->n_dims, p->shape, p->w);
    }
    qb_running_stat *stats = qb_net_running_stats(net, &n);
    for (size_t i = 0; i < n; i++)
        qb_tensor_list_add(&l, qb_strdup(stats[i].name), QB_F32, 1, &(int64_t){(int64_t)stats[i].n}, stats[i].value);
    return l;
}

static int save_model(const qb_training *t, const char *path, char ret_sha256[65])
{
    qb_tensor_list l = list_model(t->net);
    return qb_tensor_list_save(&l, path, ret_sha256);
}

static int load_model(const qb_training *t, const char *path)
{
    qb_tensor_list l = list_model(t->net);
    return qb_tensor_list_load(&l, path);
}

static qb_tensor_list list_optim(qb_optim *optim)
{
    qb_tensor_list l = {0};
    size_t n;
    for (size_t i = 0; i < qb_optim_n_states(optim); i++) {
        const char *name;
        float *values;
        qb_optim_state(optim, i, &name, &values, &n);
        qb_tensor_list_add(&l, qb_strdup(name), QB_F32, 1, &(int64_t){(int64_t)n}, values);
    }
    const int64_t *counts = qb_optim_step_counts(optim, &n);
    qb_tensor_list_add(&l, qb_strdup("step_counts"), QB_I64, 1, &(int64_t){(int64_t)n}, counts);
    return l;
}

static int save_optim(const qb_training *t, const char *path, char ret_sha256[65])
{
    qb_tensor_list l = list_optim(t->optim);
    return qb_tensor_list_save(&l, path, ret_sha256);
}

static int load_optim(const qb_training *t, const char *path)
{
    qb_tensor_list l = list_optim(t->optim);
    return qb_tensor_list_load(&l, path);
}

static int save_solver(const qb_training *t, const char *path, char ret_sha256[65])
{
    return qb_quant_save(t->quant, path, ret_sha256);
}

static int load_solver(const qb_training *t, const char *path)
{
    return qb_quant_load(t->quant, path);
}

static bool has_diagnostics(const qb_training *t) { return t->diagnostics != NULL; }

static int save_diagnostics(const qb_training *t, const char *path, char ret_sha256[65])
{
    return qb_diagnostics_save(t->diagnostics, path, ret_sha256);
}

static int load_diagnostics(const qb_training *t, const char *path)
{
    return qb_diagnostics_load(t->diagnostics, path);
}

static const qb_checkpoint_part parts[] = {
    {"model", save_model, load_model, NULL},
    {"optim", save_optim, load_optim, NULL},
    {"solver", save_solver, load_solver, NULL},
    {"diagnostics", save_diagnostics, load_diagnostics, has_diagnostics},
};

/* ---- numbers ---- */

#define WHOLE(member) {#member, QB_NUMBER_WHOLE, offsetof(qb_train_state, member)}
#define REAL(member) {#member, QB_NUMBER_REAL, offsetof(qb_train_state, member)}
#define LIST(member) {#member, QB_NUMBER_LIST, offsetof(qb_train_state, member)}

static const qb_checkpoint_number numbers[] = {
    WHOLE(step),
    WHOLE(evaluated_at),
    REAL(loss_sum),
    WHOLE(correct),
    WHOLE(seen),
    REAL(window_loss),
    WHOLE(window_correct),
    WHOLE(window_seen),
    LIST(curve),
};

const qb_checkpoint_content qb_checkpoint_all = {
    .parts = parts,
    .n_parts = sizeof parts / sizeof *parts,
    .numbers = numbers,
    .n_numbers = sizeof numbers / sizeof *numbers,
};

json_t *qb_checkpoint_numbers_json(const qb_checkpoint_content *c, const qb_train_state *s)
{
    json_t *o = json_object();
    for (size_t i = 0; i < c->n_numbers; i++) {
        const qb_checkpoint_number *n = &c->numbers[i];
        const void *at = (const char *)s + n->offset;
        json_t *value = n->kind == QB_NUMBER_WHOLE  ? json_integer(*(const int64_t *)at)
                        : n->kind == QB_NUMBER_REAL ? qb_json_real(*(const double *)at)
                                                    : json_incref(*(json_t *const *)at);
        json_object_set_new(o, n->name, value);
    }
    return o;
}

int qb_checkpoint_numbers_read(const qb_checkpoint_content *c, const json_t *o, qb_train_state *s)
{
    for (size_t i = 0; i < c->n_numbers; i++) {
        const qb_checkpoint_number *n = &c->numbers[i];
        void *at = (char *)s + n->offset;
        json_t *list = json_object_get(o, n->name);
        long long whole;
        switch (n->kind) {
        case QB_NUMBER_WHOLE:
            QB_TRY(qb_json_get_int(o, n->name, &whole));
            *(int64_t *)at = whole;
            break;
        case QB_NUMBER_REAL:
            QB_TRY(qb_json_get_real(o, n->name, at));
            break;
        case QB_NUMBER_LIST:
            if (!json_is_array(list))
                return qb_err_set(QB_E_DATA, "%s: expected a list, got %s", n->name, qb_json_type_name(list));
            json_decref(*(json_t **)at);
            *(json_t **)at = json_incref(list);
            break;
        }
    }
    return QB_OK;
}
