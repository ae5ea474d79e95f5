#include "quant/plugin_probe.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/stop_signals.h"
#include "base/str.h"
#include "quant/instance.h"
#include "quant/supports.h"
#include "quant/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 20 };

/* Shared with the child; zero until it has an answer. */
typedef struct answer {
    int32_t code; /* of the error, QB_OK = none */
    uint32_t is_complete, is_bound, caps;
    char why[1024], hint[256];
} answer;

/* ---- what is known: a study may ask more kinds of question than fit, and asks some again then ---- */

enum { N_KNOWN = 256 };

static struct {
    char key[QB_SHA256_HEX];
    answer answer;
} known[N_KNOWN];
static size_t n_known; /* ever learnt; the newest takes the place of the oldest */

static const answer *find_known(const char *key)
{
    for (size_t i = 0; i < N_KNOWN && i < n_known; i++)
        if (strcmp(known[i].key, key) == 0)
            return &known[i].answer;
    return NULL;
}

static void remember(const char *key, const answer *a)
{
    size_t at = n_known++ % N_KNOWN;
    memcpy(known[at].key, key, sizeof known[at].key);
    known[at].answer = *a;
}

/* ---- in the child ---- */

typedef void (*ask_function)(const qb_plugin_question *q, answer *a);

static void ask_supports(const qb_plugin_question *q, answer *a)
{
    qb_err_clear();
    a->code = qb_supports_ask(q->plugin, q->settings, q->bits, q->granularity);
    (void)snprintf(a->why, sizeof a->why, "%s", qb_err_text());
    (void)snprintf(a->hint, sizeof a->hint, "%s", qb_err_hint_text());
}

/* The instance ends with the process. */
static void ask_caps(const qb_plugin_question *q, answer *a)
{
    static const char *const names[] = {"probe.weight"};
    qb_instance instance;
    const qb_instance_options options = {.plugin = q->plugin, .settings = q->settings, .bits = q->bits, .n_views = 1,
                                         .view_names = names, .n_steps = q->n_steps, .first_step = q->first_step,
                                         .weight_decay = q->weight_decay, .seed = 1};
    const qb_view view = {.size = sizeof view, .name = names[0], .n_rows = 4, .row_len = 8, .n_per_channel = 8,
                          .fan_in = 8, .fan_out = 4, .bits = q->bits};
    qb_bind request;
    if (qb_instance_init(&instance, &options, NULL) == QB_OK && qb_instance_bind(&instance, &view, &request) == NULL) {
        a->caps = request.caps;
        a->is_bound = 1;
    }
}

/* Silent, and over after a while. */
_Noreturn static void be_child(const qb_plugin_question *q, ask_function ask, answer *a)
{
    int nowhere = open("/dev/null", O_RDWR);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    qb_trial_bare_crashes();
    for (int i = 0; i < QB_N_STOP_SIGNALS; i++)
        (void)signal(qb_stop_signals[i], SIG_IGN); /* they are the parent's: a stop must not look like a crash */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(PATIENCE_SECONDS);
    ask(q, a);
    a->is_complete = 1;
    _exit(0);
}

/* ---- in the parent ---- */

static void tell_death(const char *solver, int status, answer *a)
{
    *a = (answer){.code = QB_E_FAILED, .is_complete = 1};
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        (void)snprintf(a->why, sizeof a->why, "solver '%s': supports did not return within %d seconds", solver, PATIENCE_SECONDS);
    else if (WIFSIGNALED(status))
        (void)snprintf(a->why, sizeof a->why, "solver '%s': supports was killed by signal %d (plugin crashed?)", solver,
                       WTERMSIG(status));
    else
        (void)snprintf(a->why, sizeof a->why, "solver '%s': supports ended the process with exit status %d", solver,
                       WEXITSTATUS(status));
}

static int ask_child(const qb_plugin_question *q, ask_function ask, answer *ret_answer)
{
    answer *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc = QB_OK, status = 0;
    pid_t child = fork();
    if (child == 0)
        be_child(q, ask, shared);
    if (child < 0)
        rc = qb_err_set(QB_E_UNAVAILABLE, "cannot start a process to ask solver '%s': %s", q->plugin->solver.name, strerror(errno));
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    *ret_answer = *shared;
    (void)munmap(shared, sizeof *shared);
    if (!ret_answer->is_complete)
        tell_death(q->plugin->solver.name, status, ret_answer);
    return rc;
}

/* Plugins are never unloaded, so that the address of one is its name. details: what else the answer depends on. */
static int get_answer(const qb_plugin_question *q, ask_function ask, const char *details, answer *ret_answer)
{
    char *spec = qb_spec_canonical(q->plugin->solver.name, q->settings);
    char *text = spec ? qb_sprintf("%p %s %d %s %s", (const void *)q->plugin, spec, q->bits, q->granularity, details) : NULL;
    char key[QB_SHA256_HEX];
    if (text)
        qb_sha256_of(text, strlen(text), key);
    bool ok = text != NULL;
    qb_free(text);
    qb_free(spec);
    if (!ok)
        return QB_E_NOMEM;
    const answer *old = find_known(key);
    if (old) {
        *ret_answer = *old;
        return QB_OK;
    }
    QB_TRY(ask_child(q, ask, ret_answer));
    if (ret_answer->code != QB_E_NOMEM)
        remember(key, ret_answer);
    return QB_OK;
}

int qb_plugin_supports(const qb_plugin *p, const qb_settings *settings, int bits, const char *granularity)
{
    if (!p->solver.supports)
        return QB_OK;
    const qb_plugin_question question = {.plugin = p, .settings = settings, .bits = bits, .granularity = granularity};
    answer a;
    QB_TRY(get_answer(&question, ask_supports, "supports", &a));
    if (a.code == QB_OK)
        return QB_OK;
    (void)qb_err_set(a.code, "%s", a.why);
    return a.hint[0] ? qb_err_hint("%s", a.hint) : a.code;
}

int qb_plugin_probe(const qb_plugin_question *question, uint32_t *ret_caps)
{
    const qb_solver *solver = &question->plugin->solver;
    *ret_caps = solver->caps;
    if (!solver->bind || !(solver->caps & (QB_CAP_OWN_LEVELS | QB_CAP_EDITS_LATENT)))
        return QB_OK; /* nothing of interest to give up */
    char details[128];
    (void)snprintf(details, sizeof details, "bind %lld %lld %a", (long long)question->n_steps, (long long)question->first_step,
                   question->weight_decay);
    answer a;
    QB_TRY(get_answer(question, ask_caps, details, &a));
    if (a.is_bound)
        *ret_caps = a.caps;
    return QB_OK;
}
