/* Estimating the rest of a study. See time_left.h. */
#include "study/time_left.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/stats.h"
#include "base/str.h"
#include "study/values.h"
#include "train/config.h"
#include "train/identity.h"
#include "train/machine.h"
#include "train/record.h"

#include <math.h>
#include <string.h>

enum { MAX_MEASURED = 9 }; /* runs of one kind that are looked at: more do not make the median better */

typedef struct kind {
    char *text;
    double step_seconds[MAX_MEASURED], epoch_steps[MAX_MEASURED];
    size_t n;
} kind;

typedef struct kinds {
    kind *items;
    size_t n;
    char cpu[256];
} kinds;

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while estimating the time left");
}

/* ---- kinds ---- */

/* What the time of a step depends on, as people read it; "" parts are left out. Caller frees. */
static char *kind_text(const json_t *config, long long threads)
{
    static const struct {
        const char *key, *name;
    } parts[] = {{"model", ""}, {"dataset", ""}, {"image_size", "images of "}, {"batch", "batch "}, {"shards", "shards "}, {"dtype", ""}};
    qb_str s = {0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *label = qb_study_label(json_object_get(config, parts[i].key));
        bool usual = label && (strcmp(label, "none") == 0 || (strcmp(parts[i].key, "shards") == 0 && strcmp(label, "1") == 0));
        if (label && label[0] && !usual)
            qb_str_addf(&s, "%s%s%s", s.length > 0 ? ", " : "", parts[i].name, label);
        s.failed = s.failed || !label;
        qb_free(label);
    }
    const char *solver = json_string_value(json_object_get(config, "solver"));
    qb_str_addf(&s, ", %lld thread%s, ", threads, threads == 1 ? "" : "s");
    qb_str_addn(&s, solver ? solver : "?", solver ? strcspn(solver, "[") : 1);
    return qb_str_take(&s);
}

static json_t *complete(const json_t *config)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    return qb_identity_complete(schema, n, config);
}

static kind *find_kind(const kinds *all, const char *text)
{
    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].text, text) == 0)
            return &all->items[i];
    }
    return NULL;
}

/* The kinds of the runs that are left. */
static int add_kinds(kinds *all, const qb_run_left *runs, size_t n)
{
    if (!(all->items = qb_alloc(n, sizeof *all->items)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        json_t *config = complete(runs[i].config);
        char *text = config ? kind_text(config, runs[i].threads) : NULL;
        json_decref(config);
        if (!text)
            return no_memory();
        if (find_kind(all, text))
            qb_free(text);
        else
            all->items[all->n++].text = text;
    }
    return QB_OK;
}

/* ---- measured ---- */

static double number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : 0;
}

/* Seconds of a step of a run; 0: not measured. */
static double step_seconds_of(const json_t *line)
{
    const json_t *result = json_object_get(line, "result");
    double steps = number_of(result, "steps"), speed = number_of(result, "images_per_second"), wall = 0;
    const char *dir = json_string_value(json_object_get(line, "dir"));
    bool is_over = qb_record_is_over(json_string_value(json_object_get(line, "status"))); /* else steps are those of the last test */
    char *path = dir && is_over ? qb_path_join(dir, "record.json") : NULL;
    json_t *record = NULL;
    if (path && qb_json_read(path, &record) == QB_OK)
        wall = number_of(json_object_get(record, "times"), "wall_s");
    qb_err_clear();
    json_decref(record);
    qb_free(path);
    if (steps > 0 && wall > 0)
        return wall / steps;
    return speed > 0 ? number_of(json_object_get(line, "config"), "batch") / speed : 0;
}

static int measure(kinds *all, const json_t *line)
{
    const json_t *machine = json_object_get(line, "machine"), *result = json_object_get(line, "result");
    const char *cpu = json_string_value(json_object_get(machine, "cpu"));
    if (!json_is_object(result) || !cpu || strcmp(cpu, all->cpu) != 0)
        return QB_OK;
    json_t *config = complete(json_object_get(line, "config"));
    char *text = config ? kind_text(config, (long long)number_of(machine, "threads")) : NULL;
    json_decref(config);
    if (!text)
        return no_memory();
    kind *k = find_kind(all, text);
    qb_free(text);
    double seconds = k && k->n < MAX_MEASURED ? step_seconds_of(line) : 0, epochs = number_of(result, "epochs");
    if (seconds > 0) {
        k->step_seconds[k->n] = seconds;
        k->epoch_steps[k->n++] = epochs > 0 ? number_of(result, "steps") / epochs : 0;
    }
    return QB_OK;
}

