/* Plans: combining the words of a plan into cells. See plan.h. */
#include "study/plan.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/plan_text.h"
#include "study/stand_in.h"
#include "study/values.h"
#include "train/identity.h"

#include <stdint.h>
#include <string.h>

enum { MAX_RUNS = 100000 };

/* A combination: for every row of the run's schema the word that sets it, or NULL. */
typedef const qb_study_plan_word *combination;

typedef struct builder {
    const qb_study_plan_text *text;
    const qb_study_plan_places *places;
    qb_study_plan *plan;
    const qb_option *schema;
    size_t n_schema, capacity;
    combination *words;    /* (capacity, n_schema): where each cell came from */
    size_t variant;        /* of the cells that are being added; SIZE_MAX: none */
    size_t warned_of;      /* the last variant that was said to be the same as another */
    char **identities;     /* of each cell, compact; NULL when skipped */
    const char *first_skip; /* borrowed from the cell */
} builder;

bool qb_study_plan_is_name(const char *path)
{
    return qb_ends_with(path, ".yaml") || qb_ends_with(path, ".yml");
}

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while reading a plan");
}

/* ---- one cell ---- */

/* A path beside the plan is relative to the plan, wherever the program is started. */
static int set_word(const builder *b, const qb_option *o, const char *text, qb_settings *s)
{
    if (!(o->flags & QB_OPT_BESIDE) || !text[0] || text[0] == '/')
        return qb_settings_set(s, o->name, text);
    char *dir = qb_path_dir(b->plan->path), *path = dir ? qb_path_join(dir, text) : NULL;
    int rc = path ? qb_settings_set(s, o->name, path) : no_memory();
    qb_free(dir);
    qb_free(path);
    return rc;
}

static int apply(const builder *b, const combination *words, qb_settings *s)
{
    const qb_study_plan_places *places = b->places;
    QB_TRY(qb_settings_set(s, "experiment", b->plan->experiment));
    QB_TRY(qb_settings_set(s, "threads", "1")); /* the habit of `run`; the plan's own value follows */
    for (size_t i = 0; i < b->n_schema; i++) {
        if (words[i])
            QB_TRY(set_word(b, &b->schema[i], words[i]->text, s));
    }
    if (places->runs_dir)
        QB_TRY(qb_settings_set(s, "runs_dir", places->runs_dir));
    if (places->data_dir)
        QB_TRY(qb_settings_set(s, "data_dir", places->data_dir));
    if (places->solver_path)
        QB_TRY(qb_settings_set(s, "solver_path", places->solver_path));
    return QB_OK;
}

/* The place that an error about a cell is told at: its key's, where the text begins with one. */
static const qb_yaml_node *place_of(const builder *b, const combination *words, const qb_yaml_node *where)
{
    const char *text = qb_err_text();
    size_t n = strcspn(text, ":");
    for (size_t i = 0; i < b->n_schema; i++) {
        if (words[i] && strlen(b->schema[i].name) == n && strncmp(text, b->schema[i].name, n) == 0)
            return words[i]->node;
    }
    return where;
}

static json_t *identity_without_seed(const builder *b, const qb_config *c)
{
    json_t *identity = qb_identity_complete(b->schema, b->n_schema, c->identity);
    if (identity)
        (void)json_object_del(identity, "seed");
    return identity;
}

static const char *variant_of(const builder *b)
{
    return b->variant == SIZE_MAX ? NULL : b->plan->variants[b->variant];
}

/* Cells that a person would call different but that are one run: worth a word, unless only ignored keys differ. */
static void warn_same(builder *b, size_t cell, const combination *words)
{
    const combination *first = &b->words[cell * b->n_schema];
    const char *known = b->plan->cells[cell].variant, *mine = variant_of(b);
    if (known && mine && known != mine) {
        const qb_yaml_node *at = b->text->variants[b->variant].name;
        if (b->warned_of != b->variant)
            qb_log_warning("%s:%d:%d: variants: '%s' and '%s' have a run in common; it is kept as a cell of the first", b->text->path,
                           at->line, at->column, known, mine);
        b->warned_of = b->variant;
        return;
    }
    for (size_t i = 0; i < b->n_schema; i++) {
        const char *name = b->schema[i].name;
        const json_t *effective = json_object_get(b->plan->cells[cell].identity, name);
        if (!first[i] || !words[i] || strcmp(first[i]->canonical, words[i]->canonical) == 0 || !effective || json_is_null(effective))
            continue;
        qb_log_warning("%s:%d:%d: %s: '%s' and '%s' are the same run; kept as one cell", b->text->path,
                       words[i]->node->line, words[i]->node->column, name, first[i]->node->text, words[i]->node->text);
        return;
    }
}

