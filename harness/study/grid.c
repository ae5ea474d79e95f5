/* Rectangles of texts. See grid.h. */
#include "study/grid.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

int qb_grid_init(qb_grid *g, size_t n_rows, size_t n_columns, size_t n_left)
{
    *g = (qb_grid){.n_rows = n_rows, .n_columns = n_columns, .n_left = n_left, .n_heads = 1};
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
        if (step == 0) { /* no new paragraph, and no character that LaTeX calls invalid */
            bool is_control = (unsigned char)*text < 0x20 || *text == 0x7f;
            qb_str_addn(out, is_control ? " " : text, step = 1);
        }
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

static void add_spaces(qb_str *out, size_t n)
{
    for (; n > 0; n--)
        qb_str_add(out, " ");
}

static size_t span_at(const qb_grid *g, size_t row, size_t column)
{
    size_t span = g->items[row * g->n_columns + column].span;
    return span > 1 ? span : 1;
}

/* ---- text ---- */

typedef struct layout {
    size_t width;   /* of its widest text */
    bool has_stars; /* " *" behind bold texts: room for it in every row */
} layout; /* of a column */

/* Columns of the terminal between the starts of column `from` and of what is behind column `from + span - 1`, without the
 * space between columns. */
static size_t text_width(const layout *columns, size_t from, size_t span)
{
    size_t width = 0;
    for (size_t c = from; c < from + span; c++)
        width += columns[c].width + (c > from ? 2 : 0) + (columns[c].has_stars ? 2 : 0);
    return width;
}

/* Every column as wide as its widest text; the last of those under a longer text that spans them is as wide as that needs. */
static void measure_columns(const qb_grid *g, layout *columns)
{
    for (size_t r = 0; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            size_t width = width_of(text_at(g, r, c));
            if (span_at(g, r, c) == 1 && width > columns[c].width)
                columns[c].width = width;
            columns[c].has_stars = columns[c].has_stars || bold_at(g, r, c);
        }
    }
    for (size_t r = 0; r < g->n_heads; r++) {
        for (size_t c = 0; c < g->n_columns; c += span_at(g, r, c)) {
            size_t span = span_at(g, r, c), width = width_of(text_at(g, r, c)), there = text_width(columns, c, span);
            if (width > there)
                columns[c + span - 1].width += width - there;
        }
    }
}

/* A head row above others: texts in the middle of what they span, and a line below those that span several columns. */
static void add_upper_head(const qb_grid *g, const layout *columns, size_t r, qb_str *out)
{
    for (int lines = 0; lines < 2; lines++) {
        size_t pending = 0;
        for (size_t c = 0; c < g->n_columns; c += span_at(g, r, c)) {
            const char *text = text_at(g, r, c);
            size_t span = span_at(g, r, c), width = text_width(columns, c, span), blank = width - width_of(text);
            pending += c > 0 ? 2 : 0;
            if (!*text || (lines == 1 && span == 1)) {
                pending += width;
                continue;
            }
            add_spaces(out, pending + (lines == 0 ? blank / 2 : 0));
            if (lines == 0)
                qb_str_add(out, text);
            for (size_t i = 0; lines == 1 && i < width; i++)
                qb_str_add(out, "-");
            pending = lines == 0 ? blank - blank / 2 : 0;
        }
        qb_str_add(out, "\n");
    }
}

static void add_row(const qb_grid *g, const layout *columns, size_t r, qb_str *out)
{
    size_t pending = 0; /* spaces that are written only before more text: no line ends in blanks */
    for (size_t c = 0; c < g->n_columns; c++) {
        const char *text = text_at(g, r, c);
        size_t blank = columns[c].width - width_of(text);
        pending += (c > 0 ? 2 : 0) + (c >= g->n_left ? blank : 0);
        if (*text) {
            add_spaces(out, pending);
            qb_str_add(out, text);
            pending = 0;
        }
        pending += c < g->n_left ? blank : 0;
        if (bold_at(g, r, c))
            qb_str_add(out, " *");
        else if (columns[c].has_stars)
            pending += 2;
    }
    qb_str_add(out, "\n");
}

