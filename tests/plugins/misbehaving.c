/* A solver that keeps every rule (a mix of latent and nearest level) and keeps its own count of the steps; one macro
 * makes it break one rule. Each variant is what a real plugin got wrong or easily may. */
#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct instance {
    const qb_host *host;
    int64_t n_steps; /* quantized steps so far */
    void *own;
} instance;

#ifdef SHARED_BETWEEN_INSTANCES
static int64_t steps_of_all;
#endif
#ifdef SHARED_BETWEEN_VIEWS
static float carried; /* from view to view */
#endif
#ifdef GLOBAL_AFTER_CREATE
static int64_t hidden_steps; /* set anew by create, so that only a break shows it */
#endif

#ifdef STARTS_THREAD
static void *idle(void *unused)
{
    while (pause() < 0) /* as it always does */
        ;
    return unused;
}
#endif

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    (void)value;
#ifdef CRASH_IN_CREATE
    raise(SIGSEGV);
#endif
#ifdef EXITS_IN_CREATE
    _exit(3);
#endif
#ifdef FAILS_AT_OPTION_END
    if (value[0].real >= 4.0) {
        host->fail(host, "strength is too large");
        return 1;
    }
#endif
    instance *s = calloc(1, sizeof *s);
    if (!s) {
        host->fail(host, "out of memory");
        return 1;
    }
    s->host = host;
#ifdef LEAKS
    s->own = malloc(256);
#endif
#ifdef STARTS_THREAD
    pthread_t t;
    (void)pthread_create(&t, NULL, idle, NULL);
#endif
#ifdef GLOBAL_AFTER_CREATE
    hidden_steps = 0;
#endif
    *ret_self = s;
    return 0;
}

static void destroy(void *self)
{
    free(self);
}

static int bind(void *self, const qb_view *view, qb_bind *request)
{
    (void)self;
    (void)view;
#ifdef ASKS_TOO_MUCH
    request->n_aux = 17;
#else
    request->state_per_row = 1;
#endif
    return 0;
}

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    instance *s = self;
    (void)step;
    s->n_steps++;
#ifdef SHARED_BETWEEN_INSTANCES
    steps_of_all++;
#endif
#ifdef GLOBAL_AFTER_CREATE
    hidden_steps++;
#endif
    request->decay_scale = 0.5;
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    (void)v;
#ifdef CHANGES_W_IN_GRADIENT
    v->w[0] += 1.0f;
#endif
    return 0;
}

/* Share of the nearest level: by the fraction, or by the solver's own count. */
static double share_of(const instance *s, const qb_step *step)
{
    double share = qb_clamp(step->fraction, 0.0, 1.0);
#ifdef LOSES_STATE
    share = qb_clamp((double)(s->n_steps - 4) / 8.0, 0.0, 1.0);
#endif
#ifdef SHARED_BETWEEN_INSTANCES
    share = qb_clamp((double)(steps_of_all - 4) / 8.0, 0.0, 1.0);
#endif
#ifdef GLOBAL_AFTER_CREATE
    share = qb_clamp((double)(hidden_steps - 4) / 8.0, 0.0, 1.0);
#endif
#ifdef NOT_IDENTITY
    share = qb_clamp(step->fraction + 0.2, 0.0, 1.0);
#endif
#ifdef NOT_HARD
    share *= 0.999;
#endif
    (void)s;
    return share;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    instance *s = self;
    const float share = (float)share_of(s, step);
#ifdef RETURNS_ERROR
    if (step->step == 9) {
        s->host->fail(s->host, "step nine is not for me");
        return 1;
    }
#endif
#ifdef ENDLESS
    while (step->step >= 3)
        ;
#endif
#ifdef CRASHES_AT_NAN
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
        if (isnan(v->z[i]))
            abort();
#endif
#ifdef LEAVES_ONE
    const float last = v->w[v->n_rows * v->row_len - 1];
#endif
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *z = v->z + r * v->row_len;
        const float *levels = v->levels + r * v->n_levels;
        float *w = v->w + r * v->row_len;
        qb_nearest_row(levels, v->n_levels, z, v->row_len, w);
        for (int64_t i = 0; i < v->row_len && share < 1.0f; i++)
            w[i] = share > 0.0f ? (1.0f - share) * z[i] + share * w[i] : z[i];
#ifdef NOT_MONOTONE
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = fabsf(z[i]) > 0.3f ? -w[i] : w[i];
#endif
#ifdef NOT_ODD
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = z[i] > 0.0f && z[i] < 0.05f ? levels[v->n_levels - 1] : w[i];
#endif
#ifdef NOT_SYMMETRIC
        w[0] = levels[0];
#endif
#ifdef DIVIDES_BY_SPREAD
        float spread = levels[v->n_levels - 1] - levels[0];
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = w[i] / spread * spread;
#endif
    }
    int64_t n = v->n_rows * v->row_len;
