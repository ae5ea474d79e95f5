/* What goes to stdout and stderr, and how: results, messages, the rewritten progress line, signals. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

volatile sig_atomic_t qb_cli_stop;
static volatile sig_atomic_t was_asked_to_end;
static bool status_is_shown;

static void on_stop(int signal_number)
{
    if (signal_number != SIGUSR1) {
        if (was_asked_to_end) {
            signal(signal_number, SIG_DFL);
            raise(signal_number);
        }
        was_asked_to_end = 1;
    }
    qb_cli_stop = 1;
}

void qb_cli_catch_stop_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_NODEFER | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

bool qb_cli_is_terminal(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term && term[0] && strcmp(term, "dumb") != 0;
}

int qb_cli_columns(FILE *stream)
{
    struct winsize size = {0};
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Asks for the character set only: the locale of the process stays "C", so that numbers keep their dot. */
bool qb_cli_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is_utf8 = false;
    if (locale) {
        is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
        freelocale(locale);
    }
    return is_utf8;
}

int qb_cli_print(const char *text)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
        return qb_err_set(QB_E_IO, "standard output: %s", strerror(errno));
    return QB_OK;
}

int qb_cli_print_owned(char *text)
{
    int rc = text ? qb_cli_print(text) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

int qb_cli_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vprintf(fmt, args);
    va_end(args);
    if (n < 0 || fflush(stdout) == EOF)
        return qb_err_set(QB_E_IO, "standard output: %s", strerror(errno));
    return QB_OK;
}

int qb_cli_print_json(json_t *object)
{
    char *text = object ? qb_json_pretty(object) : NULL;
    json_decref(object);
    if (!text)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc = qb_cli_print(text);
    if (rc == QB_OK && !(text[0] && text[strlen(text) - 1] == '\n'))
        rc = qb_cli_print("\n");
    qb_free(text);
    return rc;
}

void qb_cli_status_line(const char *text)
{
    if (!text && !status_is_shown)
        return;
    fprintf(stderr, "\r\033[K%.*s", qb_cli_columns(stderr) - 1, text ? text : "");
    fflush(stderr);
    status_is_shown = text != NULL;
}

static void show_message(void *context, int level, const char *line)
{
    const qb_cli *cli = context;
    if ((level == QB_LOG_DEBUG && !cli->verbose) || (level == QB_LOG_INFO && cli->quiet))
        return;
    qb_cli_status_line(NULL);
    fprintf(stderr, "%s%s\n", level == QB_LOG_WARNING ? "qatbench: warning: " : "", line);
}

void qb_cli_start_log(const qb_cli *cli)
{
    qb_log_add_sink(show_message, (void *)cli); /* read only */
}

void qb_cli_stop_log(const qb_cli *cli)
{
    qb_log_remove_sink(show_message, (void *)cli);
}
