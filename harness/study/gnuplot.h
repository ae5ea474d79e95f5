/* Pictures by gnuplot, run as a program: NAME.tsv holds the numbers, NAME.gp draws them as NAME.svg and NAME.png.
 *
 * Invariant: the same numbers and the same drawing commands give the same .tsv and .gp bytes; running
 * `gnuplot NAME.gp` in that folder makes the pictures again.
 */
#ifndef QB_GNUPLOT_H
#define QB_GNUPLOT_H

#include "base/str.h"

typedef struct qb_picture {
    const char *dir;       /* made when it is not there */
    const char *name;      /* of the files, without ending: letters, digits, '-', '_', '.' */
    const char *tsv;       /* columns separated by tabs, the first line their names; empty fields and "NaN" are gaps */
    const char *commands;  /* what to draw: runs once a format, with the terminal set and the file "NAME.tsv" here */
    int width, height;     /* of the picture, in points of the svg; the png has twice as many pixels */
} qb_picture;

/* Writes the four files. QB_E_UNAVAILABLE: there is no gnuplot (.tsv and .gp are written); QB_E_FAILED: gnuplot's own
 * complaint; QB_E_IO. */
int qb_picture_write(const qb_picture *p);

/* Adds `text` as gnuplot's 'string' that its enhanced text shows as it is. */
void qb_gnuplot_add_string(qb_str *s, const char *text);

#endif
