/* The loader: a ring of batches, filled by threads image by image, handed out in order.
 *
 * Batches are numbered from the last seek: ticket 0, 1, 2, ... Ticket t lives in slot t % n_slots. A thread works on the
 * oldest slot that has images left; where there is none it opens the next ticket: under the lock it copies the batch's sample
 * numbers from the epoch's order (so that one order array is enough). Images of a slot are claimed one by one from a
 * counter, without the lock. When all images of a slot are claimed, the last thread that leaves it mixes them; then it is ready.
 * Invariant: taken <= opened <= taken + n_slots, less one while the caller holds a batch; image i of a slot is written by the
 * thread that claimed it alone.
 */
#include "train/loader.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/thread.h"

enum { MAX_THREADS = 64, SLOTS = 3, MAX_REPEAT = 65535, MAX_TOLD = 20 /* bad images that are told of one by one */ };

typedef struct slot {
    int64_t epoch, batch_index;
    int n;
    atomic_int next;     /* image to claim; n or more: none is left */
    int workers;         /* threads in it */
    bool ready;
    uint32_t *samples;   /* (batch) */
    uint16_t *repeats;   /* (batch) which time of the epoch each is taken */
    float *images;       /* (batch, c, h, w) */
    qb_target *targets;  /* (batch) */
    float *spare;        /* (c, h, w) for mixing; empty without it */
    bool *unreadable;    /* (batch) */
    char **reasons;      /* (batch) of the unreadable ones, ours; NULL also when memory was short for it */
    atomic_int n_bad;
    atomic_bool no_memory;
} slot;

/* What a thread that makes images has to itself. */
typedef struct worker {
    qb_loader *loader;
    qb_rooms rooms;
} worker;

struct qb_loader {
    qb_loader_options o;
    qb_chain chain;
    int64_t image; /* c * h * w */
    int batch;     /* o.batch, at most n */
    int repeat;    /* at least 1 */
    int64_t n_batches;

    uint32_t *picked; /* (n) images of the set; NULL: the first n */
    uint32_t *order; /* (n) of order_epoch; unused without shuffling */
    int64_t order_epoch;

    slot slots[SLOTS];
    int n_slots;

    pthread_t threads[MAX_THREADS];
    worker workers[MAX_THREADS + 1]; /* the last: the calling thread */
    int n_threads;
    pthread_mutex_t lock;
    pthread_cond_t work;  /* a slot may be opened, or stop */
    pthread_cond_t ready; /* a slot became ready, or a thread became idle */
    bool has_lock, started, stop;
    atomic_bool cancel;                 /* what is being made is not wanted any more */
    int busy;                           /* threads in a slot */
    int64_t next_epoch, next_index;     /* position of the next ticket */
    int64_t opened, taken;              /* tickets */
    bool holding;                       /* the caller has ticket taken - 1 */

    uint32_t *bad; /* samples that could not be read, each once */
    size_t n_bad;

    double wait_seconds;
};

int64_t qb_loader_batches_per_epoch(const qb_loader *l)
{
    return l->n_batches;
}

int64_t qb_loader_batches(int64_t n, int64_t batch, int64_t repeat, bool only_full)
{
    return (only_full || repeat > 0) && n >= batch ? n / batch : (n + batch - 1) / batch;
}

static void forget_reasons(slot *s)
{
    for (int i = 0; s->reasons && atomic_load(&s->n_bad) > 0 && i < s->n; i++) {
        qb_free(s->reasons[i]);
        s->reasons[i] = NULL;
        s->unreadable[i] = false;
    }
    atomic_store(&s->n_bad, 0);
}

/* Gives the next position to the next ticket's slot, with its samples. With the lock held, when there are threads. */
static slot *open_slot(qb_loader *l)
{
    slot *s = &l->slots[l->opened++ % l->n_slots];
    if (l->o.shuffle && l->order_epoch != l->next_epoch) {
        qb_stream stream = qb_rng_stream(l->o.seed, QB_RNG_SHUFFLE, (uint64_t)l->next_epoch, 0);
        qb_rng_permutation(&stream, l->order, (uint32_t)l->o.n);
        l->order_epoch = l->next_epoch;
    }
    const int64_t first = l->next_index * l->batch, left = l->o.n - first; /* positions: `repeat` of them are one image */
    forget_reasons(s);
    s->epoch = l->next_epoch;
    s->batch_index = l->next_index;
    s->n = left < l->batch ? (int)left : l->batch;
    s->ready = false;
    atomic_store(&s->no_memory, false);
    for (int i = 0; i < s->n; i++) {
        const int64_t place = (first + i) / l->repeat;
        const uint32_t number = l->o.shuffle ? l->order[place] : (uint32_t)place;
        s->samples[i] = l->picked ? l->picked[number] : number;
        s->repeats[i] = (uint16_t)((first + i) % l->repeat);
    }
    atomic_store(&s->next, 0);
    if (++l->next_index == l->n_batches) {
        l->next_index = 0;
        l->next_epoch++;
    }
    return s;
}

