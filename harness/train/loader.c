/* The loader: a ring of batches, filled by threads in any order, handed out in order.
 *
 * Batches are numbered from the last seek: ticket 0, 1, 2, ... A thread claims the next ticket under the lock, copies
 * the batch's sample numbers from the epoch's order (so that one order array is enough, however far ahead the threads
 * are), and fills the ticket's slot without the lock. Ticket t lives in slot t % n_slots.
 * Invariant: taken <= claimed <= taken + n_slots - 1, not counting the slot that the caller holds; a slot is written
 * by the thread that claimed its ticket alone.
 */
#include "train/loader.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "datasets/transform.h"

enum { MAX_THREADS = 64, MAX_SIDE = 1 << 15 };

typedef struct slot {
    int64_t epoch, batch_index;
    int n;
    bool ready;
    uint32_t *samples; /* (batch) */
    float *images;     /* (batch, c, h, w) */
    qb_target *targets; /* (batch) */
} slot;

struct qb_loader {
    qb_loader_options o;
    qb_transform transform;
    int64_t image; /* c * h * w */
    int batch;     /* o.batch, at most n */
    int64_t n_batches;

    uint32_t *order; /* (n) of order_epoch; unused without shuffling */
    int64_t order_epoch;

    slot *slots;
    int n_slots;

    pthread_t threads[MAX_THREADS];
    int n_threads;
    pthread_mutex_t lock;
    pthread_cond_t work;  /* a ticket may be claimed, or stop */
    pthread_cond_t ready; /* a slot became ready, or a thread became idle */
    bool has_lock, started, stop;
    int busy;                           /* threads between claim and ready */
    int64_t next_epoch, next_index;     /* position of the next ticket */
    int64_t claimed, taken;             /* tickets */
    bool holding;                       /* the caller has ticket taken - 1 */

    double wait_seconds;
};

int64_t qb_loader_batches_per_epoch(const qb_loader *l)
{
    return l->n_batches;
}

/* Gives the next position to slot `s`, with its samples. With the lock held, when there are threads. */
static void assign(qb_loader *l, slot *s)
{
    if (l->o.shuffle && l->order_epoch != l->next_epoch) {
        qb_stream stream = qb_rng_stream(l->o.seed, QB_RNG_SHUFFLE, (uint64_t)l->next_epoch, 0);
        qb_rng_permutation(&stream, l->order, (uint32_t)l->o.n);
        l->order_epoch = l->next_epoch;
    }
    const int64_t first = l->next_index * l->batch, left = l->o.n - first;
    s->epoch = l->next_epoch;
    s->batch_index = l->next_index;
    s->n = left < l->batch ? (int)left : l->batch;
    s->ready = false;
    if (l->o.shuffle)
        memcpy(s->samples, l->order + first, (size_t)s->n * sizeof *s->samples);
    else
        for (int i = 0; i < s->n; i++)
            s->samples[i] = (uint32_t)(first + i);
    if (++l->next_index == l->n_batches) {
        l->next_index = 0;
        l->next_epoch++;
    }
}

/* Draws in a fixed order, whatever is used of it, so that an option does not change another one's numbers. */
static qb_jitter draw_jitter(const qb_loader *l, int64_t epoch, uint32_t sample)
{
    const int pad = l->o.crop_pad;
    if (!l->o.flip && pad == 0)
        return (qb_jitter){false, 0, 0};
    qb_stream s = qb_rng_stream(l->o.seed, QB_RNG_AUGMENT, (uint64_t)epoch, sample);
    bool flip = qb_rng_uniform(&s) < 0.5;
    uint32_t y = qb_rng_below(&s, 2 * (uint32_t)pad + 1), x = qb_rng_below(&s, 2 * (uint32_t)pad + 1);
    return (qb_jitter){l->o.flip && flip, (int)y, (int)x};
}