#ifdef WRITES_X
    v->x[n - 1] = v->w[n - 1];
#endif
#ifdef WRITES_OUTSIDE
    v->w[n] = 0.0f;
#endif
#ifdef CHANGES_LEVELS
    ((float *)(uintptr_t)v->levels)[0] -= 0.01f;
#endif
#ifdef LEAVES_ONE
    v->w[n - 1] = last;
#endif
#ifdef WRITES_NAN
    if (step->step == 12)
        v->w[n / 2] = NAN;
#endif
#ifdef SHARED_BETWEEN_VIEWS
    v->w[0] += carried;
    carried = 1e-3f * v->w[0];
#endif
    (void)n;
    (void)s;
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)self;
    (void)step;
    int64_t n = v->n_rows * v->row_len;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->w + r * v->row_len, v->row_len, out + r * v->row_len);
#ifdef FINISH_DRIFTS
    for (int64_t i = 0; i < n; i++)
        out[i] = v->w[i] * 0.5f;
#endif
#ifdef FINISH_SOFT
    memcpy(out, v->w, (size_t)n * sizeof *out);
#endif
#ifdef FINISH_WRITES_STATE
    v->row_state[0] += 1.0f;
#endif
    (void)n;
    return 0;
}

static size_t save(const void *self, void *bytes, size_t capacity)
{
    const instance *s = self;
#if defined LOSES_STATE
    (void)s;
    (void)bytes;
    (void)capacity;
    return 0;
#elif defined SAVE_OVERFLOWS
    if (bytes)
        memset(bytes, 0, capacity + 8);
    memcpy(&(int64_t){0}, &s->n_steps, sizeof s->n_steps);
    return sizeof s->n_steps;
#else
    if (capacity >= sizeof s->n_steps)
        memcpy(bytes, &s->n_steps, sizeof s->n_steps);
    return sizeof s->n_steps;
#endif
}

static int load(void *self, const void *bytes, size_t n)
{
    instance *s = self;
    if (n == sizeof s->n_steps)
        memcpy(&s->n_steps, bytes, n);
    return 0;
}

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value;
    (void)granularity;
#ifdef CRASH_IN_SUPPORTS
    raise(SIGSEGV);
#endif
#ifdef EXITS_IN_SUPPORTS
    _exit(3);
#endif
#ifdef STOPPED_IN_SUPPORTS /* as when a stop reaches all processes of a study */
    raise(STOPPED_IN_SUPPORTS);
#endif
#ifdef COUNTS_QUESTIONS
    int file = open(getenv("QB_TEST_QUESTIONS"), O_WRONLY | O_APPEND);
    (void)!write(file, "?", 1);
    (void)close(file);
#endif
#ifdef REFUSES_ALL
    if (n > 8)
        memcpy(why, "not now", 8);
    return bits >= 0;
#elif defined NO_REASON
    (void)why;
    (void)n;
    return bits > 4;
#elif defined EVERY_WIDTH
    (void)why;
    (void)n;
    return bits < 0;
#else /* two widths: the contract tests play every rule at every width that is offered */
    if (n > 12 && bits != 0 && bits != 2)
        memcpy(why, "not this one", 13);
    return bits != 0 && bits != 2;
#endif
}

static const qb_solver_option options[] = {
    {"strength", QB_OPTION_REAL, 0, "1", 0, 4, NULL, "", "how strongly"},
};

#ifndef MORE_TRAITS
#define MORE_TRAITS 0
#endif
#ifndef MORE_CAPS
#define MORE_CAPS 0
#endif

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS | MORE_CAPS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC |
              MORE_TRAITS,
    .name = FILE_NAME,
    .title = "a solver to break",
    .version = "1.0",
    .source = "tests",
    .options = options,
    .n_options = 1,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = destroy,
    .bind = bind,
    .begin_step = begin_step,
    .on_gradient = on_gradient,
    .finish = finish,
    .save = save,
    .load = load,
};
