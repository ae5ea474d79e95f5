/* The metrics of runs as event files of TensorBoard. See metrics.h.
 *
 * Wall time is the start of the run plus the seconds that it was at work up to a step: times.jsonl has these at every evaluation,
 * counted from each start of the run; between, steps are taken to be equally long. Pauses between starts, and work that was done
 * again after a kill, are not in it.
 */
#include "study/metrics.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tfevents.h"
#include "train/record.h"

#include <math.h>
#include <string.h>
#include <time.h>

static int no_memory(void) { return qb_err_set(QB_E_NOMEM, "out of memory while writing event files"); }

/* ---- wall time ---- */

typedef struct moment {
    double step, seconds; /* of work up to that step */
} moment;

typedef struct work_clock {
    double started;  /* seconds since 1970; 0: not recorded */
    moment *moments; /* steps and seconds ascend; the first is (0, 0) */
    size_t n, room;
    double base, tests; /* of this start: seconds of work before it; spent on evaluations since */
} work_clock;

static double seconds_at(const work_clock *c, double step)
{
    size_t low = 1, high = c->n - 1; /* of the first moment that is not before the step */
    if (c->n < 2)
        return 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->moments[middle].step < step)
            low = middle + 1;
        else
            high = middle;
    }
    const moment *a = &c->moments[low - 1], *b = &c->moments[low]; /* behind the last moment: as before it */
    return b->step > a->step ? a->seconds + (step - a->step) / (b->step - a->step) * (b->seconds - a->seconds) : b->seconds;
}

static int add_moment(work_clock *c, double step, double seconds)
{
    if (c->n == c->room) {
        size_t room = c->room > 0 ? 2 * c->room : 64;
        moment *more = qb_realloc(c->moments, room, sizeof *more);
        if (!more)
            return QB_E_NOMEM;
        c->moments = more;
        c->room = room;
    }
    c->moments[c->n++] = (moment){step, seconds};
    return QB_OK;
}

static double number(const json_t *line, const char *name) { return json_number_value(json_object_get(line, name)); }

static int take_time(void *context, json_t *line)
{
    work_clock *c = context;
    const json_t *at = json_object_get(line, "step");
    double step = json_number_value(at);
    if (!json_is_integer(at))
        return QB_OK; /* the header */
    if (json_object_get(line, "event")) { /* a start: what was done behind this step is done again */
        double seconds = seconds_at(c, step);
        while (c->n > 0 && c->moments[c->n - 1].step >= step)
            c->n--;
        c->base = seconds;
        c->tests = 0;
        return add_moment(c, step, seconds);
    }
    c->tests += number(line, "time/val");
    return add_moment(c, step, c->base + number(line, "time/train") + number(line, "time/save") + c->tests);
}

/* Times are an addition: a run without them, or with bad ones, has its metrics all the same. */
static int read_clock(const char *dir, work_clock *c)
{
    json_t *record = NULL;
    struct tm utc = {0};
    int rc = qb_record_read(dir, &record);
    const char *started = json_string_value(json_object_get(json_object_get(record, "times"), "started"));
    if (started && strptime(started, "%Y-%m-%dT%H:%M:%SZ", &utc))
        c->started = (double)timegm(&utc);
    json_decref(record);
    char *path = rc == QB_E_NOMEM ? NULL : qb_path_join(dir, "times.jsonl");
    rc = path ? add_moment(c, 0, 0) : QB_E_NOMEM;
    if (rc == QB_OK && qb_fs_exists(path))
        rc = qb_jsonl_each(path, take_time, c);
    qb_free(path);
    return rc;
}

/* ---- one run ---- */

typedef struct writing {
    work_clock clock;
    qb_str file;
} writing;

static int take_event(void *context, const json_t *line, json_t *metrics)
{
    enum { MAX = 256 }; /* of one line: 5 of ours and those of a solver */
    qb_tf_scalar scalars[MAX];
    writing *w = context;
    size_t n = 0;
    const char *name;
    json_t *value;
    json_int_t step = json_integer_value(json_object_get(line, "step"));
    json_object_foreach(metrics, name, value)
    {
        if (n < MAX)
            scalars[n++] = (qb_tf_scalar){name, json_is_null(value) ? NAN : (float)json_number_value(value)};
    }
    if (n > 0)
        qb_tfevents_add(&w->file, w->clock.started + seconds_at(&w->clock, (double)step), step, scalars, n);
    return QB_OK;
}

static int write_run(const qb_cell_run *run, const char *dir)
{
    writing w = {0};
    char *path = qb_path_join(dir, "events.out.tfevents.qatbench");
    int rc = path ? read_clock(json_string_value(json_object_get(run->line, "dir")), &w.clock) : QB_E_NOMEM;
    qb_tfevents_begin(&w.file, w.clock.started);
    if (rc == QB_OK)
        rc = qb_metrics_each(run, take_event, &w);
    if (rc == QB_OK && w.file.failed)
        rc = no_memory();
    if (rc == QB_OK)
        rc = qb_fs_make_dirs(dir, 0755);
    if (rc == QB_OK)
        rc = qb_fs_write_output(path, w.file.text, w.file.length);
    qb_str_finish(&w.file);
    qb_free(w.clock.moments);
    qb_free(path);
    return rc;
}

/* ---- all ---- */

/* CELL/sSEED-KEY: the name that tables give the cell, made fit for a folder ("parq-2-bits"). Caller frees. */
static char *name_of(const qb_study *s, const qb_cell *cell, const qb_cell_run *run)
{
    char *name = qb_cell_name(s, cell);
    const char *key = json_string_value(json_object_get(run->line, "key"));
    qb_str folder = {0};
    for (const char *p = name; p && *p; p++) {
        bool is_fit = (unsigned char)*p >= 0x80 || (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr("._=+", *p);
        if (is_fit && !(folder.length == 0 && *p == '.'))
            qb_str_addn(&folder, p, 1);
        else if (folder.length > 0 && folder.text[folder.length - 1] != '-')
            qb_str_add(&folder, "-");
    }
    if (folder.length > 0 && folder.text[folder.length - 1] == '-')
        folder.text[--folder.length] = '\0';
    qb_str_addf(&folder, "%ss%lld-%.12s", folder.length > 0 ? "/" : "", run->seed, key ? key : "");
    folder.failed = folder.failed || !name;
    qb_free(name);
    return qb_str_take(&folder);
}

int qb_metrics_tensorboard(const qb_study *s, const char *dir, json_t **ret_paths)
{
    json_t *paths = json_array();
    int rc = paths ? qb_metrics_check(s) : no_memory();
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        for (size_t i = 0; rc == QB_OK && i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            if (!qb_metrics_has(run))
                continue;
            char *name = name_of(s, &s->cells[c], run), *path = name ? qb_path_join(dir, name) : NULL;
            rc = path ? write_run(run, path) : QB_E_NOMEM;
            if (rc == QB_OK && json_array_append_new(paths, qb_json_text(path)) != 0)
                rc = no_memory();
            qb_free(name);
            qb_free(path);
        }
    }
    if (rc < 0)
        json_decref(paths);
    else
        *ret_paths = paths;
    return rc;
}
