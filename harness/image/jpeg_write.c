/* By libjpeg-turbo, whose errors jump; what must outlive a jump is in a `writer`. */
#include "image/jpeg_write.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/err.h"
#include "base/mem.h"

typedef struct writer {
    struct jpeg_compress_struct c; /* client_data: the writer */
    struct jpeg_error_mgr errors;
    unsigned char *bytes; /* of malloc, by libjpeg */
    unsigned long n;
    jmp_buf failed;
} writer;

static void error_exit(j_common_ptr common)
{
    char reason[JMSG_LENGTH_MAX];
    writer *w = common->client_data;
    common->err->format_message(common, reason);
    (void)qb_err_set(QB_E_DATA, "cannot be written as a JPEG: %s", reason);
    longjmp(w->failed, 1);
}

static int run_guarded(writer *w, const uint8_t *pixels, int height, int width, int quality)
{
    if (setjmp(w->failed) != 0)
        return qb_err_code();
    jpeg_create_compress(&w->c);
    jpeg_mem_dest(&w->c, &w->bytes, &w->n);
    w->c.image_width = (JDIMENSION)width;
    w->c.image_height = (JDIMENSION)height;
    w->c.input_components = 3;
    w->c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&w->c);
    jpeg_set_quality(&w->c, quality, TRUE);
    for (int i = 0; i < 3; i++)
        w->c.comp_info[i].h_samp_factor = w->c.comp_info[i].v_samp_factor = 1;
    jpeg_start_compress(&w->c, TRUE);
    while (w->c.next_scanline < w->c.image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)w->c.next_scanline * (size_t)width * 3);
        (void)jpeg_write_scanlines(&w->c, &row, 1);
    }
    jpeg_finish_compress(&w->c);
    return 0;
}

int qb_jpeg_write(const uint8_t *pixels, int height, int width, int quality, void **ret_file, size_t *ret_n)
{
    writer w = {0};
    w.c.err = jpeg_std_error(&w.errors);
    w.errors.error_exit = error_exit;
    w.c.client_data = &w;
    int rc = run_guarded(&w, pixels, height, width, quality);
    void *file = rc == 0 ? qb_alloc(w.n, 1) : NULL;
    if (rc == 0 && !file)
        rc = QB_E_NOMEM;
    if (rc == 0) {
        memcpy(file, w.bytes, w.n);
        *ret_file = file;
        *ret_n = w.n;
    }
    jpeg_destroy_compress(&w.c);
    free(w.bytes); /* libjpeg's */
    return rc;
}
