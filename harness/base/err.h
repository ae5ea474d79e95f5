/* Errors: a code that decides the exit status, one sentence that says got and wanted, one hint.
 *
 * A fallible function returns 0 or a negative QB_E_*; it sets the text once, with qb_err_set, and its
 * callers add where it happened with qb_err_add. Text and hint are kept per thread until the next
 * qb_err_set or qb_err_clear. Nothing below cli/ prints: main.c prints the text once.
 */
#ifndef QB_ERR_H
#define QB_ERR_H

#include <stddef.h>

/* Codes and the process exit status each one becomes (conventions: sysexits where one fits). */
enum {
    QB_OK = 0,
    QB_E_FAILED = -1,      /* exit 1   a run failed or diverged; out of memory                     */
    QB_E_USAGE = -2,       /* exit 2   unknown option, bad value on the command line               */
    QB_E_DATA = -3,        /* exit 65  input data are damaged or not what they claim to be         */
    QB_E_NOINPUT = -4,     /* exit 66  an input is missing                                         */
    QB_E_UNAVAILABLE = -5, /* exit 69  a needed thing is not there: plugin, CPU feature, program   */
    QB_E_INUSE = -6,       /* exit 73  the run directory is in use by another process              */
    QB_E_IO = -7,          /* exit 74  reading or writing failed                                   */
    QB_E_STOPPED = -8,     /* exit 75  stopped on request after saving: run again                  */
    QB_E_CONFIG = -9,      /* exit 78  bad plan, or a configuration that does not fit what is there */
    QB_E_NOMEM = -10,      /* exit 1                                                               */
    QB_E_NOT_OFFERED = -11, /* exit 2  a solver or quantizer does not have these bits or this granularity: a study
                                       skips the cell, a usage error elsewhere                     */
};

/* Sets code, text (printf form, one sentence, no full stop) and clears the hint. Returns `code`. */
int qb_err_set(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As qb_err_set(QB_E_IO or QB_E_NOINPUT, ...) with ": strerror(errno)" appended; ENOENT and ENOTDIR
 * give QB_E_NOINPUT, everything else QB_E_IO. Reads errno first. Returns the code. */
int qb_err_set_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prepends "CONTEXT: " to the current text; keeps the code and hint. Returns the current code. */
int qb_err_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Sets the second line: what to do about it. Returns the current code. */
int qb_err_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Changes the code of the current error, keeps its text and hint: a file that is missing while writing is no missing
 * input. Returns the new code. */
int qb_err_set_code(int code);

void qb_err_clear(void);
int qb_err_code(void);         /* QB_OK when nothing is set */
const char *qb_err_text(void); /* "" when nothing is set; borrowed until the next qb_err_* call */
const char *qb_err_hint_text(void);

/* Exit status for a code of this list (0 for QB_OK). */
int qb_err_exit_status(int code);

/* A broken promise of our own code: prints file, line and expression and aborts; on in release too. */
#define QB_ASSERT(expr) ((expr) ? (void)0 : qb_assert_failed(#expr, __FILE__, __LINE__))
_Noreturn void qb_assert_failed(const char *expr, const char *file, int line);

/* Returns from the calling function when `call` fails. Not for functions that own something. */
#define QB_TRY(call)                     \
    do {                                 \
        int qb_try_rc_ = (call);         \
        if (qb_try_rc_ < 0)              \
            return qb_try_rc_;           \
    } while (0)

#endif
