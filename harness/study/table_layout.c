/* Rows and columns of a table. See table.h. */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/numbering.h"
#include "base/str.h"
#include "study/keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool qb_table_has_key(const qb_table *t, size_t key)
{
    bool found = false;
    for (size_t i = 0; i < t->n_row_keys; i++)
        found = found || t->row_keys[i] == key;
    for (size_t i = 0; i < t->n_column_keys; i++)
        found = found || t->column_keys[i] == key;
    return found;
}

/* ---- groups of cells ---- */

/* numbers[c]: the same for cells with equal labels of those keys, from 0 by first appearance. */
static int number_cells(const qb_study *s, const size_t *keys, size_t n_keys, size_t *numbers, size_t *ret_n)
{
    qb_numbering all = {0};
    qb_str labels = {0};
    int rc = QB_OK;
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        labels.length = 0;
        for (size_t k = 0; k < n_keys; k++)
            qb_str_addf(&labels, "%s\n", s->cells[c].labels[keys[k]]); /* no label has a newline of its own */
        rc = labels.failed ? QB_E_NOMEM : qb_numbering_add(&all, n_keys > 0 ? labels.text : "", &numbers[c]);
    }
    *ret_n = all.n;
    qb_str_finish(&labels);
    qb_numbering_finish(&all);
    return rc;
}

/* Cells by their groups. starts (n_groups + 1), all zero. */
static void count_sort(const size_t *groups, size_t n_cells, size_t n_groups, size_t *members, size_t *starts)
{
    for (size_t c = 0; c < n_cells; c++)
        starts[groups[c]]++;
    for (size_t g = 1; g < n_groups; g++)
        starts[g] += starts[g - 1]; /* where group g ends */
    for (size_t c = n_cells; c-- > 0;)
        members[--starts[groups[c]]] = c; /* and in the end, where it begins */
    starts[n_groups] = n_cells;
}

int qb_table_group_cells(const qb_table *t, size_t **ret_members, size_t **ret_starts, size_t *ret_n_groups)
{
    const qb_study *s = t->study;
    size_t *keys = qb_alloc(s->n_keys + s->n_cells, sizeof *keys), *groups = keys ? keys + s->n_keys : NULL;
    size_t *members = qb_alloc(s->n_cells, sizeof *members), *starts = qb_alloc(s->n_cells + 1, sizeof *starts);
    size_t n_keys = 0, n_groups = 0;
    int rc = keys && members && starts ? QB_OK : QB_E_NOMEM;
    for (size_t k = 0; rc == QB_OK && k < s->n_keys; k++) {
        if (k != t->main_key && qb_table_has_key(t, k))
            keys[n_keys++] = k;
    }
    if (rc == QB_OK)
        rc = number_cells(s, keys, n_keys, groups, &n_groups);
    if (rc == QB_OK) {
        count_sort(groups, s->n_cells, n_groups, members, starts);
        *ret_members = members;
        *ret_starts = starts;
        *ret_n_groups = n_groups;
    } else {
        qb_free(members);
        qb_free(starts);
    }
    qb_free(keys);
    return rc;
}

/* ---- the usual keys ---- */

/* How often a key's label changes from one cell to the next: the one that changes least stands first. */
static size_t count_changes(const qb_table *t, size_t key)
{
    size_t n = 0;
    for (size_t c = 1; c < t->study->n_cells; c++)
        n += strcmp(t->study->cells[c].labels[key], t->study->cells[c - 1].labels[key]) != 0;
    return n;
}

static void order_row_keys(qb_table *t)
{
    for (size_t i = 1; i < t->n_row_keys; i++) {
        size_t key = t->row_keys[i], at = i;
        for (; at > 0 && count_changes(t, t->row_keys[at - 1]) > count_changes(t, key); at--)
            t->row_keys[at] = t->row_keys[at - 1];
        t->row_keys[at] = key;
    }
}

