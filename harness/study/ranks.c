/* Ranking what competes. See ranks.h. */
#include "study/ranks.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/numbering.h"
#include "base/stats.h"
#include "base/str.h"
#include "study/table_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_TREATMENTS = 3, MAX_TREATMENTS = 200, MIN_BLOCKS = 2 }; /* each pair takes an integral */

/* What a table offers to be ranked. */
typedef struct design {
    size_t *members, *starts, n_groups; /* of the table's cells that compete */
    qb_numbering unoffered;             /* labels of what has a skipped cell in a block */
    qb_numbering labels;                /* of the treatments */
    const char **names;                 /* of the treatments, borrowed from the study */
    double *values;                     /* (blocks, k), of complete blocks: smaller is better */
    size_t *n_without;                  /* one a treatment: blocks in which it has no number */
} design;

static void finish_design(design *d)
{
    qb_free(d->members);
    qb_free(d->starts);
    qb_free(d->names);
    qb_free(d->values);
    qb_free(d->n_without);
    qb_numbering_finish(&d->unoffered);
    qb_numbering_finish(&d->labels);
}

static const char *label_of(const qb_table *t, const design *d, size_t i)
{
    return t->study->cells[d->members[i]].labels[t->main_key];
}

static bool is_block(const qb_table *t, const design *d, size_t g)
{
    bool several = false;
    for (size_t i = d->starts[g]; i < d->starts[g + 1]; i++)
        several = several || strcmp(label_of(t, d, i), label_of(t, d, d->starts[g])) != 0;
    return several;
}

static bool is_skipped(const qb_cell *c)
{
    return c->n_runs > 0 && qb_cell_count(c, "skipped") == c->n_runs;
}

/* What does not offer a block that others have. */
static int find_unoffered(const qb_table *t, design *d, qb_ranking *r)
{
    qb_str names = {0};
    int rc = QB_OK;
    for (size_t g = 0; rc == QB_OK && g < d->n_groups; g++) {
        bool counts = is_block(t, d, g);
        for (size_t i = d->starts[g]; rc == QB_OK && counts && i < d->starts[g + 1]; i++) {
            size_t n = d->unoffered.n, number;
            if (!is_skipped(&t->study->cells[d->members[i]]))
                continue;
            rc = qb_numbering_add(&d->unoffered, label_of(t, d, i), &number);
            if (rc == QB_OK && number == n)
                qb_str_addf(&names, "%s%s", n > 0 ? ", " : "", label_of(t, d, i));
        }
    }
    r->unoffered = qb_str_take(&names);
    return rc < 0 || r->unoffered ? rc : QB_E_NOMEM;
}

static int find_treatments(const qb_table *t, design *d)
{
    if (!(d->names = qb_alloc(t->study->n_cells, sizeof *d->names)))
        return QB_E_NOMEM;
    for (size_t g = 0; g < d->n_groups; g++) {
        bool counts = is_block(t, d, g);
        for (size_t i = d->starts[g]; counts && i < d->starts[g + 1]; i++) {
            size_t number;
            if (qb_numbering_find(&d->unoffered, label_of(t, d, i)) != SIZE_MAX)
                continue;
            QB_TRY(qb_numbering_add(&d->labels, label_of(t, d, i), &number));
            d->names[number] = label_of(t, d, i);
        }
    }
    return QB_OK;
}

/* Means over the same values in another order may differ in their last digit: twelve digits count. */
static double without_noise(double mean)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.12g", mean);
    return strtod(text, NULL);
}

/* The numbers of one block; true where every treatment has one. row: room for k. */
static bool fill_block(const qb_table *t, const design *d, size_t g, double *row)
{
    bool complete = true;
    for (size_t j = 0; j < d->labels.n; j++)
        row[j] = (double)NAN;
    for (size_t i = d->starts[g]; i < d->starts[g + 1]; i++) {
        const qb_table_cell *c = &t->cells[d->members[i]];
        size_t j = qb_numbering_find(&d->labels, label_of(t, d, i));
        if (c->n > 0 && j != SIZE_MAX)
            row[j] = without_noise(t->measure->higher_is_better ? -c->mean : c->mean);
    }
    for (size_t j = 0; j < d->labels.n; j++) {
        d->n_without[j] += isnan(row[j]);
        complete = complete && !isnan(row[j]);
    }
    return complete;
}

