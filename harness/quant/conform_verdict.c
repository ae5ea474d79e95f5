/* What a rule finds, into the memory that its parent sees; the first failure counts. See conform_rules.h. */
#include "quant/conform_rules.h"

#include <stdarg.h>
#include <stdio.h>

void qb_conform_fail(qb_conform *c, const char *fmt, ...)
{
    if (c->result->verdict == QB_FAIL)
        return;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(c->result->detail, sizeof c->result->detail, fmt, args);
    va_end(args);
    c->result->verdict = QB_FAIL;
}

void qb_conform_skip(qb_conform *c, const char *why)
{
    if (c->result->verdict == QB_FAIL)
        return;
    (void)snprintf(c->result->detail, sizeof c->result->detail, "%s", why);
    c->result->verdict = QB_NOT_APPLICABLE;
}

bool qb_conform_has_failed(const qb_conform *c)
{
    return c->result->verdict == QB_FAIL;
}
