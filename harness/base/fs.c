/* Files and folders.
 *
 * Invariant of a qb_atomic_file: until commit has renamed it, the target is what it was; after commit
 * (success or failure) or abandon there is no PATH.tmp, fd is -1 and the strings are NULL.
 */
#include "base/fs.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool qb_fs_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool qb_fs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int qb_fs_size(const char *path, int64_t *ret_bytes)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return qb_err_set_errno("cannot look at '%s'", path);
    *ret_bytes = st.st_size;
    return QB_OK;
}

int qb_fs_make_dirs(const char *path, unsigned mode)
{
    char *part = qb_strdup(path);
    if (!part)
        return QB_E_NOMEM;
    int rc = QB_OK, tries = 10;
    for (char *p = part; *p && rc == QB_OK;) {
        p += strspn(p, "/");
        p += strcspn(p, "/");
        char end = *p;
        *p = '\0';
        int why = mkdir(part, mode) != 0 ? errno : 0; /* looking whether it is there changes errno */
        if (why == ENOENT && tries-- > 0) { /* another process took an empty folder away after it was made or seen here */
            *p = end;
            p = part;
            continue;
        }
        if (why != 0 && !qb_fs_is_dir(part))
            rc = qb_err_set(QB_E_IO, "cannot create the folder '%s': %s", part,
                            why == EEXIST ? "a file of that name is there" : strerror(why));
        *p = end;
    }
    qb_free(part);
    return rc;
}

/* ---- reading ---- */

static int too_large(const char *path, size_t max_bytes)
{
    return qb_err_set(QB_E_DATA, "'%s': expected at most %zu bytes, found more", path, max_bytes);
}

/* Reads until the end; what fstat said is only the first guess (pipes say 0). */
static int read_all(int fd, const char *path, size_t guess, size_t max_bytes, char **ret_text, size_t *ret_n)
{
    size_t capacity = guess + 2, n = 0; /* one byte more than the file: its read finds the end; one for the NUL */
    char *text = qb_alloc(capacity, 1);
    if (!text)
        return QB_E_NOMEM;
    for (;;) {
        if (n + 1 == capacity) {
            char *grown = qb_realloc(text, capacity *= 2, 1);
            if (!grown) {
                qb_free(text);
                return QB_E_NOMEM;
            }
            text = grown;
        }
        ssize_t got = read(fd, text + n, capacity - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            break;
        if (got > 0)
            n += (size_t)got;
        if (got < 0 || n > max_bytes) {
            int rc = got < 0 ? qb_err_set_errno("cannot read '%s'", path) : too_large(path, max_bytes);
            qb_free(text);
            return rc;
        }
    }
    text[n] = '\0';
    *ret_text = text;
    *ret_n = n;
    return QB_OK;
}

int qb_fs_read(const char *path, size_t max_bytes, char **ret_text, size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return qb_err_set_errno("cannot open '%s'", path);
    struct stat st;
    int rc;
    if (fstat(fd, &st) != 0)
        rc = qb_err_set_errno("cannot look at '%s'", path);
    else if (S_ISDIR(st.st_mode))
        rc = qb_err_set(QB_E_IO, "cannot read '%s': expected a file, found a folder", path);
    else if (st.st_size > 0 && (uintmax_t)st.st_size > max_bytes)
        rc = too_large(path, max_bytes);
    else
        rc = read_all(fd, path, st.st_size > 0 ? (size_t)st.st_size : 4096, max_bytes, ret_text, ret_n);
    (void)close(fd); /* only read from */
    return rc;
}

/* ---- writing ---- */

/* "VERB 'PATH': reason". Always QB_E_IO: a folder that is gone is no missing input. */
static int write_failed(const char *verb, const char *path)
{
    qb_err_set_errno("cannot %s '%s'", verb, path);
    return qb_err_set_code(QB_E_IO);
}

static int write_all(int fd, const char *path, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_failed("write", path);
        bytes += written;
        n -= (size_t)written;
    }
    return QB_OK;
}

