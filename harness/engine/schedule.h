/* Learning-rate schedules, as data: a spec with its parameters.
 *
 *   constant
 *   multistep[milestones=80/120/150,gamma=0.1]   lr * gamma^(milestones <= epoch)
 *   step[size=30,gamma=0.1]
 *   cosine[min=0,warmup=0,warmup_start=0.001,constant=0,per=epoch]
 *       linear warm-up over `warmup` epochs from warmup_start * lr, cosine down to `min`, then `constant` epochs at min
 * Every schedule takes warmup and warmup_start. per=epoch: the value at the start of the epoch holds for all its
 * steps (PyTorch's habit); per=step: the same curve read at step / steps_per_epoch.
 */
#ifndef QB_SCHEDULE_H
#define QB_SCHEDULE_H

#include "base/option.h"

#include <stdint.h>

typedef struct qb_schedule qb_schedule;

/* QB_E_USAGE: unknown schedule or parameter, value out of range, milestones not ascending or past the end. */
int qb_schedule_create(const char *spec, double lr, double epochs, qb_schedule **ret_schedule);
void qb_schedule_destroy(qb_schedule *s);

/* Canonical spec text (only what differs from the defaults). Caller frees. */
int qb_schedule_canonical(const char *spec, char **ret_text);

double qb_schedule_lr(const qb_schedule *s, int64_t step, int64_t steps_per_epoch);
double qb_schedule_lr_at(const qb_schedule *s, double epoch); /* the curve itself */

/* Sum of the learning rates of steps [from, to). */
double qb_schedule_sum(const qb_schedule *s, int64_t from, int64_t to, int64_t steps_per_epoch);

/* For `list` and help: name, options, one line. NULL past the end. */
typedef struct qb_schedule_kind {
    const char *name, *title;
    const qb_option *options;
    size_t n_options;
} qb_schedule_kind;
const qb_schedule_kind *qb_schedule_kinds(size_t *ret_n);

#endif
