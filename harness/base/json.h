/* JSON (Jansson): reading with file, line and column in the error, canonical writing, JSON Lines.
 * Jansson's blocks come from base/mem.h: free what its json_dumps returns with qb_free_plain. */
#ifndef QB_JSON_H
#define QB_JSON_H

#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>

/* Whole file, one value, duplicate keys refused. QB_E_NOINPUT, QB_E_IO, QB_E_DATA (with PATH:LINE:COL). */
int qb_json_read(const char *path, json_t **ret_value);
int qb_json_parse(const char *text, size_t n, const char *name_for_errors, json_t **ret_value);

/* Sorted keys; compact (one line, for keys of runs and for JSON Lines) or indented by 2. Reals with 17
 * significant digits or fewer that read back equal. Caller frees with qb_free. NULL: out of memory, also when memory was
 * short since the last call while values were made: members may be missing then. So adding a member needs no check. */
char *qb_json_compact(const json_t *value);
char *qb_json_pretty(const json_t *value);
void qb_json_forget_failures(void); /* for who has reported them and writes what there is */

/* Pretty, with a final newline, atomically. */
int qb_json_write(const char *path, const json_t *value);

/* Appends `text` quoted and escaped; U+FFFD for each byte that is not UTF-8. */
void qb_json_add_text(qb_str *s, const char *text);

/* "a string", "an object", "nothing" for NULL: what error messages call a value. */
const char *qb_json_type_name(const json_t *value);

/* A real, or null when it is not finite. */
json_t *qb_json_real(double v);

/* A string of any bytes, kept as they are: paths and words of a command line need not be UTF-8; what is written is.
 * NULL gives NULL: out of memory. */
json_t *qb_json_text(const char *text);

/* As Jansson's json_pack: {} [] s (text, by qb_json_text) s? o o? O i I b f n; a number that is not finite is null.
 * NULL only when memory is short; references handed over (o) are taken then too. */
json_t *qb_json_pack(const char *format, ...);

/* Calls `each` for every line of a .jsonl file that is a JSON object. A torn last line (no newline, or not
 * JSON) is dropped with a warning; a bad line before the last is QB_E_DATA with PATH:LINE. `each` returns <0 to stop. */
int qb_jsonl_each(const char *path, int (*each)(void *context, json_t *object), void *context);

/* The same for a large file: the lines are read by that many threads, `each` is called line after line in the calling one. */
int qb_jsonl_each_by(int threads, const char *path, int (*each)(void *context, json_t *object), void *context);

/* Member that is a string; "" where it is none or not there. Borrowed from `o`. */
const char *qb_json_text_of(const json_t *o, const char *key);

/* Member access that reports instead of crashing: QB_E_DATA "KEY: expected a string, got ..."; the caller adds
 * the path. Text is borrowed from `o`. */
int qb_json_get_text(const json_t *o, const char *key, const char **ret);
int qb_json_get_int(const json_t *o, const char *key, long long *ret);
int qb_json_get_real(const json_t *o, const char *key, double *ret); /* integers are fine */

#endif
