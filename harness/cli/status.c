/* Taking the state of a study. See status.h. */
#include "cli/status.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "cli/time_left.h"
#include "train/config.h"

#include <math.h>
#include <string.h>

/* What the plan says; else the epochs of the run, at the steps of those that it has behind it. */
static int64_t steps_of(const qb_study *s, size_t cell, size_t i, const qb_live *l)
{
    const qb_config *config = qb_study_planned(s, cell, i);
    const json_t *epochs = json_object_get(json_object_get(s->cells[cell].runs[i].line, "config"), "epochs");
    if (config && config->n_steps > 0)
        return config->n_steps;
    if (!json_is_number(epochs) || l->step == 0 || !(l->epoch > 0))
        return 0;
    return llround(json_number_value(epochs) * (double)l->step / l->epoch);
}

static int take_run(qb_status *st, size_t c, size_t i)
{
    const qb_study *s = st->study;
    qb_status_run *r = &st->running[st->n_running];
    const char *dir = json_string_value(json_object_get(s->cells[c].runs[i].line, "dir"));
    *r = (qb_status_run){.cell = &s->cells[c], .run = &s->cells[c].runs[i], .eta_seconds = -1};
    QB_TRY(qb_live_read(dir, &r->live)); /* a runs.jsonl names no folders */
    st->n_running++;
    r->n_steps = steps_of(s, c, i, &r->live);
    if (r->n_steps > 0 && r->live.step_seconds > 0)
        r->eta_seconds = fmax((double)(r->n_steps - r->live.step), 0) * r->live.step_seconds;
    return QB_OK;
}

static int take_runs(qb_status *st)
{
    const qb_study *s = st->study;
    size_t n = 0;
    double done = 0, counted = 0;
    for (size_t c = 0; c < s->n_cells; c++)
        n += qb_cell_count(&s->cells[c], "running");
    if (!(st->running = qb_alloc(n, sizeof *st->running)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            bool waits = qb_cell_run_is(run, "missing") || qb_cell_run_is(run, "interrupted");
            counted += !qb_cell_run_is(run, "skipped");
            st->n_waiting += waits;
            if (!qb_cell_run_is(run, "running")) {
                done += !waits && !qb_cell_run_is(run, "skipped");
                continue;
            }
            QB_TRY(take_run(st, c, i));
            const qb_status_run *r = &st->running[st->n_running - 1];
            done += r->n_steps > 0 ? fmin((double)r->live.step / (double)r->n_steps, 1) : 0;
        }
    }
    st->share = counted > 0 ? done / counted : (double)NAN;
    return QB_OK;
}

/* ---- time left ---- */

/* Records as they would be by now, so that the first runs of a study tell how long the others take. New reference. */
static json_t *live_lines(const qb_status *st)
{
    json_t *lines = json_copy(st->study->lines);
    for (size_t k = 0; lines && k < st->n_running; k++) {
        const qb_status_run *r = &st->running[k];
        double batch = json_number_value(json_object_get(json_object_get(r->run->line, "config"), "batch"));
        if (!(r->live.step_seconds > 0 && batch > 0))
            continue;
        json_t *line = qb_json_pack("{s:O, s:O, s:s, s:{s:I, s:f, s:f}}", "config", json_object_get(r->run->line, "config"),
                                    "machine", json_object_get(r->run->line, "machine"), "status", "running", "result", "steps",
                                    (json_int_t)r->live.step, "epochs", r->live.epoch, "images_per_second",
                                    batch / r->live.step_seconds);
        if (json_array_append_new(lines, line) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

/* Where a running one is by its log, which is ahead of its record. */
static void advance(const qb_status *st, const qb_study *s, qb_run_left *left)
{
    size_t n = 0, k = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            if (k < st->n_running && st->running[k].run == run) {
                const qb_status_run *r = &st->running[k++];
                left[n].step = r->live.step;
                left[n].n_steps = r->n_steps;
            }
            n += qb_cli_is_left(run);
        }
    }
}

static int take_time_left(const qb_cli *cli, qb_status *st)
{
    qb_run_left *left = NULL;
    size_t n;
    int jobs;
    QB_TRY(qb_cli_study_left(st->study, &left, &n, &jobs));
    json_t *lines = live_lines(st);
    int rc = lines ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while estimating the time left");
    advance(st, st->study, left);
    st->jobs = st->n_running > 0 ? (int)st->n_running : jobs;
    if (rc == QB_OK && n > 0)
        rc = qb_cli_time_left(cli, left, n, lines, &st->left);
    json_decref(lines);
    qb_free(left);
    return rc;
}

/* ---- all ---- */

int qb_status_take(const qb_cli *cli, qb_status *ret)
{
    qb_status st = {0};
    QB_TRY(qb_cli_load_study_or_runs(cli, &st.study));
    int rc = take_runs(&st);
    if (rc == QB_OK)
        rc = take_time_left(cli, &st);
    if (rc < 0)
        qb_status_finish(&st);
    else
        *ret = st;
    return rc;
}

void qb_status_finish(qb_status *s)
{
    for (size_t k = 0; k < s->n_running; k++)
        qb_live_finish(&s->running[k].live);
    qb_free(s->running);
    qb_time_left_finish(&s->left);
    qb_study_destroy(s->study);
    *s = (qb_status){0};
}

bool qb_status_is_complete(const qb_status *s)
{
    return s->n_running == 0 && s->n_waiting == 0;
}
