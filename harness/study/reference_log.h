/* The log.txt that the code of the PARQ paper, and DeiT's, write beside a run: a line an epoch, each a JSON object with "epoch" (from
 * 0) and test_prec1 or test_acc1, test_loss, train_loss and others. Python writes NaN and Infinity in it, which are no JSON.
 *
 * The last line counts, whatever came before: a run that was resumed has written some epochs twice.
 */
#ifndef QB_REFERENCE_LOG_H
#define QB_REFERENCE_LOG_H

#include <stdbool.h>

/* metric: the name of a measure (study/measure.h). */
bool qb_reference_log_has(const char *metric);
extern const char *const qb_reference_log_metrics; /* "test_top1, test_loss, ...": those that it has */

/* The metric after the last epoch, and how many epochs there were. QB_E_NOINPUT, QB_E_IO; QB_E_DATA "PATH:LINE: ...", also where the
 * value is not finite. A last line that was cut short is left out with a warning. */
int qb_reference_log_read(const char *path, const char *metric, double *ret_value, long long *ret_epochs);

#endif
