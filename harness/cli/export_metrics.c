#include "cli/export_metrics.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/metrics.h"

int qb_export_csv(const qb_cli *cli)
{
    qb_study *study = NULL;
    char *text = NULL;
    QB_TRY(qb_cli_load_study(cli, &study));
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
    QB_TRY(qb_cli_load_study(cli, &study));
    int rc = qb_metrics_tensorboard(study, dir, &paths);
    for (size_t i = 0; rc == QB_OK && i < json_array_size(paths); i++)
        rc = qb_cli_printf("%s\n", json_string_value(json_array_get(paths, i)));
    json_decref(paths);
    qb_study_destroy(study);
    return rc;
}