static void fill(const qb_loader *l, slot *s)
{
    if (l->o.before_batch)
        l->o.before_batch(l->o.context, s->epoch, s->batch_index);
    for (int i = 0; i < s->n; i++) {
        uint32_t sample = s->samples[i];
        s->targets[i] = qb_target_of(l->o.labels[sample]);
        qb_transform_apply(&l->transform, l->o.pixels + sample * l->image, draw_jitter(l, s->epoch, sample),
                           s->images + i * l->image);
    }
}

static bool may_claim(const qb_loader *l)
{
    return l->started && l->claimed - l->taken + l->holding < l->n_slots;
}

static void *thread_main(void *context)
{
    qb_loader *l = context;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (!l->stop && !may_claim(l))
            pthread_cond_wait(&l->work, &l->lock);
        if (l->stop)
            break;
        slot *s = &l->slots[l->claimed++ % l->n_slots];
        assign(l, s);
        l->busy++;
        pthread_mutex_unlock(&l->lock);
        fill(l, s);
        pthread_mutex_lock(&l->lock);
        s->ready = true;
        l->busy--;
        pthread_cond_signal(&l->ready);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Signals are for the main thread: a loader thread must not be the one that runs a handler. */
static void start_threads(qb_loader *l)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (l->n_threads < l->o.threads && pthread_create(&l->threads[l->n_threads], NULL, thread_main, l) == 0)
        l->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (l->n_threads < l->o.threads)
        qb_log_warning("only %d of %d loader threads could be started; results do not depend on it", l->n_threads, l->o.threads);
}

static int check_options(const qb_loader_options *o)
{
    const char *hint = "check the data set's sizes and the options batch and loader threads";
    int rc = 0;
    if (o->n < 1 || o->n > UINT32_MAX)
        rc = qb_err_set(QB_E_USAGE, "loader: got %lld samples, wanted 1 or more", (long long)o->n);
    else if (o->batch < 1)
        rc = qb_err_set(QB_E_USAGE, "loader: got batch %d, wanted 1 or more", o->batch);
    else if (o->threads < 0 || o->threads > MAX_THREADS)
        rc = qb_err_set(QB_E_USAGE, "loader: got %d threads, wanted 0 to %d", o->threads, MAX_THREADS);
    else if (o->c < 1 || o->c > QB_TRANSFORM_CHANNELS || o->h < 1 || o->h > MAX_SIDE || o->w < 1 || o->w > MAX_SIDE)
        rc = qb_err_set(QB_E_USAGE, "loader: got images of %d x %d x %d, wanted 1 to 3 channels and sides of 1 to %d", o->c,
                        o->h, o->w, MAX_SIDE);
    else if (o->crop_pad < 0 || o->crop_pad > MAX_SIDE)
        rc = qb_err_set(QB_E_USAGE, "loader: got a crop padding of %d, wanted 0 to %d", o->crop_pad, MAX_SIDE);
    return rc < 0 ? qb_err_hint("%s", hint) : 0;
}

static int alloc_slots(qb_loader *l)
{
    l->n_slots = l->o.threads > 0 ? l->o.threads + 2 : 1;
    l->slots = qb_alloc((size_t)l->n_slots, sizeof *l->slots);
    if (!l->slots)
        return QB_E_NOMEM;
    for (int i = 0; i < l->n_slots; i++) {
        slot *s = &l->slots[i];
        s->samples = qb_alloc((size_t)l->batch, sizeof *s->samples);
        s->targets = qb_alloc((size_t)l->batch, sizeof *s->targets);
        s->images = qb_alloc((size_t)l->batch, (size_t)l->image * sizeof *s->images);
        if (!s->samples || !s->targets || !s->images)
            return QB_E_NOMEM;
    }
    return 0;
}