static int grow(builder *b)
{
    qb_study_plan *p = b->plan;
    if (p->n_cells < b->capacity)
        return QB_OK;
    size_t capacity = b->capacity ? 2 * b->capacity : 16;
    qb_study_plan_cell *cells = qb_realloc(p->cells, capacity, sizeof *cells);
    if (!cells)
        return QB_E_NOMEM;
    p->cells = cells;
    char **identities = qb_realloc(b->identities, capacity, sizeof *identities);
    if (!identities)
        return QB_E_NOMEM;
    b->identities = identities;
    combination *words = qb_realloc(b->words, capacity * b->n_schema, sizeof *words);
    if (!words)
        return QB_E_NOMEM;
    b->words = words;
    b->capacity = capacity;
    return QB_OK;
}

/* The cell's configurations for every seed. *ret_same: an earlier cell has this identity; nothing is kept then. */
static int create_runs(builder *b, qb_settings *s, size_t index, const combination *words, bool *ret_same)
{
    qb_study_plan *p = b->plan;
    qb_study_plan_cell *cell = &p->cells[index];
    if (!(cell->runs = qb_alloc(p->n_seeds, sizeof *cell->runs)))
        return QB_E_NOMEM;
    const qb_plugin *plugin;
    char *spec;
    QB_TRY(qb_study_solver_find(qb_get(s, "solver")->text, b->places, &plugin, &spec));
    int rc = qb_study_is_stand_in(plugin) ? qb_settings_set(s, "solver", spec) : QB_OK;
    qb_free(spec);
    QB_TRY(rc);
    for (size_t i = 0; i < p->n_seeds; i++) {
        char seed[32];
        (void)snprintf(seed, sizeof seed, "%lld", p->seeds[i]);
        QB_TRY(qb_settings_set(s, "seed", seed));
        QB_TRY(qb_config_create_with(s, plugin, &cell->runs[i]));
        cell->runs[i]->scale = p->scale != 1 ? p->scale : 0;
        if (i > 0)
            continue;
        cell->identity = identity_without_seed(b, cell->runs[0]);
        b->identities[index] = cell->identity ? qb_json_compact(cell->identity) : NULL;
        if (!b->identities[index])
            return no_memory();
        for (size_t k = 0; k < index; k++) {
            if (b->identities[k] && strcmp(b->identities[k], b->identities[index]) == 0) {
                warn_same(b, k, words);
                *ret_same = true;
                return QB_OK;
            }
        }
    }
    return QB_OK;
}

static void finish_cell(qb_study_plan_cell *cell, size_t n_seeds)
{
    for (size_t i = 0; cell->runs && i < n_seeds; i++)
        qb_config_destroy(cell->runs[i]);
    qb_free(cell->runs);
    json_decref(cell->identity);
    json_decref(cell->values);
    qb_free(cell->skipped);
    qb_free(cell->name);
    *cell = (qb_study_plan_cell){0};
}

/* Values as far as they can be told before the cells are compared: written ones, else the effective ones. */
static json_t *effective_value(const builder *b, size_t cell, size_t option)
{
    const qb_study_plan_word *word = b->words[cell * b->n_schema + option];
    const json_t *identity = b->plan->cells[cell].identity;
    const qb_option *o = &b->schema[option];
    json_t *effective = identity ? json_object_get(identity, o->name) : NULL;
    if (identity && (!effective || json_is_null(effective)))
        return json_null();
    if (word && word->text[0])
        return qb_study_value(o, word->text);
    if (effective)
        return json_incref(effective);
    return qb_identity_default_value(&(qb_identity_traits){0}, o); /* a skipped cell */
}

