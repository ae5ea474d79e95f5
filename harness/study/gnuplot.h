/* Pictures by gnuplot, run as a program: NAME.tsv holds the numbers, NAME.gp draws them as NAME.svg, NAME.png and further forms.
 *
 * Invariant: the same numbers and the same drawing commands give the same .tsv and .gp bytes; running
 * `gnuplot NAME.gp` in that folder makes the pictures again.
 */
#ifndef QB_GNUPLOT_H
#define QB_GNUPLOT_H

#include "base/str.h"

/* Forms of a picture; bits, in the order of qb_picture_forms. pdf and svg are drawn alike, png has twice as many pixels; tikz is
 * NAME.tikz for \input in a LaTeX document with the package gnuplot-lua-tikz, whose fonts it takes. */
enum { QB_PICTURE_SVG = 1, QB_PICTURE_PNG = 2, QB_PICTURE_PDF = 4, QB_PICTURE_TIKZ = 8, QB_PICTURE_USUAL = QB_PICTURE_SVG | QB_PICTURE_PNG };
extern const char *const qb_picture_forms[]; /* "svg", ...: the endings of the files; NULL-terminated */

typedef struct qb_picture {
    const char *dir;       /* made when it is not there */
    const char *name;      /* of the files, without ending: letters, digits, '-', '_', '.' */
    const char *tsv;       /* columns separated by tabs, the first line their names; empty fields and "NaN" are gaps */
    const char *commands;  /* what to draw: runs once a form, with the terminal set and the file "NAME.tsv" here. Texts stand
                            in single quotes, as qb_gnuplot_add_string writes them */
    int width, height;     /* of the picture, in pixels of the svg, 96 to the inch */
    long long forms;       /* QB_PICTURE_*; 0: the usual ones */
} qb_picture;

/* Writes the files. QB_E_UNAVAILABLE: there is no gnuplot (.tsv and .gp are written); QB_E_FAILED: gnuplot's own
 * complaint; QB_E_IO. */
int qb_picture_write(const qb_picture *p);

/* What gnuplot prints for these commands: the pictures of its terminal "dumb". Caller frees. QB_E_UNAVAILABLE, QB_E_FAILED. */
int qb_gnuplot_print(const char *commands, char **ret_text);

/* Color i of n, "#rrggbb", dark to bright, in an order that is seen in grey too: what comes one after the other. */
const char *qb_gnuplot_gradient(size_t i, size_t n, char buf[8]);

/* Adds `text` as gnuplot's 'string' that its enhanced text shows as it is. */
void qb_gnuplot_add_string(qb_str *s, const char *text);

#endif
