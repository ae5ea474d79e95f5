/* `data show`: the sheet shows the images that training sees, with their classes, and nothing else is written over. */
#include "image_fixture.h"
#include "verb_fixture.h"

#include "image/decode.h"

enum { SIDE = 16, SHOWN = 128, ACROSS = SHOWN + 8, DOWN = SHOWN + 8 + 18, N_COLOURS = 5 };

static const uint8_t colours[N_COLOURS][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 0}, {1, 128, 254}};

/* A PNG of one colour. */
static void put_colour(const char *path, const uint8_t colour[3])
{
    static uint8_t pixels[40 * 50 * 3], file[1 << 16];
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 50, .height = 40, .format = PNG_FORMAT_RGB};
    png_alloc_size_t n = sizeof file;
    for (int i = 0; i < 40 * 50; i++)
        memcpy(pixels + i * 3, colour, 3);
    ck_assert(png_image_write_to_memory(&image, file, &n, 0, pixels, 0, NULL));
    write_file(path, file, n);
}

/* root/t: a class a colour, not split. */
static void make_tree(void)
{
    char name[64];
    for (int c = 0; c < N_COLOURS; c++)
        for (int i = 0; i < 2; i++) {
            snprintf(name, sizeof name, "t/class %d/%d.png", c, i);
            put_colour(at(name), colours[c]);
        }
}

static void read_sheet(const char *path, qb_room *room, qb_image *ret_image)
{
    size_t n = 0;
    char *file = get_file(path, &n);
    ck_assert_msg(qb_decode(file, n, NULL, room, ret_image) == 0, "%s", qb_err_text());
    qb_free(file);
}

/* The colour in the middle of picture i. */
static const uint8_t *middle(const qb_image *sheet, int i, int columns)
{
    const int y = 8 + i / columns * DOWN + SHOWN / 2, x = 8 + i % columns * ACROSS + SHOWN / 2;
    return sheet->pixels + y * sheet->row + x * 3;
}

static int n_dark_below(const qb_image *sheet, int i, int columns)
{
    int n = 0;
    for (int y = SHOWN; y < SHOWN + 18; y++)
        for (int x = 0; x < SHOWN; x++)
            n += sheet->pixels[(8 + i / columns * DOWN + y) * sheet->row + (8 + i % columns * ACROSS + x) * 3] < 128;
    return n;
}

START_TEST(shows_each_image_once)
{
    char *text = NULL;
    size_t n = 0;
    qb_room room = {0};
    qb_image sheet;
    int seen[N_COLOURS] = {0};
    make_tree();
    const char *out = at("s.png");
    ck_assert_msg(run_line(LINE("data", "show", "folder", "--data-dir", at("t"), "--image-size", "16", "--augment", "none", "-o", out),
                           &text, &n) == 0, "%s", qb_err_text());
    ck_assert(strncmp(text, out, strlen(out)) == 0 && strcmp(text + strlen(out), "\n") == 0);
    read_sheet(out, &room, &sheet);
    ck_assert_int_eq(sheet.w, 8 + 4 * ACROSS); /* there are ten images, for all that sixteen were asked for */
    ck_assert_int_eq(sheet.h, 8 + 3 * DOWN);
    for (int i = 0; i < 2 * N_COLOURS; i++) {
        int c = 0;
        while (c < N_COLOURS && memcmp(middle(&sheet, i, 4), colours[c], 3) != 0)
            c++;
        ck_assert_int_lt(c, N_COLOURS);
        seen[c]++;
        ck_assert_int_gt(n_dark_below(&sheet, i, 4), 20); /* "class N" */
    }
    for (int c = 0; c < N_COLOURS; c++)
        ck_assert_int_eq(seen[c], 2);
    qb_free(room.bytes);
    qb_free(text);
}
END_TEST

/* Bytes of a sheet on standard output; `more`: key and value, at most two of each. */
static char *sheet_with(const char *const more[4], size_t *ret_n)
{
    const char *words[MAX_WORDS] = {"data", "show", "folder", "--data-dir", at("t"), "--image-size", "16", "--count", "6", "-o", "-"};
    char *out = NULL;
    for (int i = 0; i < 4 && more[i]; i++)
        words[11 + i] = more[i];
    ck_assert_msg(run_line(words, &out, ret_n) == 0, "%s", qb_err_text());
    return out;
}

START_TEST(shows_what_the_keys_say)
{
    static const char *const more[][4] = {{"--augment", "none"}, {"--epoch", "2"}, {"--seed", "2"}, {"--augment", "deit"}, {"--mixup", "1"},
                                          {"--cutmix", "1"}, {"--repeat-augment", "3"}, {"--augment", "none", "--epoch", "2"}};
    enum { N = sizeof more / sizeof more[0] };
    char *sheets[N + 2];
    size_t sizes[N + 2];
    make_tree();
    for (int i = 0; i < N; i++)
        sheets[i] = sheet_with(more[i], &sizes[i]);
    sheets[N] = sheet_with((const char *const[4]){"--epoch", "2"}, &sizes[N]);
    ck_assert(sizes[N] == sizes[1] && memcmp(sheets[N], sheets[1], sizes[N]) == 0); /* the same again */
    for (int i = 0; i < N; i++) {
        ck_assert(memcmp(sheets[i], "\x89PNG", 4) == 0);
        for (int j = 0; j < i; j++) /* images of one colour: order and mixing are seen, flips and windows are not */
            if (i != 7 || j != 1)
                ck_assert_msg(sizes[i] != sizes[j] || memcmp(sheets[i], sheets[j], sizes[i]) != 0, "%d is %d", i, j);
    }
    for (int i = 0; i <= N; i++)
        qb_free(sheets[i]);
}
END_TEST

