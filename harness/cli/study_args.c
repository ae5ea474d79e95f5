/* What the verbs of a study share. See study_args.h. */
#include "cli/study_args.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "train/config.h"

#include <string.h>
#include <sys/stat.h>

const char *const qb_cli_place_keys[] = {"runs_dir", "data_dir", "solver_path", NULL};
const char *const qb_cli_record_keys[] = {"runs_dir", "solver_path", NULL};

static double scale_of(const qb_cli *cli)
{
    const qb_value *v = qb_get(&cli->flags, "scale");
    return v->is_null ? 0 : v->r;
}

static const char *text_or_null(const qb_settings *s, const char *key)
{
    const qb_value *v = qb_get(s, key);
    return v->is_null ? NULL : v->text;
}

qb_study_plan_places qb_cli_places(const qb_cli *cli)
{
    return (qb_study_plan_places){
        .runs_dir = text_or_null(&cli->run, "runs_dir"),
        .data_dir = text_or_null(&cli->run, "data_dir"),
        .solver_path = text_or_null(&cli->run, "solver_path"),
        .scale = scale_of(cli),
    };
}

int qb_cli_load_study(const qb_cli *cli, qb_study **ret_study)
{
    qb_study_plan_places places = qb_cli_places(cli);
    return qb_study_load(cli->args, cli->n_args, &places, ret_study);
}

int qb_cli_load_study_or_runs(const qb_cli *cli, qb_study **ret_study)
{
    if (cli->n_args > 0)
        return qb_cli_load_study(cli, ret_study);
    qb_study_plan_places places = qb_cli_places(cli);
    char *runs = qb_config_runs_dir(&cli->run);
    int rc = runs ? qb_study_load(&runs, 1, &places, ret_study) : QB_E_NOMEM;
    qb_free(runs);
    return rc;
}

int qb_cli_write(const char *path, const char *text)
{
    return qb_cli_write_bytes(path, text, strlen(text));
}

int qb_cli_write_bytes(const char *path, const void *bytes, size_t n)
{
    if (!path || qb_cli_is_stdout(path))
        return qb_cli_print_bytes(bytes, n);
    char *dir = qb_path_dir(path);
    int rc = dir ? qb_fs_make_dirs(dir, 0755) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_fs_write_output(path, bytes, n);
    qb_free(dir);
    return rc;
}

int qb_cli_check_new(const char *path, bool force)
{
    struct stat st;
    if (force || qb_cli_is_stdout(path) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return QB_OK;
    (void)qb_err_set(QB_E_USAGE, "%s: is there already", path);
    return qb_err_hint("--force writes over it");
}
