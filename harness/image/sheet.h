/* A sheet: pictures of one size side by side, lines of text below each. */
#ifndef QB_IMAGE_SHEET_H
#define QB_IMAGE_SHEET_H

#include <stddef.h>
#include <stdint.h>

enum { QB_SHEET_LINES = 2 };

typedef struct qb_sheet {
    int picture_height, picture_width;
    int scale;   /* a pixel of a picture is so many wide and high: small pictures are shown larger */
    int letter;  /* the same of a dot of a letter */
    int columns; /* pictures in a row */
    int height, width;
    uint8_t *pixels; /* (height, width, 3) RGB, owned */
} qb_sheet;

/* An empty sheet for n pictures of (height, width), each at least 1. QB_E_NOMEM, also for one that is too large for a file. */
int qb_sheet_init(qb_sheet *s, int n, int height, int width);

/* Picture number i: (picture_height, picture_width, 3) bytes. lines: NULL: no text; what does not fit below the picture is cut off, and
 * bytes that are no ASCII are shown as '?'. */
void qb_sheet_put(qb_sheet *s, int i, const uint8_t *picture, const char *const lines[QB_SHEET_LINES]);

void qb_sheet_finish(qb_sheet *s); /* zeroed is fine */

#endif