static int add_cell(builder *b, const combination *words, const qb_yaml_node *where)
{
    QB_TRY(grow(b));
    qb_study_plan *p = b->plan;
    size_t index = p->n_cells;
    qb_study_plan_cell *cell = &p->cells[index];
    memcpy(&b->words[index * b->n_schema], words, b->n_schema * sizeof *words);
    cell->variant = variant_of(b);
    qb_settings s;
    QB_TRY(qb_settings_init(&s, b->schema, b->n_schema));
    bool same = false;
    int rc = apply(b, words, &s);
    if (rc == QB_OK)
        rc = create_runs(b, &s, index, words, &same);
    if (rc == QB_E_NOT_OFFERED) { /* told by the cell; every other failure is a mistake in the plan */
        finish_cell(cell, p->n_seeds);
        qb_free(b->identities[index]);
        b->identities[index] = NULL;
        cell->skipped = qb_strdup(qb_err_text());
        rc = cell->skipped ? QB_OK : QB_E_NOMEM;
        cell->variant = variant_of(b);
        b->first_skip = cell->skipped;
        qb_err_clear();
    } else if (rc < 0) {
        const qb_yaml_node *at = place_of(b, words, where);
        if (p->scale != 1)
            (void)qb_err_add("at scale %s", qb_format_real(p->scale, (char[32]){0}));
        rc = qb_study_plan_text_place(b->text, at);
    }
    qb_settings_finish(&s);
    if (rc < 0 || same) {
        finish_cell(cell, p->n_seeds);
        qb_free(b->identities[index]);
        b->identities[index] = NULL;
        return rc;
    }
    p->n_cells++;
    return QB_OK;
}

/* ---- all cells ---- */

static size_t row_of(const builder *b, const qb_option *o)
{
    return (size_t)(o - b->schema);
}

static void take_group(const builder *b, const qb_study_plan_group *g, combination *words)
{
    for (size_t i = 0; i < g->n; i++)
        words[row_of(b, g->axes[i].option)] = &g->axes[i].words[0];
}

/* base, with the keys of a variant (SIZE_MAX: none) in place of its own. */
static void take_base(builder *b, size_t variant, combination *words)
{
    memset(words, 0, b->n_schema * sizeof *words);
    take_group(b, &b->text->base, words);
    b->variant = variant;
    if (variant != SIZE_MAX)
        take_group(b, &b->text->variants[variant].group, words);
}

/* A solver without options in an exclude stands for that solver with any. */
static bool word_matches(const qb_study_plan_word *wanted, const qb_study_plan_word *word)
{
    if (strcmp(wanted->canonical, word->canonical) == 0)
        return true;
    size_t n = strlen(wanted->canonical);
    return wanted->option->kind == QB_KIND_SPEC && !strchr(wanted->canonical, '[') &&
           strncmp(word->canonical, wanted->canonical, n) == 0 && word->canonical[n] == '[';
}

static bool excludes(const builder *b, const qb_study_plan_group *g, size_t variant, const combination *words)
{
    bool named = g->n_variants == 0;
    for (size_t i = 0; i < g->n_variants; i++)
        named = named || g->variants[i] == variant;
    if (!named)
        return false;
    for (size_t i = 0; i < g->n; i++) {
        const qb_study_plan_axis *axis = &g->axes[i];
        bool any = false;
        for (size_t k = 0; k < axis->n && !any; k++)
            any = word_matches(&axis->words[k], words[row_of(b, axis->option)]);
        if (!any)
            return false;
    }
    return true;
}

/* variant: of these combinations; SIZE_MAX: the plan has none. */
static int add_combinations(builder *b, size_t variant, combination *words, bool *used)
{
    const qb_study_plan_text *t = b->text;
    const qb_study_plan_group *m = &t->matrix;
    size_t total = 1;
    take_base(b, variant, words);
    for (size_t i = 0; i < m->n; i++)
        total *= m->axes[i].n;
    for (size_t c = 0; c < total; c++) {
        size_t rest = c;
        for (size_t i = m->n; i-- > 0; rest /= m->axes[i].n)
            words[row_of(b, m->axes[i].option)] = &m->axes[i].words[rest % m->axes[i].n];
        bool left_out = false;
        for (size_t e = 0; e < t->n_excludes; e++) {
            bool hit = excludes(b, &t->excludes[e], variant, words);
            used[e] = used[e] || hit;
            left_out = left_out || hit;
        }
        if (!left_out)
            QB_TRY(add_cell(b, words, variant == SIZE_MAX ? m->node : t->variants[variant].name));
    }
    return QB_OK;
}

