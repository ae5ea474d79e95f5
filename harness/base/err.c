/* The error of the current thread: one code, one sentence, one hint.
 *
 * Invariant: text and hint are NUL-terminated, hold no control character, never end inside a UTF-8
 * character, and are together shorter than 2,000 bytes, whatever the user's input was. Nothing here
 * allocates, so that "out of memory" can be reported.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 1500, MAX_HINT = 400 }; /* bytes, the NUL included */

static _Thread_local int current_code;
static _Thread_local char current_text[MAX_TEXT];
static _Thread_local char current_hint[MAX_HINT];

/* Copies `from` to to[0..size); what does not fit ends in "..." at a character's border. */
static void copy_clean(char *to, size_t size, const char *from)
{
    static const char ellipsis[] = "...";
    size_t n = strlen(from);
    bool cut = n >= size;
    if (cut) {
        n = size - sizeof ellipsis;
        while (n > 0 && ((unsigned char)from[n] & 0xC0) == 0x80)
            n--;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from[i];
        to[i] = c == '\n' || c == '\t' ? ' ' : c < 0x20 || c == 0x7F ? '?' : from[i];
    }
    if (cut) {
        memcpy(to + n, ellipsis, sizeof ellipsis);
    } else {
        to[n] = '\0';
    }
}

/* The arguments may point into current_text: format beside it, then copy. */
static void set_text(const char *fmt, va_list args)
{
    char text[MAX_TEXT + 8];
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut text is cut again by copy_clean */
    copy_clean(current_text, sizeof current_text, text);
    current_hint[0] = '\0';
}

int qb_err_set(int code, const char *fmt, ...)
{
    QB_ASSERT(code < 0);
    va_list args;
    va_start(args, fmt);
    set_text(fmt, args);
    va_end(args);
    return current_code = code;
}

int qb_err_set_errno(const char *fmt, ...)
{
    int number = errno;
    char reason[128], text[MAX_TEXT + 8];
    const char *why = strerror_r(number, reason, sizeof reason);
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t used = length < 0 ? 0 : (size_t)length;
    size_t room = sizeof text - strlen(why) - 3; /* the reason is never what gets cut: ": " and NUL */
    if (used > room)
        used = room;
    (void)snprintf(text + used, sizeof text - used, ": %s", why);
    copy_clean(current_text, sizeof current_text, text);
    current_hint[0] = '\0';
    return current_code = number == ENOENT || number == ENOTDIR ? QB_E_NOINPUT : QB_E_IO;
}

int qb_err_add(const char *fmt, ...)
{
    char text[2 * MAX_TEXT];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(text, MAX_TEXT, fmt, args);
    va_end(args);
    size_t used = length < 0 ? 0 : (size_t)length < MAX_TEXT ? (size_t)length : MAX_TEXT - 1;
    (void)snprintf(text + used, sizeof text - used, ": %s", current_text);
    copy_clean(current_text, sizeof current_text, text);
    return current_code;
}

int qb_err_hint(const char *fmt, ...)
{
    char text[MAX_HINT + 8];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* cut text is cut again by copy_clean */
    va_end(args);
    copy_clean(current_hint, sizeof current_hint, text);
    return current_code;
}

int qb_err_set_code(int code)
{
    return current_code = code;
}

void qb_err_clear(void)
{
    current_code = QB_OK;
    current_text[0] = '\0';
    current_hint[0] = '\0';
}

int qb_err_code(void)
{
    return current_code;
}

const char *qb_err_text(void)
{
    return current_text;
}

const char *qb_err_hint_text(void)
{
    return current_hint;
}

int qb_err_exit_status(int code)
{
    switch (code) {
    case QB_OK:
        return 0;
    case QB_E_USAGE:
    case QB_E_NOT_OFFERED:
        return 2;
    case QB_E_DATA:
        return 65;
    case QB_E_NOINPUT:
        return 66;
    case QB_E_UNAVAILABLE:
        return 69;
    case QB_E_INUSE:
        return 73;
    case QB_E_IO:
        return 74;
    case QB_E_STOPPED:
        return 75;
    case QB_E_CONFIG:
        return 78;
    default: /* QB_E_FAILED, QB_E_NOMEM */
        return 1;
    }
}

_Noreturn void qb_assert_failed(const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "qatbench: bug: %s:%d: %s\n", file, line, expr);
    abort();
}
