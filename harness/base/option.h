/* One typed schema for everything that can be set: command-line flags, plan keys, solver options,
 * schedule parameters. Validation, `--help`, "did you mean" and the canonical text that goes into the
 * key of a run all come from the same table.
 *
 * Invariant: a qb_settings holds one qb_value per schema row, always valid: its default until set.
 */
#ifndef QB_OPTION_H
#define QB_OPTION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum qb_kind {
    QB_KIND_BOOL = 1, /* true|false|yes|no|on|off, also True and TRUE, |1|0; canonical true|false        */
    QB_KIND_INT,      /* whole number; 1e3 and 2_000 are refused                                        */
    QB_KIND_REAL,     /* decimal number                                                                 */
    QB_KIND_TEXT,     /* any text, no control characters                                                */
    QB_KIND_CHOICE,   /* one of `choices`                                                               */
    QB_KIND_SPAN,     /* 5ep (epochs, fractions allowed) | 200st (steps, whole) | 60s (seconds; only with QB_OPT_SECONDS);
                         nothing is 0st in every unit (0, 0ep, 0s); another bare number is refused and the message shows both units */
    QB_KIND_BITS,     /* 1..8, or ternary (also written 0); canonical "1".."8" | "ternary"               */
    QB_KIND_REALS,    /* list of numbers, separated by '/'; empty text = empty list                     */
    QB_KIND_SPEC,     /* name or name[key=value,key=value]; checked for form only                       */
    QB_KIND_BITS_OF,  /* none, or PATTERN=BITS or PATTERN=float, separated by '/': for whole names, '*' matches any characters.
                         Canonical: no ".weight" behind a pattern, BITS as above, each pattern once, where it stands last */
    QB_KIND_PATH,     /* file or folder; an identity has what is in it, not where it is                 */
    QB_KIND_CHOICES,  /* none, all, or some of `choices` (at most 60), separated by '/'. Canonical: none, all, or in the order of
                         `choices`, each once */
} qb_kind;

enum { /* flags of an option */
    QB_OPT_IDENTITY = 1,  /* part of the run's identity: another value is another experiment            */
    QB_OPT_MIN_OPEN = 2,  /* the lower bound itself is not allowed                                      */
    QB_OPT_SECONDS = 4,   /* SPAN accepts seconds                                                       */
    QB_OPT_REQUIRED = 8,  /* no default: must be set                                                    */
    QB_OPT_NULLABLE = 16, /* "" or no default = unset, value.is_null                                     */
    QB_OPT_NO_PLAN = 32,  /* a flag only: not accepted as a plan key                                     */
    QB_OPT_LATER = 64,    /* newer than version 0.1.0: left out of the identity while it is at its default, so that
                             runs which do not use it keep their keys. A released default never changes */
    QB_OPT_NO_STEPS = 128, /* with SECONDS: of nothing else */
    QB_OPT_BESIDE = 256, /* PATH: a relative one in a file is taken from the folder of that file */
    QB_OPT_OWN = 1 << 16, /* from this bit on: facts of one schema's own, which nothing in base reads
                             (train/identity.h has those of a run)                                      */
};

typedef struct qb_option {
    const char *name;           /* snake_case: plan key; the flag is --name with '-' for '_'            */
    qb_kind kind;
    const char *def;            /* default, as text; NULL: none                                         */
    double min, max;            /* INT, REAL, REALS (each element), SPAN (amount); min == max: unbounded,
                                   one side open: +-INFINITY                                        */
    const char *const *choices; /* CHOICE, CHOICES: NULL-terminated                                              */
    const char *unit;           /* "" or e.g. "images", "steps"                                         */
    const char *help;           /* one clause, no full stop                                             */
    unsigned flags;
    const char *group;          /* heading in --help; NULL: none                                        */
} qb_option;

typedef enum qb_span_unit { QB_SPAN_STEPS = 1, QB_SPAN_EPOCHS, QB_SPAN_SECONDS } qb_span_unit;

typedef struct qb_value {
    bool is_set;  /* given explicitly, not by default                                      */
    bool is_null; /* NULLABLE and unset                                                    */
    bool b;       /* BOOL                                                                  */
    long long i;  /* INT; BITS: 1..8, ternary 0; CHOICES: bit k is set where choice k is named */
    double r;     /* REAL; SPAN: the amount                                                */
    qb_span_unit span_unit;
    double *reals; /* REALS */
    size_t n_reals;
    char *text; /* canonical text; the value itself for TEXT, CHOICE, SPEC, PATH. "" if null */
} qb_value;

typedef struct qb_settings {
    const qb_option *schema; /* borrowed, outlives the settings */
    size_t n;
    qb_value *values;
} qb_settings;

/* All defaults. QB_E_NOMEM; a default that does not parse is our bug (asserted). */
int qb_settings_init(qb_settings *s, const qb_option *schema, size_t n);
int qb_settings_copy(qb_settings *to, const qb_settings *from);
void qb_settings_finish(qb_settings *s);

/* Sets one option from text; the last call wins. `name` may be written with '-' or '_'.
 * Errors, all QB_E_USAGE, with the name in the text:
 *   unknown name -> "unknown option 'lrr'", hint "did you mean 'lr'?"
 *   bad value    -> "lr: expected a number above 0, got 'x'" and the like, range and unit named. */
int qb_settings_set(qb_settings *s, const char *name, const char *text);

/* Parses one value by its option without storing it in settings; ret is initialised (qb_value_finish it). */
int qb_value_parse(const qb_option *o, const char *text, qb_value *ret);
void qb_value_finish(qb_value *v);

/* The value; asserts that the name exists. Borrowed. */
const qb_value *qb_get(const qb_settings *s, const char *name);
const qb_option *qb_option_find(const qb_option *schema, size_t n, const char *name); /* NULL: unknown */

/* Same name, where '-' and '_' are one letter. */
bool qb_option_name_equal(const char *a, const char *b);

/* "from 1 to 8", "above 0", "at most 3", or "" where everything is allowed. buf of 96 bytes is enough. */
void qb_option_range_text(const qb_option *o, char *buf, size_t size);

/* Fails (QB_E_USAGE) if a REQUIRED option was not set. */
int qb_settings_check(const qb_settings *s);

/* Help text of one group (NULL = all): aligned to 80 columns, default, unit and range shown. Caller frees.
 * Flags ("--anneal-end SPAN") under headings of their groups, or keys as in a spec ("anneal_end=SPAN"). */
char *qb_options_help(const qb_option *schema, size_t n, const char *group);
char *qb_options_help_keys(const qb_option *schema, size_t n);

/* ---- specs: name[key=value,key=value] ---- */

typedef struct qb_spec {
    char *name;
    struct {
        char *key, *value;
    } *args;
    size_t n_args;
} qb_spec;

/* QB_E_USAGE: empty name, unbalanced brackets, empty or repeated key, missing '='. A value may not hold
 * ',' '[' ']' or '='; lists use '/'. A name may hold letters, digits, '-', '_', '.' and '+'; a name with '/' is the path of
 * a plugin and may hold anything but '[' and ']'. Spaces around the name, keys and values are dropped. */
int qb_spec_parse(const char *text, qb_spec *ret);
void qb_spec_finish(qb_spec *s);

/* Applies the arguments to settings of that thing's own schema; errors get "NAME: " in front. */
int qb_spec_apply(const qb_spec *spec, qb_settings *s);

/* Canonical spec: NAME or NAME[k=v,...] with only the options whose canonical text differs from the
 * default's, sorted by key. Caller frees; NULL: out of memory. */
char *qb_spec_canonical(const char *name, const qb_settings *s);

#endif