/* Every combination of the matrix, with each variant where there are any. */
static int add_matrix(builder *b, combination *words, bool *used)
{
    const qb_study_plan_text *t = b->text;
    const qb_study_plan_group *m = &t->matrix;
    size_t n_variants = t->n_variants > 0 ? t->n_variants : 1, total = t->n_seeds * n_variants;
    for (size_t i = 0; i < m->n && total <= MAX_RUNS; i++)
        total *= m->axes[i].n;
    if (total > MAX_RUNS)
        return qb_yaml_error(t->path, m->node ? m->node : t->root, "%s: expected at most %d runs (cells times seeds), got more",
                             m->node ? "matrix" : "variants", MAX_RUNS);
    for (size_t v = 0; v < n_variants; v++)
        QB_TRY(add_combinations(b, t->n_variants > 0 ? v : SIZE_MAX, words, used));
    return QB_OK;
}

static int add_cells(builder *b, combination *words, bool *used)
{
    const qb_study_plan_text *t = b->text;
    take_base(b, SIZE_MAX, words);
    if (t->matrix.n > 0 || t->n_variants > 0)
        QB_TRY(add_matrix(b, words, used));
    else if (t->n_includes == 0)
        QB_TRY(add_cell(b, words, t->base.node));
    for (size_t e = 0; e < t->n_excludes; e++) {
        if (!used[e])
            qb_log_warning("%s:%d:%d: exclude: this entry matches no cell", t->path, t->excludes[e].node->line,
                           t->excludes[e].node->column);
    }
    for (size_t i = 0; i < t->n_includes; i++) {
        take_base(b, t->includes[i].n_variants > 0 ? t->includes[i].variants[0] : SIZE_MAX, words);
        take_group(b, &t->includes[i], words);
        QB_TRY(add_cell(b, words, t->includes[i].node));
    }
    qb_study_plan *p = b->plan;
    if (p->n_cells == 0)
        return qb_yaml_error(t->path, t->root, "the plan has no cells: exclude removes all of them");
    bool all_skipped = true;
    for (size_t c = 0; c < p->n_cells; c++)
        all_skipped = all_skipped && p->cells[c].skipped;
    if (all_skipped)
        return qb_yaml_error(t->path, t->root, "no cell of the plan can run: %s", b->first_skip);
    return QB_OK;
}

/* ---- what varies ---- */

static int varies(const builder *b, size_t option, bool *ret)
{
    json_t *first = NULL;
    bool found = false;
    int rc = QB_OK;
    for (size_t c = 0; rc == QB_OK && !found && c < b->plan->n_cells; c++) {
        json_t *v = effective_value(b, c, option);
        rc = v ? QB_OK : no_memory();
        if (v && (!json_is_null(v) || qb_study_null_counts(b->schema[option].name))) {
            found = first && !qb_study_value_equal(first, v);
            first = first ? first : json_incref(v);
        }
        json_decref(v);
    }
    json_decref(first);
    *ret = found;
    return rc;
}

static int add_key(builder *b, const qb_option *o, bool always)
{
    qb_study_plan *p = b->plan;
    for (size_t i = 0; i < p->n_keys; i++) {
        if (strcmp(p->keys[i], o->name) == 0)
            return QB_OK;
    }
    bool wanted = always;
    if (!always && o->flags & QB_OPT_IDENTITY)
        QB_TRY(varies(b, row_of(b, o), &wanted));
    if (!wanted)
        return QB_OK;
    if (!(p->keys[p->n_keys] = qb_strdup(o->name)))
        return QB_E_NOMEM;
    p->n_keys++;
    return QB_OK;
}

static int add_variant_key(builder *b)
{
    qb_study_plan *p = b->plan;
    if (p->n_variants == 0)
        return QB_OK;
    if (!(p->keys[p->n_keys] = qb_strdup(QB_STUDY_VARIANT_KEY)))
        return QB_E_NOMEM;
    p->n_keys++;
    return QB_OK;
}

static int add_group_keys(builder *b, const qb_study_plan_group *g)
{
    for (size_t i = 0; i < g->n; i++)
        QB_TRY(add_key(b, g->axes[i].option, false));
    return QB_OK;
}

