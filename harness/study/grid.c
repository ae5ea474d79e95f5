/* Rectangles of texts. See grid.h. */
#include "study/grid.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

int qb_grid_init(qb_grid *g, size_t n_rows, size_t n_columns, size_t n_left)
{
    *g = (qb_grid){.n_rows = n_rows, .n_columns = n_columns, .n_left = n_left};
    g->items = qb_alloc(n_rows * n_columns, sizeof *g->items);
    return g->items ? QB_OK : QB_E_NOMEM;
}

void qb_grid_finish(qb_grid *g)
{
    for (size_t i = 0; g->items && i < g->n_rows * g->n_columns; i++)
        qb_free(g->items[i].text);
    qb_free(g->items);
    *g = (qb_grid){0};
}

int qb_grid_take(qb_grid *g, size_t row, size_t column, char *text)
{
    QB_ASSERT(row < g->n_rows && column < g->n_columns);
    char *old = g->items[row * g->n_columns + column].text;
    g->items[row * g->n_columns + column].text = text;
    qb_free(old);
    return text ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while writing a table");
}

int qb_grid_set(qb_grid *g, size_t row, size_t column, const char *text)
{
    return qb_grid_take(g, row, column, qb_strdup(text));
}

/* ---- escaping ---- */

static void add_latex(qb_str *out, const char *text)
{
    static const struct {
        const char *from, *to;
    } rules[] = {
        {"\\", "\\textbackslash{}"}, {"{", "\\{"}, {"}", "\\}"}, {"$", "\\$"}, {"&", "\\&"}, {"#", "\\#"}, {"_", "\\_"},
        {"%", "\\%"}, {"^", "\\textasciicircum{}"}, {"~", "\\textasciitilde{}"}, {"<", "$<$"}, {">", "$>$"}, {"|", "$|$"},
        {"[", "{[}"}, {"]", "{]}"}, {"\"", "''"}, {"±", "$\\pm$"}, {"–", "--"}, {"Δ", "$\\Delta$"}, {"−", "$-$"},
    };
    while (*text) {
        size_t step = 0;
        for (size_t i = 0; i < sizeof rules / sizeof *rules && step == 0; i++) {
            if (qb_starts_with(text, rules[i].from)) {
                qb_str_add(out, rules[i].to);
                step = strlen(rules[i].from);
            }
        }
        if (step == 0)
            qb_str_addn(out, text, step = 1);
        text += step;
    }
}

