/* `qatbench status`: a study under way. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/status.h"
#include "cli/study_args.h"
#include "study/grid.h"
#include "study/scale.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* The first `rows` lines: more would push the top of a screen out of sight. */
static void cut_lines(char *text, int rows)
{
    for (char *p = text; (p = strchr(p, '\n')); p++) {
        if (--rows <= 0) {
            p[1] = '\0';
            return;
        }
    }
}

static int terminal_rows(void)
{
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : 24;
}

/* On a terminal a picture takes the place of the one before; elsewhere blocks follow each other, each with its time. */
static int print_watched(char *text)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    if (qb_cli_is_terminal(stdout)) {
        cut_lines(text, terminal_rows() - 1);
        return qb_cli_printf("\033[H\033[2J%s", text);
    }
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return qb_cli_printf("%s\n%s\n", stamp, text);
}

static int print_json(const qb_status *s, bool is_watched)
{
    json_t *object = qb_status_json(s);
    if (!is_watched)
        return qb_cli_print_json(object);
    char *line = object ? qb_json_compact(object) : NULL;
    json_decref(object);
    if (!line)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc = qb_cli_printf("%s\n", line);
    qb_free(line);
    return rc;
}

static int print_status(const qb_cli *cli, const qb_status *s, bool is_watched)
{
    char *text = NULL;
    if (cli->json)
        return print_json(s, is_watched);
    bool color = qb_cli_use_color(stdout, qb_get(&cli->flags, "color")->text);
    QB_TRY(qb_status_text(s, qb_cli_columns(stdout), color, &text));
    if (!qb_cli_utf8()) {
        char *ascii = qb_text_to_ascii(text);
        qb_free(text);
        if (!(text = ascii))
            return QB_E_NOMEM;
    }
    int rc = is_watched ? print_watched(text) : qb_cli_print(text);
    qb_free(text);
    return rc;
}

static void wait_seconds(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(1e9 * (seconds - floor(seconds)))};
    (void)nanosleep(&left, NULL); /* a signal that does not end the program only hurries it */
}

static int run_status(qb_cli *cli)
{
    bool is_watched = qb_get(&cli->flags, "watch")->b;
    double seconds = qb_get(&cli->flags, "interval")->r;
    for (bool complete = false; !complete;) {
        qb_status s = {0};
        QB_TRY(qb_status_take(cli, &s));
        int rc = print_status(cli, &s, is_watched);
        complete = !is_watched || qb_status_is_complete(&s);
        qb_status_finish(&s);
        QB_TRY(rc);
        qb_cli_stop_log(cli); /* warnings about the plan are said once */
        if (!complete)
            wait_seconds(seconds);
    }
    return QB_OK;
}

static const qb_option options[] = {
    {"watch", QB_KIND_BOOL, "false", 0, 0, NULL, "", "show it again and again, until nothing is left to run", 0, NULL},
    {"interval", QB_KIND_REAL, "5", 0.1, 86400, NULL, "seconds", "time between, with --watch", 0, NULL},
    {"color", QB_KIND_CHOICE, "auto", 0, 0, qb_cli_colors, "", "auto: on a terminal, unless NO_COLOR says otherwise", 0, NULL},
    QB_SCALE_OPTION,
};

const qb_verb qb_verb_status = {
    .name = "status",
    .args = "[PLAN|DIR|runs.jsonl...]",
    .summary = "a study under way: what runs, how fast, how long still",
    .examples = "  qatbench status plan.yaml\n"
                "  qatbench status plan.yaml --watch\n"
                "  qatbench status plan.yaml --json\n",
    .details = "Shows how many runs are done, what runs now (step, images/s of the training,\n"
               "time left with tests and saving, last accuracy), what ended last, what failed,\n"
               "and, where gnuplot is, test accuracy by epoch. It only reads: runs of another\n"
               "user or machine on a shared disk can be looked at as well, as far as their\n"
               "files may be read. Without arguments: the runs folder.\n"
               "--watch ends when nothing runs and nothing is left to run (failed runs are not\n"
               "waited for), or by Ctrl-C; not on a terminal it prints block after block, each\n"
               "with its time. --json prints one object, with --watch a line each time.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 0,
    .max_args = -1,
    .run = run_status,
};