/* One level of columns: bits where it varies and is not the only key, else the second key that varies. */
static void choose_usual_keys(qb_table *t)
{
    const qb_study *s = t->study;
    size_t n_varying = 0, second = 0;
    for (size_t k = 0; k < s->n_keys; k++) {
        if (s->varies[k] && (n_varying == 1 || (n_varying > 1 && strcmp(s->keys[k], "bits") == 0)))
            second = k;
        n_varying += s->varies[k];
    }
    if (n_varying >= 2)
        t->column_keys[t->n_column_keys++] = second;
    for (size_t k = 0; k < s->n_keys; k++) {
        if ((s->varies[k] && !(n_varying >= 2 && k == second)) || (n_varying == 0 && k == 0))
            t->row_keys[t->n_row_keys++] = k;
    }
    order_row_keys(t);
}

/* ---- keys by name ---- */

/* Are there two cells that agree in all keys laid out and differ in this one? numbers: room for two a cell. */
static int separates(const qb_table *t, size_t key, size_t *numbers, bool *ret)
{
    const qb_study *s = t->study;
    size_t *keys = qb_alloc(s->n_keys, sizeof *keys), *firsts = numbers + s->n_cells, n = 0, n_numbers;
    if (!keys)
        return QB_E_NOMEM;
    for (size_t k = 0; k < s->n_keys; k++) {
        if (qb_table_has_key(t, k))
            keys[n++] = k;
    }
    int rc = number_cells(s, keys, n, numbers, &n_numbers);
    for (size_t i = 0; i < s->n_cells; i++)
        firsts[i] = SIZE_MAX;
    *ret = false;
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        size_t *first = &firsts[numbers[c]];
        *first = *first == SIZE_MAX ? c : *first;
        *ret = *ret || strcmp(s->cells[*first].labels[key], s->cells[c].labels[key]) != 0;
    }
    qb_free(keys);
    return rc;
}

/* Further keys, as far as cells need them to be told apart, go where no key was named. */
static int complete_keys(qb_table *t)
{
    const qb_study *s = t->study;
    bool both = t->options.rows && t->options.cols;
    size_t *numbers = qb_alloc(2 * s->n_cells, sizeof *numbers);
    int rc = numbers ? QB_OK : QB_E_NOMEM;
    for (size_t k = 0; rc == QB_OK && k < s->n_keys; k++) {
        bool needed = false;
        if (s->varies[k] && !qb_table_has_key(t, k))
            rc = separates(t, k, numbers, &needed);
        if (rc < 0 || !needed)
            continue;
        if (both) {
            (void)qb_err_set(QB_E_USAGE, "rows, cols: cells differ in '%s' too, which is in neither", s->keys[k]);
            rc = qb_err_hint("add it to one of them: --rows %s,%s", t->options.rows, s->keys[k]);
        } else if (t->options.rows) {
            t->column_keys[t->n_column_keys++] = k;
        } else {
            t->row_keys[t->n_row_keys++] = k;
        }
    }
    for (size_t k = 0; rc == QB_OK && t->n_row_keys == 0 && k < s->n_keys; k++) {
        if (!qb_table_has_key(t, k))
            t->row_keys[t->n_row_keys++] = k;
    }
    qb_free(numbers);
    return rc;
}

static int choose_named_keys(qb_table *t)
{
    const qb_table_options *o = &t->options;
    if (o->rows)
        QB_TRY(qb_study_find_keys(t->study, "rows", o->rows, t->row_keys, &t->n_row_keys));
    if (o->cols)
        QB_TRY(qb_study_find_keys(t->study, "cols", o->cols, t->column_keys, &t->n_column_keys));
    for (size_t r = 0; r < t->n_row_keys; r++) {
        for (size_t c = 0; c < t->n_column_keys; c++) {
            if (t->row_keys[r] == t->column_keys[c])
                return qb_err_set(QB_E_USAGE, "rows, cols: '%s' stands in both", t->study->keys[t->row_keys[r]]);
        }
    }
    return complete_keys(t);
}

/* The key whose values compete: solver where it varies, else the first that does. */
static void choose_main_key(qb_table *t)
{
    const qb_study *s = t->study;
    bool named = t->options.rows || t->options.cols;
    size_t k = 0;
    while (k < s->n_keys && !(s->varies[k] && (!named || qb_table_has_key(t, k))))
        k++;
    t->main_key = k < s->n_keys ? k : 0;
}

