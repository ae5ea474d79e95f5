#include "cli/data_args.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/describe.h"

static void show(void *context, const char *what, int64_t done, int64_t total)
{
    double *shown_at = context, now = qb_now_seconds();
    char a[32], b[32];
    if (now - *shown_at < 0.1)
        return;
    *shown_at = now;
    qb_str s = {0};
    qb_str_addf(&s, "%s %s", qb_describe_count(done, a), what);
    if (total > 0)
        qb_str_addf(&s, " of %s (%.1f %%)", qb_describe_count(total, b), 100 * (double)done / (double)total);
    if (!s.failed)
        qb_cli_status_line(s.text);
    qb_str_finish(&s);
}

static bool is_stopped(void *context)
{
    (void)context;
    return qb_cli_stop != 0;
}

void qb_data_args_init(const qb_cli *cli, qb_data_args *ret)
{
    *ret = (qb_data_args){.watch = {.is_stopped = is_stopped, .context = &ret->shown_at}};
    if (!cli->quiet && qb_cli_is_terminal(stderr))
        ret->watch.tell = show;
    ret->options.watch = &ret->watch;
    if (qb_option_find(cli->verb->options, cli->verb->n_options, "data_dir"))
        ret->options.data_dir = qb_cli_flag_text(cli, "data_dir");
    if (qb_option_find(cli->verb->options, cli->verb->n_options, "val_fraction")) {
        const qb_value *fraction = qb_get(&cli->flags, "val_fraction");
        ret->options.val_fraction = fraction->is_null ? 0 : fraction->r;
    }
    ret->options.keeps_whole = ret->options.val_fraction == 0;
}
