#include "base/process_state.h"

#include <fcntl.h>
#include <omp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ENVIRONMENT = 4096, MAX_LOCALE = 512, N_SIGNALS = 32, N_STREAMS = 3, FIRST_COPY = 10 };

/* ---- saying what ---- */

typedef struct list {
    char *text;
    size_t size, used;
} list;

static list list_begin(char *text, size_t size)
{
    text[0] = '\0';
    return (list){text, size, 0};
}

static void add(list *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(list *l, const char *fmt, ...)
{
    char item[128];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(item, sizeof item, fmt, args);
    va_end(args);
    int n = snprintf(l->text + l->used, l->size - l->used, "%s%s", l->used > 0 ? ", " : "", item);
    l->used = l->used + (size_t)n < l->size ? l->used + (size_t)n : l->size - 1; /* a longer list is cut */
}

/* ---- one thread ---- */

void qb_thread_note(qb_thread_state *s)
{
    (void)fegetmode(&s->fp);
    s->locale = uselocale((locale_t)0);
}

#if defined __x86_64__
/* SSE control bits; the six lowest are sticky flags, which any computation sets. */
enum { MXCSR_FLAGS = 0x3f, MXCSR_TO_ZERO = 0x8040, MXCSR_ROUNDING = 0x6000, X87_ROUNDING = 0x0c00 };

static void add_fp_change(list *l, const femode_t *was, const femode_t *is)
{
    unsigned sse = (was->__mxcsr ^ is->__mxcsr) & ~(unsigned)MXCSR_FLAGS;
    unsigned x87 = (unsigned)(was->__control_word ^ is->__control_word);
    if ((sse | x87) == 0)
        return;
    bool rounding = (sse & MXCSR_ROUNDING) != 0 || (x87 & X87_ROUNDING) != 0;
    add(l, "the floating-point mode (%s)", sse & MXCSR_TO_ZERO ? "flush to zero" : rounding ? "rounding" : "exceptions or precision");
}
#else
static void add_fp_change(list *l, const femode_t *was, const femode_t *is)
{
    if (memcmp(was, is, sizeof *was) != 0)
        add(l, "the floating-point mode");
}
#endif

bool qb_thread_restore(const qb_thread_state *s, char *what, size_t size)
{
    list l = list_begin(what, size);
    femode_t fp;
    (void)fegetmode(&fp);
    add_fp_change(&l, &s->fp, &fp);
    if (l.used > 0)
        (void)fesetmode(&s->fp);
    if (uselocale((locale_t)0) != s->locale) {
        (void)uselocale(s->locale);
        add(&l, "the locale of its thread");
    }
    return l.used > 0;
}

/* ---- the process ---- */

typedef struct stream {
    bool is_open;
    dev_t device;
    ino_t inode;
    int copy; /* our own descriptor of it; -1: none */
} stream;

static struct {
    struct sigaction actions[N_SIGNALS];
    sigset_t mask;
    mode_t umask;
    bool has_folder;
    dev_t folder_device;
    ino_t folder_inode;
    int folder; /* -1: could not be opened */
    char locale[MAX_LOCALE];
    char *environment[MAX_ENVIRONMENT]; /* the pointers: libc never frees or changes a string that was in use */
    size_t n_environment;
    stream streams[N_STREAMS];
    int omp_threads, omp_dynamic, omp_levels;
} noted = {.folder = -1, .streams = {{.copy = -1}, {.copy = -1}, {.copy = -1}}};

static bool is_fixed(int signal_number)
{
    return signal_number == SIGKILL || signal_number == SIGSTOP;
}

static mode_t get_umask(void)
{
    mode_t mask = umask(077); /* there is no way to read it alone; meanwhile nothing becomes readable for others */
    (void)umask(mask);
    return mask;
}

static void note_folder(void)
{
    struct stat st;
    bool exists = stat(".", &st) == 0;
    if (exists && noted.has_folder && st.st_dev == noted.folder_device && st.st_ino == noted.folder_inode)
        return;
    if (noted.folder >= 0)
        (void)close(noted.folder);
    noted.has_folder = exists;
    noted.folder_device = exists ? st.st_dev : 0;
    noted.folder_inode = exists ? st.st_ino : 0;
    noted.folder = exists ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static void restore_folder(list *l)
{
    struct stat st;
    bool exists = stat(".", &st) == 0;
    if (!noted.has_folder || (exists && st.st_dev == noted.folder_device && st.st_ino == noted.folder_inode))
        return;
    if (noted.folder >= 0)
        (void)fchdir(noted.folder);
    add(l, "the working folder");
}

static stream look_at_stream(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return (stream){.copy = -1};
    return (stream){.is_open = true, .device = st.st_dev, .inode = st.st_ino, .copy = -1};
}

static bool same_stream(const stream *a, const stream *b)
{
    return a->is_open == b->is_open && a->device == b->device && a->inode == b->inode;
}

static void note_streams(void)
{
    for (int fd = 0; fd < N_STREAMS; fd++) {
        stream now = look_at_stream(fd), *s = &noted.streams[fd];
        if (same_stream(&now, s) && (s->copy >= 0 || !now.is_open))
            continue;
        if (s->copy >= 0)
            (void)close(s->copy);
        *s = now;
        s->copy = now.is_open ? fcntl(fd, F_DUPFD_CLOEXEC, FIRST_COPY) : -1;
    }
}

static void restore_streams(list *l)
{
    static const char *const names[N_STREAMS] = {"standard input", "standard output", "standard error"};
    for (int fd = 0; fd < N_STREAMS; fd++) {
        stream now = look_at_stream(fd), *s = &noted.streams[fd];
        if (same_stream(&now, s))
            continue;
        if (s->copy >= 0)
            (void)dup2(s->copy, fd);
        else
            (void)close(fd); /* it was closed before */
        add(l, "%s", names[fd]);
    }
}

static void note_environment(void)
{
    size_t n = 0;
    for (; environ && environ[n] && n + 1 < MAX_ENVIRONMENT; n++)
        noted.environment[n] = environ[n];
    noted.environment[n] = NULL;
    noted.n_environment = n;
}

static bool has_pointer(char *const *strings, const char *one)
{
    while (strings && *strings && *strings != one)
        strings++;
    return strings && *strings;
}

static void restore_environment(list *l)
{
    size_t n = 0;
    while (environ && environ[n] && n < noted.n_environment && environ[n] == noted.environment[n])
        n++;
    if (n + 1 >= MAX_ENVIRONMENT || (n == noted.n_environment && (!environ || !environ[n])))
        return;
    const char *changed = NULL;
    for (char **p = environ; p && *p && !changed; p++)
        changed = has_pointer(noted.environment, *p) ? NULL : *p;
    for (char **p = noted.environment; *p && !changed; p++)
        changed = has_pointer(environ, *p) ? NULL : *p;
    static char *restored[MAX_ENVIRONMENT]; /* unsetenv works on it in place */
    memcpy(restored, noted.environment, (noted.n_environment + 1) * sizeof *restored);
    environ = restored;
    if (changed)
        add(l, "the environment variable %.*s", (int)strcspn(changed, "="), changed);
}

static void restore_signals(list *l)
{
    for (int k = 1; k < N_SIGNALS; k++) {
        struct sigaction now, *was = &noted.actions[k];
        if (is_fixed(k) || sigaction(k, NULL, &now) != 0 ||
            (now.sa_handler == was->sa_handler && now.sa_flags == was->sa_flags))
            continue;
        (void)sigaction(k, was, NULL);
        add(l, "the handler of SIG%s", sigabbrev_np(k) ? sigabbrev_np(k) : "?");
    }
}

static bool same_mask(const sigset_t *a, const sigset_t *b)
{
    for (int k = 1; k < N_SIGNALS; k++)
        if (sigismember(a, k) != sigismember(b, k))
            return false;
    return true;
}

static bool restore_mask(void)
{
    sigset_t mask;
    if (pthread_sigmask(SIG_BLOCK, NULL, &mask) != 0 || same_mask(&mask, &noted.mask))
        return false;
    (void)pthread_sigmask(SIG_SETMASK, &noted.mask, NULL);
    return true;
}

void qb_process_restore_mask(void)
{
    (void)restore_mask();
}

static void restore_openmp(list *l)
{
    if (omp_get_max_threads() != noted.omp_threads) {
        omp_set_num_threads(noted.omp_threads);
        add(l, "OpenMP's number of threads");
    }
    if (omp_get_dynamic() != noted.omp_dynamic) {
        omp_set_dynamic(noted.omp_dynamic);
        add(l, "OpenMP's dynamic threads");
    }
    if (omp_get_max_active_levels() != noted.omp_levels) {
        omp_set_max_active_levels(noted.omp_levels);
        add(l, "OpenMP's nesting");
    }
}

void qb_process_note(void)
{
    for (int k = 1; k < N_SIGNALS; k++)
        if (!is_fixed(k))
            (void)sigaction(k, NULL, &noted.actions[k]);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &noted.mask);
    noted.umask = get_umask();
    note_folder();
    note_streams();
    note_environment();
    (void)snprintf(noted.locale, sizeof noted.locale, "%s", setlocale(LC_ALL, NULL));
    noted.omp_threads = omp_get_max_threads();
    noted.omp_dynamic = omp_get_dynamic();
    noted.omp_levels = omp_get_max_active_levels();
}

bool qb_process_restore(char *what, size_t size)
{
    list l = list_begin(what, size);
    if (strcmp(setlocale(LC_ALL, NULL), noted.locale) != 0) {
        (void)setlocale(LC_ALL, noted.locale);
        add(&l, "the locale");
    }
    restore_signals(&l);
    if (restore_mask())
        add(&l, "the signal mask");
    restore_folder(&l);
    if (get_umask() != noted.umask) {
        (void)umask(noted.umask);
        add(&l, "the umask");
    }
    restore_environment(&l);
    restore_streams(&l);
    restore_openmp(&l);
    return l.used > 0;
}
