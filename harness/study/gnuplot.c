#include "study/gnuplot.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void qb_gnuplot_add_string(qb_str *s, const char *text)
{
    qb_str_add(s, "'");
    while (*text) {
        if (strchr("_^{}@&~\\", *text)) /* marks of enhanced text */
            qb_str_add(s, "\\");
        if (*text == '\'') /* a quote in a quoted string is written twice */
            qb_str_add(s, "'");
        qb_str_add_char(s, &text);
    }
    qb_str_add(s, "'");
}

const char *qb_gnuplot_gradient(size_t i, size_t n, char buf[8])
{
    static const double stops[][3] = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {240, 200, 30}};
    enum { LAST = sizeof stops / sizeof stops[0] - 1 };
    double at = n > 1 ? (double)LAST * (double)i / (double)(n - 1) : 0.0;
    int low = at >= LAST ? LAST - 1 : (int)at;
    unsigned rgb[3];
    for (int k = 0; k < 3; k++)
        rgb[k] = (unsigned)lround(stops[low][k] + (at - low) * (stops[low + 1][k] - stops[low][k])) & 255u;
    (void)snprintf(buf, 8, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    return buf;
}

/* ---- running it ---- */

enum { MAX_COMPLAINT = 600 };

/* The first bytes that come through `fd`, as one line. */
static void read_complaint(int fd, void *ret_text)
{
    char *text = ret_text;
    size_t n = 0;
    for (;;) {
        char dropped[256];
        bool is_full = n >= MAX_COMPLAINT - 1;
        ssize_t got = is_full ? read(fd, dropped, sizeof dropped) : read(fd, text + n, MAX_COMPLAINT - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += is_full ? 0 : (size_t)got;
    }
    text[n] = '\0';
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];
        if (c != ' ' || (kept > 0 && text[kept - 1] != ' '))
            text[kept++] = c;
    }
    while (kept > 0 && text[kept - 1] == ' ')
        kept--;
    text[kept] = '\0';
}

enum { MAX_ENVIRONMENT = 16 };

/* What gnuplot and the fonts need to find their files. All else stays away: GNUTERM, GDFONTPATH and the locale would make
 * other pictures of the same numbers. */
static void choose_environment(char *ret[MAX_ENVIRONMENT])
{
    static const char *const kept[] = {"PATH=", "HOME=", "TMPDIR=", "LD_LIBRARY_PATH=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_DATA_HOME="};
    static char locale[] = "LC_ALL=C";
    size_t n = 0;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        char **e = environ;
        while (e && *e && !qb_starts_with(*e, kept[i]))
            e++;
        if (e && *e)
            ret[n++] = *e;
    }
    ret[n++] = locale;
    ret[n] = NULL;
}

/* No signal is blocked, and those that this program ignores for its own sake end gnuplot again. */
static int default_signals(posix_spawnattr_t *attributes)
{
    sigset_t restored, none;
    (void)sigemptyset(&none);
    (void)sigemptyset(&restored);
    (void)sigaddset(&restored, SIGPIPE);
    (void)sigaddset(&restored, SIGXFSZ);
    int rc = posix_spawnattr_setsigdefault(attributes, &restored);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attributes, &none);
    return rc ? rc : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* input: the script's text, where script is "-"; -1: nothing. complaints: where messages go; -1: nowhere. */
static int spawn(const char *dir, const char *script, int input, int output, int complaints, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *environment[MAX_ENVIRONMENT];
    choose_environment(environment);
    if (posix_spawnattr_init(&attributes) != 0)
        return ENOMEM;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        (void)posix_spawnattr_destroy(&attributes);
        return ENOMEM;
    }
    int rc = input >= 0 ? posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
                        : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (rc == 0)
        rc = complaints >= 0 ? posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO)
                             : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addchdir_np(&actions, dir);
    if (rc == 0)
        rc = default_signals(&attributes);
    if (rc == 0)
        rc = posix_spawnp(ret_pid, "gnuplot", &actions, &attributes,
                          (char *[]){(char[]){"gnuplot"}, (char[]){"--default-settings"}, (char *)(uintptr_t)script, NULL},
                          environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return rc;
}

/* What gnuplot is started with, and who reads what it writes until it closes its output: messages too, where `hears` is set. */
typedef struct job {
    const char *dir, *script;
    int input; /* as of spawn */
    bool hears;
    void (*read)(int fd, void *context);
    void *context;
} job;

