/* The command line: one table of verbs, one file a verb. This is the only part that prints or decides exit codes.
 *
 * A verb gets its flags parsed and checked by its own schema (and, when takes_run_keys, the keys of a run as flags),
 * its positional arguments, and returns QB_OK or a QB_E_* whose text main.c prints once.
 */
#ifndef QB_CLI_H
#define QB_CLI_H

#include "base/json.h"
#include "base/option.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct qb_cli {
    const struct qb_verb *verb;
    qb_settings flags; /* over verb->options */
    qb_settings run;   /* over qb_run_schema(), when verb->takes_run_keys; else n = 0 */
    char **args;       /* positional, in order */
    int n_args;
    bool json, quiet, verbose; /* common flags */
    const char *command;       /* the whole command line, quoted for a shell */
} qb_cli;

typedef struct qb_verb {
    const char *name;     /* "train", "solver check" */
    const char *args;     /* "PLAN|DIR..." or "" */
    const char *summary;  /* one line */
    const char *examples; /* lines of examples, each "  qatbench ...\n" */
    const char *details;  /* paragraph below the options, or NULL: exit codes, environment variables */
    const qb_option *options;
    size_t n_options;
    bool takes_run_keys;
    const char *const *run_keys; /* which of them, NULL-terminated; NULL: all */
    bool has_json;               /* accepts --json */
    int min_args, max_args; /* max < 0: any number */
    int (*run)(qb_cli *cli);
} qb_verb;

/* One per cmd_*.c, listed in verbs.c. */
extern const qb_verb qb_verb_train, qb_verb_run, qb_verb_table, qb_verb_plot, qb_verb_report, qb_verb_eval,
    qb_verb_export, qb_verb_ls, qb_verb_status, qb_verb_rm, qb_verb_gc, qb_verb_diff, qb_verb_list, qb_verb_info, qb_verb_solver_check,
    qb_verb_solver_info, qb_verb_solver_new, qb_verb_solver_plot, qb_verb_data_info, qb_verb_data_verify,
    qb_verb_data_prepare, qb_verb_data_show, qb_verb_bench, qb_verb_bench_data, qb_verb_doctor,
    qb_verb_completion;

/* The text of a nullable flag of the verb's own, NULL when it was not given. */
const char *qb_cli_flag_text(const qb_cli *cli, const char *name);

/* At the start of main, before anything opens a file (streams.c) or starts a process (signals.c). */
void qb_cli_start_streams(void);
void qb_cli_start_signals(void);

/* Set by the stop signals (base/stop_signals.h) after qb_cli_catch_stop_signals; the second SIGINT or SIGTERM kills. One that the
 * caller ignores stays ignored. From then on a closed pipe is an error of a write to it. */
extern volatile sig_atomic_t qb_cli_stop;
void qb_cli_catch_stop_signals(void);

/* Ends the program by SIGPIPE where it does so by default, else returns. */
void qb_cli_end_as_by_sigpipe(void);

/* true when a rewritten line is fit for this stream: a terminal that is not "dumb". */
bool qb_cli_is_terminal(FILE *stream);
/* choice: one of qb_cli_colors. auto: what NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR say; else the user's configuration file; else a
 * terminal has colours. */
extern const char *const qb_cli_colors[]; /* auto, always, never; NULL-terminated */
bool qb_cli_use_color(FILE *stream, const char *choice);
int qb_cli_columns(FILE *stream); /* width of the terminal, 80 when unknown */
bool qb_cli_utf8(void); /* the locale's character set is UTF-8: decides between the plus-minus sign and +- */

/* "-", or another name of what standard output goes to: /dev/stdout, the file behind `> FILE`. */
bool qb_cli_is_stdout(const char *path);

/* Writes text to standard output; QB_E_IO when it cannot (a closed pipe is quiet: exit 0 via SIGPIPE default). */
int qb_cli_print(const char *text);
int qb_cli_print_bytes(const void *bytes, size_t n);
int qb_cli_print_owned(char *text); /* the same; frees it; NULL is QB_E_NOMEM */
int qb_cli_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int qb_cli_print_json(json_t *object); /* pretty, one object and a newline; takes the reference, also on failure; NULL is
                                          QB_E_NOMEM */

/* Rewrites the last line of stderr, where that is a terminal; a message that comes between clears it first.
 * NULL clears it. */
void qb_cli_status_line(const char *text);

/* Says once what went wrong (the text of base/err.h) for rc < 0. Returns the exit status. */
int qb_cli_report(int rc);

/* Sends qb_log messages to stderr: warnings always, the others by -q and -v. */
void qb_cli_start_log(const qb_cli *cli);
void qb_cli_stop_log(const qb_cli *cli);

#endif
