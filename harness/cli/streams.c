/* The standard streams: results go to what was standard output when the program started, and nothing else does.
 *
 * Invariant: descriptors 0, 1 and 2 are open from the start, so that no file of ours becomes one of them, and 1 leads to
 * standard error: a line that a library or a plugin prints does not end up between results.
 */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *results;

/* What was closed stays of no use: reading from 0 and writing to 1 and 2 fail as they would have. */
static void fill_gaps(void)
{
    static const int modes[] = {[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", modes[fd]); /* the lowest free number: this one */
}

void qb_cli_start_streams(void)
{
    fill_gaps();
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    results = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (results)
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* both are open: cannot fail */
    else
        results = stdout; /* no descriptor is left: what libraries print comes in between */
}

bool qb_cli_is_stdout(const char *path)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    struct stat there, here;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    return stat(path, &there) == 0 && fstat(fileno(results), &here) == 0 && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

/* A reader that went away is no error to complain of, also where SIGPIPE was held back while a run was going. */
static int refused(void)
{
    int reason = errno;
    if (reason == EPIPE)
        qb_cli_end_as_by_sigpipe();
    return qb_err_set(QB_E_IO, "standard output: %s", strerror(reason));
}

int qb_cli_print_bytes(const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, results) != n || fflush(results) == EOF ? refused() : QB_OK;
}

int qb_cli_print(const char *text)
{
    return qb_cli_print_bytes(text, strlen(text));
}

int qb_cli_print_owned(char *text)
{
    int rc = text ? qb_cli_print(text) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

int qb_cli_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vfprintf(results, fmt, args);
    va_end(args);
    return n < 0 || fflush(results) == EOF ? refused() : QB_OK;
}

int qb_cli_print_json(json_t *object)
{
    char *text = object ? qb_json_pretty(object) : NULL;
    json_decref(object);
    if (!text)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc = qb_cli_print(text);
    if (rc == QB_OK && !(text[0] && text[strlen(text) - 1] == '\n'))
        rc = qb_cli_print("\n");
    qb_free(text);
    return rc;
}