int qb_atomic_open(qb_atomic_file *f, const char *path)
{
    *f = (qb_atomic_file){.fd = -1};
    f->path = qb_strdup(path);
    f->tmp_path = qb_sprintf("%s.tmp", path);
    if (!f->path || !f->tmp_path) {
        qb_atomic_abandon(f);
        return QB_E_NOMEM;
    }
    f->fd = open(f->tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (f->fd >= 0)
        return QB_OK;
    int rc = write_failed("create", f->tmp_path);
    qb_atomic_abandon(f);
    return rc;
}

int qb_atomic_write(qb_atomic_file *f, const void *bytes, size_t n)
{
    return write_all(f->fd, f->tmp_path, bytes, n);
}

/* Makes the rename durable. Some file systems cannot sync a folder and say EINVAL: nothing more can be done. */
static int sync_folder_of(const char *path)
{
    char *dir = qb_path_dir(path);
    if (!dir)
        return QB_E_NOMEM;
    int rc = QB_OK;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        rc = write_failed("sync the folder", dir);
    if (fd >= 0)
        (void)close(fd); /* nothing was written through it */
    qb_free(dir);
    return rc;
}

int qb_atomic_commit(qb_atomic_file *f)
{
    int rc = QB_OK;
    if (fsync(f->fd) != 0)
        rc = write_failed("sync", f->tmp_path);
    if (close(f->fd) != 0 && rc == QB_OK)
        rc = write_failed("close", f->tmp_path);
    f->fd = -1;
    if (rc == QB_OK && rename(f->tmp_path, f->path) != 0)
        rc = write_failed("rename to its final name", f->tmp_path);
    if (rc == QB_OK) {
        qb_free(f->tmp_path); /* it is the target now: not to be removed below */
        f->tmp_path = NULL;
        rc = sync_folder_of(f->path);
    }
    qb_atomic_abandon(f);
    return rc;
}

/* For file systems that cannot exchange two names: the old one steps aside until the new one is in its place. */
static int put_by_steps(const char *from, const char *to)
{
    char *aside = qb_sprintf("%s" QB_FS_ASIDE, to);
    int rc = aside ? qb_fs_remove_tree(aside) : QB_E_NOMEM;
    if (rc == QB_OK && rename(to, aside) != 0)
        rc = write_failed("move aside", to);
    if (rc == QB_OK) {
        if (rename(from, to) != 0) {
            rc = write_failed("rename to its final name", from);
            (void)rename(aside, to); /* the first error is the one to report; the old one is at least kept as TO.old */
        } else {
            rc = sync_folder_of(to);
            if (rc == QB_OK)
                rc = qb_fs_remove_tree(aside);
        }
    }
    qb_free(aside);
    return rc;
}

int qb_fs_put_dir(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        return sync_folder_of(to);
    if (errno != EEXIST && errno != ENOTEMPTY)
        return write_failed("rename to its final name", from);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) != 0)
        return put_by_steps(from, to);
    QB_TRY(sync_folder_of(to));
    return qb_fs_remove_tree(from);
}

int qb_fs_mend_dir(const char *aside)
{
    QB_ASSERT(qb_ends_with(aside, QB_FS_ASIDE));
    char *to = qb_strndup(aside, strlen(aside) - strlen(QB_FS_ASIDE));
    int rc = to ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_fs_exists(to) ? qb_fs_remove_tree(aside) : qb_fs_put_dir(aside, to);
    qb_free(to);
    return rc;
}

void qb_atomic_abandon(qb_atomic_file *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
        f->fd = -1;
    }
    if (f->tmp_path)
        (void)unlink(f->tmp_path); /* missing when it could not be created */
    qb_free(f->path);
    qb_free(f->tmp_path);
    f->path = f->tmp_path = NULL;
}

int qb_fs_write_atomic(const char *path, const void *bytes, size_t n)
{
    qb_atomic_file f;
    QB_TRY(qb_atomic_open(&f, path));
    int rc = qb_atomic_write(&f, bytes, n);
    if (rc == QB_OK)
        return qb_atomic_commit(&f);
    qb_atomic_abandon(&f);
    return rc;
}

int qb_fs_append(int fd, const char *path_for_errors, const char *bytes, size_t n)
{
    return write_all(fd, path_for_errors, bytes, n);
}

/* ---- folders ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

int qb_fs_make_temp_dir(const char *prefix, char **ret_path)
{
    const char *tmp = getenv("TMPDIR");
    char *path = qb_sprintf("%s/%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", prefix);
    if (!path)
        return QB_E_NOMEM;
    if (!mkdtemp(path)) {
        (void)write_failed("make the temporary folder", path);
        qb_free(path);
        return qb_err_hint("TMPDIR says where; it must be a folder with room");
    }
    *ret_path = path;
    return QB_OK;
}

int qb_fs_remove_tree(const char *path)
{
    enum { MAX_OPEN_FOLDERS = 16 };
    if (nftw(path, remove_entry, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return QB_OK;
    return qb_err_set_errno("cannot remove '%s'", path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int qb_fs_list(const char *dir, char ***ret_names, size_t *ret_n)
{
    DIR *d = opendir(dir);
    if (!d)
        return qb_err_set_errno("cannot open the folder '%s'", dir);
    size_t n = 0, capacity = 16;
    int rc = QB_OK;
    char **names = qb_alloc(capacity, sizeof *names);
    if (!names) {
        rc = QB_E_NOMEM;
        goto out;
    }
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (n == capacity) {
            char **grown = qb_realloc(names, capacity *= 2, sizeof *names);
            if (!grown) {
                rc = QB_E_NOMEM;
                goto out;
            }
            names = grown;
        }
        if (!(names[n] = qb_strdup(entry->d_name))) {
            rc = QB_E_NOMEM;
            goto out;
        }
        n++;
    }
    if (errno != 0) {
        rc = qb_err_set_errno("cannot read the folder '%s'", dir);
        goto out;
    }
    qsort(names, n, sizeof *names, compare_names);
    *ret_names = names;
    *ret_n = n;
out:
    (void)closedir(d); /* only read from */
    if (rc < 0)
        qb_fs_free_names(names, n);
    return rc;
}

void qb_fs_free_names(char **names, size_t n)
{
    if (!names)
        return;
    for (size_t i = 0; i < n; i++)
        qb_free(names[i]);
    qb_free(names);
}
