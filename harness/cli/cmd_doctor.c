/* `qatbench doctor`: what this machine offers, what is missing and how to get it, and (--determinism) whether the
 * promise of equal bits holds here. */
#include "cli/cli.h"

#include "base/build.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/describe.h"
#include "cli/determinism.h"
#include "cli/user_config.h"
#include "datasets/datasets.h"
#include "datasets/locate.h"
#include "engine/net.h"
#include "engine/threads.h"
#include "quant/plugin.h"
#include "quant/plugin_search.h"
#include "train/config.h"
#include "train/cores.h"
#include "train/machine.h"

#include <qatbench/solver_util.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum verdict { FOUND = 1, OPTIONAL_MISSING, REQUIRED_MISSING } verdict;

typedef struct doctor {
    qb_str text;
    json_t *object; /* the findings, by topic */
    int n_missing;  /* required things */
    int n_wanting;  /* optional ones */
    bool can_train; /* with this oneDNN */
} doctor;

/* One finding: a line of text, a member of the section in JSON. `fix` (may be NULL): the line to type. */
static void find(doctor *d, const char *section, const char *name, verdict v, const char *value, const char *fix)
{
    static const char *const marks[] = {[FOUND] = "ok", [OPTIONAL_MISSING] = "--", [REQUIRED_MISSING] = "MISSING"};
    json_t *s = json_object_get(d->object, section);
    if (!s) {
        qb_str_addf(&d->text, "%s%s\n", d->text.length > 0 ? "\n" : "", section);
        s = json_object();
        json_object_set_new(d->object, section, s);
    }
    qb_str line = {0};
    qb_describe_text(&line, value, 26);
    if (line.failed)
        d->text.failed = true;
    else
        qb_str_addf(&d->text, "  %-7s %-15s %s", marks[v], name, line.text + 26);
    qb_str_finish(&line);
    if (fix && fix[0]) {
        qb_str_addf(&d->text, "%26sto get it:\n", "");
        qb_describe_text(&d->text, fix, 28);
    }
    json_object_set_new(s, name, qb_json_pack("{s:b, s:s, s:s?}", "ok", v == FOUND, "value", value, "fix", fix));
    d->n_missing += v == REQUIRED_MISSING;
    d->n_wanting += v == OPTIONAL_MISSING;
}

/* The same with a text of our own making; takes it. */
static void find_owned(doctor *d, const char *section, const char *name, verdict v, char *value, const char *fix)
{
    if (value)
        find(d, section, name, v, value, fix);
    else
        d->text.failed = true;
    qb_free(value);
}

/* ---- topics ---- */

/* "0-3,8" of the cores that this process may use. */
static char *affinity_text(void)
{
    cpu_set_t set;
    qb_str s = {0};
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return qb_strdup("unknown");
    for (int i = 0; i < CPU_SETSIZE; i++) {
        int last = i;
        if (!CPU_ISSET(i, &set))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
            last++;
        qb_str_addf(&s, "%s%d", s.length > 0 ? "," : "", i);
        if (last > i)
            qb_str_addf(&s, "-%d", last);
        i = last;
    }
    return qb_str_take(&s);
}

/* The OpenMP variables that are set and decide nothing: their names, separated by ", ". */
static char *hidden_variables(void)
{
    qb_str s = {0};
    const char *variable;
    for (size_t i = 0; (variable = qb_threads_hidden_variable(i)) != NULL; i++) {
        int length = (int)strcspn(variable, "=");
        if (qb_threads_from_environment() <= 0 || strncmp(variable, "OMP_NUM_THREADS", (size_t)length) != 0)
            qb_str_addf(&s, "%s%.*s", s.length > 0 ? ", " : "", length, variable);
    }
    return qb_str_take(&s);
}

