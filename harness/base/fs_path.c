/* Paths as texts, and the places of the XDG Base Directory specification. */
#include "base/fs.h"

#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *qb_path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    return qb_sprintf(n > 0 && dir[n - 1] != '/' ? "%s/%s" : "%s%s", dir, name);
}

char *qb_path_absolute(const char *path)
{
    char buffer[PATH_MAX];
    if (realpath(path, buffer))
        return qb_strdup(buffer);
    if (path[0] == '/' || !getcwd(buffer, sizeof buffer))
        return qb_strdup(path);
    return qb_path_join(buffer, path);
}

char *qb_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return qb_strdup(".");
    while (slash > path && slash[-1] == '/')
        slash--;
    return slash == path ? qb_strdup("/") : qb_strndup(path, (size_t)(slash - path));
}

const char *qb_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *xdg_dir(const char *variable, const char *below_home)
{
    const char *dir = getenv(variable);
    if (dir && dir[0] == '/')
        return qb_path_join(dir, "qatbench");
    const char *home = getenv("HOME");
    if (!home || !home[0])
        return NULL;
    return qb_sprintf("%s/%s/qatbench", home, below_home);
}

char *qb_xdg_data_dir(void)
{
    return xdg_dir("XDG_DATA_HOME", ".local/share");
}

char *qb_xdg_cache_dir(void)
{
    return xdg_dir("XDG_CACHE_HOME", ".cache");
}

char *qb_xdg_config_dir(void)
{
    return xdg_dir("XDG_CONFIG_HOME", ".config");
}

char *qb_xdg_state_dir(void)
{
    return xdg_dir("XDG_STATE_HOME", ".local/state");
}

char *qb_program_dir(void)
{
    char buffer[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
    if (n <= 0)
        return NULL;
    buffer[n] = '\0';
    return qb_path_dir(buffer);
}