static void add_markdown(qb_str *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\|*_`<>#", *text))
            qb_str_add(out, "\\");
        qb_str_addn(out, text, 1);
    }
}

void qb_grid_add_escaped(qb_str *out, qb_grid_form form, const char *text)
{
    if (form == QB_GRID_LATEX)
        add_latex(out, text);
    else if (form == QB_GRID_MARKDOWN)
        add_markdown(out, text);
    else
        qb_str_add(out, text);
}

void qb_grid_add_wrapped(qb_str *out, qb_grid_form form, bool ascii, const char *text)
{
    if (form != QB_GRID_TEXT) {
        qb_grid_add_escaped(out, form, text);
        return;
    }
    char *plain = ascii ? qb_text_to_ascii(text) : NULL;
    qb_str_add_wrapped(out, plain ? plain : text, 0);
    out->failed = out->failed || (ascii && !plain);
    qb_free(plain);
}

char *qb_text_to_ascii(const char *text)
{
    static const struct {
        const char *from, *to;
    } rules[] = {{"±", "+-"}, {"–", "-"}, {"Δ", "d"}, {"−", "-"}};
    qb_str out = {0};
    while (*text) {
        size_t step = 0;
        for (size_t i = 0; i < sizeof rules / sizeof *rules && step == 0; i++) {
            if (qb_starts_with(text, rules[i].from)) {
                qb_str_add(&out, rules[i].to);
                step = strlen(rules[i].from);
            }
        }
        if (step == 0)
            qb_str_addn(&out, text, step = 1);
        text += step;
    }
    return qb_str_take(&out);
}

int qb_grid_to_ascii(qb_grid *g)
{
    for (size_t i = 0; i < g->n_rows * g->n_columns; i++) {
        if (g->items[i].text)
            QB_TRY(qb_grid_take(g, i / g->n_columns, i % g->n_columns, qb_text_to_ascii(g->items[i].text)));
    }
    return QB_OK;
}

/* ---- forms ---- */

static const char *text_at(const qb_grid *g, size_t row, size_t column)
{
    const char *text = g->items[row * g->n_columns + column].text;
    return text ? text : "";
}

static bool bold_at(const qb_grid *g, size_t row, size_t column)
{
    return g->items[row * g->n_columns + column].bold;
}

static size_t width_of(const char *text)
{
    return qb_utf8_count(text, strlen(text));
}

static bool any_bold(const qb_grid *g, size_t column)
{
    bool any = false;
    for (size_t r = 0; r < g->n_rows; r++)
        any = any || bold_at(g, r, column);
    return any;
}

static void add_spaces(qb_str *out, size_t n)
{
    for (; n > 0; n--)
        qb_str_add(out, " ");
}

static void render_text(const qb_grid *g, qb_str *out)
{
    size_t *widths = qb_alloc(g->n_columns, sizeof *widths);
    if (!widths) {
        out->failed = true;
        return;
    }
    size_t total = 0;
    for (size_t c = 0; c < g->n_columns; c++) {
        for (size_t r = 0; r < g->n_rows; r++) {
            size_t width = width_of(text_at(g, r, c));
            widths[c] = width > widths[c] ? width : widths[c];
        }
        total += widths[c] + (c > 0 ? 2 : 0) + (any_bold(g, c) ? 2 : 0);
    }
    for (size_t r = 0; r < g->n_rows; r++) {
        size_t pending = 0; /* spaces that are written only before more text: no line ends in blanks */
        for (size_t c = 0; c < g->n_columns; c++) {
            const char *text = text_at(g, r, c);
            size_t blank = widths[c] - width_of(text);
            pending += (c > 0 ? 2 : 0) + (c >= g->n_left ? blank : 0);
            if (*text) {
                add_spaces(out, pending);
                qb_str_add(out, text);
                pending = 0;
            } else {
                pending += width_of(text);
            }
            pending += c < g->n_left ? blank : 0;
            if (bold_at(g, r, c))
                qb_str_add(out, " *");
            else if (any_bold(g, c))
                pending += 2;
        }
        qb_str_add(out, "\n");
        for (size_t i = 0; r == 0 && i < total; i++)
            qb_str_add(out, "-");
        if (r == 0)
            qb_str_add(out, "\n");
    }
    qb_free(widths);
}

static void render_markdown(const qb_grid *g, qb_str *out)
{
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            const char *mark = bold_at(g, r, c) ? "**" : "";
            qb_str_addf(out, "| %s", mark);
            add_markdown(out, text_at(g, r, c));
            qb_str_addf(out, "%s ", mark);
        }
        qb_str_add(out, "|\n");
        for (size_t c = 0; r == 0 && c < g->n_columns; c++)
            qb_str_add(out, c < g->n_left ? "| --- " : "| ---: ");
        if (r == 0)
            qb_str_add(out, "|\n");
    }
}

static void render_latex(const qb_grid *g, qb_str *out)
{
    qb_str_add(out, "\\begin{tabular}{");
    for (size_t c = 0; c < g->n_columns; c++)
        qb_str_add(out, c < g->n_left ? "l" : "r");
    qb_str_add(out, "}\n\\toprule\n");
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            qb_str_add(out, c > 0 ? " & " : "");
            qb_str_add(out, bold_at(g, r, c) ? "\\textbf{" : "");
            add_latex(out, text_at(g, r, c));
            qb_str_add(out, bold_at(g, r, c) ? "}" : "");
        }
        qb_str_add(out, " \\\\\n");
        if (r == 0)
            qb_str_add(out, "\\midrule\n");
    }
    qb_str_add(out, "\\bottomrule\n\\end{tabular}\n");
}

void qb_grid_render(const qb_grid *g, qb_grid_form form, qb_str *out)
{
    if (form == QB_GRID_LATEX)
        render_latex(g, out);
    else if (form == QB_GRID_MARKDOWN)
        render_markdown(g, out);
    else
        render_text(g, out);
}