static void look_at_cores(doctor *d)
{
    char *cores = affinity_text(), *hidden = hidden_variables(), quota[64] = "";
    if (qb_cores_usable() < qb_cores_allowed())
        (void)snprintf(quota, sizeof quota, "; a cgroup's quota pays for %d at once", qb_cores_usable());
    find_owned(d, "machine", "cores", FOUND,
               qb_sprintf("%d may be used (%s), %ld are there%s", qb_cores_allowed(), cores ? cores : "?",
                          sysconf(_SC_NPROCESSORS_ONLN), quota),
               NULL);
    int asked = qb_threads_from_environment();
    find_owned(d, "machine", "threads", FOUND,
               qb_sprintf("%d by default in train (%s)", asked > 0 ? asked : qb_cores_usable(),
                          asked > 0 ? "OMP_NUM_THREADS" : "one a core that may be used"),
               NULL);
    if (hidden && hidden[0])
        find_owned(d, "machine", "OpenMP", FOUND, qb_sprintf("not heeded: %s; --threads decides, on every allowed core", hidden), NULL);
    qb_free(cores);
    qb_free(hidden);
}

static void look_at_machine(doctor *d)
{
    static const char *const clones[] = {[QB_CLONE_ANY] = "for any CPU", [QB_CLONE_AVX2] = "AVX2", [QB_CLONE_AVX512] = "AVX-512"};
    json_t *facts = qb_machine_facts();
    char bytes[32];
    qb_engine_info e;
    qb_engine_get_info(&e);
    find(d, "machine", "cpu", FOUND, json_string_value(json_object_get(facts, "cpu")), NULL);
    look_at_cores(d);
    find(d, "machine", "memory", FOUND,
         qb_format_bytes(json_number_value(json_object_get(facts, "ram_bytes")), bytes), NULL);
    find(d, "machine", "isa", FOUND, e.isa, NULL);
    find(d, "machine", "weight loops", FOUND, clones[qb_clone()], NULL);
    find(d, "machine", "bf16", e.bf16 ? FOUND : OPTIONAL_MISSING,
         e.bf16 ? "fast: --dtype bf16 can be used" : "needs a CPU with AVX512-BF16 or AMX; --dtype fp32 works", NULL);
    json_decref(facts);
}

/* Is a program on the search path? */
static bool has_program(const char *name)
{
    const char *path = getenv("PATH");
    bool found = false;
    while (path && *path && !found) {
        size_t n = strcspn(path, ":");
        char *file = qb_sprintf("%.*s/%s", (int)n, path, name);
        found = file && access(file, X_OK) == 0;
        qb_free(file);
        path += n + (path[n] == ':');
    }
    return found;
}

/* One OpenMP library for oneDNN and for us. */
static void look_at_threading(doctor *d, const qb_engine_info *e)
{
    d->can_train = qb_engine_judge(e) == QB_OK;
    if (d->can_train) {
        find_owned(d, "software", "threading", FOUND, qb_sprintf("%s (%s, OpenMP %d)", e->runtime, e->openmp, _OPENMP), NULL);
        return;
    }
    char *text = qb_strdup(qb_err_text()), *fix = qb_strdup(qb_err_hint_text());
    find_owned(d, "software", "threading", REQUIRED_MISSING, text, fix);
    qb_free(fix);
    qb_err_clear();
}

static void look_at_software(doctor *d)
{
    qb_engine_info e;
    qb_engine_get_info(&e);
    const char *git = qb_build_git();
    find_owned(d, "software", "qatbench", FOUND,
               qb_sprintf("%s%s%s, %s, %s", qb_build_version(), git[0] ? " git " : "", git, qb_build_compiler(),
                          qb_build_flags()),
               NULL);
    bool has_hash = e.onednn_hash[0] && strcmp(e.onednn_hash, "N/A") != 0; /* Debian's build does not say */
    find_owned(d, "software", "oneDNN", FOUND,
               qb_sprintf("%s%s%.12s, %s", e.onednn, has_hash ? " git " : "", has_hash ? e.onednn_hash : "", e.onednn_file), NULL);
    look_at_threading(d, &e);
    bool gnuplot = has_program("gnuplot");
    find(d, "software", "gnuplot", gnuplot ? FOUND : OPTIONAL_MISSING, gnuplot ? "found" : "needed for plots and reports",
         gnuplot ? NULL : "sudo apt-get install gnuplot-nox");
}

