/* The index of images, and the tree of folders that it is made from: order, odd names, what is refused, fingerprint. */
#include "image_fixture.h"

#include "datasets/index_form.h"
#include "datasets/tree.h"

static void read_tree(const char *name, qb_index *x)
{
    ck_assert_msg(qb_tree_read(at(name), x, NULL) == 0, "%s", qb_err_text());
}

/* "SPLIT/CLASS/NAME" of every image, one a line. */
static char *list(const qb_index *x)
{
    qb_str s = {0};
    for (size_t i = 0; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        qb_str_addf(&s, "%s/%s/%s\n", qb_split_folder(e->split), x->classes[e->label], qb_index_name(x, e));
    }
    return qb_str_take(&s);
}

/* ImageFolder's order: `for root, _, names in sorted(os.walk(folder, followlinks=True)): for name in sorted(names)`. */
START_TEST(lists_images_as_image_folder_does)
{
    static const char *const files[] = {
        "t/train/b c/x.JPG",          "t/train/b c/a b.jpeg",       "t/train/b c/.hidden.png",  "t/train/b c/notes.txt",
        "t/train/b c/sub/a.webp",     "t/train/b c/sub-x/a.TIFF",   "t/train/b c/sub/deep/a.ppm", "t/train/b c/noending",
        "t/train/\xc3\xa4pfel/1.PnG", "t/train/B/n.v1.bmp",         "t/train/B/z.jpg.txt",      "t/train/.dotted/1.pgm",
        "t/train/ignored.jpg",        "t/val/B/1.tif",              "t/val/b c/1.jpg",          "t/val/.dotted/1.jpg",
        "t/val/\xc3\xa4pfel/1.jpg",   "t/val/README",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        put_text(files[i], "x");
    qb_index x = {0};
    read_tree("t", &x);
    char *got = list(&x);
    ck_assert_str_eq(got, "train/.dotted/1.pgm\ntrain/B/n.v1.bmp\n"
                          "train/b c/.hidden.png\ntrain/b c/a b.jpeg\ntrain/b c/x.JPG\n"
                          "train/b c/sub/a.webp\ntrain/b c/sub-x/a.TIFF\ntrain/b c/sub/deep/a.ppm\n"
                          "train/\xc3\xa4pfel/1.PnG\n"
                          "val/.dotted/1.jpg\nval/B/1.tif\nval/b c/1.jpg\nval/\xc3\xa4pfel/1.jpg\n");
    ck_assert_int_eq(x.count[QB_SPLIT_TRAIN], 9);
    ck_assert_int_eq(x.count[QB_SPLIT_TEST], 4);
    ck_assert_int_eq(qb_index_get(&x, QB_SPLIT_TEST, 2)->label, 2);
    qb_free(got);
    qb_index_finish(&x);
}
END_TEST

START_TEST(follows_links)
{
    put_text("elsewhere/1.jpg", "abc");
    put_text("single.png", "abcd");
    put_text("t/train/a/own.jpg", "x");
    put_text("t/val/a/own.jpg", "x");
    put_text("t/val/b/own.jpg", "x");
    ck_assert_int_eq(symlink(at("elsewhere"), at("t/train/b")), 0);
    ck_assert_int_eq(symlink(at("elsewhere"), at("t/train/a/more")), 0);
    ck_assert_int_eq(symlink(at("single.png"), at("t/train/a/link.png")), 0);
    ck_assert_int_eq(symlink(at("nowhere"), at("t/train/a/gone.jpg")), 0);
    ck_assert_int_eq(mkfifo(at("t/train/a/pipe.jpg"), 0644), 0);
    make_dirs("t/train/a/folder.jpg");
    qb_index x = {0};
    read_tree("t", &x);
    char *got = list(&x);
    ck_assert_str_eq(got, "train/a/gone.jpg\ntrain/a/link.png\ntrain/a/own.jpg\ntrain/a/pipe.jpg\ntrain/a/more/1.jpg\ntrain/b/1.jpg\n"
                          "val/a/own.jpg\nval/b/own.jpg\n");
    const int64_t sizes[] = {0, 4, 1, 0, 3, 3};
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(x.entries[i].size, sizes[i]);
    qb_free(got);
    qb_index_finish(&x);
}
END_TEST

static const struct refusal {
    const char *files[4];  /* to make; "/" at the end: a folder */
    const char *link[2];   /* from, to; or NULL */
    int code;
    const char *needles[4];
} refusals[] = {
    {{"t/train/a/1.jpg", "t/train/b/", "t/val/a/1.jpg"}, {NULL}, QB_E_DATA, {"class 'b' has no image in train", "/t: "}},
    {{"t/train/a/1.jpg", "t/train/b/notes.txt", "t/val/a/1.jpg", "t/val/b/1.jpg"}, {NULL}, QB_E_DATA, {"class 'b' has no image in train"}},
    {{"t/train/a/1.jpg", "t/train/b/1.jpg", "t/val/a/1.jpg"}, {NULL}, QB_E_DATA, {"class 'b' has no image in val"}},
    {{"t/train/a/1.jpg", "t/val/a/1.jpg", "t/val/c/1.jpg"}, {NULL}, QB_E_DATA, {"class 'c' has no image in train"}},
    {{"t/train/a/1.jpg"}, {NULL}, QB_E_DATA, {"has a folder train and none named val", "--val-fraction"}},
    {{"t/val/a/1.jpg"}, {NULL}, QB_E_DATA, {"has a folder val and none named train"}},
    {{"t/train/", "t/val/"}, {NULL}, QB_E_DATA, {"holds no image", "a folder a class"}},
    {{"t/1.jpg"}, {NULL}, QB_E_DATA, {"holds no image"}},
    {{"t/a/1.jpg", "t/b/"}, {NULL}, QB_E_DATA, {"class 'b' has no image"}},
    {{"t/train/a/1.jpg", "t/val/a/1.jpg"}, {"t/train", "t/train/a/round"}, QB_E_DATA, {"train/a/round", "leads back"}},
};

START_TEST(refuses)
{
    const struct refusal *r = &refusals[_i];
    qb_index x = {0};
    for (int i = 0; i < 4 && r->files[i]; i++) {
        if (qb_ends_with(r->files[i], "/"))
            make_dirs(r->files[i]);
        else
            put_text(r->files[i], "x");
    }
    if (r->link[0])
        ck_assert_int_eq(symlink(at(r->link[0]), at(r->link[1])), 0);
    check_error(qb_tree_read(at("t"), &x, NULL), r->code, r->needles, 4);
    qb_index_finish(&x);
}
END_TEST

/* Pixels do not count; split, class, name and size do. */
START_TEST(fingerprint_is_of_names_and_sizes)
{
    static const char *const changes[][2] = {{"t/train/a/1.jpg", "y"}, {"t/train/a/1.jpg", "xx"}, {"t/train/a/2.jpg", "x"},
                                             {"t/val/a/2.jpg", "x"}, {"t/train/b/1.jpg", "x"}};
    char first[QB_SHA256_HEX], then[QB_SHA256_HEX];
    put_text("t/train/a/1.jpg", "x");
    put_text("t/val/a/1.jpg", "x");
    qb_index x = {0};
    read_tree("t", &x);
    ck_assert_int_eq(qb_index_fingerprint(&x, first), 0);
    x.short_side = 256;
    ck_assert_int_eq(qb_index_fingerprint(&x, then), 0);
    ck_assert_str_ne(first, then);
    qb_index_finish(&x);
    for (int i = 0; i < 5; i++) {
        put_text(changes[i][0], changes[i][1]);
        if (i == 4)
            put_text("t/val/b/1.jpg", "x");
        read_tree("t", &x);
        ck_assert_int_eq(qb_index_fingerprint(&x, then), 0);
        ck_assert_int_eq(strcmp(first, then) == 0, i == 0);
        strcpy(first, then);
        qb_index_finish(&x);
    }
}
END_TEST

/* About the share that was asked for, the same images each time, and those that are there stay where they are. */
START_TEST(divides_by_names)
{
    qb_index x = {0};
    char name[32], was_test[500] = {0};
    for (int round = 0; round < 2; round++) {
        int n_test = 0;
        for (int c = 0; c < 2; c++) {
            int label = 0;
            ck_assert_int_eq(qb_index_add_class(&x, c ? "dog" : "cat", &label), 0);
            for (int i = 0; i < 250 + 50 * round; i++) {
                const int n = snprintf(name, sizeof name, "%d.jpg", i);
                ck_assert_int_eq(qb_index_add(&x, QB_SPLIT_NONE, label, name, (size_t)n, 10, -1), 0);
            }
        }
        ck_assert_int_eq(qb_index_settle(&x, "here"), 0);
        ck_assert(qb_index_is_whole(&x));
        ck_assert_int_eq(qb_index_divide(&x, 0.2), 0);
        ck_assert(!qb_index_is_whole(&x));
        for (size_t k = 0; k < x.n; k++) {
            const int i = atoi(qb_index_name(&x, &x.entries[k]));
            const bool is_test = x.entries[k].split == QB_SPLIT_TEST;
            ck_assert_int_eq(is_test, (int64_t)k >= x.first[QB_SPLIT_TEST]);
            n_test += is_test;
            if (i >= 250)
                continue;
            if (round == 0)
                was_test[x.entries[k].label * 250 + i] = is_test;
            ck_assert_int_eq(was_test[x.entries[k].label * 250 + i], is_test);
        }
        ck_assert_int_eq(x.count[QB_SPLIT_TEST], n_test);
        ck_assert(n_test > 0.15 * (double)x.n && n_test < 0.25 * (double)x.n);
        qb_index_finish(&x);
    }
}
END_TEST

START_TEST(refuses_an_empty_part)
{
    qb_index x = {0};
    put_text("t/a/1.jpg", "x");
    read_tree("t", &x);
    check_error(qb_index_divide(&x, 1e-6), QB_E_CONFIG, (const char *const[]){"val_fraction: 1e-06 of 1 images leaves none to test on"}, 1);
    qb_index_finish(&x);
}
END_TEST

/* What is written is read, and every byte that is damaged, and every end that is missing, is found. */
START_TEST(form_is_checked)
{
    qb_index x = {0}, y = {0};
    qb_str text = {0};
    char a[QB_SHA256_HEX], b[QB_SHA256_HEX];
    put_text("t/train/a b/1.jpg", "abc");
    put_text("t/train/c/sub/1.jpg", "ab");
    put_text("t/val/a b/2.jpg", "");
    put_text("t/val/c/2.jpg", "a");
    read_tree("t", &x);
    x.title = qb_strdup("Things");
    x.short_side = 64;
    qb_str_add(&text, "what is there before");
    qb_index_write(&x, &text);
    text.length -= strlen("what is there before");
    memmove(text.text, text.text + strlen("what is there before"), text.length);
    ck_assert_int_eq(qb_index_parse("p", (const uint8_t *)text.text, text.length, &y), 0);
    ck_assert_str_eq(y.title, "Things");
    ck_assert_int_eq(y.short_side, 64);
    ck_assert_int_eq(qb_index_fingerprint(&x, a) | qb_index_fingerprint(&y, b), 0);
    ck_assert_str_eq(a, b);
    qb_index_finish(&y);
    for (size_t i = 0; i < text.length; i++) {
        text.text[i] ^= 0x21;
        check_error(qb_index_parse("p", (const uint8_t *)text.text, text.length, &y), QB_E_DATA, (const char *const[]){"p: damaged: its index"}, 1);
        qb_index_finish(&y);
        text.text[i] ^= 0x21;
        check_error(qb_index_parse("p", (const uint8_t *)text.text, i, &y), QB_E_DATA, (const char *const[]){"p: damaged: its index"}, 1);
        qb_index_finish(&y);
    }
    qb_str_finish(&text);
    qb_index_finish(&x);
}
END_TEST

/* Without memory at any point: a code, and nothing left. */
START_TEST(gives_back_what_it_took)
{
    put_text("t/train/b/1.jpg", "x");
    put_text("t/train/a/1.jpg", "x");
    put_text("t/val/a/1.jpg", "x");
    put_text("t/val/b/1.jpg", "x");
    const long blocks = qb_mem_live_blocks();
    int rc = QB_E_NOMEM;
    for (long nth = 1; rc == QB_E_NOMEM; nth++) {
        qb_index x = {0};
        qb_mem_fail_at(nth, 1);
        rc = qb_tree_read(at("t"), &x, NULL);
        qb_mem_fail_at(0, 0);
        qb_index_finish(&x);
        ck_assert_int_eq(qb_mem_live_blocks(), blocks);
        ck_assert_int_lt(nth, 1000);
    }
    ck_assert_int_eq(rc, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("index");
    TCase *tc = tcase_create("index");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, lists_images_as_image_folder_does);
    tcase_add_test(tc, follows_links);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, fingerprint_is_of_names_and_sizes);
    tcase_add_test(tc, divides_by_names);
    tcase_add_test(tc, refuses_an_empty_part);
    tcase_add_test(tc, form_is_checked);
    tcase_add_test(tc, gives_back_what_it_took);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
