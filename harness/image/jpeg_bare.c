/* See jpeg_bare.h. */
#include "image/jpeg_bare.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/err.h"

typedef struct bare {
    struct jpeg_decompress_struct d; /* client_data: the bare */
    struct jpeg_error_mgr errors;
    const void *bytes;
    size_t n;
    qb_room *room;
    int code;
    jmp_buf failed;
} bare;

static void error_exit(j_common_ptr common)
{
    char reason[JMSG_LENGTH_MAX];
    bare *b = common->client_data;
    common->err->format_message(common, reason);
    b->code = qb_err_set(QB_E_DATA, "%s", reason);
    longjmp(b->failed, 1);
}

static void pass_message(j_common_ptr common, int level)
{
    (void)common;
    (void)level;
}

static void decode(bare *b)
{
    jpeg_create_decompress(&b->d);
    jpeg_mem_src(&b->d, b->bytes, b->n);
    (void)jpeg_read_header(&b->d, TRUE);
    b->d.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&b->d);
    const size_t row = (size_t)b->d.output_width * 3;
    b->code = qb_room_reserve(b->room, row * b->d.output_height);
    if (b->code < 0)
        return;
    while (b->d.output_scanline < b->d.output_height) {
        JSAMPROW to = b->room->bytes + b->d.output_scanline * row;
        (void)jpeg_read_scanlines(&b->d, &to, 1);
    }
    (void)jpeg_finish_decompress(&b->d);
}

/* In a frame of its own, so that no variable of it can be changed when a jump comes back. */
static void decode_guarded(bare *b)
{
    if (setjmp(b->failed) == 0)
        decode(b);
}

int qb_jpeg_decode_bare(const void *bytes, size_t n, qb_room *room)
{
    bare b = {.bytes = bytes, .n = n, .room = room};
    b.d.err = jpeg_std_error(&b.errors);
    b.d.client_data = &b;
    b.errors.error_exit = error_exit;
    b.errors.emit_message = pass_message;
    decode_guarded(&b);
    jpeg_destroy_decompress(&b.d);
    return b.code;
}

const char *qb_jpeg_version(void)
{
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return TEXT(LIBJPEG_TURBO_VERSION);
}
