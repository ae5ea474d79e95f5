/* Documents as HTML or Markdown. See doc.h. */
#include "study/doc.h"

#include <string.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;color:#1c1e21;background:#fff;"
    "max-width:76rem;margin:2rem auto;padding:0 1.25rem}\n"
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .75rem}h2{font-size:1.2rem;margin:2.25rem 0 .6rem;"
    "padding-bottom:.25rem;border-bottom:1px solid #dfe1e5}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;margin:.75rem 0;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.3rem .65rem;text-align:right;border-bottom:1px solid #e8eaed;white-space:nowrap}\n"
    "thead th{border-bottom:2px solid #5f6368;text-align:right;font-weight:600}th.l,td.l{text-align:left}\n"
    "td.w{white-space:normal;min-width:16rem}td.b{font-weight:700}tbody tr:hover{background:#f6f8fa}\n"
    "pre{background:#f6f8fa;border:1px solid #e1e4e8;border-radius:5px;padding:.55rem .8rem;overflow-x:auto;font-size:.85rem;"
    "white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0 .8rem}\n"
    "ul.warn{background:#fff8e5;border-left:4px solid #e6a100;padding:.6rem 1rem .6rem 2rem;margin:.75rem 0}\n"
    "figure{margin:1rem 0 1.75rem}figure svg{max-width:100%;height:auto}figcaption{color:#555;font-size:.9rem}\n"
    "@media print{body{max-width:none;margin:0}tbody tr{break-inside:avoid}figure{break-inside:avoid}}\n";

static void add_html(qb_str *s, const char *text)
{
    while (*text) {
        unsigned char c = (unsigned char)*text;
        if (c > '>' && c != 0x7F) {
            qb_str_add_char(s, &text);
            continue;
        }
        if (c == '&')
            qb_str_add(s, "&amp;");
        else if (c == '<')
            qb_str_add(s, "&lt;");
        else if (c == '>')
            qb_str_add(s, "&gt;");
        else if (c == '"')
            qb_str_add(s, "&quot;");
        else if (c == '\'')
            qb_str_add(s, "&#39;");
        else
            qb_str_addn(s, (c < 0x20 && c != '\n') || c == 0x7F ? " " : text, 1);
        text++;
    }
}

static bool is_html(const qb_doc *d)
{
    return d->form == QB_DOC_HTML;
}

/* The text between two tags, or as Markdown between two marks. */
static void add(qb_doc *d, const char *open, const char *text, const char *close)
{
    qb_str_add(&d->out, open);
    if (is_html(d))
        add_html(&d->out, text);
    else
        qb_grid_add_escaped(&d->out, QB_GRID_MARKDOWN, text);
    qb_str_add(&d->out, close);
}

void qb_doc_begin(qb_doc *d, qb_doc_form form, const char *title)
{
    *d = (qb_doc){.form = form};
    if (is_html(d)) {
        qb_str_add(&d->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        add(d, "<title>", title, "</title>\n");
        qb_str_addf(&d->out, "<style>\n%s</style>\n</head>\n<body>\n", style);
    }
    add(d, is_html(d) ? "<h1>" : "# ", title, is_html(d) ? "</h1>\n" : "\n\n");
}

void qb_doc_heading(qb_doc *d, const char *text)
{
    add(d, is_html(d) ? "<h2>" : "## ", text, is_html(d) ? "</h2>\n" : "\n\n");
}

void qb_doc_paragraph(qb_doc *d, const char *text)
{
    add(d, is_html(d) ? "<p>" : "", text, is_html(d) ? "</p>\n" : "\n\n");
}

void qb_doc_list(qb_doc *d, const char *const *items, size_t n, bool is_warning)
{
    if (n == 0)
        return;
    qb_str_add(&d->out, !is_html(d) ? "" : is_warning ? "<ul class=\"warn\">\n" : "<ul>\n");
    for (size_t i = 0; i < n; i++)
        add(d, is_html(d) ? "<li>" : "- ", items[i], is_html(d) ? "</li>\n" : "\n");
    qb_str_add(&d->out, is_html(d) ? "</ul>\n" : "\n");
}

/* Lines of a Markdown block stand indented: no fence that the text could close. */
void qb_doc_code(qb_doc *d, const char *text)
{
    if (is_html(d)) {
        add(d, "<pre><code>", text, "</code></pre>\n");
        return;
    }
    qb_str_add(&d->out, "    ");
    for (; *text; text++)
        qb_str_addn(&d->out, (unsigned char)*text < 0x20 ? " " : text, 1);
    qb_str_add(&d->out, "\n\n");
}

static void add_row(qb_doc *d, const qb_grid *g, size_t r, const char *tag)
{
    enum { LONG = 32 }; /* characters: a text that may break */
    qb_str_add(&d->out, "<tr>");
    for (size_t c = 0, span; c < g->n_columns; c += span) {
        const char *text = g->items[r * g->n_columns + c].text;
        text = text ? text : "";
        span = g->items[r * g->n_columns + c].span > 1 ? g->items[r * g->n_columns + c].span : 1;
        qb_str_addf(&d->out, "<%s", tag);
        if (span > 1)
            qb_str_addf(&d->out, " colspan=\"%zu\"", span);
        qb_str_addf(&d->out, " class=\"%s%s%s\">", c < g->n_left ? "l" : "r", strlen(text) > LONG ? " w" : "",
                    g->items[r * g->n_columns + c].bold ? " b" : "");
        add_html(&d->out, text);
        qb_str_addf(&d->out, "</%s>", tag);
    }
    qb_str_add(&d->out, "</tr>\n");
}

void qb_doc_grid(qb_doc *d, const qb_grid *g)
{
    if (!is_html(d)) {
        qb_grid_render(g, QB_GRID_MARKDOWN, &d->out);
        qb_str_add(&d->out, "\n");
        return;
    }
    qb_str_add(&d->out, "<div class=\"scroll\"><table>\n<thead>\n");
    for (size_t r = 0; r < g->n_heads; r++)
        add_row(d, g, r, "th");
    qb_str_add(&d->out, "</thead>\n<tbody>\n");
    for (size_t r = g->n_heads; r < g->n_rows; r++)
        add_row(d, g, r, "td");
    qb_str_add(&d->out, "</tbody>\n</table></div>\n");
}

/* Several pictures of gnuplot use the same ids: each gets a prefix of its own. Its own title and prologue are left out. */
static void add_svg(qb_str *s, const char *svg, int number)
{
    static const char *const before_id[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    static const char title[] = "<title>Gnuplot</title>";
    const char *from = strstr(svg, "<svg");
    while (from && *from) {
        size_t step = 1;
        const char *hit = NULL;
        for (size_t i = 0; i < sizeof before_id / sizeof *before_id && !hit; i++)
            hit = qb_starts_with(from, before_id[i]) ? before_id[i] : NULL;
        if (hit) {
            step = strlen(hit);
            qb_str_addf(s, "%sp%d-", hit, number);
        } else if (qb_starts_with(from, title)) {
            step = sizeof title - 1;
        } else {
            qb_str_addn(s, from, 1);
        }
        from += step;
    }
}

void qb_doc_figure(qb_doc *d, const char *caption, const char *svg, const char *path)
{
    d->n_figures++;
    if (is_html(d)) {
        qb_str_add(&d->out, "<figure>\n");
        add_svg(&d->out, svg, d->n_figures);
        add(d, "<figcaption>", caption, "</figcaption>\n</figure>\n");
    } else {
        add(d, "![", caption, "]");
        qb_str_addf(&d->out, "(%s)\n\n", path);
    }
}

char *qb_doc_take(qb_doc *d)
{
    if (is_html(d))
        qb_str_add(&d->out, "</body>\n</html>\n");
    return qb_str_take(&d->out);
}

void qb_doc_finish(qb_doc *d)
{
    qb_str_finish(&d->out);
}
