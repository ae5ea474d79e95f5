/* Messages to people, and the only way for code below cli/ to say something that is not an error:
 * a sink set by the program (stderr, log.txt of a run, or both).
 */
#ifndef QB_LOG_H
#define QB_LOG_H

enum { QB_LOG_DEBUG = 1, QB_LOG_INFO, QB_LOG_WARNING };

typedef void (*qb_log_sink)(void *context, int level, const char *line); /* line without newline */

/* NULL = silent (the default). Up to 4 sinks; set/unset from one thread only. */
void qb_log_add_sink(qb_log_sink sink, void *context);
void qb_log_remove_sink(qb_log_sink sink, void *context);

void qb_log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void qb_log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void qb_log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