/* ---- an image ---- */

/* Image `i` of the slot; where that cannot be read the mean colour, which is 0, and the reason. */
static void make_image(worker *w, slot *s, int i)
{
    const qb_loader *l = w->loader;
    const uint32_t sample = s->samples[i];
    float *out = s->images + i * l->image;
    if (l->o.before_image)
        l->o.before_image(l->o.context, s->epoch, sample);
    s->targets[i] = qb_target_of(qb_dataset_class(l->o.data, l->o.split, sample));
    int rc = qb_chain_floats(&l->chain, s->epoch, sample, s->repeats[i], &w->rooms, out);
    if (rc == QB_E_NOMEM) {
        atomic_store(&s->no_memory, true);
    } else if (rc < 0) {
        memset(out, 0, (size_t)l->image * sizeof *out);
        s->unreadable[i] = true;
        s->reasons[i] = qb_strdup(qb_err_text());
        atomic_fetch_add(&s->n_bad, 1);
        qb_err_clear();
    }
}

static void work_on(worker *w, slot *s)
{
    for (;;) {
        int i = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
        if (i >= s->n || atomic_load_explicit(&w->loader->cancel, memory_order_relaxed))
            return;
        make_image(w, s, i);
    }
}

/* By the last thread that leaves the slot: no other writes to it. */
static void mix(const qb_loader *l, slot *s)
{
    if (qb_mixing_is_on(&l->o.mixing) && !atomic_load(&l->cancel))
        qb_mix_batch(&l->o.mixing, l->o.seed, s->epoch * l->n_batches + s->batch_index, s->n, l->chain.c, l->chain.h, l->chain.w,
                     s->images, s->targets, s->spare);
}

/* ---- threads ---- */

static slot *find_work(qb_loader *l)
{
    if (!l->started)
        return NULL;
    for (int64_t t = l->taken; t < l->opened; t++) {
        slot *s = &l->slots[t % l->n_slots];
        if (atomic_load(&s->next) < s->n)
            return s;
    }
    return l->opened - l->taken + l->holding < l->n_slots ? open_slot(l) : NULL;
}

