/* Files: whole-file reads, writes that happen whole or not at all, and where things live (XDG). */
#ifndef QB_FS_H
#define QB_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool qb_fs_exists(const char *path);
bool qb_fs_is_dir(const char *path);
int qb_fs_size(const char *path, int64_t *ret_bytes);

/* mkdir -p with the given mode (0755 for runs, 0700 for XDG places). QB_E_IO. */
int qb_fs_make_dirs(const char *path, unsigned mode);

/* Whole file, NUL added behind. Refuses more than max_bytes (QB_E_DATA). Free with qb_free. */
int qb_fs_read(const char *path, size_t max_bytes, char **ret_text, size_t *ret_n);

/* Atomic: PATH.tmp, fsync, rename, fsync of the folder. QB_E_IO, also when the folder is missing. On failure PATH is what it was and no .tmp is left. */
int qb_fs_write_atomic(const char *path, const void *bytes, size_t n);

/* The same in steps, for large files: write through `fd`, then commit or abandon (always one of them). */
typedef struct qb_atomic_file {
    int fd;
    char *path, *tmp_path;
} qb_atomic_file;
int qb_atomic_open(qb_atomic_file *f, const char *path);
int qb_atomic_write(qb_atomic_file *f, const void *bytes, size_t n); /* handles short writes and EINTR */
int qb_atomic_commit(qb_atomic_file *f);                            /* fsync + rename + fsync folder; frees f's strings */
void qb_atomic_abandon(qb_atomic_file *f);                          /* removes the .tmp; safe after a failed commit */

/* Appends one line by a single write(); torn lines can then only be last lines. */
int qb_fs_append(int fd, const char *path_for_errors, const char *bytes, size_t n);

/* Puts the folder `from` in the place of `to`, which may exist; `from` is gone then. On failure `to` is the old one or
 * the new one, never nothing; where names cannot be exchanged a process that is killed between two renames leaves the
 * old one as TO.old. QB_E_IO. */
int qb_fs_put_dir(const char *from, const char *to);

/* After such a death: `aside` is TO.old. It becomes TO again where that is missing, and is removed where it is there. */
#define QB_FS_ASIDE ".old"
int qb_fs_mend_dir(const char *aside);

/* What a user names with -o: a regular file is replaced whole or not at all and keeps its mode and owner; behind a
 * symbolic link the file that it points to is; what has other names (hard links), or may be written but not replaced, is
 * rewritten in place; devices, pipes and files that are open already (/dev/stderr, /dev/fd/3) are written to. QB_E_IO. */
int qb_fs_write_output(const char *path, const void *bytes, size_t n);

/* A new empty folder PREFIX-XXXXXX in $TMPDIR, or /tmp, for its owner alone; to be removed with qb_fs_remove_tree.
 * QB_E_IO. Free with qb_free. */
int qb_fs_make_temp_dir(const char *prefix, char **ret_path);

int qb_fs_remove_tree(const char *path); /* rm -r; missing is fine */

/* Sorted names (not paths) in a folder, "." and ".." left out. Free with qb_fs_free_names. */
int qb_fs_list(const char *dir, char ***ret_names, size_t *ret_n);
void qb_fs_free_names(char **names, size_t n);

char *qb_path_join(const char *dir, const char *name); /* NULL: out of memory */
char *qb_path_absolute(const char *path);              /* realpath where it exists, else cwd + path */
char *qb_path_dir(const char *path);                   /* folder part, "." where there is none */
const char *qb_path_base(const char *path);            /* last component, borrowed */

/* XDG base directories: "$VAR/qatbench" or the default; an empty or relative variable counts as unset.
 * NULL when HOME is needed and unset. Caller frees. Nothing is created. */
char *qb_xdg_data_dir(void);
char *qb_xdg_cache_dir(void);
char *qb_xdg_config_dir(void);
char *qb_xdg_state_dir(void);

/* Folder of the running program (/proc/self/exe), for the solvers beside a build. NULL: unknown. */
char *qb_program_dir(void);

#endif
