/* Making a qb_quant: the plugin's instance and wishes, memory for its views, registration with the optimizer. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin_probe.h"
#include "quant/quant_state.h"

const char *qb_granularity_name(qb_granularity g)
{
    return g == QB_PER_TENSOR ? "tensor" : g == QB_PER_ROW ? "row" : "block";
}

static int add_note(qb_quant *q, char *note)
{
    if (note == NULL)
        return QB_E_NOMEM;
    char **notes = qb_realloc(q->notes, q->n_notes + 1, sizeof *notes);
    if (notes == NULL) {
        qb_free(note);
        return QB_E_NOMEM;
    }
    q->notes = notes;
    notes[q->n_notes++] = note;
    return 0;
}

/* Shapes of a view; pointers are filled in when they exist. */
static int describe_view(qb_quant *q, qb_quant_tensor *t, uint32_t index)
{
    const qb_param *p = t->param;
    bool by_row;
    qb_view *v = &t->view;
    v->size = (uint32_t)sizeof *v;
    v->index = index;
    v->name = p->name;
    qb_quant_tensor_rows(p, q->options.granularity, q->options.block, &v->n_rows, &v->row_len, &by_row);
    v->n_per_channel = p->n_dims >= 2 ? (int64_t)p->n / p->shape[0] : (int64_t)p->n;
    v->fan_in = p->fan_in;
    v->fan_out = p->fan_out;
    v->bits = t->width->bits;
    v->layer = qb_quant_tensor_layer(q->params, q->n_params, t->param_index);
    if (!by_row)
        return 0;
    return add_note(q, qb_sprintf("layer %s: block %lld does not divide %lld, quantized by row", p->name,
                                  (long long)q->options.block, (long long)v->row_len));
}

/* What solvers that do so cannot have beside them. */
static int check_shrink(const qb_quant *q, uint32_t caps)
{
    if (q->options.shrink && (caps & (QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS)) != 0)
        return qb_err_set(QB_E_CONFIG, "solver '%s' does not work with quant_shrink: it %s", q->solver->name,
                          caps & QB_CAP_OWN_LEVELS ? "decides its levels itself" : "edits the latent weights");
    return 0;
}

static int bind_views(qb_quant *q)
{
    uint32_t next[QB_QUANT_WIDTHS] = {0};
    for (size_t i = 0; i < q->n_tensors; i++) {
        qb_quant_tensor *t = &q->tensors[i];
        QB_TRY(describe_view(q, t, next[t->width - q->widths]++));
        const char *why = qb_instance_bind(&t->width->instance, &t->view, &t->request);
        if (why != NULL)
            return qb_err_set(QB_E_FAILED, "solver '%s': bind of %s %s", q->solver->name, t->param->name, why);
        QB_TRY(check_shrink(q, t->request.caps));
        t->caps = t->request.caps;
    }
    return 0;
}

static bool needs_levels(const qb_quant_tensor *t) { return (t->caps & QB_CAP_OWN_LEVELS) == 0; }

static int create_quantizer(qb_quant *q, qb_quant_width *width)
{
    int64_t max_row_len = 0;
    for (size_t i = 0; i < q->n_tensors; i++) {
        const qb_quant_tensor *t = &q->tensors[i];
        if (t->width == width && needs_levels(t) && t->view.row_len > max_row_len)
            max_row_len = t->view.row_len;
    }
    if (max_row_len == 0)
        return 0;
    return qb_quantizer_create(q->options.quantizer, width->bits, max_row_len, q->options.threads, &width->quantizer);
}

static int allocate_views(qb_quant *q)
{
    size_t longest = 0;
    for (size_t i = 0; i < q->n_tensors; i++) {
        qb_quant_tensor *t = &q->tensors[i];
        int n_levels = needs_levels(t) ? qb_quantizer_n_levels(t->width->quantizer) : 0;
        QB_TRY(qb_quant_tensor_allocate(t, n_levels, q->params, q->n_params, q->options.slab_margin));
        t->view.x = t->param->x;
        t->view.w = t->param->w;
        QB_ASSERT(t->view.x != t->view.w); /* the network was made with latent weights of their own */
        longest = t->param->n > longest ? t->param->n : longest;
    }
    q->order = qb_alloc(q->n_tensors, sizeof *q->order);
    q->starts = qb_alloc(q->n_tensors + 1, sizeof *q->starts);
    if (q->order == NULL || q->starts == NULL)
        return QB_E_NOMEM;
    q->n_groups = qb_quant_tensor_groups(q->tensors, q->n_tensors, q->order, q->starts);
    if (q->options.shrink || q->solver->finish != NULL) {
        q->scratch_len = (longest + 2 * QB_GUARD + 15) / 16 * 16;
        q->scratch = qb_alloc((size_t)q->options.threads * q->scratch_len, sizeof(float));
        if (q->scratch == NULL)
            return QB_E_NOMEM;
    }
    return 0;
}

