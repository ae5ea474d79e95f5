#include "study/plot_figure.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/plot_parts.h"

#include <stdio.h>
#include <string.h>

enum { LEFT = 78, GAP = 26, BOTTOM = 58, PANEL_TITLE = 28, ACROSS = 3, CHARACTER = 8, LEGEND_LINE = 21, REMARK = 20, MARGIN = 16 };

void qb_figure_init(qb_figure *f, const qb_plot_job *job, const char *name, char *title, const char *columns)
{
    *f = (qb_figure){.title = title, .failed = !title};
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    qb_plot_begin_numbers(&f->tsv, job->t, columns);
}

void qb_figure_finish(qb_figure *f)
{
    for (size_t i = 0; i < f->n_panels; i++) {
        qb_free(f->panels[i].title);
        qb_free(f->panels[i].xlabel);
        qb_free(f->panels[i].ylabel);
        qb_str_finish(&f->panels[i].before);
        qb_str_finish(&f->panels[i].items);
    }
    qb_free(f->panels);
    qb_free(f->title);
    qb_free(f->remark);
    qb_free(f->legend_title);
    qb_str_finish(&f->legend);
    qb_str_finish(&f->tsv);
    *f = (qb_figure){0};
}

size_t qb_figure_block(qb_figure *f)
{
    if (f->n_blocks > 0)
        qb_str_add(&f->tsv, "\n\n");
    return f->n_blocks++;
}

qb_panel *qb_figure_panel(qb_figure *f, char *title, const char *xlabel, const char *ylabel)
{
    qb_panel *panels = qb_realloc(f->panels, f->n_panels + 1, sizeof *panels);
    if (panels)
        f->panels = panels;
    if (!panels || !title) {
        qb_free(title);
        f->failed = true;
        return NULL;
    }
    qb_panel *p = &panels[f->n_panels++];
    *p = (qb_panel){.title = title, .xlabel = qb_strdup(xlabel), .ylabel = qb_strdup(ylabel)};
    f->failed = f->failed || !p->xlabel || !p->ylabel;
    return p;
}

static void begin_item(qb_panel *p)
{
    qb_str_add(&p->items, p->items.length > 0 ? ", \\\n  " : "plot ");
}

void qb_figure_plot(const qb_figure *f, qb_panel *p, size_t block, const char *rest, ...)
{
    char text[512];
    va_list args;
    va_start(args, rest);
    int n = vsnprintf(text, sizeof text, rest, args);
    va_end(args);
    QB_ASSERT(n >= 0 && n < (int)sizeof text);
    begin_item(p);
    qb_str_addf(&p->items, "'%s.tsv' index %zu %s", f->name, block, text);
}

void qb_figure_plot_other(qb_panel *p, const char *what)
{
    begin_item(p);
    qb_str_add(&p->items, what);
}

void qb_figure_legend(qb_figure *f, const char *text, const char *look)
{
    size_t length = qb_utf8_count(text, strlen(text));
    qb_str_addf(&f->legend, ", \\\n  keyentry with %s title ", look);
    qb_plot_add_quoted(&f->legend, text);
    f->longest_legend = length > f->longest_legend ? length : f->longest_legend;
    f->n_legend++;
}

/* ---- the script ---- */

typedef struct layout {
    int across, down, top, width, height, panel_width, panel_height, left, column, line, head;
} layout;

static layout find_layout(const qb_figure *f)
{
    layout l = {.left = f->left ? f->left : LEFT, .head = QB_PLOT_TITLE + (f->remark ? REMARK : 0)};
    int n = (int)f->n_panels, legend = (int)f->n_legend + (f->legend_title ? 1 : 0);
    size_t longest = f->legend_title && strlen(f->legend_title) > f->longest_legend ? strlen(f->legend_title) : f->longest_legend;
    bool has_titles = false;
    for (size_t i = 0; i < f->n_panels; i++)
        has_titles = has_titles || f->panels[i].title[0];
    l.across = f->across ? f->across : ACROSS;
    l.across = n < l.across ? n : l.across;
    l.down = (n + l.across - 1) / l.across;
    l.panel_width = f->panel_width ? f->panel_width : n == 1 ? 480 : 290;
    l.panel_height = f->panel_height ? f->panel_height : n == 1 ? 330 : 240;
    l.top = has_titles ? PANEL_TITLE : 0;
    int bottom = f->bottom ? f->bottom : BOTTOM, below = f->same_x ? GAP + 4 : bottom, height = 0;
    while (l.down * l.panel_height < LEGEND_LINE * legend) /* a legend that is too high goes on beside, cut off */
        l.panel_height += LEGEND_LINE;
    l.line = l.top + l.panel_height + below;
    height = l.down * l.line - below + bottom;
    l.column = l.panel_width + (f->same_y ? GAP : l.left + 6);
    l.width = l.left + l.across * l.column - (f->same_y ? 0 : l.left + 6 - MARGIN) + (legend ? 70 + CHARACTER * (int)longest : 0);
    l.width += f->right;
    l.height = l.head + height;
    return l;
}

