#include "quant/plugin_file.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/process_state.h"
#include "base/str.h"
#include "quant/plugin_check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE_BYTES = 256 << 20 };

/* The C library's parts start no threads. */
static void look_at_need(void *context, const char *library, const char *run_path)
{
    static const char *const plain[] = {"libc.so", "libm.so", "libmvec.so", "libdl.so", "libpthread.so", "librt.so",
                                        "libgcc_s.so", "libstdc++.so", "ld-linux"};
    bool *may_use_openmp = context;
    (void)run_path;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (qb_starts_with(library, plain[i]))
            return;
    *may_use_openmp = true;
}

int qb_plugin_file_read(const char *path, qb_plugin_file *ret_file)
{
    struct stat st;
    qb_plugin_file f;
    if (stat(path, &st) != 0)
        return qb_err_set_errno("cannot open plugin '%s'", path);
    if (!S_ISREG(st.st_mode))
        return qb_err_set(QB_E_UNAVAILABLE, "%s: expected a shared object (ELF), got %s", path,
                          S_ISDIR(st.st_mode) ? "a folder" : "a special file");
    QB_TRY(qb_fs_read(path, MAX_FILE_BYTES, &f.bytes, &f.n));
    int rc = qb_plugin_elf_read(f.bytes, f.n, path, &f.head);
    if (rc == 0)
        rc = qb_plugin_check_head(&f.head, path);
    if (rc < 0) {
        qb_free(f.bytes);
        return rc;
    }
    qb_sha256_of(f.bytes, f.n, f.sha256);
    f.may_use_openmp = memmem(f.bytes, f.n, "GOMP_", 5) || memmem(f.bytes, f.n, "omp_", 4);
    qb_plugin_elf_needs(f.bytes, f.n, look_at_need, &f.may_use_openmp);
    *ret_file = f;
    return 0;
}

void qb_plugin_file_finish(qb_plugin_file *f)
{
    qb_free(f->bytes);
    f->bytes = NULL;
}

/* ---- the private copy ---- */

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t got = write(fd, bytes, n);
        if (got <= 0)
            return false;
        bytes += got;
        n -= (size_t)got;
    }
    return true;
}

/* A file in memory that nobody can change any more; *ret_fd: its descriptor. */
static int make_copy(const qb_plugin_file *f, const char *path, int *ret_fd)
{
    int fd = memfd_create(qb_path_base(path), MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || !write_all(fd, f->bytes, f->n) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        int rc = qb_err_set_errno("%s: cannot make a private copy in memory", path);
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

/* dlerror() begins with the path of the copy. */
static int refuse_dl(const char *path, const char *copy_path, const char *why)
{
    size_t n = strlen(copy_path);
    if (why && strncmp(why, copy_path, n) == 0 && why[n] == ':')
        why += n + 1 + (why[n + 1] == ' ');
    return qb_err_set(QB_E_UNAVAILABLE, "%s: cannot be loaded: %s", path, why ? why : "unknown reason");
}

/* ---- libraries beside the plugin ---- */

/* What stands behind "$ORIGIN" in an element of a run path, or NULL. */
static const char *behind_origin(const char *element)
{
    static const char *const forms[] = {"$ORIGIN", "${ORIGIN}"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(element, forms[i], strlen(forms[i])) == 0)
            return element + strlen(forms[i]);
    return NULL;
}

/* The dynamic linker takes $ORIGIN for the folder of the copy, where nothing is. A library that the plugin finds through it
 * is loaded beforehand from the folder of the plugin itself; the linker then knows it by its name. */
static void load_beside(void *context, const char *library, const char *run_path)
{
    const char *folder = context;
    while (*run_path && !strchr(library, '/')) {
        size_t n = strcspn(run_path, ":");
        const char *behind = behind_origin(run_path);
        if (behind) {
            char *path = qb_sprintf("%s%.*s/%s", folder, (int)(run_path + n - behind), behind, library);
            bool is_there = path && qb_fs_exists(path);
            if (is_there)
                (void)dlopen(path, RTLD_NOW | RTLD_LOCAL); /* when it fails, loading the plugin says why */
            qb_free(path);
            if (is_there)
                return;
        }
        run_path += n + (run_path[n] == ':');
    }
}

static void *load_copy(const qb_plugin_file *f, char *folder, const char *copy_path)
{
    qb_plugin_elf_needs(f->bytes, f->n, load_beside, folder);
    return dlopen(copy_path, RTLD_NOW | RTLD_LOCAL);
}

int qb_plugin_file_load(const qb_plugin_file *f, const char *path, void **ret_library, char *what, size_t size)
{
    int fd = -1;
    char copy_path[64];
    char *folder = qb_path_dir(path);
    if (!folder)
        return QB_E_NOMEM;
    int rc = make_copy(f, path, &fd);
    if (rc < 0) {
        qb_free(folder);
        return rc;
    }
    /* Not /proc/self: a debugger that reads the name is another process. */
    (void)snprintf(copy_path, sizeof copy_path, "/proc/%ld/fd/%d", (long)getpid(), fd);
    qb_thread_state before;
    char of_process[200], of_thread[100];
    qb_thread_note(&before);
    qb_process_note();
    void *library = load_copy(f, folder, copy_path);
    bool thread_changed = qb_thread_restore(&before, of_thread, sizeof of_thread);
    bool process_changed = qb_process_restore(of_process, sizeof of_process);
    (void)snprintf(what, size, "%s%s%s", of_thread, thread_changed && process_changed ? ", " : "", of_process);
    qb_free(folder);
    if (!library) {
        (void)close(fd);
        return refuse_dl(path, copy_path, dlerror());
    }
    *ret_library = library;
    return 0;
}

void qb_plugin_file_unload(void *library)
{
    qb_thread_state before;
    char what[200];
    qb_thread_note(&before);
    qb_process_note();
    (void)dlclose(library); /* none of its hooks ran, nothing refers to it */
    (void)qb_thread_restore(&before, what, sizeof what); /* it is refused for a better reason */
    (void)qb_process_restore(what, sizeof what);
}
