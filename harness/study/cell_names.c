/* What a cell is called, and how many of its runs have a status. See cells.h. */
#include "study/cells.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

size_t qb_cell_count(const qb_cell *cell, const char *status)
{
    size_t n = 0;
    for (size_t i = 0; i < cell->n_runs; i++)
        n += qb_cell_run_is(&cell->runs[i], status);
    return n;
}

char *qb_cell_label(const char *key, const char *label)
{
    if (strcmp(key, QB_STUDY_VARIANT_KEY) == 0)
        return qb_strdup(label);
    if (strcmp(key, "bits") != 0)
        return label[0] ? qb_sprintf("%s=%s", key, label) : qb_sprintf("%s: –", key);
    if (!label[0])
        return qb_strdup("float");
    if (strcmp(label, "ternary") == 0)
        return qb_strdup(label);
    if (strcmp(label, "0") == 0)
        return qb_strdup("ternary");
    return qb_sprintf("%s bit%s", label, strcmp(label, "1") == 0 ? "" : "s");
}

bool qb_cell_is_said(const qb_study *s, size_t k)
{
    return s->plan && k < s->plan->n_keys && s->plan->is_said[k];
}

char *qb_cell_name(const qb_study *s, const qb_cell *c)
{
    qb_str name = {0};
    for (size_t k = 0; k < s->n_keys; k++) {
        bool plain = strcmp(s->keys[k], "solver") == 0 || strcmp(s->keys[k], QB_STUDY_VARIANT_KEY) == 0;
        if (!c->labels[k][0] || qb_cell_is_said(s, k) || (!s->varies[k] && !plain))
            continue;
        char *head = plain ? qb_strdup(c->labels[k]) : qb_cell_label(s->keys[k], c->labels[k]);
        qb_str_addf(&name, "%s%s", name.length > 0 ? ", " : "", head ? head : "");
        name.failed = name.failed || !head;
        qb_free(head);
    }
    return qb_str_take(&name);
}

char *qb_study_counts(const qb_study *s)
{
    enum { MAX_STATUSES = 16 };
    const char *statuses[MAX_STATUSES] = {"done"}, *separator = ": ";
    size_t counts[MAX_STATUSES] = {0}, n = 1, n_runs = 0;
    qb_str text = {0};
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            size_t k = 0;
            while (k < n && strcmp(statuses[k], s->cells[c].runs[i].status) != 0)
                k++;
            if (k == n && n < MAX_STATUSES)
                statuses[n++] = s->cells[c].runs[i].status;
            counts[k < MAX_STATUSES ? k : MAX_STATUSES - 1]++;
            n_runs++;
        }
    }
    qb_str_addf(&text, "%zu cell%s, %zu run%s", s->n_cells, s->n_cells == 1 ? "" : "s", n_runs, n_runs == 1 ? "" : "s");
    for (size_t k = 0; k < n; k++) {
        if (counts[k] > 0)
            qb_str_addf(&text, "%s%zu %s", separator, counts[k], statuses[k]);
        separator = counts[k] > 0 ? ", " : separator;
    }
    qb_str_add(&text, ".");
    return qb_str_take(&text);
}
