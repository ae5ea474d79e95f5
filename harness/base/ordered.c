/* Item i is in slot (i - begin) % n_slots from when it is claimed until it is taken. All counts are read and changed with the
 * lock held.
 */
#include "base/ordered.h"

#include <stdbool.h>

#include "base/thread.h"

typedef struct state {
    const qb_ordered *loop;
    int n_slots;
    pthread_mutex_t lock;
    pthread_cond_t work;   /* an item may be claimed, or it ends */
    pthread_cond_t ready;  /* the item that is taken next is done */
    int64_t claimed, taken; /* items before these are */
    bool done[QB_ORDERED_SLOTS];
    bool stop;
    int n_threads; /* that have begun */
} state;

static int slot_of(const state *s, int64_t i)
{
    return (int)((i - s->loop->begin) % s->n_slots);
}

static void *thread_main(void *context)
{
    state *s = context;
    pthread_mutex_lock(&s->lock);
    const int thread = s->n_threads++;
    for (;;) {
        while (!s->stop && s->claimed < s->loop->end && s->claimed - s->taken == s->n_slots)
            pthread_cond_wait(&s->work, &s->lock);
        if (s->stop || s->claimed == s->loop->end)
            break;
        const int64_t i = s->claimed++;
        pthread_mutex_unlock(&s->lock);
        s->loop->work(s->loop->context, i, slot_of(s, i), thread);
        pthread_mutex_lock(&s->lock);
        s->done[slot_of(s, i)] = true;
        if (i == s->taken)
            pthread_cond_signal(&s->ready);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static int start(state *s, pthread_t *ret_threads)
{
    const int wanted = s->loop->threads < QB_ORDERED_THREADS ? s->loop->threads : QB_ORDERED_THREADS;
    int n = 0;
    while (n < wanted && qb_thread_start(&ret_threads[n], thread_main, s) == 0)
        n++;
    return n;
}

static int take_all(state *s)
{
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    while (rc == 0 && s->taken < s->loop->end) {
        const int64_t i = s->taken;
        while (!s->done[slot_of(s, i)])
            pthread_cond_wait(&s->ready, &s->lock);
        s->done[slot_of(s, i)] = false;
        pthread_mutex_unlock(&s->lock);
        rc = s->loop->take(s->loop->context, i, slot_of(s, i));
        pthread_mutex_lock(&s->lock);
        s->taken++;
        pthread_cond_signal(&s->work);
    }
    s->stop = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static int run_here(const qb_ordered *loop)
{
    int rc = 0;
    for (int64_t i = loop->begin; i < loop->end && rc == 0; i++) {
        loop->work(loop->context, i, 0, 0);
        rc = loop->take(loop->context, i, 0);
    }
    return rc;
}

int qb_ordered_run(const qb_ordered *loop)
{
    state s = {.loop = loop, .claimed = loop->begin, .taken = loop->begin};
    pthread_t threads[QB_ORDERED_THREADS];
    if (loop->threads <= 1)
        return run_here(loop);
    s.n_slots = loop->threads < QB_ORDERED_THREADS ? 2 * loop->threads : QB_ORDERED_SLOTS;
    pthread_mutex_init(&s.lock, NULL); /* these cannot fail with default attributes on Linux */
    pthread_cond_init(&s.work, NULL);
    pthread_cond_init(&s.ready, NULL);
    const int n = start(&s, threads);
    const int rc = n > 0 ? take_all(&s) : run_here(loop);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&s.ready);
    pthread_cond_destroy(&s.work);
    pthread_mutex_destroy(&s.lock);
    return rc;
}
