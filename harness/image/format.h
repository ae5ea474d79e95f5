/* What decode.c knows of a file format. */
#ifndef QB_IMAGE_FORMAT_H
#define QB_IMAGE_FORMAT_H

#include <stdbool.h>

#include "image/decode.h"

/* The bytes of a file, and what to read of it: a window (NULL: all) into `room`, or the size alone (room NULL).
 * height, width: of the image, set by the reader. */
typedef struct qb_format_job {
    const unsigned char *bytes;
    size_t n;
    const qb_box *window;
    qb_room *room;
    int height, width;
} qb_format_job;

typedef struct qb_format {
    const char *name;
    unsigned char mark[8]; /* a file starts with the first n_mark of them */
    size_t n_mark;
    int (*read)(qb_format_job *job); /* errors without the format's name */
} qb_format;

extern const qb_format qb_format_jpeg, qb_format_png;

/* QB_E_DATA unless an image of this size may be read. */
int qb_format_check_size(double height, double width);

/* The window, or all of an image. A window that is not within the image is a caller's bug. */
qb_box qb_format_window(const qb_format_job *job);

#endif