static int register_params(qb_quant *q)
{
    size_t next = 0;
    for (size_t i = 0; i < q->n_params; i++) {
        const qb_param *p = &q->params[i];
        double decay = q->options.weight_decay * (double)p->decay_factor;
        bool quantized = next < q->n_tensors && q->tensors[next].param_index == i;
        int index;
        QB_TRY(qb_optim_add(q->optim, p->name, p->n, decay, (double)p->lr_factor, &index));
        q->plain[i] = quantized ? -1 : index;
        if (!quantized)
            continue;
        qb_quant_tensor *t = &q->tensors[next++];
        t->optim = index;
        t->optim_aux = -1;
        if (t->request.n_aux == 0)
            continue;
        char *name = qb_sprintf("%s.aux", p->name);
        if (name == NULL)
            return QB_E_NOMEM;
        int rc = qb_optim_add(q->optim, name, (size_t)(t->view.n_rows * t->request.n_aux),
                              (double)t->request.aux_weight_decay, (double)t->request.aux_lr_factor, &t->optim_aux);
        qb_free(name);
        QB_TRY(rc);
    }
    return 0;
}

static int create_instance(qb_quant *q, qb_quant_width *width, const char **names)
{
    const qb_quant_options *o = &q->options;
    uint32_t n = 0;
    for (size_t i = 0; i < q->n_tensors; i++)
        if (q->tensors[i].width == width)
            names[n++] = q->tensors[i].param->name;
    const qb_instance_options options = {.plugin = o->plugin,
                                         .settings = o->solver_settings,
                                         .bits = width->bits,
                                         .n_views = n,
                                         .view_names = names,
                                         .n_steps = o->n_steps,
                                         .first_step = o->warmup,
                                         .weight_decay = o->weight_decay,
                                         .seed = o->seed};
    return qb_instance_init(&width->instance, &options, NULL);
}

/* The tensors to quantize: none for a solver in full precision. */
static int list_tensors(qb_quant *q)
{
    size_t n = 0;
    if ((q->solver->caps & QB_CAP_FULL_PRECISION) == 0)
        for (size_t i = 0; i < q->n_params; i++)
            n += q->params[i].is_quantized;
    q->tensors = qb_alloc(n, sizeof *q->tensors);
    q->view_names = qb_alloc(n, sizeof *q->view_names);
    q->plain = qb_alloc(q->n_params, sizeof *q->plain);
    if (q->tensors == NULL || q->view_names == NULL || q->plain == NULL)
        return QB_E_NOMEM;
    for (size_t i = 0; i < q->n_params && q->n_tensors < n; i++)
        if (q->params[i].is_quantized) {
            q->tensors[q->n_tensors].param = &q->params[i];
            q->tensors[q->n_tensors++].param_index = i;
        }
    return 0;
}

static int bits_of(const qb_quant *q, size_t param)
{
    return q->options.param_bits != NULL ? q->options.param_bits[param] : q->options.bits;
}

/* The widths in force, ascending; the one of the options for a run without tensors. */
static void list_widths(qb_quant *q)
{
    for (int bits = 0; bits < QB_QUANT_WIDTHS; bits++) {
        qb_quant_width *width = &q->widths[q->n_widths];
        *width = (qb_quant_width){.bits = bits, .decay_scale = 1.0};
        for (size_t i = 0; i < q->n_tensors; i++)
            if (bits_of(q, q->tensors[i].param_index) == bits) {
                q->tensors[i].width = width;
                width->n_views++;
            }
        q->n_widths += width->n_views > 0 || (q->n_tensors == 0 && bits == q->options.bits);
    }
}