START_TEST(shows_sets_of_one_size) /* three channels and one */
{
    static const char *const sets[] = {"synthetic", "mnist"};
    const char *dir = at("idx");
    static uint8_t images[16 + 3 * 784] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28}, labels[8 + 3] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9};
    memset(images + 16, 77, 3 * 784);
    write_file(at("idx/train-images-idx3-ubyte"), images, sizeof images);
    write_file(at("idx/t10k-images-idx3-ubyte"), images, sizeof images);
    write_file(at("idx/train-labels-idx1-ubyte"), labels, sizeof labels);
    write_file(at("idx/t10k-labels-idx1-ubyte"), labels, sizeof labels);
    for (int i = 0; i < 2; i++) {
        qb_room room = {0};
        qb_image sheet;
        const char *out = at("s.png");
        ck_assert_msg(run_line(LINE("data", "show", sets[i], "--data-dir", dir, "--count", "2", "-o", out), NULL, NULL) == 0, "%s",
                      qb_err_text());
        read_sheet(out, &room, &sheet);
        const int shown = i ? 5 * 28 : 4 * 32;
        ck_assert_int_eq(sheet.w, 8 + 2 * (shown + 8));
        const uint8_t *p = sheet.pixels + (8 + shown / 2) * sheet.row + (8 + shown / 2) * 3;
        if (i == 1)
            ck_assert(p[0] == 77 && p[1] == 77 && p[2] == 77);
        qb_free(room.bytes);
    }
}
END_TEST

static const struct {
    const char *words[8]; /* behind `data show` */
    int code;
    const char *needle;
} refusals[] = {
    {{"folder"}, QB_E_NOINPUT, "folder"},
    {{"fish"}, QB_E_USAGE, "unknown data set 'fish'"},
    {{"synthetic", "--augment", "nine"}, QB_E_USAGE, "augment"},
    {{"synthetic", "--image-size", "9"}, QB_E_CONFIG, "image_size"},
    {{"synthetic", "--augment", "none", "--flip"}, QB_E_CONFIG, "augment"},
    {{"synthetic", "--count", "0"}, QB_E_USAGE, "count"},
    {{"synthetic", "-o", "/nowhere/s.png"}, QB_E_IO, "/nowhere/s.png"},
    {{"synthetic", "--epochs", "3"}, QB_E_USAGE, "--epochs"},
};

START_TEST(refuses)
{
    const char *words[MAX_WORDS] = {"data", "show"};
    make_tree();
    for (int i = 0; i < 8 && refusals[_i].words[i]; i++)
        words[2 + i] = refusals[_i].words[i];
    ck_assert_int_eq(chdir(root), 0);
    const int rc = run_line(words, NULL, NULL);
    ck_assert_msg(rc == refusals[_i].code, "got %d: %s", rc, qb_err_text());
    ck_assert_msg(strstr(qb_err_text(), refusals[_i].needle) != NULL, "%s", qb_err_text());
    ck_assert(!qb_fs_exists(at("sheet.png")));
}
END_TEST

START_TEST(writes_over_sheets_alone)
{
    size_t n = 0;
    const char *const line[] = {"data", "show", "synthetic", "--count", "1", "-o", at("x"), NULL};
    put_text("x", "\x89PNE thesis");
    ck_assert_int_eq(run_line(line, NULL, NULL), QB_E_USAGE);
    ck_assert_msg(strstr(qb_err_text(), "x: is there already, and is no PNG file") != NULL, "%s", qb_err_text());
    char *text = get_file(at("x"), &n);
    ck_assert_str_eq(text, "\x89PNE thesis");
    qb_free(text);
    put_text("x", "\x89PNG\r\n\x1a\nold");
    ck_assert_int_eq(run_line(line, NULL, NULL), 0);
    text = get_file(at("x"), &n);
    ck_assert_uint_gt(n, 100);
    qb_free(text);
    put_text("x", "");
    ck_assert_int_eq(run_line(line, NULL, NULL), 0);
    make_dirs("d");
    ck_assert_int_eq(run_line(LINE("data", "show", "synthetic", "-o", at("d")), NULL, NULL), QB_E_IO);
}
END_TEST

START_TEST(a_bad_image_is_named_or_shown_as_such)
{
    qb_room room = {0};
    qb_image sheet;
    const char *out = at("s.png");
    make_tree();
    put_text("t/class 0/0.png", "no image");
    ck_assert_int_eq(run_line(LINE("data", "show", "folder", "--data-dir", at("t"), "--image-size", "16", "-o", out), NULL, NULL), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), "t/class 0/0.png") != NULL, "%s", qb_err_text());
    ck_assert(!qb_fs_exists(out));
    ck_assert_int_eq(run_line(LINE("data", "show", "folder", "--data-dir", at("t"), "--image-size", "16", "--on-bad-image", "warn", "-o", out),
                              NULL, NULL), 0);
    read_sheet(out, &room, &sheet);
    qb_free(room.bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cmd_data_show");
    TCase *tc = tcase_create("cmd_data_show");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, shows_each_image_once);
    tcase_add_test(tc, shows_what_the_keys_say);
    tcase_add_test(tc, shows_sets_of_one_size);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, writes_over_sheets_alone);
    tcase_add_test(tc, a_bad_image_is_named_or_shown_as_such);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
