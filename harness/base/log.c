/* Hands finished lines to the sinks, one line at a time: loader threads may speak too. */
#include "base/log.h"

#include "base/err.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

enum { MAX_SINKS = 4, MAX_LINE = 4096 };

static struct {
    qb_log_sink call;
    void *context;
} sinks[MAX_SINKS];
static size_t n_sinks;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void qb_log_add_sink(qb_log_sink sink, void *context)
{
    (void)pthread_mutex_lock(&lock); /* a plain mutex: cannot fail */
    QB_ASSERT(n_sinks < MAX_SINKS);
    sinks[n_sinks].call = sink;
    sinks[n_sinks].context = context;
    n_sinks++;
    (void)pthread_mutex_unlock(&lock);
}

void qb_log_remove_sink(qb_log_sink sink, void *context)
{
    (void)pthread_mutex_lock(&lock);
    size_t kept = 0;
    for (size_t i = 0; i < n_sinks; i++) {
        if (sinks[i].call != sink || sinks[i].context != context)
            sinks[kept++] = sinks[i];
    }
    n_sinks = kept;
    (void)pthread_mutex_unlock(&lock);
}

static void emit(int level, const char *fmt, va_list args)
{
    char line[MAX_LINE];
    (void)vsnprintf(line, sizeof line, fmt, args); /* a longer line is cut */
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_sinks; i++)
        sinks[i].call(sinks[i].context, level, line);
    (void)pthread_mutex_unlock(&lock);
}

void qb_log_debug(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    emit(QB_LOG_DEBUG, fmt, args);
    va_end(args);
}

void qb_log_info(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    emit(QB_LOG_INFO, fmt, args);
    va_end(args);
}

void qb_log_warning(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    emit(QB_LOG_WARNING, fmt, args);
    va_end(args);
}
