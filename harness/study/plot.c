/* All pictures of a study. See plot.h. */
#include "study/plot.h"

#include "base/err.h"
#include "study/plot_curves.h"
#include "study/plot_final.h"

static int take_name(json_t *names, const char *name)
{
    return json_array_append_new(names, qb_json_text(name)) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while drawing");
}

/* Without gnuplot the numbers and scripts of all pictures are still written. */
static int write_all(const qb_table *t, const char *dir, json_t *names)
{
    static const struct {
        const char *name, *member, *axis; /* member NULL: the final numbers */
    } pictures[] = {
        {"accuracy-final", NULL, NULL},
        {"accuracy-epochs", "test_top1", "test top-1 (%)"},
        {"loss-epochs", "test_loss", "test loss (cross-entropy)"},
    };
    size_t n = 0;
    for (size_t c = 0; c < t->study->n_cells; c++)
        n += t->cells[c].n;
    if (n == 0) {
        (void)qb_err_set(QB_E_NOINPUT, "%s: no run is done: there is nothing to draw", t->study->title);
        return qb_err_hint("qatbench run PLAN trains what is left");
    }
    int result = QB_OK;
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        bool drawn = true;
        int rc = pictures[i].member
                     ? qb_plot_write_curves(t, dir, pictures[i].name, pictures[i].member, pictures[i].axis, &drawn)
                     : qb_plot_write_final(t, dir, pictures[i].name);
        if (rc == QB_E_UNAVAILABLE)
            result = rc;
        else
            QB_TRY(rc);
        if (drawn)
            QB_TRY(take_name(names, pictures[i].name));
    }
    return result;
}

int qb_plots_write(const qb_study *s, const char *dir, json_t **ret_names)
{
    const qb_table_options options = {.metric = "test_top1", .ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    qb_table *t = NULL;
    QB_TRY(qb_table_create(s, &options, &t));
    json_t *names = json_array();
    int rc = names ? write_all(t, dir, names) : qb_err_set(QB_E_NOMEM, "out of memory while drawing");
    qb_table_destroy(t);
    if (rc < 0)
        json_decref(names);
    else
        *ret_names = names;
    return rc;
}
