/* Documents as HTML or Markdown. See doc.h. */
#include "study/doc.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* The width of a caption is its text's, not that of a narrow table below. On a phone the page is as wide as the screen: tables
 * and pictures scroll in boxes of their own. On paper nothing scrolls, so tables break their texts, and what is folded stays
 * so unless the reader opened it. Pictures keep their white ground in the dark. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1e21;--paper:#fff;--faint:#55595f;--rule:#d5d8dd;--soft:#f4f6f8;--warn:#fff6dd;"
    "--edge:#b97f00}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e6e9;--paper:#16181b;--faint:#a5abb3;--rule:#3a3f46;--soft:#202429;"
    "--warn:#33290f;--edge:#d9a329}}\n"
    "*{box-sizing:border-box}\n"
    "body{font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;color:var(--ink);"
    "background:var(--paper);max-width:76rem;margin:2rem auto;padding:0 1.25rem;overflow-wrap:break-word}\n"
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .75rem}h2{font-size:1.2rem;margin:2.25rem 0 .6rem;"
    "padding-bottom:.25rem;border-bottom:1px solid var(--rule)}\n"
    ".scroll{overflow-x:auto;margin:.75rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;padding-bottom:.4rem;width:0}caption span{display:block;width:max-content;"
    "max-width:min(73.5rem,100vw - 2.5rem)}\n"
    "th,td{padding:.3rem .65rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;vertical-align:top}\n"
    "thead th{border-bottom:2px solid var(--faint)}tbody th{font-weight:400}.l{text-align:left}th.b,td.b{font-weight:700}\n"
    ".w{white-space:normal;min-width:16rem}tbody tr:hover{background:var(--soft)}\n"
    "pre{background:var(--soft);border:1px solid var(--rule);border-radius:5px;padding:.55rem .8rem;font-size:.85rem;"
    "white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0 .8rem}\n"
    "ul{padding-left:1.5rem}ul.warn{background:var(--warn);border-left:4px solid var(--edge);padding:.6rem 1rem .6rem 2rem;"
    "margin:.75rem 0}\n"
    "details{border:1px solid var(--rule);border-radius:5px;margin:.4rem 0;padding:0 .8rem}summary{cursor:pointer;"
    "padding:.4rem 0}\n"
    "figure{margin:1rem 0 1.75rem}figure svg{display:block;width:100%;height:auto;background:#fff}"
    "figcaption{color:var(--faint);font-size:.9rem}\n"
    "@media(max-width:40rem){body{margin:1rem auto;padding:0 .75rem}h1{font-size:1.4rem}"
    "caption span{max-width:calc(100vw - 1.5rem)}details{padding:0 .5rem}}\n"
    "@media print{:root{--ink:#000;--paper:#fff;--faint:#444;--rule:#bbb;--soft:#fff;--warn:#fff;--edge:#666}"
    "body{max-width:none;margin:0;padding:0;font-size:10pt}.scroll{overflow:visible}table{font-size:8pt}"
    "th,td{padding:.15rem .3rem}.l{white-space:normal}.w{min-width:8rem;overflow-wrap:anywhere}"
    "caption span{max-width:17cm}figure svg{min-width:0!important}"
    "h2,summary,caption{break-after:avoid}tr,figure{break-inside:avoid}}\n";

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
        qb_str_addf(&d->out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
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

void qb_doc_list(qb_doc *d, const json_t *texts, bool is_warning)
{
    size_t n = json_array_size(texts);
    if (n == 0)
        return;
    qb_str_add(&d->out, !is_html(d) ? "" : is_warning ? "<ul class=\"warn\">\n" : "<ul>\n");
    for (size_t i = 0; i < n; i++)
        add(d, is_html(d) ? "<li>" : "- ", json_string_value(json_array_get(texts, i)), is_html(d) ? "</li>\n" : "\n");
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

static void add_row(qb_doc *d, const qb_grid *g, size_t r)
{
    enum { LONG = 32 }; /* characters: a text that may break */
    bool is_head = r < g->n_heads;
    qb_str_add(&d->out, "<tr>");
    for (size_t c = 0, span; c < g->n_columns; c += span) {
        const char *text = g->items[r * g->n_columns + c].text, *tag = is_head || c == 0 ? "th" : "td";
        text = text ? text : "";
        span = g->items[r * g->n_columns + c].span > 1 ? g->items[r * g->n_columns + c].span : 1;
        qb_str_addf(&d->out, "<%s", tag);
        if (span > 1)
            qb_str_addf(&d->out, " colspan=\"%zu\"", span);
        if (tag[1] == 'h')
            qb_str_addf(&d->out, " scope=\"%s\"", !is_head ? "row" : span > 1 ? "colgroup" : "col");
        qb_str_addf(&d->out, " class=\"%s%s%s\">", c < g->n_left ? "l" : "r", strlen(text) > LONG ? " w" : "",
                    g->items[r * g->n_columns + c].bold ? " b" : "");
        add_html(&d->out, text);
        qb_str_addf(&d->out, "</%s>", tag);
    }
    qb_str_add(&d->out, "</tr>\n");
}

void qb_doc_grid(qb_doc *d, const qb_grid *g, const char *caption)
{
    if (!is_html(d)) {
        qb_doc_paragraph(d, caption);
        qb_grid_render(g, QB_GRID_MARKDOWN, &d->out);
        qb_str_add(&d->out, "\n");
        return;
    }
    /* What scrolls can be reached by the keyboard, and then has a name. */
    add(d, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", caption, "\"><table>\n");
    add(d, "<caption><span>", caption, "</span></caption>\n<thead>\n");
    for (size_t r = 0; r < g->n_heads; r++)
        add_row(d, g, r);
    qb_str_add(&d->out, "</thead>\n<tbody>\n");
    for (size_t r = g->n_heads; r < g->n_rows; r++)
        add_row(d, g, r);
    qb_str_add(&d->out, "</tbody>\n</table></div>\n");
}

void qb_doc_fold_begin(qb_doc *d, const char *summary)
{
    QB_ASSERT(is_html(d));
    add(d, "<details>\n<summary>", summary, "</summary>\n");
}

void qb_doc_fold_end(qb_doc *d)
{
    qb_str_add(&d->out, "</details>\n");
}

/* Of a tag: `<` to `>`, from here on. Pictures of one page use the same ids: each gets a prefix. Those of gnuplot's own groups,
 * which no reference names, stand more than once in a picture of several panels: they are left out. */
static const char *add_tag(qb_str *s, const char *from, int number)
{
    static const char *const before_id[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    static const char group[] = "id=\"gnuplot_";
    while (*from && *from != '>') {
        const char *hit = NULL;
        if (qb_starts_with(from, group)) {
            from += sizeof group - 1;
            from += strcspn(from, "\">");
            from += *from == '"';
            continue;
        }
        for (size_t i = 0; i < sizeof before_id / sizeof *before_id && !hit; i++)
            hit = qb_starts_with(from, before_id[i]) ? before_id[i] : NULL;
        if (hit)
            qb_str_addf(s, "%sp%d-", hit, number);
        else
            qb_str_addn(s, from, 1);
        from += hit ? strlen(hit) : 1;
    }
    return from;
}

/* Width in the picture's first tag; 0: none. */
static double svg_width(const char *svg)
{
    const char *end = strchr(svg, '>'), *at = strstr(svg, "width=\"");
    return at && end && at < end ? strtod(at + strlen("width=\""), NULL) : 0;
}

/* The picture as a part of the page: named, as wide as there is room for, on a small screen not so small that nobody can read
 * it. gnuplot's prologue, title and description are left out. */
static void add_svg(qb_doc *d, const char *svg, const char *caption)
{
    static const char *const ends[][2] = {{"<title>Gnuplot", "</title>"}, {"<desc>", "</desc>"}};
    static const char start[] = "<svg";
    const char *from = strstr(svg, start);
    double width = from ? svg_width(from) : 0;
    if (!from)
        return;
    add(d, "<svg role=\"img\" aria-label=\"", caption, "\"");
    if (width > 0)
        qb_str_addf(&d->out, " style=\"max-width:%.0fpx;min-width:%.0fpx\"", width, 0.6 * width);
    from = add_tag(&d->out, from + sizeof start - 1, d->n_figures);
    while (*from) {
        const char *end = NULL;
        for (size_t i = 0; i < sizeof ends / sizeof *ends && !end; i++) {
            if (qb_starts_with(from, ends[i][0]) && (end = strstr(from, ends[i][1])))
                end += strlen(ends[i][1]);
        }
        if (end) {
            from = end;
        } else if (*from == '<') {
            from = add_tag(&d->out, from, d->n_figures);
        } else {
            qb_str_addn(&d->out, from++, 1);
        }
    }
}

void qb_doc_figure(qb_doc *d, const char *caption, const char *svg, const char *path)
{
    d->n_figures++;
    if (is_html(d)) {
        qb_str_add(&d->out, "<figure>\n");
        add(d, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", caption, "\">\n");
        add_svg(d, svg, caption);
        add(d, "</div>\n<figcaption>", caption, "</figcaption>\n</figure>\n");
    } else {
        add(d, "![", caption, "]");
        qb_str_addf(&d->out, "(%s)\n\n", path);
    }
}

char *qb_doc_take(qb_doc *d)
{
    if (is_html(d))
        qb_str_add(&d->out, "</main>\n</body>\n</html>\n");
    return qb_str_take(&d->out);
}

void qb_doc_finish(qb_doc *d)
{
    qb_str_finish(&d->out);
}