static void render_text(const qb_grid *g, qb_str *out)
{
    layout *columns = qb_alloc(g->n_columns, sizeof *columns);
    if (!columns) {
        out->failed = true;
        return;
    }
    measure_columns(g, columns);
    for (size_t r = 0; r + 1 < g->n_heads; r++)
        add_upper_head(g, columns, r, out);
    for (size_t r = g->n_heads - 1; r < g->n_rows; r++) {
        add_row(g, columns, r, out);
        size_t line = r + 1 == g->n_heads ? text_width(columns, 0, g->n_columns) : 0;
        for (size_t i = 0; i < line; i++)
            qb_str_add(out, "-");
        qb_str_add(out, line > 0 ? "\n" : "");
    }
    qb_free(columns);
}

/* ---- Markdown ---- */

/* The text of the head row that stands over a column, its own or one that spans it; "": none. */
static const char *head_over(const qb_grid *g, size_t row, size_t column)
{
    size_t from = column;
    while (from > 0 && !*text_at(g, row, from))
        from--;
    return from + span_at(g, row, from) > column ? text_at(g, row, from) : "";
}

static void add_markdown_head(const qb_grid *g, qb_str *out)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        const char *separator = "";
        qb_str_add(out, "| ");
        for (size_t r = 0; r < g->n_heads; r++) {
            const char *text = head_over(g, r, c);
            qb_str_add(out, *text ? separator : "");
            add_markdown(out, text);
            separator = *text ? ", " : separator;
        }
        qb_str_add(out, " ");
    }
    qb_str_add(out, "|\n");
    for (size_t c = 0; c < g->n_columns; c++)
        qb_str_add(out, c < g->n_left ? "| --- " : "| ---: ");
    qb_str_add(out, "|\n");
}

static void render_markdown(const qb_grid *g, qb_str *out)
{
    add_markdown_head(g, out);
    for (size_t r = g->n_heads; r < g->n_rows; r++) {
        for (size_t c = 0; c < g->n_columns; c++) {
            const char *mark = bold_at(g, r, c) ? "**" : "";
            qb_str_addf(out, "| %s", mark);
            add_markdown(out, text_at(g, r, c));
            qb_str_addf(out, "%s ", mark);
        }
        qb_str_add(out, "|\n");
    }
}

/* ---- LaTeX ---- */

static void add_latex_row(const qb_grid *g, size_t r, qb_str *out)
{
    for (size_t c = 0; c < g->n_columns; c += span_at(g, r, c)) {
        size_t span = span_at(g, r, c);
        qb_str_add(out, c > 0 ? " & " : "");
        if (span > 1)
            qb_str_addf(out, "\\multicolumn{%zu}{c}{", span);
        qb_str_add(out, bold_at(g, r, c) ? "\\textbf{" : "");
        add_latex(out, text_at(g, r, c));
        qb_str_add(out, bold_at(g, r, c) ? "}" : "");
        qb_str_add(out, span > 1 ? "}" : "");
    }
    qb_str_add(out, " \\\\\n");
}

/* Lines below the texts of a head row that span several columns. */
static void add_latex_rules(const qb_grid *g, size_t r, qb_str *out)
{
    bool any = false;
    for (size_t c = 0; c < g->n_columns; c += span_at(g, r, c)) {
        if (span_at(g, r, c) == 1)
            continue;
        qb_str_addf(out, "\\cmidrule(lr){%zu-%zu}", c + 1, c + span_at(g, r, c));
        any = true;
    }
    qb_str_add(out, any ? "\n" : "");
}

static void render_latex(const qb_grid *g, qb_str *out)
{
    qb_str_add(out, "\\begin{tabular}{");
    for (size_t c = 0; c < g->n_columns; c++)
        qb_str_add(out, c < g->n_left ? "l" : "r");
    qb_str_add(out, "}\n\\toprule\n");
    for (size_t r = 0; r < g->n_rows; r++) {
        if (g->is_grouped && r > g->n_heads && strcmp(text_at(g, r, 0), text_at(g, r - 1, 0)) != 0)
            qb_str_add(out, "\\addlinespace\n");
        add_latex_row(g, r, out);
        if (r + 1 < g->n_heads)
            add_latex_rules(g, r, out);
        else if (r + 1 == g->n_heads)
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
