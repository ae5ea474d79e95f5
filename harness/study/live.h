/* What a run that is under way has done so far, read from its logs, which it goes on writing: nothing of the run is touched,
 * and a line that is not whole yet is left out.
 */
#ifndef QB_LIVE_H
#define QB_LIVE_H

#include "base/json.h"

#include <stdint.h>

typedef struct qb_live {
    int64_t step;           /* of the last line of its log; 0: none yet */
    double epoch;           /* at that step */
    double step_seconds;    /* since this start, with tests and saving; 0: not known yet */
    double images_per_second; /* the same without them, after the first test; 0: not known yet */
    double quiet_seconds;   /* since it wrote its last line; 0: it has none */
    double train_loss, train_top1, test_top1; /* the last ones; NaN: none yet */
    json_t *curve;          /* array of [epoch, test top-1] */
} qb_live;

/* dir: the run's folder; NULL: it is not here. A run that has written nothing yet has nothing to tell, which is no error.
 * QB_E_IO, QB_E_NOMEM. Free with qb_live_finish. */
int qb_live_read(const char *dir, qb_live *ret);
void qb_live_finish(qb_live *l);

/* When a file of that folder was written last, in seconds since 1970; 0: there is none. */
double qb_live_written_at(const char *dir, const char *name);

#endif