static int fill_blocks(const qb_table *t, design *d, qb_ranking *r)
{
    size_t k = d->labels.n;
    d->values = qb_alloc((d->n_groups + 1) * k, sizeof *d->values); /* the last one is tried */
    d->n_without = qb_alloc(k, sizeof *d->n_without);
    if (!d->values || !d->n_without)
        return QB_E_NOMEM;
    for (size_t g = 0; g < d->n_groups; g++) {
        if (!is_block(t, d, g))
            continue;
        bool complete = fill_block(t, d, g, d->values + r->n_blocks * k);
        r->n_blocks += complete;
        r->n_incomplete += !complete;
    }
    qb_str missing = {0};
    for (size_t j = 0; j < k; j++) {
        if (d->n_without[j] > 0)
            qb_str_addf(&missing, "%s%s in %zu", missing.length > 0 ? ", " : "", d->names[j], d->n_without[j]);
    }
    r->missing = qb_str_take(&missing);
    return r->missing ? QB_OK : QB_E_NOMEM;
}

static int compare_ranked(const void *a, const void *b)
{
    const qb_ranked *x = a, *y = b;
    if (x->mean_rank != y->mean_rank)
        return x->mean_rank < y->mean_rank ? -1 : 1;
    return strcmp(x->label, y->label);
}

static int rank_treatments(const design *d, qb_ranking *r)
{
    size_t k = d->labels.n;
    double *means = qb_alloc(k, sizeof *means);
    r->items = qb_alloc(k, sizeof *r->items);
    r->pairs = qb_alloc(k * k, sizeof *r->pairs);
    if (!means || !r->items || !r->pairs) {
        qb_free(means);
        return QB_E_NOMEM;
    }
    qb_friedman(d->values, r->n_blocks, k, means, &r->chi2, &r->p);
    for (size_t j = 0; j < k; j++)
        r->items[j] = (qb_ranked){d->names[j], means[j]};
    qb_free(means);
    qsort(r->items, k, sizeof *r->items, compare_ranked);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++) {
            double difference = r->items[i].mean_rank - r->items[j].mean_rank;
            r->pairs[i * k + j] = r->pairs[j * k + i] = qb_nemenyi_p(difference, r->n_blocks, k);
        }
    }
    r->distance = qb_nemenyi_distance(QB_RANK_LEVEL, r->n_blocks, k);
    r->n_items = k;
    return QB_OK;
}

static int rank_design(const qb_table *t, design *d, qb_ranking *r)
{
    const char *key = t->study->keys[t->main_key];
    QB_TRY(qb_table_group_cells(t, &d->members, &d->starts, &d->n_groups));
    QB_TRY(find_unoffered(t, d, r));
    QB_TRY(find_treatments(t, d));
    if (d->labels.n >= MIN_TREATMENTS && d->labels.n <= MAX_TREATMENTS)
        QB_TRY(fill_blocks(t, d, r));
    if (d->labels.n < MIN_TREATMENTS || d->labels.n > MAX_TREATMENTS) {
        r->why_not = qb_sprintf("Friedman's test is for %d to %d values of %s that compete; there are %zu", MIN_TREATMENTS,
                                MAX_TREATMENTS, key, d->labels.n);
    } else if (r->n_blocks < MIN_BLOCKS) {
        bool any = r->missing[0] != '\0';
        r->why_not = qb_sprintf("Friedman's test needs at least %d blocks in which all %zu values of %s have a number; "
                                "there is %s%s%s%s",
                                MIN_BLOCKS, d->labels.n, key, r->n_blocks == 1 ? "one" : "none", any ? " (without one: " : "",
                                r->missing, any ? ")" : "");
    } else {
        return rank_treatments(d, r);
    }
    return r->why_not ? QB_OK : QB_E_NOMEM;
}

int qb_ranking_create(const qb_table *t, qb_ranking **ret_ranking)
{
    design d = {0};
    qb_ranking *r = qb_alloc(1, sizeof *r);
    int rc = r ? rank_design(t, &d, r) : QB_E_NOMEM;
    finish_design(&d);
    if (rc < 0) {
        qb_ranking_destroy(r);
        return rc;
    }
    *ret_ranking = r;
    return QB_OK;
}

void qb_ranking_destroy(qb_ranking *r)
{
    if (!r)
        return;
    qb_free(r->items);
    qb_free(r->pairs);
    qb_free(r->missing);
    qb_free(r->unoffered);
    qb_free(r->why_not);
    qb_free(r);
}

char *qb_ranking_block_keys(const qb_table *t)
{
    const qb_study *s = t->study;
    qb_str keys = {0};
    for (size_t k = 0; k < s->n_keys; k++) {
        if (k != t->main_key && s->varies[k] && qb_table_has_key(t, k))
            qb_str_addf(&keys, "%s%s", keys.length > 0 ? ", " : "", s->keys[k]);
    }
    return qb_str_take(&keys);
}
