/* The folder of a run. See rundir.h. */
#include "train/rundir.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *qb_rundir_file(const qb_rundir *d, const char *name) { return qb_path_join(d->path, name); }

static void log_line(void *context, int level, const char *line)
{
    qb_rundir *d = context;
    char text[2400], stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    int n = snprintf(text, sizeof text, "%s %s%s\n", stamp, level == QB_LOG_WARNING ? "warning: " : "", line);
    if (n >= (int)sizeof text)
        n = (int)sizeof text - 1;
    /* A full disk shows in metrics.jsonl and record.json, whose errors are reported; the text log may lose a line. */
    (void)!write(d->log_fd, text, (size_t)n);
}

enum { LOCK_TRIES = 30 };

static int open_lock(qb_rundir *d)
{
    char *path = qb_rundir_file(d, "lock");
    if (!path)
        return QB_E_NOMEM;
    int rc = QB_OK;
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (d->lock_fd < 0) {
        qb_err_set_errno("%s: cannot open the run's lock", path);
        rc = qb_err_set_code(QB_E_IO);
        qb_err_hint("choose a folder that you may write with --runs-dir");
        goto out;
    }
    char holder[128] = "";
    int waited = 0, refused = 0;
    /* `ls` and `table` hold a shared lock for an instant to see who is running: not a reason to give up. */
    while ((refused = flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0) == EWOULDBLOCK && waited++ < LOCK_TRIES)
        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    if (refused == EWOULDBLOCK) {
        ssize_t n = pread(d->lock_fd, holder, sizeof holder - 1, 0);
        holder[n > 0 ? n : 0] = '\0';
        holder[strcspn(holder, "\n")] = '\0';
        rc = qb_err_set(QB_E_INUSE, "%s: the run is in use by another process (%s)", d->path, holder[0] ? holder : "unknown");
        qb_err_hint("wait for it to end, or stop it");
        goto out;
    }
    if (refused) {
        errno = refused;
        qb_err_set_errno("%s: cannot lock the run", path);
        rc = qb_err_set_code(QB_E_IO);
        qb_err_hint("keep runs on a file system with locks, chosen with --runs-dir");
        goto out;
    }
    char host[65] = "";
    (void)gethostname(host, sizeof host - 1); /* without it the line names the process only */
    int n = snprintf(holder, sizeof holder, "pid %ld on %s\n", (long)getpid(), host);
    if (ftruncate(d->lock_fd, 0) != 0 || pwrite(d->lock_fd, holder, (size_t)n, 0) != n)
        qb_log_debug("%s: cannot note the owner of the lock", path);
out:
    qb_free(path);
    return rc;
}

static int open_append(const qb_rundir *d, const char *name, int *ret_fd)
{
    char *path = qb_rundir_file(d, name);
    if (!path)
        return QB_E_NOMEM;
    *ret_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int rc = QB_OK;
    if (*ret_fd < 0) {
        qb_err_set_errno("%s: cannot open", path);
        rc = qb_err_set_code(QB_E_IO);
    }
    qb_free(path);
    return rc;
}

