/* Loading of plugins: each refusal with its own message, the search path, options; damaged files cannot crash it. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin.h"
#include "quant/plugin_probe.h"
#include "quant/plugin_elf.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *plugins; /* folder of the plugins that tests/plugins/meson.build builds */
static char *scratch; /* empty folder, removed after each test */

static void set_up(void)
{
    char *dir = qb_program_dir();
    plugins = qb_path_join(dir, "plugins");
    qb_free(dir);
    char name[] = "/tmp/qb_test_plugin_XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(name));
    scratch = qb_path_absolute(name);
    /* Nothing of the user's may be found. */
    setenv("XDG_DATA_HOME", scratch, 1);
    unsetenv("QATBENCH_SOLVER_PATH");
}

static void tear_down(void)
{
    qb_fs_remove_tree(scratch);
    qb_free(scratch);
    qb_free(plugins);
}

static char *plugin_path(const char *name)
{
    return qb_sprintf("%s/%s.so", plugins, name);
}

static char *scratch_path(const char *name)
{
    return qb_path_join(scratch, name);
}

/* "@" in the expected text stands for the path. */
static void assert_text(const char *path, const char *expected)
{
    const char *at = strchr(expected, '@');
    char *whole = at ? qb_sprintf("%.*s%s%s", (int)(at - expected), expected, path, at + 1) : qb_strdup(expected);
    ck_assert_str_eq(qb_err_text(), whole);
    qb_free(whole);
}

static void assert_refused(const char *path, int code, const char *text)
{
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), code);
    ck_assert_ptr_null(p);
    assert_text(path, text);
}

static const struct {
    const char *name, *text;
} bad[] = {
    {"bad_major", "@: abi_major: expected 1, got 2"},
    {"newer_minor", "@: abi_minor: expected at most 0, got 1"},
    {"short_size", "@: size: expected 184 to 184 bytes in version 1.0, got 176"},
    {"long_size", "@: size: expected 184 to 184 bytes in version 1.0, got 192"},
    {"short_option", "@: option_size: expected 64 to 64 bytes in version 1.0, got 16"},
    {"unknown_cap", "@: caps: expected bits of 0x1f, got 0x20"},
    {"unknown_trait", "@: traits: expected bits of 0x3f, got 0x40"},
    {"no_symbol", "@: not a solver: expected a symbol 'qb_solver_v1', found none"},
    {"function_symbol", "@: qb_solver_v1: expected a data object, got a function"},
    {"thread_symbol", "@: qb_solver_v1: expected a data object, got a symbol of another type"},
    {"undefined_symbol", "@: qb_solver_v1: expected a definition, got an undefined symbol"},
    {"zero_symbol", "@: abi_major: expected 1, got 0"},
    {"second_openmp", "@: needs libomp.so.5: expected no OpenMP runtime beside the program's libgomp"},
    {"changing_symbol", "@: qb_solver_v1: expected a constant, got one that its own code changes"},
    {"unresolved", "@: cannot be loaded: undefined symbol: defined_nowhere"},
    {"no_name", "@: name: expected a text, got NULL"},
    {"wrong_name", "@: name: expected 'wrong_name' as the file is called, got 'another'"},
    {"odd_name", "@: name: expected letters, digits, '-' and '_', got 'odd name'"},
    {"empty_title", "@: title: expected a text, got an empty one"},
    {"two_line_title", "@: title: expected one line, got control characters"},
    {"no_version", "@: version: expected a text, got NULL"},
    {"no_source", "@: source: expected a text, got NULL"},
    {"no_project", "@: project: expected a function, got NULL"},
    {"reserved_set", "@: reserved: expected 0, got 7"},
    {"many_options", "@: n_options: expected at most 64, got 1000"},
    {"no_options_array", "@: options: expected an array of n_options, got NULL"},
    {"no_options_number", "@: n_options: expected the number of options, got 0"},
    {"float_own_levels", "@: caps: FULL_PRECISION excludes OWN_LEVELS: there are no levels"},
    {"float_hard", "@: traits: FULL_PRECISION excludes HARD_AFTER: there are no levels"},
    {"own_step_no_edit", "@: caps: OWN_STEP needs EDITS_LATENT: the step is made on x"},
    {"own_step_no_hook", "@: after_step: expected a function under OWN_STEP, got NULL"},
    {"save_no_load", "@: load: expected a function beside save, got NULL"},
    {"load_no_save", "@: save: expected a function beside load, got NULL"},
    {"destroy_no_create", "@: create: expected a function beside destroy, got NULL"},
    {"no_option_name", "@: option 0: name: expected a text, got NULL"},
    {"bad_option_name", "@: option 0: name: expected snake_case, got 'Rate-1'"},
    {"dup_option", "@: option count: name: declared twice"},
    {"unknown_kind", "@: option rate: kind: expected 1 to 5, got 6"},
    {"bad_open", "@: option rate: min_open: expected 0 or 1, got 2"},
    {"bad_range", "@: option rate: range: expected min <= max, got 2 to 1"},
    {"no_help", "@: option rate: help: expected one clause, got none"},
    {"no_default", "@: option rate: def: expected the default as text, got NULL"},
    {"bad_default", "@: option rate: def: its own default is refused: rate: expected a number from 0 to 1 (steps), got 'fast'"},
    {"out_of_range", "@: option rate: def: its own default is refused: rate: expected a number from 0 to 1 (steps), got '1.5'"},
    {"open_bound",
     "@: option rate: def: its own default is refused: rate: expected a number above 0 and at most 1 (steps), got '0'"},
    {"no_choices", "@: option mode: choices: expected at least one, got none"},
    {"dup_choice", "@: option mode: choices: 'soft' stands there twice"},
    {"bad_choice", "@: option mode: choices: expected letters, digits, '-' and '_', got 'a,b'"},
    {"default_not_a_choice", "@: option mode: def: its own default is refused: mode: expected one of soft, medium, got 'hard'"},
    {"real_with_choices", "@: option rate: choices: expected NULL for this kind, got a list"},
};