/* ---- places ---- */

/* A row or column. */
typedef struct line {
    const size_t *places; /* of its labels, one a key: when each appears first */
    size_t n_places, number;
} line;

static int compare_lines(const void *a, const void *b)
{
    const line *x = a, *y = b;
    for (size_t i = 0; i < x->n_places; i++) {
        if (x->places[i] != y->places[i])
            return x->places[i] < y->places[i] ? -1 : 1;
    }
    return 0;
}

/* Renumbers lines so that those with equal labels of the outer keys stand together, labels in the order in which they appear. */
static int sort_lines(const qb_study *s, const size_t *keys, size_t n_keys, size_t *numbers, size_t n_lines)
{
    size_t n = s->n_cells, n_labels;
    size_t *of_cells = qb_alloc(n + n_lines * (n_keys + 1), sizeof *of_cells), *places = of_cells ? of_cells + n : NULL;
    line *lines = qb_alloc(n_lines, sizeof *lines);
    int rc = of_cells && lines ? QB_OK : QB_E_NOMEM;
    for (size_t k = 0; rc == QB_OK && k < n_keys; k++) {
        rc = number_cells(s, &keys[k], 1, of_cells, &n_labels);
        for (size_t c = 0; rc == QB_OK && c < n; c++)
            places[numbers[c] * n_keys + k] = of_cells[c];
    }
    if (rc == QB_OK) {
        size_t *renumbered = places + n_lines * n_keys;
        for (size_t i = 0; i < n_lines; i++)
            lines[i] = (line){places + i * n_keys, n_keys, i};
        qsort(lines, n_lines, sizeof *lines, compare_lines);
        for (size_t i = 0; i < n_lines; i++)
            renumbered[lines[i].number] = i;
        for (size_t c = 0; c < n; c++)
            numbers[c] = renumbered[numbers[c]];
    }
    qb_free(of_cells);
    qb_free(lines);
    return rc;
}

static int place_cells(qb_table *t, size_t *rows, size_t *columns)
{
    const qb_study *s = t->study;
    size_t n = s->n_cells;
    QB_TRY(number_cells(s, t->row_keys, t->n_row_keys, rows, &t->n_rows));
    QB_TRY(number_cells(s, t->column_keys, t->n_column_keys, columns, &t->n_columns));
    if (t->options.rows || t->options.cols) {
        QB_TRY(sort_lines(s, t->row_keys, t->n_row_keys, rows, t->n_rows));
        QB_TRY(sort_lines(s, t->column_keys, t->n_column_keys, columns, t->n_columns));
    }
    t->grid = qb_alloc((t->n_rows + n) * t->n_columns, sizeof *t->grid);
    if (!t->grid)
        return QB_E_NOMEM;
    for (size_t i = 0; i < (t->n_rows + n) * t->n_columns; i++)
        t->grid[i] = SIZE_MAX;
    for (size_t c = 0; c < n; c++) {
        size_t *slot = &t->grid[rows[c] * t->n_columns + columns[c]];
        if (*slot != SIZE_MAX) /* two cells that no key tells apart, such as skipped ones: each keeps a row */
            slot = &t->grid[t->n_rows++ * t->n_columns + columns[c]];
        *slot = c;
    }
    return QB_OK;
}

int qb_table_lay_out(qb_table *t)
{
    const qb_study *s = t->study;
    t->row_keys = qb_alloc(s->n_keys, sizeof *t->row_keys);
    t->column_keys = qb_alloc(s->n_keys, sizeof *t->column_keys);
    if (!t->row_keys || !t->column_keys)
        return QB_E_NOMEM;
    if (t->options.rows || t->options.cols)
        QB_TRY(choose_named_keys(t));
    else
        choose_usual_keys(t);
    choose_main_key(t);
    size_t *rows = qb_alloc(2 * s->n_cells, sizeof *rows);
    int rc = rows ? place_cells(t, rows, rows + s->n_cells) : QB_E_NOMEM;
    qb_free(rows);
    return rc;
}