/* Takes the job from start to end. An errno: it could not be started; < 0: an error. *ret_good: it ended well. */
static int carry_out(const job *j, bool *ret_good)
{
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return qb_err_set_errno("cannot make a pipe");
    int rc = spawn(j->dir, j->script, j->input, ends[1], j->hears ? ends[1] : -1, &pid);
    (void)close(ends[1]); /* nothing was written here */
    if (rc == 0)
        j->read(ends[0], j->context);
    (void)close(ends[0]);
    while (rc == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    *ret_good = rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return rc;
}

static int run(const char *dir, const char *script)
{
    char complaint[MAX_COMPLAINT];
    bool good = false;
    int rc = carry_out(&(job){dir, script, -1, true, read_complaint, complaint}, &good);
    if (rc < 0)
        return rc;
    if (rc != 0) {
        if (rc == ENOENT)
            qb_err_set(QB_E_UNAVAILABLE, "gnuplot is not there: %s/%s was written, but not drawn", dir, script);
        else
            qb_err_set(QB_E_FAILED, "cannot run gnuplot: %s", strerror(rc));
        return qb_err_hint("apt-get install gnuplot-nox; then run this again, or 'gnuplot %s' in that folder", script);
    }
    if (!good)
        return qb_err_set(QB_E_FAILED, "gnuplot could not draw %s/%s: %s", dir, script,
                          complaint[0] ? complaint : "it gave no reason");
    return QB_OK;
}

/* The text as a file without a name, to be read from its start; < 0: errno says why there is none. */
static int open_text(const char *text)
{
    int fd = memfd_create("qatbench", MFD_CLOEXEC);
    size_t n = strlen(text);
    for (size_t done = 0; fd >= 0 && done < n;) {
        ssize_t wrote = write(fd, text + done, n - done);
        if (wrote < 0 && errno != EINTR) {
            (void)close(fd);
            return -1;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static void read_all(int fd, void *ret_str)
{
    qb_str *s = ret_str;
    char bytes[4096];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))
        qb_str_addn(s, bytes, got > 0 ? (size_t)got : 0);
}

int qb_gnuplot_print(const char *commands, char **ret_text)
{
    qb_str s = {0};
    bool good = false;
    int input = open_text(commands);
    if (input < 0)
        return qb_err_set_errno("cannot hand over a script to gnuplot");
    int rc = carry_out(&(job){"/", "-", input, false, read_all, &s}, &good);
    (void)close(input);
    if (rc > 0)
        rc = qb_err_set(rc == ENOENT ? QB_E_UNAVAILABLE : QB_E_FAILED, "cannot run gnuplot: %s", strerror(rc));
    else if (rc == 0 && !good)
        rc = qb_err_set(QB_E_FAILED, "gnuplot could not draw a curve");
    char *text = rc == QB_OK ? qb_str_take(&s) : NULL;
    qb_str_finish(&s);
    QB_TRY(rc);
    if (!text)
        return QB_E_NOMEM;
    *ret_text = text;
    return QB_OK;
}

/* ---- the files ---- */

const char *const qb_picture_forms[] = {"svg", "png", "pdf", "tikz", NULL};

static void add_terminal(qb_str *s, const qb_picture *p, int form)
{
    static const double inch = 96;
    const char *look = "background 'white' font 'DejaVu Sans,13'";
    if (form == QB_PICTURE_SVG)
        qb_str_addf(s, "set terminal svg size %d,%d %s linewidth 1\n", p->width, p->height, look);
    else if (form == QB_PICTURE_PNG)
        qb_str_addf(s, "set terminal pngcairo size %d,%d %s fontscale 1.5 linewidth 2 pointscale 2\n", 2 * p->width, 2 * p->height, look);
    else if (form == QB_PICTURE_PDF)
        qb_str_addf(s, "set terminal pdfcairo size %.4fin,%.4fin %s fontscale 0.75 linewidth 1.5 pointscale 0.75\n", p->width / inch,
                    p->height / inch, look);
    else
        qb_str_addf(s, "set terminal tikz size %.4fin,%.4fin\n", p->width / inch, p->height / inch);
}

/* Of several forms the terminal of the one at hand. */
static void add_terminals(qb_str *s, const qb_picture *p, long long forms)
{
    const char *before = "";
    for (int k = 0; qb_picture_forms[k]; k++) {
        if (!(forms >> k & 1))
            continue;
        if (forms == QB_PICTURE_USUAL)
            qb_str_add(s, k == 0 ? "if (format eq 'svg') {\n    " : "} else {\n    ");
        else
            qb_str_addf(s, "%sif (format eq '%s') {\n    ", before, qb_picture_forms[k]);
        add_terminal(s, p, 1 << k);
        before = "}\n";
    }
    qb_str_add(s, "}\n");
}

/* A text in quotes as TeX reads it: marks of enhanced text go, those of TeX are escaped. */
static void add_tex(qb_str *s, const char *text, size_t n)
{
    qb_str_add(s, "'");
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && i + 1 < n) /* what enhanced text must not read */
            i++;
        if (text[i] == '\\')
            qb_str_add(s, "\\textbackslash{}");
        else if (text[i] == '~' || text[i] == '^')
            qb_str_add(s, text[i] == '~' ? "\\textasciitilde{}" : "\\textasciicircum{}");
        else
            qb_str_addf(s, "%s%c", strchr("_%&#${}", text[i]) ? "\\" : "", text[i]);
    }
    qb_str_add(s, "'");
}