/* 0: of none. */
static double median(const double *values, size_t n)
{
    double sorted[MAX_MEASURED];
    memcpy(sorted, values, n * sizeof *values);
    return n > 0 ? qb_median(sorted, n) : 0;
}

/* ---- all ---- */

static int add_run(const kinds *all, const qb_run_left *run, qb_time_left *t)
{
    json_t *config = complete(run->config);
    char *text = config ? kind_text(config, run->threads) : NULL;
    if (!text) {
        json_decref(config);
        return no_memory();
    }
    const kind *k = find_kind(all, text);
    double epochs = number_of(config, "epochs"), steps = (double)run->n_steps;
    if (steps <= 0)
        steps = epochs * median(k->epoch_steps, k->n);
    double seconds = median(k->step_seconds, k->n) * fmax(steps - (double)run->step, 0);
    json_decref(config);
    t->n++;
    if (k->n > 0 && steps > 0) {
        t->n_known++;
        t->seconds += seconds;
        t->longest = fmax(t->longest, seconds);
    } else if (!t->unknown) {
        t->unknown = text;
        return QB_OK;
    }
    qb_free(text);
    return QB_OK;
}

int qb_time_left_estimate(const qb_run_left *runs, size_t n, const json_t *lines, qb_time_left *ret)
{
    kinds all = {0};
    qb_time_left t = {0};
    qb_machine_cpu(all.cpu, sizeof all.cpu);
    int rc = add_kinds(&all, runs, n);
    for (size_t i = 0; rc == QB_OK && i < json_array_size(lines); i++)
        rc = measure(&all, json_array_get(lines, i));
    for (size_t i = 0; rc == QB_OK && i < n; i++)
        rc = add_run(&all, &runs[i], &t);
    for (size_t i = 0; i < all.n; i++)
        qb_free(all.items[i].text);
    qb_free(all.items);
    if (rc < 0)
        qb_time_left_finish(&t);
    else
        *ret = t;
    return rc;
}

void qb_time_left_finish(qb_time_left *t)
{
    qb_free(t->unknown);
    *t = (qb_time_left){0};
}

static void add_duration(qb_str *s, double seconds)
{
    if (seconds < 120)
        qb_str_addf(s, "%.0f s", seconds);
    else if (seconds < 2 * 3600)
        qb_str_addf(s, "%.0f min", seconds / 60);
    else
        qb_str_addf(s, "%.1f h", seconds / 3600);
}

/* No more at once than there are runs to tell the time of. */
static int at_once_of(const qb_time_left *t, int jobs)
{
    return (size_t)jobs > t->n_known ? (int)t->n_known : jobs;
}

double qb_time_left_seconds(const qb_time_left *t, int jobs)
{
    return t->n_known > 0 ? fmax(t->longest, t->seconds / at_once_of(t, jobs)) : 0;
}

char *qb_time_left_text(const qb_time_left *t, int jobs)
{
    qb_str s = {0};
    size_t n_unknown = t->n - t->n_known;
    int at_once = at_once_of(t, jobs);
    qb_str_add(&s, "time left: ");
    if (t->n_known > 0) {
        qb_str_add(&s, "about ");
        add_duration(&s, qb_time_left_seconds(t, jobs));
        if (at_once > 1)
            qb_str_addf(&s, ", %d at once", at_once);
    }
    if (t->n_known > 0 && n_unknown > 0)
        qb_str_addf(&s, "; of %zu more run%s ", n_unknown, n_unknown == 1 ? "" : "s");
    if (n_unknown > 0)
        qb_str_addf(&s, "unknown: no run of %s was measured on this CPU yet", t->unknown);
    return qb_str_take(&s);
}