static void look_at_datasets(doctor *d, const char *data_dir)
{
    size_t n;
    const qb_dataset_info *infos = qb_datasets(&n);
    for (size_t i = 0; i < n; i++) {
        char *path;
        if (qb_dataset_locate(infos[i].name, data_dir, &path) == QB_OK) {
            find_owned(d, "data sets", infos[i].name, FOUND, path, NULL);
            continue;
        }
        char *fix = infos[i].apt_package ? qb_sprintf("sudo apt-get install %s", infos[i].apt_package)
                                         : qb_strdup(qb_err_hint_text());
        find(d, "data sets", infos[i].name, OPTIONAL_MISSING, "not found", fix);
        qb_free(fix);
        qb_err_clear();
    }
}

static int look_at_plugins(doctor *d, const char *solver_path)
{
    qb_plugin_entry *entries;
    size_t n, n_good = 0;
    QB_TRY(qb_plugin_list(solver_path, &entries, &n));
    for (size_t i = 0; i < n; i++) {
        n_good += entries[i].plugin != NULL;
        find(d, "solvers", entries[i].name, entries[i].plugin ? FOUND : OPTIONAL_MISSING,
             entries[i].plugin ? entries[i].path : entries[i].error, NULL);
    }
    if (n_good == 0)
        find(d, "solvers", "any", REQUIRED_MISSING, "no solver plugin found",
             "build with ninja, or set QATBENCH_SOLVER_PATH");
    qb_plugin_list_free(entries, n);
    return QB_OK;
}

/* A folder that exists, or could be made below the nearest one that does. */
static bool is_writable(const char *path)
{
    char *dir = qb_path_absolute(path);
    while (dir && !qb_fs_exists(dir)) {
        char *up = qb_path_dir(dir);
        qb_free(dir);
        dir = up;
    }
    bool ok = dir && qb_fs_is_dir(dir) && access(dir, W_OK | X_OK) == 0;
    qb_free(dir);
    return ok;
}

/* Adds "PATH (SOURCE)", where there is a path. */
static void add_place(qb_str *s, const char *path, const char *source)
{
    if (path && path[0])
        qb_str_addf(s, "%s%s (%s%s)", s->length > 0 ? ", " : "", path, source, qb_fs_exists(path) ? "" : "; not there yet");
}

/* Takes the text. Without HOME some places are not known. */
static void find_place(doctor *d, const char *name, bool is_known, char *text)
{
    if (is_known)
        find_owned(d, "places", name, FOUND, text, NULL);
    else
        find(d, "places", name, OPTIONAL_MISSING, "HOME is not set", NULL);
    if (!is_known)
        qb_free(text);
}

static void look_at_runs(doctor *d, const char *flag)
{
    const char *source, *runs = qb_config_runs_place(flag, &source);
    bool ok = is_writable(runs);
    char *shown = qb_path_absolute(runs);
    find_owned(d, "places", "runs", ok ? FOUND : REQUIRED_MISSING,
               qb_sprintf("%s (%s)%s", shown ? shown : runs, source, ok ? "" : ": cannot be written"),
               ok ? NULL : "choose another with --runs-dir or QATBENCH_RUNS");
    qb_free(shown);
}

/* Places that are looked through in this order; a data folder given by the flag is the only one. */
static void look_at_data(doctor *d, const char *flag)
{
    qb_data_root roots[QB_DATA_ROOTS];
    qb_str text = {0};
    add_place(&text, flag, "--data-dir");
    int n = flag ? 0 : qb_data_roots(NULL, roots);
    for (int i = 0; i < n; i++) {
        add_place(&text, roots[i].path, roots[i].source);
        qb_free(roots[i].path);
    }
    bool is_known = text.failed || text.length > 0;
    find_place(d, "data", is_known, qb_str_take(&text));
}

static int look_at_solvers(doctor *d, const char *flag)
{
    qb_plugin_dir *dirs;
    size_t n;
    qb_str text = {0};
    QB_TRY(qb_plugin_dirs(flag, &dirs, &n));
    for (size_t i = 0; i < n; i++) {
        if (!dirs[i].shipped)
            add_place(&text, dirs[i].path, dirs[i].source);
    }
    qb_plugin_dirs_free(dirs, n);
    bool is_known = text.failed || text.length > 0;
    find_place(d, "solvers", is_known, qb_str_take(&text));
    return QB_OK;
}

