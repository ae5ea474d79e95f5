/* See remove_runs.h. */
#include "cli/remove_runs.h"

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "study/scale.h"

const qb_option qb_cli_remove_options[] = {
    {"dry_run", QB_KIND_BOOL, "false", 0, 0, NULL, "", "show the runs and their sizes, remove nothing", 0, NULL},
    QB_SCALE_OPTION,
};

typedef struct removal {
    const qb_cli *cli;
    const char *runs_dir;
    bool dry_run;
    json_t *lines;
    size_t n, n_used, n_failed; /* n: removed, or to be removed */
    double bytes;
} removal;

static const char *status_of(const qb_run_folder *f)
{
    const char *status = json_string_value(json_object_get(f->line, "status"));
    return status ? status : "left over";
}

static int print_run(removal *r, const qb_run_folder *f, const char *what)
{
    char size[32];
    if (!r->cli->json)
        return qb_cli_printf("%-12s %10s  %-11s  %s\n", what, qb_format_bytes((double)f->bytes, size), status_of(f), f->path);
    const char *key = json_string_value(json_object_get(f->line, "key"));
    json_t *line = qb_json_pack("{s:s, s:s?, s:s, s:I, s:s}", "dir", f->path, "key", key, "status", status_of(f), "bytes",
                                (json_int_t)f->bytes, "outcome", what);
    return line && json_array_append_new(r->lines, line) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

static int remove_one(removal *r, const qb_run_folder *f)
{
    const char *outcome = r->dry_run ? "would remove" : "removed";
    int rc = f->is_used ? QB_E_INUSE : r->dry_run ? QB_OK : qb_run_folder_remove(f, r->runs_dir);
    if (rc == QB_E_NOMEM)
        return rc;
    if (rc == QB_E_INUSE) {
        r->n_used++;
        outcome = "in use";
    } else if (rc < 0) {
        qb_log_warning("%s", qb_err_text());
        r->n_failed++;
        outcome = "failed";
    } else {
        r->n++;
        r->bytes += (double)f->bytes;
    }
    qb_err_clear();
    return print_run(r, f, outcome);
}

static int print_sum(removal *r)
{
    char size[32];
    if (!r->cli->json)
        return qb_cli_printf("%zu run%s, %s%s\n", r->n, r->n == 1 ? "" : "s", qb_format_bytes(r->bytes, size),
                             r->dry_run ? " would be removed" : " removed");
    return qb_cli_print_json(qb_json_pack("{s:O, s:I, s:f, s:b}", "runs", r->lines, "n", (json_int_t)r->n, "bytes", r->bytes,
                                          "dry_run", (int)r->dry_run));
}

int qb_cli_remove_runs(const qb_cli *cli, const qb_run_folders *runs, const char *runs_dir, bool must_all)
{
    removal r = {.cli = cli, .runs_dir = runs_dir, .dry_run = qb_get(&cli->flags, "dry_run")->b, .lines = json_array()};
    int rc = r.lines ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    for (size_t i = 0; rc == QB_OK && i < runs->n; i++)
        rc = remove_one(&r, &runs->items[i]);
    if (rc == QB_OK)
        rc = print_sum(&r);
    json_decref(r.lines);
    QB_TRY(rc);
    if (r.n_failed > 0)
        return qb_err_set(QB_E_IO, "%zu of %zu runs could not be removed", r.n_failed, runs->n);
    if (r.n_used > 0 && must_all && !r.dry_run) {
        (void)qb_err_set(QB_E_INUSE, "%zu of %zu runs are in use by another process and were left alone", r.n_used, runs->n);
        return qb_err_hint("stop that process, and start again");
    }
    return QB_OK;
}