int qb_loader_create(const qb_loader_options *options, qb_loader **ret_loader)
{
    QB_TRY(check_options(options));
    qb_loader *l = qb_alloc(1, sizeof *l);
    if (!l)
        return QB_E_NOMEM;
    l->o = *options;
    l->image = (int64_t)l->o.c * l->o.h * l->o.w;
    l->batch = l->o.batch < l->o.n ? l->o.batch : (int)l->o.n;
    l->n_batches = (l->o.n + l->batch - 1) / l->batch;
    l->order_epoch = -1;
    qb_transform_init(&l->transform, l->o.c, l->o.h, l->o.w, l->o.crop_pad, l->o.mean, l->o.std);
    l->order = l->o.shuffle ? qb_alloc((size_t)l->o.n, sizeof *l->order) : NULL;
    if ((l->o.shuffle && !l->order) || alloc_slots(l) < 0) {
        qb_loader_destroy(l);
        return QB_E_NOMEM;
    }
    pthread_mutex_init(&l->lock, NULL); /* these cannot fail with default attributes on Linux */
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->ready, NULL);
    l->has_lock = true;
    start_threads(l);
    *ret_loader = l;
    return 0;
}

void qb_loader_destroy(qb_loader *l)
{
    if (!l)
        return;
    if (l->has_lock) {
        pthread_mutex_lock(&l->lock);
        l->stop = true;
        pthread_cond_broadcast(&l->work);
        pthread_mutex_unlock(&l->lock);
        for (int i = 0; i < l->n_threads; i++)
            pthread_join(l->threads[i], NULL);
        pthread_cond_destroy(&l->ready);
        pthread_cond_destroy(&l->work);
        pthread_mutex_destroy(&l->lock);
    }
    for (int i = 0; l->slots && i < l->n_slots; i++) {
        qb_free(l->slots[i].samples);
        qb_free(l->slots[i].targets);
        qb_free(l->slots[i].images);
    }
    qb_free(l->slots);
    qb_free(l->order);
    qb_free(l);
}

int qb_loader_seek(qb_loader *l, int64_t epoch, int64_t batch_index)
{
    if (epoch < 0 || batch_index < 0 || batch_index > l->n_batches)
        return qb_err_set(QB_E_DATA, "no batch %lld in epoch %lld: an epoch has batches 0 to %lld", (long long)batch_index,
                          (long long)epoch, (long long)l->n_batches - 1);
    pthread_mutex_lock(&l->lock);
    l->started = false; /* nobody claims while we wait for those who are filling a slot */
    while (l->busy > 0)
        pthread_cond_wait(&l->ready, &l->lock);
    l->next_epoch = epoch + batch_index / l->n_batches; /* the end of an epoch is the start of the next */
    l->next_index = batch_index % l->n_batches;
    l->claimed = l->taken = 0;
    l->holding = false;
    l->started = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    return 0;
}

int qb_loader_next(qb_loader *l, qb_batch *ret_batch)
{
    const double start = qb_now_seconds();
    slot *s;
    pthread_mutex_lock(&l->lock);
    if (!l->started) {
        l->started = true;
        pthread_cond_broadcast(&l->work);
    }
    if (l->holding) { /* the batch before is given back */
        l->holding = false;
        pthread_cond_signal(&l->work);
    }
    s = &l->slots[l->taken % l->n_slots];
    if (l->n_threads == 0) {
        l->claimed++;
        assign(l, s);
        fill(l, s);
    } else {
        while (l->claimed <= l->taken || !s->ready)
            pthread_cond_wait(&l->ready, &l->lock);
    }
    l->taken++;
    l->holding = true;
    pthread_mutex_unlock(&l->lock);
    l->wait_seconds += qb_now_seconds() - start;
    *ret_batch = qb_batch_of(s->images, s->targets, s->n);
    ret_batch->samples = s->samples;
    ret_batch->epoch = s->epoch;
    ret_batch->step = s->epoch * l->n_batches + s->batch_index;
    ret_batch->seed = l->o.seed;
    return 0;
}

double qb_loader_take_wait(qb_loader *l)
{
    double seconds = l->wait_seconds;
    l->wait_seconds = 0;
    return seconds;
}