static void *thread_main(void *context)
{
    worker *w = context;
    qb_loader *l = w->loader;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        slot *s = NULL;
        while (!l->stop && !(s = find_work(l)))
            pthread_cond_wait(&l->work, &l->lock);
        if (l->stop)
            break;
        s->workers++;
        l->busy++;
        pthread_mutex_unlock(&l->lock);
        work_on(w, s);
        pthread_mutex_lock(&l->lock);
        const bool is_last = --s->workers == 0;
        if (is_last) {
            pthread_mutex_unlock(&l->lock);
            mix(l, s);
            pthread_mutex_lock(&l->lock);
            s->ready = true;
        }
        l->busy--;
        if (is_last)
            pthread_cond_signal(&l->ready);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void start_threads(qb_loader *l)
{
    while (l->n_threads < l->o.threads &&
           qb_thread_start(&l->threads[l->n_threads], thread_main, &l->workers[l->n_threads]) == 0)
        l->n_threads++;
    if (l->n_threads < l->o.threads)
        qb_log_warning("only %d of %d loader threads could be started; results do not depend on it", l->n_threads, l->o.threads);
}

/* ---- create, destroy ---- */

static int check_options(const qb_loader_options *o)
{
    const char *hint = "check the data set's sizes and the options batch and loader threads";
    const qb_dataset_info *info = qb_dataset_get_info(o->data);
    int rc = 0;
    if (o->n < 1 || o->n > UINT32_MAX)
        rc = qb_err_set(QB_E_USAGE, "loader: got %lld samples, wanted 1 or more", (long long)o->n);
    else if (o->n > qb_dataset_count(o->data, o->split))
        rc = qb_err_set(QB_E_USAGE, "loader: got %lld samples, wanted at most the %lld of the data set", (long long)o->n,
                        (long long)qb_dataset_count(o->data, o->split));
    else if (o->batch < 1)
        rc = qb_err_set(QB_E_USAGE, "loader: got batch %d, wanted 1 or more", o->batch);
    else if (o->threads < 0 || o->threads > MAX_THREADS)
        rc = qb_err_set(QB_E_USAGE, "loader: got %d threads, wanted 0 to %d", o->threads, MAX_THREADS);
    else if (info->c < 1 || info->c > QB_IMAGE_CHANNELS || info->h < 1 || info->h > QB_IMAGE_SIDE || info->w < 1 ||
             info->w > QB_IMAGE_SIDE)
        rc = qb_err_set(QB_E_USAGE, "loader: got images of %d x %d x %d, wanted 1 to 3 channels and sides of 1 to %d", info->c,
                        info->h, info->w, QB_IMAGE_SIDE);
    else if (o->augmentation.crop_pad < 0 || o->augmentation.crop_pad > QB_IMAGE_SIDE)
        rc = qb_err_set(QB_E_USAGE, "loader: got a crop padding of %d, wanted 0 to %d", o->augmentation.crop_pad, QB_IMAGE_SIDE);
    else if (o->repeat < 0 || o->repeat > MAX_REPEAT)
        rc = qb_err_set(QB_E_USAGE, "loader: got %d times each image, wanted 0 to %d", o->repeat, MAX_REPEAT);
    return rc < 0 ? qb_err_hint("%s", hint) : 0;
}

static int alloc_slots(qb_loader *l)
{
    const size_t batch = (size_t)l->batch;
    l->n_slots = l->o.threads > 0 ? SLOTS : 1;
    for (int i = 0; i < l->n_slots; i++) {
        slot *s = &l->slots[i];
        s->samples = qb_alloc(batch, sizeof *s->samples);
        s->targets = qb_alloc(batch, sizeof *s->targets);
        s->images = qb_alloc(batch, (size_t)l->image * sizeof *s->images);
        s->unreadable = qb_alloc(batch, sizeof *s->unreadable);
        s->reasons = qb_alloc(batch, sizeof *s->reasons);
        s->repeats = qb_alloc(batch, sizeof *s->repeats);
        s->spare = qb_alloc(qb_mixing_is_on(&l->o.mixing) ? (size_t)l->image : 0, sizeof *s->spare);
        if (!s->samples || !s->targets || !s->images || !s->unreadable || !s->reasons || !s->repeats || !s->spare)
            return QB_E_NOMEM;
    }
    return 0;
}

/* Each thread has room for an image as the network sees it from the start, so that none allocates it in the middle of training
 * because it came late to its first image. */
static int give_rooms(qb_loader *l)
{
    for (int i = 0; i <= MAX_THREADS; i++) {
        const bool is_used = l->o.threads > 0 ? i < l->o.threads : i == MAX_THREADS;
        l->workers[i].loader = l;
        if (is_used)
            QB_TRY(qb_room_reserve(&l->workers[i].rooms.pixels, (size_t)l->image));
    }
    return 0;
}

int qb_loader_create(const qb_loader_options *options, qb_loader **ret_loader)
{
    qb_chain chain;
    QB_TRY(check_options(options));
    QB_TRY(qb_chain_init(&chain, options->data, options->split, options->seed, &options->augmentation));
    qb_loader *l = qb_alloc(1, sizeof *l);
    if (!l)
        return QB_E_NOMEM;
    l->o = *options;
    l->chain = chain;
    l->image = (int64_t)chain.c * chain.h * chain.w;
    l->batch = l->o.batch < l->o.n ? l->o.batch : (int)l->o.n;
    l->repeat = l->o.repeat > 1 ? l->o.repeat : 1;
    l->n_batches = qb_loader_batches(l->o.n, l->batch, l->o.repeat, l->o.only_full);
    l->order_epoch = -1;
    l->order = l->o.shuffle ? qb_alloc((size_t)l->o.n, sizeof *l->order) : NULL;
    if (l->o.n < qb_dataset_count(l->o.data, l->o.split))
        l->picked = qb_alloc((size_t)l->o.n, sizeof *l->picked);
    const bool is_part = l->o.n < qb_dataset_count(l->o.data, l->o.split);
    if ((l->o.shuffle && !l->order) || (is_part && !l->picked) || alloc_slots(l) < 0 ||
        (is_part && qb_dataset_pick(l->o.data, l->o.split, l->o.n, l->picked) < 0)) {
        qb_loader_destroy(l);
        return QB_E_NOMEM;
    }
    if (give_rooms(l) < 0) {
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
        atomic_store(&l->cancel, true);
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
    for (int i = 0; i < l->n_slots; i++) {
        forget_reasons(&l->slots[i]);
        qb_free(l->slots[i].samples);
        qb_free(l->slots[i].targets);
        qb_free(l->slots[i].images);
        qb_free(l->slots[i].unreadable);
        qb_free(l->slots[i].repeats);
        qb_free(l->slots[i].spare);
        qb_free(l->slots[i].reasons);
    }
    for (int i = 0; i <= MAX_THREADS; i++)
        qb_rooms_finish(&l->workers[i].rooms);
    qb_free(l->picked);
    qb_free(l->order);
    qb_free(l->bad);
    qb_free(l);
}

/* ---- seek, next ---- */

int qb_loader_seek(qb_loader *l, int64_t epoch, int64_t batch_index)
{
    if (epoch < 0 || batch_index < 0 || batch_index > l->n_batches)
        return qb_err_set(QB_E_DATA, "no batch %lld in epoch %lld: an epoch has batches 0 to %lld", (long long)batch_index,
                          (long long)epoch, (long long)l->n_batches - 1);
    pthread_mutex_lock(&l->lock);
    l->started = false; /* nobody opens a slot while we wait for those who are in one */
    atomic_store(&l->cancel, true);
    while (l->busy > 0)
        pthread_cond_wait(&l->ready, &l->lock);
    atomic_store(&l->cancel, false);
    l->next_epoch = epoch + batch_index / l->n_batches; /* the end of an epoch is the start of the next */
    l->next_index = batch_index % l->n_batches;
    l->opened = l->taken = 0;
    l->holding = false;
    l->started = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->lock);
    return 0;
}

static bool is_known_bad(const qb_loader *l, uint32_t sample)
{
    for (size_t i = 0; i < l->n_bad; i++)
        if (l->bad[i] == sample)
            return true;
    return false;
}

/* The images of a ready batch that could not be read: an error, or each told of once. */
static int settle_bad_images(qb_loader *l, slot *s)
{
    if (atomic_load(&s->no_memory))
        return qb_err_set(QB_E_NOMEM, "out of memory while reading images");
    for (int i = 0; atomic_load(&s->n_bad) > 0 && i < s->n; i++) {
        const char *reason = s->reasons[i] ? s->reasons[i] : "an image cannot be read (out of memory for its name)";
        if (!s->unreadable[i] || (l->o.pass_bad_images && is_known_bad(l, s->samples[i])))
            continue;
        if (!l->o.pass_bad_images) {
            qb_err_set(QB_E_DATA, "%s", reason);
            return qb_err_hint("mend or remove the image, or take the mean colour for it with --on-bad-image warn");
        }
        uint32_t *bad = qb_realloc(l->bad, l->n_bad + 1, sizeof *bad);
        if (!bad)
            return QB_E_NOMEM;
        l->bad = bad;
        l->bad[l->n_bad++] = s->samples[i];
        if (l->n_bad <= MAX_TOLD)
            qb_log_warning("%s; the mean colour stands for it%s", reason,
                           l->n_bad == MAX_TOLD ? "; further images that cannot be read are counted only" : "");
    }
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
        pthread_cond_broadcast(&l->work);
    }
    s = &l->slots[l->taken % l->n_slots];
    if (l->n_threads == 0 && l->opened == l->taken) {
        (void)open_slot(l);
        work_on(&l->workers[MAX_THREADS], s);
        mix(l, s);
        s->ready = true;
    }
    while (l->opened <= l->taken || !s->ready)
        pthread_cond_wait(&l->ready, &l->lock);
    int rc = settle_bad_images(l, s);
    if (rc == 0) {
        l->taken++;
        l->holding = true;
    }
    pthread_mutex_unlock(&l->lock);
    l->wait_seconds += qb_now_seconds() - start;
    if (rc < 0)
        return rc;
    *ret_batch = qb_batch_of(s->images, s->targets, s->n);
    ret_batch->samples = s->samples;
    ret_batch->unreadable = atomic_load(&s->n_bad) > 0 ? s->unreadable : NULL;
    ret_batch->epoch = s->epoch;
    ret_batch->step = s->epoch * l->n_batches + s->batch_index;
    ret_batch->seed = l->o.seed;
    return 0;
}

const uint32_t *qb_loader_bad_samples(const qb_loader *l, size_t *ret_n)
{
    *ret_n = l->n_bad;
    return l->bad;
}

double qb_loader_take_wait(qb_loader *l)
{
    double seconds = l->wait_seconds;
    l->wait_seconds = 0;
    return seconds;
}
