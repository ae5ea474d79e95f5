/* Cells of records without a plan: runs whose configurations are equal but for the seed. See cells.h. */
#include "study/cells_own.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/numbering.h"
#include "base/str.h"
#include "study/cells_parts.h"
#include "study/values.h"
#include "train/identity.h"

#include <stdlib.h>
#include <string.h>

/* Two sets of data under one name must not share a cell: where a name has several labels, the label stands for it. */
static int separate_data(qb_study *s, json_t *configs)
{
    json_t *first = json_object(); /* data set -> its only label, or null: several */
    int rc = first ? QB_OK : qb_cells_no_memory();
    for (int pass = 1; rc == QB_OK && pass <= 2; pass++) {
        for (size_t i = 0; rc == QB_OK && i < json_array_size(configs); i++) {
            json_t *config = json_array_get(configs, i), *label = json_object_get(json_object_get(json_array_get(s->lines, i), "data"), "label");
            const char *dataset = qb_cells_text(config, "dataset");
            if (!dataset || !json_is_string(label))
                continue;
            json_t *known = json_object_get(first, dataset);
            if (pass == 2 && json_is_null(known))
                rc = json_object_set(config, "dataset", label) == 0 ? QB_OK : qb_cells_no_memory();
            else if (pass == 1 && !json_equal(known, label))
                rc = json_object_set(first, dataset, known ? json_null() : label) == 0 ? QB_OK : qb_cells_no_memory();
        }
    }
    json_decref(first);
    return rc;
}

static int place_line(qb_study *s, qb_numbering *identities, json_t *config, const json_t *line)
{
    char *identity = qb_json_compact(config);
    size_t number;
    bool added;
    int rc = identity ? qb_numbering_add(identities, identity, &number) : qb_cells_no_memory();
    qb_free(identity);
    QB_TRY(rc);
    if (number == s->n_cells)
        s->cells[s->n_cells++].config = json_incref(config);
    return qb_cells_add_run(s, &s->cells[number], line, &added);
}

static int group_lines(qb_study *s, json_t *configs)
{
    qb_numbering identities = {0};
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < json_array_size(s->lines); i++)
        rc = place_line(s, &identities, json_array_get(configs, i), json_array_get(s->lines, i));
    qb_numbering_finish(&identities);
    return rc;
}

static int add_key(qb_study *s, const char *key)
{
    if (!(s->keys[s->n_keys] = qb_strdup(key)))
        return QB_E_NOMEM;
    s->n_keys++;
    return QB_OK;
}

static bool has_key(const qb_study *s, const char *key)
{
    bool found = false;
    for (size_t k = 0; k < s->n_keys; k++)
        found = found || strcmp(s->keys[k], key) == 0;
    return found;
}

/* Cells that agree in every key found so far but are not the same: what else differs becomes a key (the version of a
 * solver, a key of a newer qatbench). */
static int separate(qb_study *s, const json_t *a, const json_t *b, size_t capacity)
{
    for (size_t k = 0; k < s->n_keys; k++) {
        if (!json_equal(json_object_get(a, s->keys[k]), json_object_get(b, s->keys[k])))
            return QB_OK;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)b, key, value)
    {
        if (!json_equal(value, json_object_get(a, key)) && !has_key(s, key) && s->n_keys < capacity)
            QB_TRY(add_key(s, key));
    }
    return QB_OK;
}

/* firsts[c]: the first cell that agrees with cell c in every key found so far. */
static int find_firsts(const qb_study *s, size_t *firsts)
{
    qb_numbering all = {0};
    size_t *of_numbers = qb_alloc(s->n_cells, sizeof *of_numbers);
    int rc = of_numbers ? QB_OK : QB_E_NOMEM;
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        qb_str text = {0};
        size_t n = all.n, number;
        for (size_t k = 0; rc == QB_OK && k < s->n_keys; k++) {
            json_t *v = json_object_get(s->cells[c].config, s->keys[k]);
            char *value = v ? qb_json_compact(v) : qb_strdup("");
            qb_str_addf(&text, "%s\n", value ? value : "");
            rc = value ? QB_OK : qb_cells_no_memory();
            qb_free(value);
        }
        if (rc == QB_OK)
            rc = text.failed ? QB_E_NOMEM : qb_numbering_add(&all, text.text, &number);
        if (rc == QB_OK && number == n)
            of_numbers[number] = c;
        if (rc == QB_OK)
            firsts[c] = of_numbers[number];
        qb_str_finish(&text);
    }
    qb_free(of_numbers);
    qb_numbering_finish(&all);
    return rc;
}

