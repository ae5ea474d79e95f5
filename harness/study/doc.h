/* A document in one of two forms, HTML (self-contained: style and pictures inside) or Markdown, written from the top down.
 *
 * Every text is plain UTF-8 and escaped here; what could not be allocated is told once, by qb_doc_take.
 */
#ifndef QB_DOC_H
#define QB_DOC_H

#include "base/json.h"
#include "study/grid.h"

typedef enum qb_doc_form { QB_DOC_HTML = 1, QB_DOC_MARKDOWN } qb_doc_form;

typedef struct qb_doc {
    qb_doc_form form;
    qb_str out;
    int n_figures;
} qb_doc;

void qb_doc_begin(qb_doc *d, qb_doc_form form, const char *title);
void qb_doc_heading(qb_doc *d, const char *text);
void qb_doc_paragraph(qb_doc *d, const char *text);
void qb_doc_list(qb_doc *d, const json_t *texts, bool is_warning); /* an array of them */
void qb_doc_code(qb_doc *d, const char *text); /* a command line, on lines of its own; HTML: any text with its lines */
void qb_doc_grid(qb_doc *d, const qb_grid *g, const char *caption); /* the caption stands above it */

/* HTML alone: what stands between the two is shown when the reader opens it. Folds may stand in folds. */
void qb_doc_fold_begin(qb_doc *d, const char *summary);
void qb_doc_fold_end(qb_doc *d);

/* HTML: the picture itself, gnuplot's SVG, of that width in pixels where it is shown whole. Markdown: a link to `path`. */
void qb_doc_figure(qb_doc *d, const char *caption, const char *svg, const char *path);

char *qb_doc_take(qb_doc *d); /* the whole text; caller frees. NULL: out of memory */
void qb_doc_finish(qb_doc *d);

#endif