static int look_at_places(doctor *d, const qb_cli *cli)
{
    const qb_user_config *config = qb_user_config_get();
    char *cache = qb_xdg_cache_dir();
    look_at_runs(d, qb_cli_flag_text(cli, "runs_dir"));
    look_at_data(d, qb_cli_flag_text(cli, "data_dir"));
    int rc = look_at_solvers(d, qb_cli_flag_text(cli, "solver_path"));
    find_place(d, "cache", cache, cache ? qb_sprintf("%s%s", cache, qb_fs_is_dir(cache) ? "" : " (not there yet)") : NULL);
    find_place(d, "config", config->path,
               config->path ? qb_sprintf("%s%s", config->path, config->is_there ? "" : " (not there)") : NULL);
    qb_free(cache);
    return rc;
}

static int check_determinism(doctor *d, const qb_cli *cli, bool *ret_equal)
{
    char *what;
    qb_log_info("training a little, twice; this takes some seconds");
    qb_cli_stop_log(cli); /* what those runs say is of no interest */
    int rc = qb_determinism_check(qb_cli_flag_text(cli, "solver_path"), ret_equal, &what);
    qb_cli_start_log(cli);
    QB_TRY(rc);
    find_owned(d, "determinism", "equal bits", *ret_equal ? FOUND : REQUIRED_MISSING, what, NULL);
    return QB_OK;
}

static int run_doctor(qb_cli *cli)
{
    doctor d = {.object = json_object()};
    bool is_equal = true;
    look_at_machine(&d);
    look_at_software(&d);
    int rc = look_at_plugins(&d, qb_cli_flag_text(cli, "solver_path"));
    look_at_datasets(&d, qb_cli_flag_text(cli, "data_dir"));
    if (rc == QB_OK)
        rc = look_at_places(&d, cli);
    if (rc == QB_OK && d.can_train && qb_get(&cli->flags, "determinism")->b)
        rc = check_determinism(&d, cli, &is_equal);
    json_object_set_new(d.object, "missing", json_integer(d.n_missing));
    qb_str_addf(&d.text, "\n%s\n",
                d.n_missing > 0  ? "Something that is required is missing: see MISSING above."
                : d.n_wanting > 0 ? "All that is required is there; -- marks what is optional."
                                  : "All is there.");
    char *text = qb_str_take(&d.text);
    if (rc == QB_OK && cli->json)
        rc = qb_cli_print_json(json_incref(d.object));
    else if (rc == QB_OK)
        rc = text ? qb_cli_print(text) : QB_E_NOMEM;
    qb_free(text);
    json_decref(d.object);
    if (rc == QB_OK && !is_equal)
        return qb_err_set(QB_E_FAILED, "doctor: two equal runs gave different bits on this machine");
    if (rc == QB_OK && d.n_missing > 0)
        return qb_err_set(QB_E_UNAVAILABLE, "doctor: %d required thing%s missing", d.n_missing,
                          d.n_missing == 1 ? " is" : "s are");
    return rc;
}

static const qb_option options[] = {
    {"determinism", QB_KIND_BOOL, "false", 0, 0, NULL, "", "also train a little, stop, resume, and compare bit for bit", 0,
     NULL},
    {"data_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "look for data here, and only here", QB_OPT_NULLABLE, NULL},
    {"runs_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "where runs would be kept (default: $QATBENCH_RUNS, else runs)",
     QB_OPT_NULLABLE, NULL},
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for solver plugins first, ':' between them",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_doctor = {
    .name = "doctor",
    .args = "",
    .summary = "what this machine offers, what is missing, how to get it",
    .examples = "  qatbench doctor\n"
                "  qatbench doctor --determinism\n"
                "  qatbench doctor --json\n",
    .details = "Exit 0 when all that is required is there, 69 otherwise. --determinism trains a\n"
               "small network on made-up images in one go and again with a stop and a resume,\n"
               "and compares weights and logs bit for bit (exit 1 when they differ).\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 0,
    .max_args = 0,
    .run = run_doctor,
};