/* Further keys until no two cells agree in all of them: each time those that tell a cell from the first it agrees with. */
static int separate_all(qb_study *s, size_t capacity)
{
    size_t *firsts = qb_alloc(s->n_cells, sizeof *firsts), n_before;
    int rc = firsts ? QB_OK : QB_E_NOMEM;
    do {
        n_before = s->n_keys;
        if (rc == QB_OK)
            rc = find_firsts(s, firsts);
        for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
            if (firsts[c] != c)
                rc = separate(s, s->cells[firsts[c]].config, s->cells[c].config, capacity);
        }
    } while (rc == QB_OK && s->n_keys > n_before);
    qb_free(firsts);
    return rc;
}

/* Does the key only repeat flip and crop, since no cell has a chain in their place? */
static bool repeats_flip_crop(const qb_study *s, const qb_option *o)
{
    bool repeats = (o->flags & QB_KEY_FLIP_CROP) != 0;
    for (size_t c = 0; c < s->n_cells; c++)
        repeats = repeats && json_is_boolean(json_object_get(s->cells[c].config, "flip"));
    return repeats;
}

/* Solver and bits, the schema's other keys in its order, then whatever else tells cells apart. */
static int find_keys(qb_study *s)
{
    enum { MAX_FURTHER = 32 };
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    if (!(s->keys = qb_alloc(n + MAX_FURTHER, sizeof *s->keys)))
        return QB_E_NOMEM;
    QB_TRY(add_key(s, "solver"));
    QB_TRY(add_key(s, "bits"));
    for (size_t i = 0; i < n; i++) {
        const char *name = schema[i].name;
        if (!has_key(s, name) && strcmp(name, "seed") != 0 && !repeats_flip_crop(s, &schema[i]) && qb_cells_key_varies(s, name))
            QB_TRY(add_key(s, name));
    }
    return separate_all(s, n + MAX_FURTHER);
}

static int create_values(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        json_t *values = json_object();
        if (!values || json_array_append_new(s->own_values, values) != 0)
            return qb_cells_no_memory();
        for (size_t k = 0; k < s->n_keys; k++) {
            json_t *v = json_object_get(s->cells[c].config, s->keys[k]);
            if (json_object_set(values, s->keys[k], v ? v : json_null()) != 0)
                return qb_cells_no_memory();
        }
        s->cells[c].values = values;
    }
    return QB_OK;
}

typedef struct sortable {
    qb_cell cell;
    const qb_study *study;
} sortable;

/* By the further keys first, then bits, then solver: as a table reads. */
static int compare_cells(const void *a, const void *b)
{
    const sortable *x = a, *y = b;
    const qb_study *s = x->study;
    for (size_t i = s->n_keys; i-- > 0;) {
        int order = qb_study_value_compare(json_object_get(x->cell.values, s->keys[i]), json_object_get(y->cell.values, s->keys[i]));
        if (order != 0)
            return order;
    }
    return 0;
}

static int sort_cells(qb_study *s)
{
    sortable *items = qb_alloc(s->n_cells, sizeof *items);
    if (!items)
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++)
        items[c] = (sortable){s->cells[c], s};
    qsort(items, s->n_cells, sizeof *items, compare_cells);
    for (size_t c = 0; c < s->n_cells; c++)
        s->cells[c] = items[c].cell;
    qb_free(items);
    return QB_OK;
}

int qb_cells_create_own(qb_study *s)
{
    size_t n = json_array_size(s->lines);
    json_t *configs = json_array();
    int rc = configs && (s->cells = qb_alloc(n, sizeof *s->cells)) ? QB_OK : qb_cells_no_memory();
    for (size_t i = 0; rc == QB_OK && i < n; i++)
        rc = json_array_append_new(configs, qb_cells_config(json_array_get(s->lines, i))) == 0 ? QB_OK : qb_cells_no_memory();
    if (rc == QB_OK)
        rc = separate_data(s, configs);
    if (rc == QB_OK)
        rc = group_lines(s, configs);
    json_decref(configs);
    QB_TRY(rc);
    QB_TRY(find_keys(s));
    QB_TRY(create_values(s));
    return sort_cells(s);
}