/* The commands for a terminal whose texts are TeX and whose fonts are TeX commands. Names of files, dashes, colours and formats of
 * numbers are no texts. */
static void add_for_tex(qb_str *s, const char *commands)
{
    for (const char *p = commands; *p;) {
        size_t n = strcspn(p, "'");
        qb_str_addn(s, p, n);
        p += n;
        if (!*p)
            break;
        const char *text = p + 1, *end = text;
        while (*end && (*end != '\'' || end[1] == '\''))
            end += *end == '\'' ? 2 : 1;
        size_t length = (size_t)(end - text);
        bool is_font = *text == ',', is_format = s->text && qb_ends_with(s->text, "format ");
        bool is_axis_format = s->text && (qb_ends_with(s->text, "format y ") || qb_ends_with(s->text, "format x "));
        bool is_file = length > 4 && strncmp(end - 4, ".tsv", 4) == 0;
        if (is_font)
            qb_str_add(s, "'\\footnotesize'");
        else if (is_format || is_axis_format || is_file || *text == '#')
            qb_str_addn(s, p, length + 2);
        else
            add_tex(s, text, length);
        p = *end ? end + 1 : end;
    }
}

/* "NAME.svg and NAME.png". */
static void add_names(qb_str *s, const qb_picture *p, long long forms)
{
    const char *before = "";
    for (int k = 0; qb_picture_forms[k]; k++) {
        if (!(forms >> k & 1))
            continue;
        qb_str_addf(s, "%s%s.%s", before, p->name, qb_picture_forms[k]);
        before = forms >> (k + 2) ? ", " : " and ";
    }
}

/* All forms look the same: a size of font is a pixel in svg, 4/3 pixels in pngcairo, whose picture is twice as large, and a point,
 * of which an inch has three quarters of its pixels, in pdfcairo. */
static char *script_of(const qb_picture *p)
{
    long long forms = p->forms ? p->forms : QB_PICTURE_USUAL, plain = forms & ~QB_PICTURE_TIKZ;
    qb_str s = {0};
    qb_str_addf(&s, "# 'gnuplot %s.gp' in this folder draws ", p->name);
    add_names(&s, p, forms);
    qb_str_addf(&s, " from %s.tsv.\nset encoding utf8\nset datafile separator tab\nset datafile missing ''\n", p->name);
    if (plain) {
        int n = 0;
        qb_str_add(&s, "do for [format in '");
        for (int k = 0; qb_picture_forms[k]; k++) {
            if (plain >> k & 1)
                qb_str_addf(&s, "%s%s", n++ > 0 ? " " : "", qb_picture_forms[k]);
        }
        qb_str_add(&s, "'] {\n");
        add_terminals(&s, p, plain);
        qb_str_addf(&s, "set output '%s.'.format\n", p->name);
        qb_str_add(&s, p->commands);
        qb_str_add(&s, "}\n");
    }
    if (forms & QB_PICTURE_TIKZ) {
        add_terminal(&s, p, QB_PICTURE_TIKZ);
        qb_str_addf(&s, "set output '%s.tikz'\n", p->name);
        add_for_tex(&s, p->commands);
    }
    qb_str_add(&s, "set output\n");
    return qb_str_take(&s);
}

static int write_file(const qb_picture *p, const char *ending, const char *text)
{
    char *path = qb_sprintf("%s/%s.%s", p->dir, p->name, ending);
    int rc = path ? qb_fs_write_output(path, text, strlen(text)) : QB_E_NOMEM;
    qb_free(path);
    return rc;
}

int qb_picture_write(const qb_picture *p)
{
    char *script = script_of(p), *script_name = qb_sprintf("%s.gp", p->name);
    int rc = script && script_name ? qb_fs_make_dirs(p->dir, 0755) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = write_file(p, "tsv", p->tsv);
    if (rc == QB_OK)
        rc = write_file(p, "gp", script);
    if (rc == QB_OK)
        rc = run(p->dir, script_name);
    qb_free(script);
    qb_free(script_name);
    return rc;
}