static void add_margins(qb_str *gp, const layout *l, int i)
{
    double w = l->width, h = l->height;
    int left = l->left + i % l->across * l->column, top = l->height - l->head - l->top - i / l->across * l->line;
    qb_str_addf(gp,
                "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                left / w, (left + l->panel_width) / w, top / h, (top - l->panel_height) / h);
}

static void add_axis(qb_str *gp, char axis, const char *label, bool is_shown)
{
    if (is_shown && label[0]) {
        qb_str_addf(gp, "set %clabel ", axis);
        qb_plot_add_quoted(gp, label);
        qb_str_add(gp, axis == 'x' ? " offset 0,0.3\n" : "\n");
    } else {
        qb_str_addf(gp, "unset %clabel\n", axis);
    }
    qb_str_addf(gp, "set format %c '%s'\n", axis, is_shown ? "%g" : "");
}

static void add_panel(qb_str *gp, const qb_figure *f, const layout *l, int i)
{
    const qb_panel *p = &f->panels[i];
    bool is_last = i == (int)f->n_panels - 1;
    add_margins(gp, l, i);
    qb_str_add(gp, "set title ");
    qb_plot_add_quoted(gp, p->title);
    qb_str_add(gp, " offset 0,-0.5\n");
    add_axis(gp, 'y', p->ylabel, !f->same_y || i % l->across == 0);
    add_axis(gp, 'x', p->xlabel, !f->same_x || i + l->across >= (int)f->n_panels);
    qb_str_add(gp, "unset label\nunset arrow\n");
    if (i == 0 && f->remark) {
        qb_str_add(gp, "set label ");
        qb_plot_add_quoted(gp, f->remark);
        qb_str_addf(gp, " at screen 0.5, screen %.5f center font ',%d' textcolor rgb \"#666666\"\n",
                    1 - (QB_PLOT_TITLE + 2) / (double)l->height, QB_PLOT_SMALL);
    }
    if (is_last && f->n_legend > 0) {
        double right = l->left + (l->across - 1) * l->column + l->panel_width + GAP;
        qb_str_addf(gp, "set key at screen %.5f, screen %.5f left top Left reverse samplen 2 spacing 1.25 textcolor rgb \"#222222\"",
                    right / l->width, (l->height - l->head - l->top) / (double)l->height);
        if (f->legend_title) {
            qb_str_add(gp, " title ");
            qb_plot_add_quoted(gp, f->legend_title);
            qb_str_add(gp, " left");
        }
        qb_str_add(gp, "\n");
    } else {
        qb_str_add(gp, "unset key\n");
    }
    qb_str_add(gp, p->before.text ? p->before.text : "");
    qb_str_add(gp, p->items.length > 0 ? p->items.text /* of nothing there is no range */
                                       : "set label 'no numbers' at graph 0.5, graph 0.5 center textcolor rgb \"#666666\"\n"
                                         "plot [0:1] [0:1] NaN notitle");
    qb_str_add(gp, is_last && f->legend.length > 0 ? f->legend.text : "");
    qb_str_add(gp, "\n");
}

int qb_figure_draw(qb_figure *f, const qb_plot_job *job)
{
    qb_str gp = {0};
    bool failed = f->failed || f->legend.failed || f->tsv.failed;
    for (size_t i = 0; i < f->n_panels; i++)
        failed = failed || f->panels[i].before.failed || f->panels[i].items.failed;
    if (failed)
        return qb_err_set(QB_E_NOMEM, "out of memory while drawing");
    layout l = find_layout(f);
    qb_plot_begin(&gp);
    qb_str_add(&gp, "set multiplot title ");
    qb_plot_add_quoted(&gp, f->title);
    qb_str_add(&gp, " offset 0,-0.2\n");
    for (int i = 0; i < (int)f->n_panels; i++)
        add_panel(&gp, f, &l, i);
    qb_str_add(&gp, "unset multiplot\nunset label\nunset arrow\n"); /* the commands run once a form */
    int rc = qb_plot_draw(job, f->name, &f->tsv, &gp, l.width, l.height);
    qb_str_finish(&gp);
    return rc;
}