START_TEST(refuses_a_bad_plugin)
{
    char *path = plugin_path(bad[_i].name);
    long live = qb_mem_live_blocks();
    assert_refused(path, QB_E_UNAVAILABLE, bad[_i].text);
    ck_assert_int_eq(qb_mem_live_blocks(), live);
    qb_free(path);
}
END_TEST

/* The linker of a sanitizer build pads objects, so these two are told by how they begin. */
START_TEST(refuses_a_symbol_that_is_too_small)
{
    char *tiny = plugin_path("tiny_symbol"), *lying = plugin_path("lying_size");
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load(tiny, NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_msg(strstr(qb_err_text(), ": qb_solver_v1: expected at least 24 bytes, got ") ||
                      strstr(qb_err_text(), ": abi_minor: expected at most 0, got "), "%s", qb_err_text());
    ck_assert_int_eq(qb_plugin_load(lying, NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_msg(strstr(qb_err_text(), ": size: 184 bytes, but the symbol qb_solver_v1 has ") != NULL, "%s", qb_err_text());
    ck_assert_ptr_null(p);
    qb_free(tiny);
    qb_free(lying);
}
END_TEST

static void read_good(char **ret_bytes, size_t *ret_n)
{
    char *path = plugin_path("good");
    ck_assert_int_eq(qb_fs_read(path, 1 << 28, ret_bytes, ret_n), 0);
    qb_free(path);
}

/* Writes the good plugin, changed: `size` bytes (-1: all), the 16-bit number at `at` (0: none) set to `value`. */
static char *changed_copy(const char *name, long size, size_t at, unsigned value)
{
    char *bytes, *path = scratch_path(name);
    size_t n;
    read_good(&bytes, &n);
    if (at > 0)
        bytes[at] = (char)(value & 255);
    if (at >= offsetof(Elf64_Ehdr, e_type))
        bytes[at + 1] = (char)(value >> 8);
    ck_assert_int_eq(qb_fs_write_atomic(path, bytes, size < 0 ? n : (size_t)size), 0);
    qb_free(bytes);
    return path;
}

static const struct {
    const char *name;
    long size;
    size_t at;
    unsigned value;
    const char *text;
} not_for_us[] = {
    {"empty.so", 0, 0, 0, "@: expected a shared object (ELF), got an empty file"},
    {"stump.so", 3, 0, 0, "@: expected a shared object (ELF), got a file of another kind"},
    {"half_header.so", 40, 0, 0, "@: cut short: an ELF header has 64 bytes, the file 40"},
    {"magic.so", -1, 1, 'F', "@: expected a shared object (ELF), got a file of another kind"},
    {"class.so", -1, EI_CLASS, ELFCLASS32, "@: ELF class: expected 64-bit (2), got 1"},
    {"order.so", -1, EI_DATA, ELFDATA2MSB, "@: ELF byte order: expected 1, got 2"},
    {"object.so", -1, offsetof(Elf64_Ehdr, e_type), ET_REL, "@: ELF type: expected a shared object (3), got an object file (1)"},
    {"program.so", -1, offsetof(Elf64_Ehdr, e_type), ET_EXEC, "@: ELF type: expected a shared object (3), got a program (2)"},
    {"segments.so", -1, offsetof(Elf64_Ehdr, e_phnum), 999, "@: damaged shared object: its program headers have a wrong size or number"},
};

START_TEST(refuses_a_file_that_is_no_plugin)
{
    char *path = changed_copy(not_for_us[_i].name, not_for_us[_i].size, not_for_us[_i].at, not_for_us[_i].value);
    assert_refused(path, QB_E_UNAVAILABLE, not_for_us[_i].text);
    qb_free(path);
}
END_TEST

START_TEST(refuses_another_machine)
{
    char *path = changed_copy("machine.so", -1, offsetof(Elf64_Ehdr, e_machine), EM_S390);
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_msg(qb_starts_with(qb_err_text() + strlen(path), ": ELF machine: expected ") &&
                      qb_ends_with(qb_err_text(), ", got s390 (22)"), "%s", qb_err_text());
    qb_free(path);
}
END_TEST

START_TEST(refuses_a_file_cut_short)
{
    char *bytes;
    size_t n;
    read_good(&bytes, &n);
    qb_free(bytes);
    char *path = changed_copy("cut.so", (long)n - 1, 0, 0);
    char *text = qb_sprintf("@: cut short: its section headers end at byte %zu, the file has %zu", n, n - 1);
    assert_refused(path, QB_E_UNAVAILABLE, text);
    qb_free(text);
    qb_free(path);
}
END_TEST

START_TEST(refuses_what_is_no_file)
{
    char *missing = scratch_path("missing.so"), *text = scratch_path("text.so"), *pipe = scratch_path("pipe.so");
    assert_refused(missing, QB_E_NOINPUT, "cannot open plugin '@': No such file or directory");
    assert_refused(scratch, QB_E_UNAVAILABLE, "@: expected a shared object (ELF), got a folder");
    ck_assert_int_eq(mkfifo(pipe, 0600), 0); /* opening it would wait for ever */
    assert_refused(pipe, QB_E_UNAVAILABLE, "@: expected a shared object (ELF), got a special file");
    ck_assert_int_eq(qb_fs_write_atomic(text, "int main(void) {}\n", 18), 0);
    assert_refused(text, QB_E_UNAVAILABLE, "@: expected a shared object (ELF), got a file of another kind");
    qb_free(missing);
    qb_free(text);
    qb_free(pipe);
}
END_TEST

START_TEST(refuses_a_program)
{
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load("/proc/self/exe", NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_msg(strstr(qb_err_text(), "expected a shared object") && strstr(qb_err_text(), "got a program"), "%s",
                  qb_err_text());
}
END_TEST

/* ---- damaged files: any bytes give 0 or a refusal; the sanitizers watch the reads ---- */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int look_at(const char *bytes, size_t n)
{
    qb_plugin_head head;
    char *exact = malloc(n > 0 ? n : 1); /* no padding behind, so that reads beyond the end are seen */
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes, n);
    int rc = qb_plugin_elf_read(exact, n, "x.so", &head);
    free(exact);
    ck_assert_msg(rc == 0 || (rc == QB_E_UNAVAILABLE && qb_err_text()[0]), "code %d: %s", rc, qb_err_text());
    return rc;
}

START_TEST(survives_flipped_bytes)
{
    const char *names[] = {"good", "sysv_hash"};
    char *path = plugin_path(names[_i]), *bytes;
    size_t n;
    ck_assert_int_eq(qb_fs_read(path, 1 << 28, &bytes, &n), 0);
    ck_assert_int_eq(look_at(bytes, n), 0);
    int refused = 0;
    size_t front = n < 2048 ? n : 2048; /* headers, hash tables, symbols: every byte */
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < front * 3; i++) {
        bytes[i / 3] = (char)(bytes[i / 3] ^ masks[i % 3]);
        refused += look_at(bytes, n) < 0;
        bytes[i / 3] = (char)(bytes[i / 3] ^ masks[i % 3]);
    }
    ck_assert_int_gt(refused, 100);
    uint64_t state = 1;
    for (int round = 0; round < 4000; round++) {
        size_t at[8];
        uint8_t mask[8];
        for (int k = 0; k < 8; k++) {
            at[k] = next_random(&state) % n;
            mask[k] = (uint8_t)next_random(&state);
            bytes[at[k]] = (char)(bytes[at[k]] ^ mask[k]);
        }
        (void)look_at(bytes, n); /* may well be good: most bytes are code */
        for (int k = 7; k >= 0; k--)
            bytes[at[k]] = (char)(bytes[at[k]] ^ mask[k]);
    }
    ck_assert_int_eq(look_at(bytes, n), 0);
    qb_free(bytes);
    qb_free(path);
}
END_TEST

/* 64-bit numbers of the headers and the dynamic section, set to what overflows. */
START_TEST(survives_huge_numbers)
{
    char *bytes;
    size_t n;
    read_good(&bytes, &n);
    static const uint64_t values[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, INT64_MAX, 1u << 31, 0xfffffffffffff000u};
    for (size_t at = 16; at + 8 <= n; at += 8) {
        char kept[8];
        memcpy(kept, bytes + at, 8);
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            memcpy(bytes + at, &values[v], 8);
            (void)look_at(bytes, n); /* good or refused: look_at has checked that it is one of them */
        }
        memcpy(bytes + at, kept, 8);
    }
    qb_free(bytes);
}
END_TEST

START_TEST(refuses_every_truncation)
{
    char *bytes;
    size_t n;
    read_good(&bytes, &n);
    size_t stride = n > 30000 ? 7 : 1;
    for (size_t cut = 0; cut < n; cut += stride)
        ck_assert_int_eq(look_at(bytes, cut), QB_E_UNAVAILABLE);
    qb_free(bytes);
}
END_TEST

/* ---- good ones ---- */

static const qb_plugin *load(const char *name)
{
    const qb_plugin *p = NULL;
    int rc = qb_plugin_load(name, plugins, &p);
    ck_assert_msg(rc == 0, "%s", qb_err_text());
    return p;
}

START_TEST(loads_and_describes)
{
    char *path = plugin_path("good");
    const qb_plugin *p = load("good");
    ck_assert_str_eq(p->path, path);
    ck_assert_uint_eq(strlen(p->sha256), 64);
    ck_assert(!p->shipped);
    ck_assert_str_eq(p->solver.name, "good");
    ck_assert(p->solver.project != NULL);
    ck_assert(p->solver.finish == NULL);
    ck_assert_uint_eq(p->solver.n_options, 5);
    ck_assert_str_eq(p->options[0].name, "rate");
    ck_assert_int_eq(p->options[0].kind, QB_KIND_REAL);
    ck_assert_str_eq(p->options[0].unit, "steps");
    ck_assert_str_eq(p->options[3].unit, ""); /* NULL in the plugin */
    ck_assert_uint_eq(p->options[0].flags, QB_OPT_IDENTITY);
    ck_assert_ptr_eq(load(path), p); /* the same file, the same object */
    ck_assert_str_eq(load("sysv_hash")->solver.name, "sysv_hash");
    qb_free(path);
}
END_TEST

START_TEST(refuses_a_link_of_another_name)
{
    char *path = plugin_path("good"), *other = scratch_path("other.so"), *inside = scratch_path("good.so");
    ck_assert_int_eq(symlink(path, other), 0);
    ck_assert_int_eq(symlink(path, inside), 0);
    const qb_plugin *p = NULL;
    ck_assert_ptr_eq(load(inside), load("good"));
    ck_assert_int_eq(qb_plugin_load(other, NULL, &p), QB_E_UNAVAILABLE);
    assert_text(path, "@: name: expected 'other' as the file is called, got 'good'");
    qb_free(path);
    qb_free(other);
    qb_free(inside);
}
END_TEST

START_TEST(gives_values_in_the_order_of_the_options)
{
    const qb_plugin *p = load("good");
    qb_spec spec;
    qb_settings s;
    ck_assert_int_eq(qb_spec_parse("good[mode=soft,count=7,marks=-1/0.5/2]", &spec), 0);
    ck_assert_int_eq(qb_plugin_settings(p, &spec, &s), 0);
    qb_option_value *v = qb_plugin_values(p, &s);
    ck_assert_double_eq(v[0].real, 0.5);
    ck_assert_str_eq(v[1].text, "soft");
    ck_assert_int_eq(v[1].integer, 0);
    ck_assert_int_eq(v[2].integer, 7);
    ck_assert_int_eq(v[3].integer, 1);
    ck_assert_uint_eq(v[4].n_list, 3);
    ck_assert_double_eq(v[4].list[0], -1);
    ck_assert_double_eq(v[4].list[2], 2);
    qb_free(v);

    ck_assert_int_eq(qb_plugin_supports(p, &s, 2, "row"), 0);
    ck_assert_int_eq(qb_plugin_supports(p, &s, 3, "row"), QB_E_NOT_OFFERED);
    ck_assert_str_eq(qb_err_text(), "solver 'good' does not support 3 bits per row: rate 0.5 and soft, by row");
    qb_settings_finish(&s);
    qb_spec_finish(&spec);

    qb_settings untouched = {0};
    ck_assert_int_eq(qb_spec_parse("good[modus=soft]", &spec), 0);
    ck_assert_int_eq(qb_plugin_settings(p, &spec, &untouched), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "good: unknown option 'modus'");
    ck_assert_ptr_null(untouched.values);
    qb_spec_finish(&spec);
}
END_TEST

/* ---- the search path ---- */

static void install(const char *dir, const char *name)
{
    char *from = plugin_path(name), *to = qb_sprintf("%s/%s.so", dir, name), *bytes;
    size_t n;
    ck_assert_int_eq(qb_fs_make_dirs(dir, 0755), 0);
    ck_assert_int_eq(qb_fs_read(from, 1 << 28, &bytes, &n), 0);
    ck_assert_int_eq(qb_fs_write_atomic(to, bytes, n), 0);
    qb_free(bytes);
    qb_free(from);
    qb_free(to);
}

START_TEST(searches_in_order)
{
    char *first = scratch_path("first"), *second = scratch_path("second"), *data = scratch_path("qatbench/solvers");
    install(data, "good");
    install(data, "sysv_hash");
    install(second, "sysv_hash");
    setenv("QATBENCH_SOLVER_PATH", second, 1);
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load("good", NULL, &p), 0);
    ck_assert(qb_starts_with(p->path, data));
    ck_assert_int_eq(qb_plugin_load("sysv_hash", first, &p), 0); /* a folder that is not there is passed over */
    ck_assert(qb_starts_with(p->path, second));
    char *both = qb_sprintf("%s::%s", first, plugins);
    ck_assert_int_eq(qb_plugin_load("sysv_hash", both, &p), 0);
    ck_assert(qb_starts_with(p->path, plugins));
    /* A broken plugin hides a good one of its name behind it. */
    ck_assert_int_eq(qb_fs_make_dirs(first, 0755), 0);
    char *broken = qb_path_join(first, "good.so");
    ck_assert_int_eq(qb_fs_write_atomic(broken, "no", 2), 0);
    ck_assert_int_eq(qb_plugin_load("good", both, &p), QB_E_UNAVAILABLE);
    qb_free(broken);
    qb_free(both);
    qb_free(first);
    qb_free(second);
    qb_free(data);
}
END_TEST

