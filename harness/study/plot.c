/* All pictures of a study. See plot.h. */
#include "study/plot.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "study/plot_bits.h"
#include "study/plot_curves.h"
#include "study/plot_each.h"
#include "study/plot_final.h"
#include "study/plot_map.h"
#include "study/plot_paper.h"
#include "study/plot_ranks.h"
#include "study/plot_runs.h"
#include "study/plot_watched.h"

static int write_accuracy(const qb_plot_job *job, const char *name)
{
    return qb_plot_write_curves(job, name, "test_top1", "test top-1 (%)");
}

static int write_loss(const qb_plot_job *job, const char *name)
{
    return qb_plot_write_curves(job, name, "test_loss", "test loss (cross-entropy)");
}

enum { FINAL, ACCURACY, LOSS, EACH, BITS, PAPER, RANKS, MAP, MAP_WEIGHTS, LEVELS, HISTOGRAM, FLIPS, SCHEDULE, TIMES, N_KINDS };

const char *const qb_plot_kinds[] = {
    [FINAL] = "accuracy-final",
    [ACCURACY] = "accuracy-epochs",
    [LOSS] = "loss-epochs",
    [EACH] = "accuracy-panels",
    [BITS] = "accuracy-bits",
    [PAPER] = "paper",
    [RANKS] = "ranks",
    [MAP] = "map",
    [MAP_WEIGHTS] = "map-weights",
    [LEVELS] = "levels",
    [HISTOGRAM] = "histogram",
    [FLIPS] = "flips",
    [SCHEDULE] = "schedule",
    [TIMES] = "times",
    NULL,
};

static int (*const writers[N_KINDS])(const qb_plot_job *job, const char *name) = {
    [FINAL] = qb_plot_write_final,
    [ACCURACY] = write_accuracy,
    [LOSS] = write_loss,
    [EACH] = qb_plot_write_each,
    [BITS] = qb_plot_write_bits,
    [PAPER] = qb_plot_write_paper,
    [RANKS] = qb_plot_write_ranks,
    [MAP] = qb_plot_write_map,
    [MAP_WEIGHTS] = qb_plot_write_watched,
    [LEVELS] = qb_plot_write_watched,
    [HISTOGRAM] = qb_plot_write_watched,
    [FLIPS] = qb_plot_write_watched,
    [SCHEDULE] = qb_plot_write_schedule,
    [TIMES] = qb_plot_write_times,
};

enum { USUAL = 1 << FINAL | 1 << ACCURACY | 1 << LOSS };

/* Without gnuplot the numbers and scripts of all pictures are still written. */
static int write_all(const qb_plot_job *job, long long kinds)
{
    const qb_study *s = job->t->study;
    size_t n = 0;
    for (size_t c = 0; c < s->n_cells; c++)
        n += job->t->cells[c].n;
    if (n == 0 && kinds != 1 << MAP) { /* a map needs no runs */
        (void)qb_err_set(QB_E_NOINPUT, "%s: no run is done: there is nothing to draw", s->title);
        return qb_err_hint("qatbench run PLAN trains what is left");
    }
    int rc = QB_OK;
    bool is_only = (kinds & (kinds - 1)) == 0;
    char *missing = NULL, *hint = NULL; /* what the first picture said of gnuplot */
    for (int k = 0; rc == QB_OK && k < N_KINDS; k++) {
        rc = kinds >> k & 1 ? writers[k](job, qb_plot_kinds[k]) : QB_OK;
        bool has_nothing = rc == QB_E_NOINPUT || (rc == QB_E_CONFIG && job->is_report); /* bad published numbers: the page says so */
        if (rc == QB_E_UNAVAILABLE) {
            bool is_first = !missing;
            missing = is_first ? qb_strdup(qb_err_text()) : missing;
            hint = is_first ? qb_strdup(qb_err_hint_text()) : hint;
            rc = missing && hint ? QB_OK : QB_E_NOMEM;
        } else if (has_nothing && !is_only) { /* of several kinds those are drawn that there is something for */
            if (!job->is_report)
                qb_log_warning("%s", qb_err_text());
            qb_err_clear();
            rc = QB_OK;
        }
    }
    if (rc == QB_OK && missing) {
        rc = qb_err_set(QB_E_UNAVAILABLE, "%s", missing);
        (void)qb_err_hint("%s", hint);
    }
    qb_free(missing);
    qb_free(hint);
    return rc;
}

int qb_plots_write(const qb_study *s, const qb_plot_options *o, const char *dir, json_t **ret_names)
{
    const qb_table_options options = {.metric = "test_top1", .ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    qb_table *t = NULL;
    QB_TRY(qb_table_create(s, &options, &t));
    const qb_plot_job job = {
        .t = t, .dir = dir, .forms = o->forms, .paper = o->paper, .names = json_array(), .is_report = o->is_report};
    int rc = job.names ? write_all(&job, o->kinds ? o->kinds : USUAL) : qb_err_set(QB_E_NOMEM, "out of memory while drawing");
    qb_table_destroy(t);
    if (rc < 0)
        json_decref(job.names);
    else
        *ret_names = job.names;
    return rc;
}
