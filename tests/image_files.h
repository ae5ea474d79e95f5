/* Pictures, and files of them, for the tests of harness/image: made by libjpeg and libpng themselves. */
#ifndef QB_IMAGE_FILES_H
#define QB_IMAGE_FILES_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "base/mem.h"
#include "base/rng.h"

/* (h, w, c) bytes: slow waves with some noise, as a photograph has them. Free with qb_free. */
static inline uint8_t *make_pixels(int h, int w, int c, uint64_t seed)
{
    uint8_t *pixels = qb_alloc((size_t)h * (size_t)w * (size_t)c, 1);
    qb_stream s = qb_rng_stream(seed, QB_RNG_SYNTHETIC, (uint64_t)h, (uint64_t)w);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int k = 0; k < c; k++) {
                int wave = 128 + ((x * (3 + k) + y * (5 - k)) % 97) - 48 + ((x / 7 + y / 5 + k) % 2) * 40;
                pixels[((size_t)y * (size_t)w + (size_t)x) * (size_t)c + (size_t)k] = (uint8_t)(wave + (int)qb_rng_below(&s, 30));
            }
    return pixels;
}

typedef struct jpeg_kind {
    int c;              /* components: 1, 3 (YCC) or 4 (CMYK) */
    int h_samp, v_samp; /* of the first component; the others have 1 */
    bool progressive;
    int restart; /* blocks between restart marks; 0: none */
    bool arithmetic;
} jpeg_kind;

/* A file of pixels (h, w, c). Free with free(). */
static inline unsigned char *make_jpeg(const jpeg_kind *kind, const uint8_t *pixels, int h, int w, size_t *ret_n)
{
    struct jpeg_compress_struct e = {0};
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    e.err = jpeg_std_error(&errors);
    jpeg_create_compress(&e);
    jpeg_mem_dest(&e, &bytes, &n);
    e.image_width = (JDIMENSION)w;
    e.image_height = (JDIMENSION)h;
    e.input_components = kind->c;
    e.in_color_space = kind->c == 1 ? JCS_GRAYSCALE : kind->c == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&e);
    jpeg_set_quality(&e, 80, TRUE);
    e.comp_info[0].h_samp_factor = kind->h_samp;
    e.comp_info[0].v_samp_factor = kind->v_samp;
    e.restart_interval = (unsigned)kind->restart;
    e.arith_code = kind->arithmetic;
    if (kind->progressive)
        jpeg_simple_progression(&e);
    jpeg_start_compress(&e, TRUE);
    while (e.next_scanline < e.image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)e.next_scanline * (size_t)w * (size_t)kind->c);
        (void)jpeg_write_scanlines(&e, &row, 1);
    }
    jpeg_finish_compress(&e);
    jpeg_destroy_compress(&e);
    *ret_n = n;
    return bytes;
}

/* What plain libjpeg makes of it with its defaults: (h, w, 3), or (h, w, 4) for CMYK. Free with qb_free. */
static inline uint8_t *plain_jpeg(const unsigned char *bytes, size_t n, int c)
{
    struct jpeg_decompress_struct d = {0};
    struct jpeg_error_mgr errors;
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, (unsigned long)n);
    (void)jpeg_read_header(&d, TRUE);
    d.out_color_space = c == 4 ? JCS_CMYK : JCS_RGB;
    (void)jpeg_start_decompress(&d);
    const size_t row_bytes = (size_t)d.output_width * (size_t)d.output_components;
    uint8_t *pixels = qb_alloc(row_bytes * d.output_height, 1);
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = pixels + d.output_scanline * row_bytes;
        (void)jpeg_read_scanlines(&d, &row, 1);
    }
    (void)jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return pixels;
}

typedef struct png_kind {
    int colour, depth;
    bool interlaced;
    bool transparent; /* has a chunk that makes a colour transparent */
    int n_palette;    /* entries that it has; 0: all that the depth allows */
} png_kind;

typedef struct png_bytes {
    unsigned char *bytes;
    size_t n;
} png_bytes;

static inline void append_png(png_structp png, png_bytep bytes, size_t n)
{
    png_bytes *to = png_get_io_ptr(png);
    to->bytes = realloc(to->bytes, to->n + n);
    memcpy(to->bytes + to->n, bytes, n);
    to->n += n;
}

/* A file of rows as PNG packs them, row_bytes each; palette entry i is (i, 255 - i, 3 i mod 256). Free with free(). */
static inline unsigned char *make_png(const png_kind *kind, const uint8_t *rows, size_t row_bytes, int h, int w, size_t *ret_n)
{
    png_bytes to = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)))
        abort();
    png_set_write_fn(png, &to, append_png, NULL);
    png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, kind->depth, kind->colour, kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kind->colour == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];
        for (int i = 0; i < 256; i++)
            palette[i] = (png_color){(png_byte)i, (png_byte)(255 - i), (png_byte)(3 * i)};
        png_set_check_for_invalid_index(png, 0);
        png_set_PLTE(png, info, palette, kind->n_palette ? kind->n_palette : 1 << kind->depth);
        if (kind->transparent)
            png_set_tRNS(png, info, (png_byte[]){7, 0}, 2, NULL);
    } else if (kind->transparent) {
        png_set_tRNS(png, info, NULL, 1, &(png_color_16){.red = 5, .green = 5, .blue = 5, .gray = 1});
    }
    png_set_gAMA(png, info, 0.7);
    png_write_info(png, info);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < h; y++)
            png_write_row(png, rows + (size_t)y * row_bytes);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *ret_n = to.n;
    return to.bytes;
}

#endif
