/* A solver that needs a library of its own beside it, found by $ORIGIN in its run path. */
#include <qatbench/solver.h>

int number_beside(void);

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value, (void)granularity, (void)why, (void)n;
    return bits != number_beside();
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self, (void)step;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
        v->w[i] = v->z[i];
    return 0;
}

const qb_solver qb_solver_v1 = {QB_SOLVER_HEAD, .name = "beside", .title = "needs a library", .version = "1.0",
                                .source = "made for tests", .supports = supports, .project = project};
