/* See run_age.h. */
#include "cli/run_age.h"

#include "base/fs.h"
#include "base/mem.h"

#include <math.h>
#include <sys/stat.h>

time_t qb_cli_written_at(const qb_cell_run *run)
{
    const char *dir = json_string_value(json_object_get(run->line, "dir"));
    char *path = dir ? qb_path_join(dir, "record.json") : NULL;
    struct stat st;
    time_t at = path && stat(path, &st) == 0 ? st.st_mtime : 0;
    qb_free(path);
    return at;
}

char *qb_cli_age_text(time_t at)
{
    double seconds = difftime(time(NULL), at);
    if (at == 0)
        return qb_strdup("");
    if (seconds < 120)
        return qb_sprintf("%.0f s", fmax(seconds, 0));
    if (seconds < 2 * 3600)
        return qb_sprintf("%.0f min", seconds / 60);
    if (seconds < 48 * 3600)
        return qb_sprintf("%.0f h", seconds / 3600);
    return qb_sprintf("%.0f days", seconds / 86400);
}
