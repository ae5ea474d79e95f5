/* A growing text, and the few string helpers that several files need. */
#ifndef QB_STR_H
#define QB_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise; `failed` sticks after an allocation failed, so callers test it once at the end. */
typedef struct qb_str {
    char *text; /* NUL-terminated once something was added, else NULL */
    size_t length, capacity;
    bool failed;
} qb_str;

void qb_str_add(qb_str *s, const char *text);
void qb_str_addn(qb_str *s, const char *bytes, size_t n);
void qb_str_addf(qb_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void qb_str_add_char(qb_str *s, const char **text); /* the character at *text, U+FFFD for a byte of none; moves behind it */
void qb_str_add_quoted(qb_str *s, const char *word); /* one word for a POSIX shell, quoted where it must be; UTF-8
                                                           whatever the word is: $'caf\\351' for a byte of no character */
void qb_str_add_csv(qb_str *s, const char *text); /* one field of CSV (RFC 4180), quoted where it must be */
/* Adds `text` (UTF-8) in lines of at most 80 columns where its words allow it, each behind `indent` spaces; no newline
 * after the last one. */
void qb_str_add_wrapped(qb_str *s, const char *text, size_t indent);
char *qb_str_take(qb_str *s);  /* the text ("" if empty), owned by the caller; s is empty again. NULL: out of memory */
void qb_str_finish(qb_str *s); /* frees */

/* The name nearest to `word` by edit distance among names[0..n), or NULL when none is near
 * (distance > 1 + strlen(word) / 3, or not a letter in common). Case does not count, nor '-' or '_'. */
const char *qb_nearest_name(const char *word, const char *const *names, size_t n);

bool qb_starts_with(const char *text, const char *prefix);
bool qb_ends_with(const char *text, const char *suffix);

/* VALUE of the first "KEY=VALUE" in a list that ends at NULL; NULL: none, or no list. */
const char *qb_setting_in(const char *const *settings, const char *key);

/* Characters in bytes[0..n) of valid UTF-8: columns of a terminal, for the texts of ours. */
size_t qb_utf8_count(const char *bytes, size_t n);

/* Bytes of the UTF-8 character at the start of bytes[0..n): 1..4; 0 when there is none (overlong forms,
 * surrogates and cut characters are none). */
size_t qb_utf8_length(const char *bytes, size_t n);
bool qb_utf8_valid(const char *bytes, size_t n);

/* Shortest decimal text that reads back as the same double ("0.1", "1e-05", "3", "100");
 * an exponent is written below 1e-4 and from 1e16 on. buf >= 32 bytes. */
const char *qb_format_real(double v, char *buf);

/* Strict number parsers: the whole text, C locale, no leading space, no "inf"/"nan"/hex. false: not a number
 * (or out of the type's range). */
bool qb_parse_real(const char *text, double *ret);
bool qb_parse_int(const char *text, long long *ret);

/* Human-readable: "1.5 MiB". buf >= 32 bytes. */
const char *qb_format_bytes(double bytes, char *buf);

#endif
