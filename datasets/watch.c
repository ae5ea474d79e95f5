#include "datasets/watch.h"

#include "base/err.h"

int qb_watch_step(const qb_watch *watch, const char *what, int64_t done, int64_t total)
{
    if (watch && watch->is_stopped && watch->is_stopped(watch->context))
        return qb_err_set(QB_E_STOPPED, "stopped on request after %lld %s", (long long)done, what);
    if (watch && watch->tell)
        watch->tell(watch->context, what, done, total);
    return 0;
}