static int build(qb_quant *q)
{
    const qb_quant_options *o = &q->options;
    QB_TRY(list_tensors(q));
    list_widths(q);
    for (int i = 0; i < q->n_widths; i++)
        QB_TRY(qb_plugin_supports(o->plugin, o->solver_settings, q->widths[i].bits, qb_granularity_name(o->granularity)));
    const char **names = q->view_names;
    for (int i = 0; i < q->n_widths; i++) {
        QB_TRY(create_instance(q, &q->widths[i], names));
        names += q->widths[i].n_views;
    }
    QB_TRY(bind_views(q));
    for (int i = 0; i < q->n_widths; i++)
        QB_TRY(create_quantizer(q, &q->widths[i]));
    QB_TRY(allocate_views(q));
    return register_params(q);
}

int qb_quant_create(const qb_quant_options *options, qb_param *params, size_t n_params, qb_optim *optim, qb_quant **ret_quant)
{
    QB_ASSERT(options->threads >= 1 && options->warmup >= 0 && options->period >= 0);
    QB_ASSERT(options->granularity != QB_PER_BLOCK || options->block >= 1);
    qb_quant *q = qb_alloc(1, sizeof *q);
    if (q == NULL)
        return QB_E_NOMEM;
    q->options = *options;
    q->solver = &options->plugin->solver;
    q->params = params;
    q->n_params = n_params;
    q->optim = optim;
    q->n_workers = q->solver->caps & QB_CAP_PARALLEL_VIEWS ? options->threads : 1;
    qb_visits_begin(q->solver, true);
    int rc = build(q);
    qb_quant_end_visits(q, "create or bind");
    if (rc != 0) {
        qb_quant_destroy(q);
        return rc;
    }
    q->options.solver_settings = NULL; /* borrowed for the call only */
    q->options.quantizer = NULL;
    q->options.param_bits = NULL;
    *ret_quant = q;
    return 0;
}

void qb_quant_destroy(qb_quant *q)
{
    if (q == NULL)
        return;
    for (int i = 0; i < q->n_widths; i++) {
        qb_instance_finish(&q->widths[i].instance);
        qb_quantizer_destroy(q->widths[i].quantizer);
    }
    for (size_t i = 0; i < q->n_tensors; i++)
        qb_quant_tensor_finish(&q->tensors[i]);
    for (size_t i = 0; i < q->n_notes; i++)
        qb_free(q->notes[i]);
    qb_free(q->tensors);
    qb_free(q->view_names);
    qb_free(q->plain);
    qb_free(q->order);
    qb_free(q->starts);
    qb_free(q->scratch);
    qb_free(q->notes);
    qb_free(q);
}

int qb_quant_bits(const qb_quant *q, size_t param)
{
    for (size_t i = 0; i < q->n_tensors; i++)
        if (q->tensors[i].param_index == param)
            return q->tensors[i].width->bits;
    return QB_BITS_FLOAT;
}

bool qb_quant_is_full_precision(const qb_quant *q) { return (q->solver->caps & QB_CAP_FULL_PRECISION) != 0; }

bool qb_quant_owns_levels(const qb_quant *q)
{
    for (size_t i = 0; i < q->n_tensors; i++)
        if (needs_levels(&q->tensors[i]))
            return false;
    return true;
}

size_t qb_quant_notes(const qb_quant *q, const char *const **ret_notes)
{
    *ret_notes = (const char *const *)q->notes;
    return q->n_notes;
}

const float *qb_quant_levels(const qb_quant *q, size_t param, int64_t *ret_rows, int *ret_n_levels)
{
    for (size_t i = 0; i < q->n_tensors; i++) {
        const qb_quant_tensor *t = &q->tensors[i];
        if (t->param_index != param || t->view.levels == NULL)
            continue;
        *ret_rows = t->view.n_rows;
        *ret_n_levels = t->n_levels;
        return t->levels;
    }
    return NULL;
}

size_t qb_quant_n_looks(const qb_quant *q) { return q->n_tensors; }

qb_quant_look qb_quant_look_at(const qb_quant *q, size_t i)
{
    const qb_quant_tensor *t = &q->tensors[i];
    return (qb_quant_look){.name = t->param->name,
                           .bits = t->width->bits,
                           .n_rows = t->view.n_rows,
                           .row_len = t->view.row_len,
                           .x = t->param->x,
                           .w = t->param->w,
                           .shrink = qb_quant_shrink(q),
                           .levels = t->view.levels,
                           .n_levels = t->view.levels ? t->n_levels : 0};
}
