#include "train/watchdog.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

struct qb_watchdog {
    double limit, grace, since; /* since: when the grace began */
    void (*on_hang)(void *context);
    void *context;
    atomic_bool time_is_up;
    bool rests, stops; /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

/* Until `when`, or until something changes; with the lock. */
static void wait_until(qb_watchdog *w, double when)
{
    double whole = floor(when);
    const struct timespec t = {.tv_sec = (time_t)whole, .tv_nsec = (long)(1e9 * (when - whole))};
    (void)pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &t);
}

static void *watch(void *context)
{
    qb_watchdog *w = context;
    bool hangs = false;
    double end = w->since + w->limit;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stops && qb_now_seconds() < end)
        wait_until(w, end);
    atomic_store(&w->time_is_up, true);
    w->since = qb_now_seconds();
    while (!w->stops && !hangs) {
        if (w->rests)
            (void)pthread_cond_wait(&w->changed, &w->lock);
        else if (qb_now_seconds() < w->since + w->grace)
            wait_until(w, w->since + w->grace);
        else
            hangs = true;
    }
    (void)pthread_mutex_unlock(&w->lock);
    if (hangs)
        w->on_hang(w->context);
    return NULL;
}

int qb_watchdog_start(double limit, double grace, void (*on_hang)(void *context), void *context, qb_watchdog **ret)
{
    qb_watchdog *w = qb_alloc(1, sizeof *w);
    if (!w)
        return QB_E_NOMEM;
    w->limit = limit;
    w->grace = grace;
    w->since = qb_now_seconds();
    w->on_hang = on_hang;
    w->context = context;
    (void)pthread_mutex_init(&w->lock, NULL); /* these cannot fail with default attributes on Linux */
    (void)pthread_cond_init(&w->changed, NULL);
    int refused = qb_thread_start(&w->thread, watch, w);
    if (refused) {
        qb_free(w);
        return qb_err_set(QB_E_FAILED, "cannot start the thread that watches time_limit: %s", strerror(refused));
    }
    *ret = w;
    return QB_OK;
}

bool qb_watchdog_time_is_up(const qb_watchdog *w)
{
    return w && atomic_load(&w->time_is_up);
}

static void change(qb_watchdog *w, bool *what, bool value)
{
    (void)pthread_mutex_lock(&w->lock);
    *what = value;
    w->since = atomic_load(&w->time_is_up) ? qb_now_seconds() : w->since;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

void qb_watchdog_rest(qb_watchdog *w, bool rests)
{
    if (w)
        change(w, &w->rests, rests);
}

void qb_watchdog_stop(qb_watchdog *w)
{
    if (!w)
        return;
    change(w, &w->stops, true);
    (void)pthread_join(w->thread, NULL);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    qb_free(w);
}