static int find_keys(builder *b)
{
    const qb_study_plan_text *t = b->text;
    const qb_option *solver = qb_option_find(b->schema, b->n_schema, "solver");
    bool solvers_first = qb_study_plan_group_find(&t->matrix, solver) != NULL;
    if (!(b->plan->keys = qb_alloc(b->n_schema + 1, sizeof *b->plan->keys)))
        return QB_E_NOMEM;
    if (!solvers_first)
        QB_TRY(add_variant_key(b));
    QB_TRY(add_key(b, solver, true));
    QB_TRY(add_key(b, qb_option_find(b->schema, b->n_schema, "bits"), true));
    if (solvers_first)
        QB_TRY(add_variant_key(b));
    QB_TRY(add_group_keys(b, &t->matrix));
    for (size_t v = 0; v < t->n_variants; v++)
        QB_TRY(add_group_keys(b, &t->variants[v].group));
    for (size_t k = 0; k < t->n_includes; k++)
        QB_TRY(add_group_keys(b, &t->includes[k]));
    return QB_OK;
}

static bool is_variant_key(const char *key)
{
    return strcmp(key, QB_STUDY_VARIANT_KEY) == 0;
}

static int fill_values(builder *b, size_t index)
{
    qb_study_plan *p = b->plan;
    qb_study_plan_cell *cell = &p->cells[index];
    if (!(cell->values = json_object()))
        return no_memory();
    for (size_t k = 0; k < p->n_keys; k++) {
        json_t *v = !is_variant_key(p->keys[k])
                        ? effective_value(b, index, row_of(b, qb_option_find(b->schema, b->n_schema, p->keys[k])))
                        : cell->variant ? qb_json_text(cell->variant) : json_null();
        if (json_object_set_new(cell->values, p->keys[k], v) != 0)
            return no_memory();
    }
    return QB_OK;
}

/* What a cell's variant says: its name, or where it has none its solver. */
static const json_t *said_by(const qb_study_plan_cell *cell)
{
    return json_object_get(cell->values, cell->variant ? QB_STUDY_VARIANT_KEY : "solver");
}

/* A key whose value follows from what the variant says need not be said again. */
static int find_said(qb_study_plan *p)
{
    size_t *first = qb_alloc(p->n_cells, sizeof *first); /* the first cell of which the same is said */
    p->is_said = qb_alloc(p->n_keys, sizeof *p->is_said);
    for (size_t c = 0; first && p->n_variants > 0 && c < p->n_cells; c++) {
        while (!qb_study_value_equal(said_by(&p->cells[first[c]]), said_by(&p->cells[c])))
            first[c]++;
    }
    for (size_t k = 0; first && p->is_said && p->n_variants > 0 && k < p->n_keys; k++) {
        p->is_said[k] = !is_variant_key(p->keys[k]);
        for (size_t c = 0; p->is_said[k] && c < p->n_cells; c++)
            p->is_said[k] = qb_study_value_equal(json_object_get(p->cells[c].values, p->keys[k]),
                                                 json_object_get(p->cells[first[c]].values, p->keys[k]));
    }
    qb_free(first);
    return first && p->is_said ? QB_OK : QB_E_NOMEM;
}

static int name_cell(qb_study_plan *p, size_t index)
{
    qb_study_plan_cell *cell = &p->cells[index];
    qb_str name = {0};
    for (size_t k = 0; k < p->n_keys; k++) {
        if (p->is_said[k] && cell->variant)
            continue;
        char *label = qb_study_label(json_object_get(cell->values, p->keys[k]));
        if (label && label[0])
            qb_str_addf(&name, "%s%s=%s", name.length > 0 ? " " : "", p->keys[k], label);
        name.failed = name.failed || !label;
        qb_free(label);
    }
    cell->name = qb_str_take(&name);
    return cell->name ? QB_OK : QB_E_NOMEM;
}

/* ---- the plan ---- */

static char *experiment_of(const char *path)
{
    const char *file = qb_path_base(path);
    const char *dot = strrchr(file, '.');
    if (strcmp(file, "plan.yaml") != 0 && strcmp(file, "plan.yml") != 0)
        return qb_strndup(file, dot && dot > file ? (size_t)(dot - file) : strlen(file));
    char *absolute = qb_path_absolute(path);
    char *dir = absolute ? qb_path_dir(absolute) : NULL;
    const char *folder = dir ? qb_path_base(dir) : "";
    char *name = dir ? qb_strdup(folder[0] && folder[0] != '/' ? folder : "plan") : NULL;
    qb_free(absolute);
    qb_free(dir);
    return name;
}

