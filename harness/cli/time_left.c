/* See time_left.h. */
#include "cli/time_left.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/config.h"
#include "train/record.h"

/* *ret_all: the records of the runs folder, and `lines`. New reference. */
static int collect(const qb_cli *cli, const json_t *lines, json_t **ret_all)
{
    char *dir = qb_config_runs_dir(&cli->run);
    json_t *all = NULL;
    int rc = !dir ? QB_E_NOMEM : qb_fs_is_dir(dir) ? qb_records_collect(dir, &all) : QB_OK;
    if (rc == QB_OK && !all && !(all = json_array()))
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == QB_OK && lines && json_array_extend(all, (json_t *)lines) != 0)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    qb_free(dir);
    if (rc < 0) {
        json_decref(all);
        return rc;
    }
    *ret_all = all;
    return QB_OK;
}

int qb_cli_add_time_left(qb_str *s, const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, int jobs)
{
    json_t *all = NULL;
    qb_time_left t = {0};
    if (n == 0)
        return QB_OK;
    QB_TRY(collect(cli, lines, &all));
    int rc = qb_time_left_estimate(runs, n, all, &t);
    json_decref(all);
    QB_TRY(rc);
    char *text = qb_time_left_text(&t, jobs);
    qb_str_addf(s, "%s\n", text ? text : "");
    s->failed = s->failed || !text;
    qb_free(text);
    qb_time_left_finish(&t);
    return QB_OK;
}
