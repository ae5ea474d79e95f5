#include "cli/export_metrics.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/metrics.h"
#include "study/run_folders.h"
#include "train/config.h"

#include <string.h>

/* Is the argument no plan and no place, but may be the key of a run? */
static bool is_key(const char *arg)
{
    return arg[0] && strspn(arg, "0123456789abcdef") == strlen(arg) && !qb_fs_exists(arg);
}

/* The study of the arguments, with the folders of runs in the place of their keys. */
static int load_study(const qb_cli *cli, qb_study **ret_study)
{
    qb_cli with_folders = *cli;
    qb_run_folders found = {0};
    char *runs_dir = qb_config_runs_dir(&cli->run);
    with_folders.args = qb_alloc((size_t)cli->n_args, sizeof *with_folders.args);
    int rc = runs_dir && with_folders.args ? QB_OK : QB_E_NOMEM;
    for (int i = 0; rc == QB_OK && i < cli->n_args; i++) {
        if (is_key(cli->args[i]))
            rc = qb_run_folders_refer(cli->args[i], runs_dir, &found);
    }
    for (int i = 0, k = 0; rc == QB_OK && i < cli->n_args; i++)
        with_folders.args[i] = is_key(cli->args[i]) ? found.items[k++].path : cli->args[i];
    if (rc == QB_OK)
        rc = qb_cli_load_study(&with_folders, ret_study);
    qb_run_folders_finish(&found);
    qb_free(with_folders.args);
    qb_free(runs_dir);
    return rc;
}

int qb_export_csv(const qb_cli *cli)
{
    qb_study *study = NULL;
    char *text = NULL;
    QB_TRY(load_study(cli, &study));
    int rc = qb_metrics_csv(study, &text);
    if (rc == QB_OK)
        rc = qb_cli_write(qb_cli_flag_text(cli, "output"), text);
    qb_free(text);
    qb_study_destroy(study);
    return rc;
}

int qb_export_tensorboard(const qb_cli *cli)
{
    const char *dir = qb_cli_flag_text(cli, "output");
    qb_study *study = NULL;
    json_t *paths = NULL;
    if (!dir) {
        (void)qb_err_set(QB_E_USAGE, "output: expected a folder for the event files, got nothing");
        return qb_err_hint("-o FOLDER, which 'tensorboard --logdir FOLDER' shows");
    }
    QB_TRY(load_study(cli, &study));
    int rc = qb_metrics_tensorboard(study, dir, &paths);
    for (size_t i = 0; rc == QB_OK && i < json_array_size(paths); i++)
        rc = qb_cli_printf("%s\n", json_string_value(json_array_get(paths, i)));
    json_decref(paths);
    qb_study_destroy(study);
    return rc;
}
