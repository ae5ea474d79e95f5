/* A rectangle of texts, and its three forms on paper: aligned text, Markdown, LaTeX (booktabs).
 *
 * Texts are UTF-8 as a reader should see them; each form escapes what it must. The first rows are the head, row 0 alone unless
 * more are asked for. A text in the head may span several columns; Markdown, whose tables have one head row and no spans,
 * writes the texts above a column into one: "2 bits, last".
 */
#ifndef QB_GRID_H
#define QB_GRID_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum qb_grid_form { QB_GRID_TEXT = 1, QB_GRID_MARKDOWN, QB_GRID_LATEX } qb_grid_form;

typedef struct qb_grid {
    size_t n_rows, n_columns, n_left; /* the first n_left columns stand left, the others right */
    size_t n_heads;                   /* rows of the head; 1 from qb_grid_init on */
    bool is_grouped;                  /* LaTeX leaves room where the text of the first column changes */
    struct {
        char *text;
        bool bold;
        size_t span; /* columns that the text stands over, in the head alone; 0 and 1: its own */
    } *items; /* (n_rows, n_columns) */
} qb_grid;

int qb_grid_init(qb_grid *g, size_t n_rows, size_t n_columns, size_t n_left);
void qb_grid_finish(qb_grid *g);

/* Takes text. QB_E_NOMEM when text is NULL (so that it can be the result of qb_sprintf). */
int qb_grid_take(qb_grid *g, size_t row, size_t column, char *text);
int qb_grid_set(qb_grid *g, size_t row, size_t column, const char *text);

/* Adds the grid. Bold is **x**, \textbf{x}, and in plain text a trailing *. */
void qb_grid_render(const qb_grid *g, qb_grid_form form, qb_str *out);

/* Every text by qb_text_to_ascii: before columns are measured, as "+-" is wider than "±". */
int qb_grid_to_ascii(qb_grid *g);

/* Adds a text by the rules of a form, on its own. */
void qb_grid_add_escaped(qb_str *out, qb_grid_form form, const char *text);

/* The same; in plain text wrapped at 80 columns, after qb_text_to_ascii where asked. */
void qb_grid_add_wrapped(qb_str *out, qb_grid_form form, bool ascii, const char *text);

/* "±" -> "+-", en dash -> "-", "Δ" -> "d": the characters of ours that an ASCII terminal lacks. NULL: out of memory. */
char *qb_text_to_ascii(const char *text);

#endif
