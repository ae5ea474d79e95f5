/* A chunk of items has a place, its number % n_places, from when it is claimed until all of it is taken; item k of it is in slot
 * place * chunk + k. All counts are read and changed with the lock held.
 */
#include "base/ordered.h"

#include <stdbool.h>

#include "base/thread.h"

typedef struct state {
    const qb_ordered *loop;
    int n_places;
    int64_t chunk;
    pthread_mutex_t lock;
    pthread_cond_t work;   /* a chunk may be claimed, or it ends */
    pthread_cond_t ready;  /* the chunk that is taken next is done */
    int64_t claimed, taken; /* items before these are; where a chunk begins, or behind the end */
    bool done[QB_ORDERED_SLOTS];
    bool stop;
    int n_threads; /* that have begun */
} state;

static int place_of(const state *s, int64_t first)
{
    return (int)((first - s->loop->begin) / s->chunk % s->n_places);
}

static int64_t end_of(const state *s, int64_t first)
{
    return s->loop->end - first < s->chunk ? s->loop->end : first + s->chunk;
}

static void *thread_main(void *context)
{
    state *s = context;
    pthread_mutex_lock(&s->lock);
    const int thread = s->n_threads++;
    for (;;) {
        while (!s->stop && s->claimed < s->loop->end && s->claimed - s->taken == s->n_places * s->chunk)
            pthread_cond_wait(&s->work, &s->lock);
        if (s->stop || s->claimed >= s->loop->end)
            break;
        const int64_t first = s->claimed;
        const int place = place_of(s, first);
        s->claimed += s->chunk;
        pthread_mutex_unlock(&s->lock);
        for (int64_t i = first; i < end_of(s, first); i++)
            s->loop->work(s->loop->context, i, (int)(place * s->chunk + i - first), thread);
        pthread_mutex_lock(&s->lock);
        s->done[place] = true;
        if (first == s->taken)
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
        const int64_t first = s->taken;
        const int place = place_of(s, first);
        while (!s->done[place])
            pthread_cond_wait(&s->ready, &s->lock);
        s->done[place] = false;
        pthread_mutex_unlock(&s->lock);
        for (int64_t i = first; i < end_of(s, first) && rc == 0; i++)
            rc = s->loop->take(s->loop->context, i, (int)(place * s->chunk + i - first));
        pthread_mutex_lock(&s->lock);
        s->taken += s->chunk;
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
    state s = {.loop = loop, .chunk = loop->chunk > 0 ? loop->chunk : 1, .claimed = loop->begin, .taken = loop->begin};
    pthread_t threads[QB_ORDERED_THREADS];
    if (loop->threads <= 1)
        return run_here(loop);
    s.n_places = loop->threads < QB_ORDERED_THREADS ? 2 * loop->threads : QB_ORDERED_SLOTS;
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
