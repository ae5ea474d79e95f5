/* The rules of the contract tests, as a table. A rule runs in a process of its own, which may crash or be stopped.
 * Private to the contract tests.
 */
#ifndef QB_CONFORM_RULES_H
#define QB_CONFORM_RULES_H

#include "quant/conform.h"
#include "quant/conform_stage.h"

/* What a rule found; shared with the parent process, which reads it even when the rule's process died. */
typedef struct qb_conform_result {
    qb_verdict verdict; /* 0: the rule did not come to its end */
    char where[256];    /* what is being called */
    char detail[1024];  /* on QB_FAIL and QB_NOT_APPLICABLE */
    double ms_per_million;
    bool saw_not_finite; /* a hook turned finite numbers into others: what is found after that may follow from it */
    bool is_about_not_finite; /* and this is the rule that forbids it */
} qb_conform_result;

enum { QB_MAX_SETTINGS = 27 };

typedef struct qb_conform {
    const qb_plugin *plugin;
    const qb_solver *solver;
    qb_settings settings; /* the defaults */
    qb_conform_setting list[QB_MAX_SETTINGS]; /* what supports accepts */
    int n_settings;
    qb_conform_result *result;
} qb_conform;

typedef struct qb_rule {
    const char *text;
    uint32_t trait; /* 0: for all plugins; else only for those that claim it */
    void (*test)(qb_conform *c);
} qb_rule;

extern const qb_rule qb_hook_rules[], qb_instance_rules[], qb_run_rules[], qb_trait_rules[]; /* each ends with
                                                                                        text == NULL */

/* Verdicts; the first failure stays. */
void qb_conform_fail(qb_conform *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void qb_conform_skip(qb_conform *c, const char *why);
bool qb_conform_has_failed(const qb_conform *c);

/* A stage of the plugin with its default options: window from 6 to 14 of 20 steps. */
qb_stage_options qb_conform_options(qb_conform *c, qb_conform_setting setting, qb_scene scene);

/* Plays the whole pseudo-training of a scene; `each` (may be NULL) looks at the stage after every step. A plugin that
 * returns an error ends the play: that is another rule's finding. */
typedef void (*qb_stage_look)(qb_conform *c, qb_stage *s);
void qb_conform_play(qb_conform *c, const qb_stage_options *o, qb_stage_look each);

/* The same for every supported setting, with the default window. */
void qb_conform_play_all(qb_conform *c, qb_scene scene, qb_stage_look each);

/* Milliseconds of project for a million weights, in rows of 1,024 at 2 bits if supported: the rule that times. */
void qb_conform_time(qb_conform *c);

/* Distinct values of a row by ==; stops counting above `most`. */
int qb_conform_count_values(const float *x, int64_t n, int most);
int qb_conform_max_values(int bits);

#endif
