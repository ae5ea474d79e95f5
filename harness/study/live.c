/* Runs under way. See live.h. */
#include "study/live.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MAX_LOG = 1 << 30 };

static int read_log(const char *dir, const char *name, char **ret_text)
{
    char *path = qb_path_join(dir, name);
    size_t n;
    int rc = path ? qb_fs_read(path, MAX_LOG, ret_text, &n) : QB_E_NOMEM;
    if (rc == QB_E_NOINPUT) {
        qb_err_clear();
        *ret_text = NULL;
        rc = QB_OK;
    }
    qb_free(path);
    return rc;
}

double qb_live_written_at(const char *dir, const char *name)
{
    char *path = qb_path_join(dir, name);
    struct stat st;
    bool is_there = path && stat(path, &st) == 0;
    qb_free(path);
    return is_there ? (double)st.st_mtim.tv_sec + 1e-9 * (double)st.st_mtim.tv_nsec : 0;
}

/* NULL: no JSON. New reference. */
static json_t *parse_line(const char *text, const char *end)
{
    json_t *line = NULL;
    if (qb_json_parse(text, (size_t)(end - text), "log", &line) < 0)
        qb_err_clear();
    return line;
}

static double number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static int take_metric(qb_live *l, const json_t *line)
{
    double step = number_of(line, "step"), epoch = number_of(line, "epoch"), top1 = number_of(line, "test/prec1");
    if (!(step > 0))
        return QB_OK;
    if ((int64_t)step >= l->step) {
        l->step = (int64_t)step;
        l->epoch = epoch;
    }
    if (isnan(top1)) {
        l->train_loss = number_of(line, "train/loss");
        l->train_top1 = number_of(line, "train/prec1");
        return QB_OK;
    }
    l->test_top1 = top1;
    bool ok = json_array_append_new(l->curve, qb_json_pack("[f, f]", epoch, top1)) == 0;
    return ok ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while reading a log");
}

/* Of the many lines of the training only the last counts: the others are not parsed. */
static int take_metrics(qb_live *l, const char *text)
{
    static const char test[] = "\"split\":\"test\"";
    const char *last = NULL;
    int rc = QB_OK;
    for (const char *at = text, *end; rc == QB_OK && (end = strchr(at, '\n')) != NULL; at = end + 1) {
        bool is_test = memmem(at, (size_t)(end - at), test, sizeof test - 1) != NULL;
        json_t *line = is_test ? parse_line(at, end) : NULL;
        last = is_test ? last : at;
        rc = line ? take_metric(l, line) : QB_OK;
        json_decref(line);
    }
    json_t *line = rc == QB_OK && last ? parse_line(last, strchr(last, '\n')) : NULL;
    rc = line ? take_metric(l, line) : rc;
    json_decref(line);
    return rc;
}

/* The step of the last start, and the speed of the training since then. */
static void take_times(qb_live *l, const char *text, double *ret_start)
{
    *ret_start = 0;
    for (const char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        json_t *line = parse_line(at, end);
        const char *event = json_string_value(json_object_get(line, "event"));
        double step = number_of(line, "step"), speed = number_of(line, "throughput/samples_per_sec");
        if (event && strcmp(event, "start") == 0 && step >= 0) {
            *ret_start = step;
            l->images_per_second = 0;
        }
        if (speed > 0)
            l->images_per_second = speed;
        json_decref(line);
    }
}

/* The lock is written when a process takes the run, the log every few steps. */
static void take_clock(qb_live *l, const char *dir, double start)
{
    double taken = qb_live_written_at(dir, "lock"), written = qb_live_written_at(dir, "metrics.jsonl");
    if (l->step == 0)
        return;
    l->quiet_seconds = fmax((double)time(NULL) - written, 0);
    if (taken > 0 && written > taken && (double)l->step > start)
        l->step_seconds = (written - taken) / ((double)l->step - start);
}

int qb_live_read(const char *dir, qb_live *ret)
{
    qb_live l = {.train_loss = (double)NAN, .train_top1 = (double)NAN, .test_top1 = (double)NAN, .curve = json_array()};
    char *metrics = NULL, *times = NULL;
    double start = 0;
    int rc = l.curve ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while reading a log");
    if (rc == QB_OK && dir)
        rc = read_log(dir, "metrics.jsonl", &metrics);
    if (rc == QB_OK && dir)
        rc = read_log(dir, "times.jsonl", &times);
    if (rc == QB_OK && metrics)
        rc = take_metrics(&l, metrics);
    if (rc == QB_OK && times)
        take_times(&l, times, &start);
    if (rc == QB_OK && dir)
        take_clock(&l, dir, start);
    qb_free(metrics);
    qb_free(times);
    if (rc < 0)
        qb_live_finish(&l);
    else
        *ret = l;
    return rc;
}

void qb_live_finish(qb_live *l)
{
    json_decref(l->curve);
    *l = (qb_live){0};
}