/* Is the lock that is held the one in the folder? Not where the folder was removed or replaced while the lock was waited for. */
static bool holds_lock_of_folder(const qb_rundir *d, const char *lock_path)
{
    struct stat held, there;
    return fstat(d->lock_fd, &held) == 0 && stat(lock_path, &there) == 0 && held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

/* Makes the folder and takes the lock that is in it. */
static int make_and_lock(qb_rundir *d, const char *path)
{
    enum { TRIES = 10 }; /* each: a process that removes runs came between */
    for (int i = 0;; i++) {
        int rc = qb_fs_make_dirs(path, 0755);
        if (rc < 0) {
            qb_err_hint("choose a folder that you may write with --runs-dir");
            return rc;
        }
        qb_free(d->path);
        d->path = qb_path_absolute(path);
        char *lock = d->path ? qb_rundir_file(d, "lock") : NULL;
        rc = lock ? open_lock(d) : QB_E_NOMEM;
        bool mine = rc == 0 && holds_lock_of_folder(d, lock), gone = rc == QB_E_IO && !qb_fs_is_dir(path);
        qb_free(lock);
        if (mine || i == TRIES || (rc < 0 && !gone))
            return rc;
        if (d->lock_fd >= 0)
            close(d->lock_fd);
        d->lock_fd = -1;
    }
}

int qb_rundir_open(qb_rundir *d, const char *path)
{
    *d = (qb_rundir){.lock_fd = -1, .metrics_fd = -1, .times_fd = -1, .diagnostics_fd = -1, .log_fd = -1};
    int rc = make_and_lock(d, path);
    if (rc == 0)
        rc = open_append(d, "log.txt", &d->log_fd);
    if (rc == 0)
        qb_log_add_sink(log_line, d);
    else
        qb_rundir_close(d);
    return rc;
}

void qb_rundir_close(qb_rundir *d)
{
    if (d->log_fd >= 0)
        qb_log_remove_sink(log_line, d);
    int *fds[] = {&d->metrics_fd, &d->times_fd, &d->diagnostics_fd, &d->log_fd, &d->lock_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
    qb_free(d->path);
    d->path = NULL;
}

/* With the lock held. */
static int remove_locked(const char *path)
{
    char *aside = qb_sprintf("%s%s", path, QB_RUNDIR_REMOVED);
    int rc = aside ? qb_fs_remove_tree(aside) : QB_E_NOMEM; /* of one that was not removed to its end */
    if (rc == QB_OK && rename(path, aside) != 0) {
        (void)qb_err_set_errno("cannot remove '%s'", path);
        rc = qb_err_set_code(QB_E_IO);
    } else if (rc == QB_OK && (rc = qb_fs_remove_tree(aside)) < 0) {
        rc = qb_err_set_code(QB_E_IO);
        (void)qb_err_hint("the run is gone; qatbench gc removes what is left of it");
    }
    qb_free(aside);
    return rc;
}

int qb_rundir_remove(const char *path)
{
    qb_rundir d = {.lock_fd = -1, .metrics_fd = -1, .times_fd = -1, .diagnostics_fd = -1, .log_fd = -1};
    if (!qb_fs_is_dir(path))
        return QB_OK;
    d.path = qb_strdup(path);
    char *lock = d.path ? qb_rundir_file(&d, "lock") : NULL;
    int rc = lock ? open_lock(&d) : QB_E_NOMEM;
    if (rc == QB_OK && holds_lock_of_folder(&d, lock))
        rc = remove_locked(path);
    else if (rc == QB_E_IO && qb_fs_is_dir(path))
        (void)qb_err_hint("a run is removed under its lock; may its folder be written?");
    else if (rc == QB_E_IO)
        rc = QB_OK;
    qb_free(lock);
    qb_rundir_close(&d);
    return rc;
}

int qb_rundir_is_locked(const char *path)
{
    char *lock = qb_path_join(path, "lock");
    int fd = lock ? open(lock, O_RDONLY | O_CLOEXEC) : -1;
    qb_free(lock);
    if (fd < 0)
        return 0;
    int locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

/* Takes the reference. */
static int append(qb_rundir *d, int fd, const char *name, json_t *line, int64_t *bytes)
{
    char *text = line ? qb_json_compact(line) : NULL;
    char *full = text ? qb_sprintf("%s\n", text) : NULL;
    int rc = full ? qb_fs_append(fd, name, full, strlen(full)) : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0 && bytes)
        *bytes += (int64_t)strlen(full);
    if (rc < 0) {
        qb_err_add("%s", d->path);
        if (d->write_failed == 0)
            d->write_failed = rc;
    }
    json_decref(line);
    qb_free(text);
    qb_free(full);
    return rc;
}

int qb_rundir_open_logs(qb_rundir *d, const char *run_key, int64_t keep_bytes)
{
    QB_TRY(open_append(d, "metrics.jsonl", &d->metrics_fd));
    QB_TRY(open_append(d, "times.jsonl", &d->times_fd));
    off_t length = lseek(d->metrics_fd, 0, SEEK_END);
    if (length < keep_bytes)
        return qb_err_set(QB_E_DATA, "%s/metrics.jsonl: expected at least %lld bytes for this checkpoint, found %lld",
                          d->path, (long long)keep_bytes, (long long)length);
    if (ftruncate(d->metrics_fd, keep_bytes) != 0) {
        qb_err_set_errno("%s/metrics.jsonl: cannot cut to %lld bytes", d->path, (long long)keep_bytes);
        return qb_err_set_code(QB_E_IO);
    }
    d->metrics_bytes = keep_bytes;
    if (lseek(d->times_fd, 0, SEEK_END) == 0)
        QB_TRY(qb_rundir_time(d, qb_json_pack("{s:s, s:s}", "schema", "qatbench.times/1", "run", run_key)));
    if (keep_bytes == 0)
        QB_TRY(qb_rundir_metric(d, qb_json_pack("{s:s, s:s}", "schema", "qatbench.metrics/1", "run", run_key)));
    return QB_OK;
}

/* Bytes of the lines of diagnostics.jsonl up to `step`, in the order in which they were written. */
static size_t bytes_up_to(const char *text, size_t n, int64_t step)
{
    size_t kept = 0;
    for (const char *end; kept < n && (end = memchr(text + kept, '\n', n - kept)); kept = (size_t)(end - text) + 1) {
        json_t *line = NULL;
        long long at;
        int rc = qb_json_parse(text + kept, (size_t)(end - text) - kept, "diagnostics.jsonl", &line);
        bool is_header = rc == QB_OK && json_object_get(line, "schema");
        bool is_later = rc < 0 || (!is_header && (qb_json_get_int(line, "step", &at) < 0 || at > step));
        json_decref(line);
        qb_err_clear();
        if (is_later)
            break;
    }
    return kept;
}

int qb_rundir_open_diagnostics(qb_rundir *d, const char *run_key, int64_t step)
{
    enum { MAX_BYTES = 1 << 30 };
    char *path = qb_rundir_file(d, "diagnostics.jsonl"), *text = NULL;
    size_t n = 0;
    int rc = !path ? QB_E_NOMEM : qb_fs_exists(path) ? qb_fs_read(path, MAX_BYTES, &text, &n) : QB_OK;
    size_t kept = rc == QB_OK && text ? bytes_up_to(text, n, step) : 0;
    qb_free(text);
    if (rc == QB_OK)
        rc = open_append(d, "diagnostics.jsonl", &d->diagnostics_fd);
    if (rc == QB_OK && ftruncate(d->diagnostics_fd, (off_t)kept) != 0) {
        qb_err_set_errno("%s: cannot cut to %zu bytes", path, kept);
        rc = qb_err_set_code(QB_E_IO);
    }
    qb_free(path);
    if (rc == QB_OK && kept == 0)
        rc = qb_rundir_diagnostic(d, qb_json_pack("{s:s, s:s}", "schema", "qatbench.diagnostics/1", "run", run_key));
    return rc;
}

int qb_rundir_metric(qb_rundir *d, json_t *line)
{
    return append(d, d->metrics_fd, "metrics.jsonl", line, &d->metrics_bytes);
}

int qb_rundir_time(qb_rundir *d, json_t *line) { return append(d, d->times_fd, "times.jsonl", line, NULL); }

int qb_rundir_diagnostic(qb_rundir *d, json_t *line)
{
    return append(d, d->diagnostics_fd, "diagnostics.jsonl", line, NULL);
}

static int sync_log(const qb_rundir *d, int fd, const char *name)
{
    if (fd < 0 || fsync(fd) == 0)
        return QB_OK;
    qb_err_set_errno("%s/%s: cannot sync", d->path, name);
    return qb_err_set_code(QB_E_IO);
}

int qb_rundir_sync(qb_rundir *d)
{
    char *lock = qb_rundir_file(d, "lock");
    if (!lock)
        return QB_E_NOMEM;
    bool same = holds_lock_of_folder(d, lock);
    qb_free(lock);
    if (!same) {
        qb_err_set(QB_E_IO, "%s: the run's folder vanished or was replaced while the run was going", d->path);
        return qb_err_hint("run the same command again; do not move a folder that is in use");
    }
    QB_TRY(sync_log(d, d->metrics_fd, "metrics.jsonl"));
    return sync_log(d, d->diagnostics_fd, "diagnostics.jsonl");
}
