#include "quant/plugin_probe.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 20 };

/* Shared with the child; zero until it has an answer. */
typedef struct answer {
    int32_t refusal; /* code of the error, 0 = none */
    uint32_t is_bound, caps;
    char why[1024], hint[256];
} answer;

static void ignore_reason(const qb_host *host, const char *why)
{
    (void)host;
    (void)why; /* the run itself will fail with it */
}

static void give_halves(const qb_host *host, uint32_t view, int64_t step, uint32_t purpose, int64_t first, int64_t n,
                        float *out)
{
    (void)host, (void)view, (void)step, (void)purpose, (void)first;
    for (int64_t i = 0; i < n; i++)
        out[i] = 0.5f;
}

static void ask(const qb_plugin_question *q, answer *a)
{
    const qb_solver *solver = &q->plugin->solver;
    if (qb_plugin_supports(q->plugin, q->settings, q->bits, q->granularity) < 0) {
        (void)snprintf(a->why, sizeof a->why, "%s", qb_err_text());
        (void)snprintf(a->hint, sizeof a->hint, "%s", qb_err_hint_text());
        a->refusal = qb_err_code();
        return;
    }
    if (!solver->bind || !(solver->caps & (QB_CAP_OWN_LEVELS | QB_CAP_EDITS_LATENT)))
        return; /* nothing of interest to give up */
    const qb_host host = {.size = sizeof host, .fail = ignore_reason, .uniform = give_halves, .bits = q->bits, .n_views = 1,
                          .n_steps = q->n_steps, .first_step = q->first_step, .weight_decay = q->weight_decay};
    qb_option_value *values = qb_plugin_values(q->plugin, q->settings);
    void *self = NULL;
    if (!values || (solver->create && solver->create(&host, values, &self) != 0))
        return;
    const qb_view view = {.size = sizeof view, .name = "probe.weight", .n_rows = 4, .row_len = 8, .n_per_channel = 8,
                          .fan_in = 8, .fan_out = 4, .bits = q->bits};
    qb_bind request = {.size = sizeof request, .caps = solver->caps, .aux_lr_factor = 1};
    if (solver->bind(self, &view, &request) == 0) {
        a->caps = request.caps;
        a->is_bound = 1;
    }
}

/* Silent, and over after a while: what goes wrong here is told by the run. The instance dies with the process. */
_Noreturn static void be_child(const qb_plugin_question *q, answer *a)
{
    int nowhere = open("/dev/null", O_RDWR);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    static const int requests[] = {SIGINT, SIGTERM, SIGUSR1}; /* are the parent's: a stop must not look like a crash */
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        (void)signal(requests[i], SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(PATIENCE_SECONDS);
    ask(q, a);
    _exit(0);
}

int qb_plugin_probe(const qb_plugin_question *question, uint32_t *ret_caps)
{
    const qb_solver *solver = &question->plugin->solver;
    if (!solver->supports && !solver->bind) {
        *ret_caps = solver->caps;
        return QB_OK;
    }
    answer *a = mmap(NULL, sizeof *a, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (a == MAP_FAILED)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    pid_t child = fork();
    if (child == 0)
        be_child(question, a);
    int rc = QB_OK;
    if (child < 0)
        rc = qb_err_set(QB_E_FAILED, "cannot start a process to ask solver '%s': %s", solver->name, strerror(errno));
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (rc == QB_OK && a->refusal < 0) {
        rc = qb_err_set(a->refusal, "%s", a->why);
        if (a->hint[0])
            (void)qb_err_hint("%s", a->hint);
    } else if (rc == QB_OK)
        *ret_caps = a->is_bound ? a->caps : solver->caps;
    (void)munmap(a, sizeof *a);
    return rc;
}