int qb_study_plan_records(const char *path, const qb_study_plan_places *places, char **ret_dir)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    QB_TRY(qb_settings_init(&s, schema, n));
    int rc = places && places->runs_dir ? qb_settings_set(&s, "runs_dir", places->runs_dir) : QB_OK;
    char *runs = rc == QB_OK ? qb_config_runs_dir(&s) : NULL, *experiment = experiment_of(path);
    char *dir = runs && experiment ? qb_path_join(runs, experiment) : NULL;
    qb_free(runs);
    qb_free(experiment);
    qb_settings_finish(&s);
    QB_TRY(rc);
    if (!dir)
        return no_memory();
    *ret_dir = dir;
    return QB_OK;
}

static int describe(builder *b, const char *path)
{
    qb_study_plan *p = b->plan;
    const qb_study_plan_text *t = b->text;
    p->path = qb_strdup(path);
    p->experiment = experiment_of(path);
    p->title = t->title ? qb_strdup(t->title) : p->experiment ? qb_strdup(p->experiment) : NULL;
    if (!p->path || !p->experiment || !p->title || !(p->seeds = qb_alloc(t->n_seeds, sizeof *p->seeds)))
        return no_memory();
    if (!(p->variants = qb_alloc(t->n_variants, sizeof *p->variants)))
        return no_memory();
    for (; p->n_variants < t->n_variants; p->n_variants++) {
        if (!(p->variants[p->n_variants] = qb_strdup(t->variants[p->n_variants].name->text)))
            return no_memory();
    }
    p->scale = t->scale;
    p->is_rescaled = b->places->scale > 0;
    memcpy(p->seeds, t->seeds, t->n_seeds * sizeof *p->seeds);
    p->n_seeds = t->n_seeds;
    if (t->paper) {
        char *dir = qb_path_dir(path);
        p->paper = !dir ? NULL : t->paper[0] == '/' ? qb_strdup(t->paper) : qb_path_join(dir, t->paper);
        qb_free(dir);
        if (!p->paper)
            return no_memory();
    }
    return qb_study_plan_records(path, b->places, &p->records);
}

static int build(builder *b, const char *path)
{
    QB_TRY(describe(b, path));
    combination *words = qb_alloc(b->n_schema, sizeof *words);
    bool *used = qb_alloc(b->text->n_excludes, sizeof *used);
    int rc = words && used ? add_cells(b, words, used) : QB_E_NOMEM;
    qb_free(words);
    qb_free(used);
    QB_TRY(rc);
    QB_TRY(find_keys(b));
    for (size_t c = 0; c < b->plan->n_cells; c++)
        QB_TRY(fill_values(b, c));
    QB_TRY(find_said(b->plan));
    for (size_t c = 0; c < b->plan->n_cells; c++)
        QB_TRY(name_cell(b->plan, c));
    return QB_OK;
}

int qb_study_plan_read(const char *path, const qb_study_plan_places *places, qb_study_plan **ret_plan)
{
    static const qb_study_plan_places nowhere = {0};
    builder b = {.places = places ? places : &nowhere, .variant = SIZE_MAX, .warned_of = SIZE_MAX};
    qb_study_plan_text text;
    b.schema = qb_run_schema(&b.n_schema);
    QB_TRY(qb_study_plan_text_read(path, b.places, &text));
    b.text = &text;
    b.plan = qb_alloc(1, sizeof *b.plan);
    int rc = b.plan ? build(&b, path) : QB_E_NOMEM;
    if (rc == QB_OK) {
        b.plan->text = text.bytes;
        b.plan->n_text = text.n_bytes;
        text.bytes = NULL;
    }
    for (size_t i = 0; i < b.capacity; i++)
        qb_free(b.identities[i]);
    qb_free(b.identities);
    qb_free(b.words);
    qb_study_plan_text_finish(&text);
    if (rc < 0) {
        qb_study_plan_destroy(b.plan);
        return rc;
    }
    *ret_plan = b.plan;
    return QB_OK;
}

void qb_study_plan_destroy(qb_study_plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_cells; i++)
        finish_cell(&p->cells[i], p->n_seeds);
    for (size_t i = 0; i < p->n_keys; i++)
        qb_free(p->keys[i]);
    for (size_t i = 0; i < p->n_variants; i++)
        qb_free(p->variants[i]);
    qb_free(p->variants);
    qb_free(p->is_said);
    qb_free(p->cells);
    qb_free(p->keys);
    qb_free(p->seeds);
    qb_free(p->path);
    qb_free(p->title);
    qb_free(p->experiment);
    qb_free(p->paper);
    qb_free(p->text);
    qb_free(p->records);
    qb_free(p);
}
