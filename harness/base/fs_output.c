/* The file that a user names for a result.
 *
 * Invariant: what stood under that name keeps its kind, its mode and its owner: a device stays a device, a link a link.
 * A regular file changes whole or not at all, except where only writing into it can keep what it is.
 */
#include "base/fs.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int output_failed(const char *verb, const char *path)
{
    qb_err_set_errno("cannot %s '%s'", verb, path);
    return qb_err_set_code(QB_E_IO); /* a folder that is gone is no missing input */
}

/* Closes fd. */
static int write_and_close(int fd, const char *path, const void *bytes, size_t n)
{
    int rc = qb_fs_append(fd, path, bytes, n);
    if (close(fd) != 0 && rc == QB_OK)
        rc = output_failed("close", path);
    return rc;
}

/* A file that this process was given open for writing, as by `2> FILE` or `3>> FILE`: its place in the file counts. */
static int find_open(const struct stat *wanted)
{
    enum { N_SHELL_FDS = 10 }; /* those that a shell's redirections can name */
    struct stat st;
    for (int fd = STDOUT_FILENO; fd < N_SHELL_FDS; fd++) {
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &st) == 0 && st.st_dev == wanted->st_dev &&
            st.st_ino == wanted->st_ino)
            return fd;
    }
    return -1;
}

/* Where a chain of symbolic links ends, also when nothing is there. */
static int follow_links(const char *path, char **ret_path)
{
    enum { MAX_LINKS = 40 }; /* as the kernel */
    char *at = qb_strdup(path);
    for (int i = 0; at; i++) {
        char target[PATH_MAX];
        ssize_t n = readlink(at, target, sizeof target - 1);
        if (n < 0) {
            *ret_path = at;
            return QB_OK;
        }
        if (i == MAX_LINKS) {
            errno = ELOOP;
            qb_free(at);
            return output_failed("open", path);
        }
        target[n] = '\0';
        char *dir = target[0] == '/' ? NULL : qb_path_dir(at);
        char *next = target[0] == '/' ? qb_strdup(target) : dir ? qb_path_join(dir, target) : NULL;
        qb_free(dir);
        qb_free(at);
        at = next;
    }
    return QB_E_NOMEM;
}

/* The mode is set last: a change of owner may take bits of it away. */
static bool make_alike(int fd, const struct stat *old)
{
    struct stat fresh;
    if (fstat(fd, &fresh) != 0)
        return false;
    bool same_owner = fresh.st_uid == old->st_uid && fresh.st_gid == old->st_gid;
    return (same_owner || fchown(fd, old->st_uid, old->st_gid) == 0) && fchmod(fd, old->st_mode & 07777) == 0;
}

/* old: NULL when nothing is there yet. */
static int replace(const char *path, const struct stat *old, const void *bytes, size_t n)
{
    qb_atomic_file f;
    int rc = qb_atomic_open(&f, path);
    bool alike = rc == QB_OK && (!old || make_alike(f.fd, old));
    if (old && !alike && rc != QB_E_NOMEM) {
        qb_atomic_abandon(&f);
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        return fd >= 0 ? write_and_close(fd, path, bytes, n) : output_failed("open", path);
    }
    if (rc == QB_OK)
        rc = qb_atomic_write(&f, bytes, n);
    if (rc == QB_OK)
        return qb_atomic_commit(&f);
    qb_atomic_abandon(&f);
    return rc;
}

int qb_fs_write_output(const char *path, const void *bytes, size_t n)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    if (!exists && errno != ENOENT)
        return output_failed("open", path);
    if (exists && S_ISDIR(st.st_mode))
        return qb_err_set(QB_E_IO, "cannot write '%s': expected a file, found a folder", path);
    int fd = exists ? find_open(&st) : -1;
    if (fd >= 0)
        return qb_fs_append(fd, path, bytes, n);
    if (exists && (!S_ISREG(st.st_mode) || st.st_nlink > 1)) {
        fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | (S_ISREG(st.st_mode) ? O_TRUNC : 0));
        return fd >= 0 ? write_and_close(fd, path, bytes, n) : output_failed("open", path);
    }
    char *real = NULL;
    QB_TRY(follow_links(path, &real));
    int rc = replace(real, exists ? &st : NULL, bytes, n);
    qb_free(real);
    return rc;
}
