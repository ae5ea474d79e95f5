/* What goes to stderr, and how: messages and the rewritten progress line. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/log.h"
#include "cli/user_config.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool status_is_shown;

bool qb_cli_is_terminal(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term && term[0] && strcmp(term, "dumb") != 0;
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0];
}

bool qb_cli_use_color(FILE *stream, const char *choice)
{
    if (strcmp(choice, "auto") != 0)
        return strcmp(choice, "always") == 0;
    if (is_set("NO_COLOR"))
        return false;
    if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
        return true;
    const char *of_user = qb_user_config_get()->color;
    bool is_automatic = !of_user || strcmp(of_user, "auto") == 0;
    return is_automatic ? qb_cli_is_terminal(stream) : strcmp(of_user, "always") == 0;
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

/* ---- the error that ends the program ---- */

enum { MAX_ERROR = 1600, MAX_HINT = 300 }; /* an error stays under 2,000 bytes */

/* Control characters of what a user typed do not reach the terminal. */
static void print_clean(const char *before, const char *text, int max)
{
    fputs(before, stderr);
    int n = 0;
    for (; text[n] && n < max; n++) {
        unsigned char c = (unsigned char)text[n];
        fputc((c < 0x20 && c != '\n') || c == 0x7f ? '?' : c, stderr);
    }
    fputs(text[n] ? "...\n" : "\n", stderr);
}

int qb_cli_report(int rc)
{
    if (rc >= 0)
        return 0;
    print_clean("qatbench: ", qb_err_text()[0] ? qb_err_text() : "out of memory", MAX_ERROR);
    if (qb_err_hint_text()[0])
        print_clean("  ", qb_err_hint_text(), MAX_HINT);
    return qb_err_exit_status(rc);
}