START_TEST(names_the_nearest)
{
    const qb_plugin *p = NULL;
    char *data = scratch_path("qatbench/solvers");
    ck_assert_int_eq(qb_plugin_load("goood", NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_str_eq(qb_err_text(), "solver 'goood': no solver plugins were found");
    ck_assert_msg(strstr(qb_err_hint_text(), data) != NULL, "%s", qb_err_hint_text());
    install(data, "good");
    ck_assert_int_eq(qb_plugin_load("goood", NULL, &p), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "unknown solver 'goood'");
    ck_assert_str_eq(qb_err_hint_text(), "did you mean 'good'?");
    ck_assert_int_eq(qb_plugin_load("wholly-other", NULL, &p), QB_E_USAGE);
    ck_assert_str_eq(qb_err_hint_text(), "solvers found: good");
    ck_assert_ptr_null(p);
    qb_free(data);
}
END_TEST

START_TEST(lists_good_and_broken)
{
    char *data = scratch_path("qatbench/solvers"), *second = scratch_path("second");
    install(data, "sysv_hash");
    install(data, "good");
    install(data, "no_help");
    install(second, "good");
    char *text = qb_path_join(data, "README.txt");
    ck_assert_int_eq(qb_fs_write_atomic(text, "no", 2), 0);
    qb_plugin_entry *e;
    size_t n;
    ck_assert_int_eq(qb_plugin_list(second, &e, &n), 0);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(e[0].name, "good");
    ck_assert(qb_starts_with(e[0].path, second)); /* the first of a name wins */
    ck_assert_ptr_nonnull(e[0].plugin);
    ck_assert_ptr_null(e[0].error);
    ck_assert_str_eq(e[1].name, "no_help");
    ck_assert_ptr_null(e[1].plugin);
    assert_text("", qb_err_text());
    ck_assert_msg(qb_ends_with(e[1].error, "help: expected one clause, got none"), "%s", e[1].error);
    ck_assert_str_eq(e[2].name, "sysv_hash");
    qb_plugin_list_free(e, n);
    qb_free(text);
    qb_free(data);
    qb_free(second);
}
END_TEST

START_TEST(survives_every_failed_allocation)
{
    const qb_plugin *p = NULL;
    char *name = qb_strdup("good");
    long nth = 1;
    for (;; nth++) {
        long live = qb_mem_live_blocks();
        qb_mem_fail_at(nth, _i);
        int rc = qb_plugin_load(name, plugins, &p);
        qb_mem_fail_at(0, 0);
        if (rc == 0)
            break;
        ck_assert_msg(rc == QB_E_NOMEM, "allocation %ld: %s", nth, qb_err_text());
        ck_assert_ptr_null(p);
        ck_assert_int_eq(qb_mem_live_blocks(), live);
    }
    ck_assert_int_gt(nth, 10);
    ck_assert_ptr_nonnull(p);
    qb_free(name);
}
END_TEST

#define N(array) ((int)(sizeof array / sizeof *array))

static Suite *suite(void)
{
    Suite *s = suite_create("plugin");
    TCase *c = tcase_create("refusals");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, refuses_a_bad_plugin, 0, N(bad));
    tcase_add_test(c, refuses_a_symbol_that_is_too_small);
    tcase_add_loop_test(c, refuses_a_file_that_is_no_plugin, 0, N(not_for_us));
    tcase_add_test(c, refuses_another_machine);
    tcase_add_test(c, refuses_a_file_cut_short);
    tcase_add_test(c, refuses_what_is_no_file);
    tcase_add_test(c, refuses_a_program);
    suite_add_tcase(s, c);

    c = tcase_create("damage");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, survives_flipped_bytes, 0, 2);
    tcase_add_test(c, survives_huge_numbers);
    tcase_add_test(c, refuses_every_truncation);
    suite_add_tcase(s, c);

    c = tcase_create("loading");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, loads_and_describes);
    tcase_add_test(c, refuses_a_link_of_another_name);
    tcase_add_test(c, gives_values_in_the_order_of_the_options);
    tcase_add_test(c, searches_in_order);
    tcase_add_test(c, names_the_nearest);
    tcase_add_test(c, lists_good_and_broken);
    tcase_add_loop_test(c, survives_every_failed_allocation, 0, 2); /* once; from then on */
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
