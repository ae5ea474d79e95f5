#include "train/cores.h"

#include "base/log.h"
#include "engine/threads.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int qb_cores_allowed(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

/* ---- cgroups ---- */

/* The first numbers of a small file: how many there are. "max" is none. */
static int read_numbers(const char *folder, const char *name, double ret[2])
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    int n = fscanf(f, "%lf %lf", &ret[0], &ret[1]);
    (void)fclose(f); /* read only: nothing can be lost */
    return n > 0 ? n : 0;
}

/* The quota of one group; 0: none. */
static double quota_of(const char *folder, bool is_v2)
{
    double v[2] = {0}, period[2] = {0};
    if (is_v2)
        return read_numbers(folder, "cpu.max", v) == 2 && v[0] > 0 && v[1] > 0 ? v[0] / v[1] : 0;
    bool is_there = read_numbers(folder, "cpu.cfs_quota_us", v) == 1 && read_numbers(folder, "cpu.cfs_period_us", period) == 1;
    return is_there && v[0] > 0 && period[0] > 0 ? v[0] / period[0] : 0; /* -1: no limit */
}

/* The least quota of a group and of all above it. In a container `group` may be a path of the host's: then only the
 * root of what is mounted is there. */
static double least_quota(const char *root, const char *group, bool is_v2)
{
    char folder[PATH_MAX];
    size_t n_root = strlen(root);
    double least = 0;
    if (strstr(group, "/..") || snprintf(folder, sizeof folder, "%s%s", root, group) >= (int)sizeof folder)
        (void)snprintf(folder, sizeof folder, "%s", root); /* outside of what is mounted */
    for (;;) {
        double quota = quota_of(folder, is_v2);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < n_root)
            return least;
        *slash = '\0';
    }
}

/* Is "cpu" one of "cpu,cpuacct"? */
static bool has_cpu(const char *controllers)
{
    for (const char *c = controllers; *c; c += strcspn(c, ","), c += *c == ',')
        if (strncmp(c, "cpu", 3) == 0 && (c[3] == ',' || c[3] == '\0'))
            return true;
    return false;
}

int qb_cores_quota(const char *membership, const char *mount)
{
    char line[PATH_MAX], root[PATH_MAX];
    double least = 0;
    FILE *f = fopen(membership, "re");
    if (!f)
        return 0;
    while (fgets(line, sizeof line, f)) { /* "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1 */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        bool is_v2 = *++controllers == '\0';
        if (!is_v2 && !has_cpu(controllers))
            continue;
        int n = snprintf(root, sizeof root, "%s%s%s", mount, is_v2 ? "" : "/", controllers);
        double quota = n < (int)sizeof root ? least_quota(root, group, is_v2) : 0;
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
    }
    (void)fclose(f); /* read only: nothing can be lost */
    return least > 0 && least < INT_MAX ? (int)ceil(least) : 0;
}

/* ---- defaults ---- */

int qb_cores_usable(void)
{
    int allowed = qb_cores_allowed(), quota = qb_cores_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota > 0 && quota < allowed ? quota : allowed;
}

int qb_cores_default_threads(void)
{
    int asked = qb_threads_from_environment();
    if (asked < 0)
        qb_log_warning("OMP_NUM_THREADS: expected a whole number from 1 to 1024, got '%s': not heeded", getenv("OMP_NUM_THREADS"));
    return asked > 0 ? asked : qb_cores_usable();
}
