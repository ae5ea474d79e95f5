/* A solver that ends its process in the middle of a run, as its option says; otherwise the straight-through estimator. */
#include <qatbench/solver.h>
#include <qatbench/solver_util.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NEVER, SEGV, ABORT, EXIT, VANISH, FAIL, SLEEP, BEQUEATH };

static const char *const ways[] = {"never", "segv", "abort", "exit", "vanish", "fail", "sleep", "bequeath", NULL};

static const qb_solver_option options[] = {
    {"how", QB_OPTION_CHOICE, 0, "never", 0, 0, ways, "", "how it ends"},
    {"step", QB_OPTION_INT, 0, "2", 0, 1000, NULL, "steps", "when it ends"},
};

typedef struct ends_midway {
    const qb_host *host;
    int64_t how, step;
} ends_midway;

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    ends_midway *m = calloc(1, sizeof *m);
    if (m == NULL)
        return 1;
    m->host = host;
    m->how = value[0].integer;
    m->step = value[1].integer;
    *ret_self = m;
    return 0;
}

/* By no function of the C library that could be told of it. */
static void vanish(void)
{
    (void)syscall(SYS_exit_group, 0);
}

/* A child of this process has its open files, so the run's lock is held on after its death, without a gap. The child takes the
 * run over: it writes so to the record that QB_TEST_HEIR_RECORD names before this process dies, and leaves as soon as somebody
 * writes to the pipe whose number QB_TEST_HEIR_PIPE tells. */
static void leave_heir(void)
{
    static const char mine[] = "{\"status\": \"running\", \"reason\": \"the successor's\"}\n";
    const char *pipe_end = getenv("QB_TEST_HEIR_PIPE"), *record = getenv("QB_TEST_HEIR_RECORD");
    int is_written[2];
    char byte;
    if (pipe_end == NULL || record == NULL || pipe(is_written) != 0)
        return;
    pid_t heir = fork();
    if (heir < 0)
        return;
    if (heir > 0) {
        (void)close(is_written[1]);
        (void)!read(is_written[0], &byte, 1);
        return;
    }
    (void)alarm(60); /* not longer than a test that failed */
    int fd = open(record, O_WRONLY | O_TRUNC | O_CLOEXEC);
    (void)!write(fd, mine, strlen(mine));
    (void)!write(is_written[1], "", 1);
    (void)!read((int)strtol(pipe_end, NULL, 10), &byte, 1);
    vanish();
}

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    ends_midway *m = self;
    (void)request;
    if (step->step < m->step)
        return 0;
    switch (m->how) {
    case BEQUEATH:
        leave_heir();
        /* fall through */
    case SEGV:
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
        raise(SIGSEGV);
        break;
    case ABORT:
        fputs("about to abort\n", stderr);
        abort();
    case EXIT:
        exit(3);
    case VANISH:
        vanish();
        break;
    case FAIL:
        m->host->fail(m->host, "it was told to");
        return 1;
    case SLEEP: /* as long as the surroundings are such */
        while (getenv("QB_TEST_SLEEP"))
            pause();
        break;
    }
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .name = "ends_midway",
    .title = "ends its process on request",
    .version = "1.0",
    .source = "made for tests",
    .options = options,
    .n_options = 2,
    .create = create,
    .destroy = free,
    .begin_step = begin_step,
    .project = project,
};
