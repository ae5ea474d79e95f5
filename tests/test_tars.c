/* ImageNet's archives, read in place: the same images as in a tree, every form of names and of labels, what is refused. */
#include "image_fixture.h"

#include "datasets/tars.h"
#include "datasets/tree.h"

enum { N_CLASSES = 5, N_TRAIN = 4, N_VAL = 10 };

static const char *const ids[N_CLASSES] = {"n01440764", "n01443537", "n01484850", "n02000000", "n15075141"};

static int class_of_val(int i)
{
    return i * 3 % N_CLASSES;
}

/* A name, with all that names may have in forms that can hold it. */
static void train_name(qb_tar_form form, int c, int i, char *ret_name, size_t size)
{
    static const char *const endings[] = {"JPEG", "jpg", "PNG"};
    if (form != TAR_USTAR && i == 1)
        snprintf(ret_name, size, "%s_%0200d.JPEG", ids[c], i);
    else if (i == 2)
        snprintf(ret_name, size, "caf\xc3\xa9 v1.%d.JPEG", c);
    else
        snprintf(ret_name, size, "%s_%d.%s", ids[c], 1000 - i, endings[i % 3]);
}

static void image_bytes(int k, char *ret_bytes, size_t *ret_n)
{
    *ret_n = (size_t)(k * 131 % 1500);
    for (size_t i = 0; i < *ret_n; i++)
        ret_bytes[i] = (char)((size_t)k + i * 7);
}

/* root/tree, root/tars with both archives and no labels. Members in an order of their own. */
static void make_both(qb_tar_form form)
{
    qb_str train = {0}, val = {0};
    char name[512], path[1024], bytes[2048];
    size_t n = 0;
    for (int k = 0; k < N_CLASSES; k++) {
        const int c = (k * 2 + 1) % N_CLASSES;
        qb_str inner = {0};
        for (int i = N_TRAIN - 1; i >= 0; i--) {
            train_name(form, c, i, name, sizeof name);
            image_bytes(c * N_TRAIN + i, bytes, &n);
            tar_add(&inner, form, name, bytes, n);
            snprintf(path, sizeof path, "tree/train/%s/%s", ids[c], name);
            write_file(at(path), bytes, n);
        }
        tar_end(&inner);
        snprintf(name, sizeof name, "%s.tar", ids[c]);
        tar_add(&train, form, name, inner.text, inner.length);
        qb_str_finish(&inner);
    }
    for (int k = 0; k < N_VAL; k++) {
        const int i = (k * 7 + 3) % N_VAL;
        snprintf(name, sizeof name, "ILSVRC2012_val_%08d.JPEG", i + 1);
        image_bytes(100 + i, bytes, &n);
        tar_add(&val, form, name, bytes, n);
        snprintf(path, sizeof path, "tree/val/%s/%s", ids[class_of_val(i)], name);
        write_file(at(path), bytes, n);
    }
    tar_end(&train);
    tar_end(&val);
    write_file(at("tars/ILSVRC2012_img_train.tar"), train.text, train.length);
    write_file(at("tars/ILSVRC2012_img_val.tar"), val.text, val.length);
    qb_str_finish(&train);
    qb_str_finish(&val);
}

typedef enum label_form { LABEL_IDS = 1, LABEL_NAMES, LABEL_NAMES_ENDINGS, LABEL_KAGGLE } label_form;

static void put_labels(const char *name, label_form form)
{
    qb_str s = {0};
    if (form == LABEL_KAGGLE)
        qb_str_add(&s, "ImageId,PredictionString\r\n");
    for (int k = 0; k < N_VAL; k++) {
        const int i = form == LABEL_IDS ? k : (k * 3 + 1) % N_VAL;
        const char *id = ids[class_of_val(i)];
        if (form == LABEL_IDS)
            qb_str_addf(&s, "%s\n", id);
        else
            qb_str_addf(&s, form == LABEL_KAGGLE ? "ILSVRC2012_val_%08d%s,%s 85 1 499 272 %s 1 2 3 4 \r\n" : "ILSVRC2012_val_%08d%s %s\n", i + 1,
                        form == LABEL_NAMES_ENDINGS ? ".JPEG" : "", id, id);
    }
    put_text(name, s.text);
    qb_str_finish(&s);
}

static int open_tars(qb_index *x, qb_store *s, bool anew)
{
    return qb_tars_open(at("tars"), anew, x, s, NULL);
}

static void count(void *context, const char *what, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    ck_assert_str_eq(what, "images found");
    ++*(int *)context;
}

/* Were the headers of the archives read to open them? */
static bool is_read(void)
{
    qb_index x = {0};
    qb_store s = {0};
    int n = 0;
    const qb_watch watch = {.tell = count, .context = &n};
    ck_assert_msg(qb_tars_open(at("tars"), false, &x, &s, &watch) == 0, "%s", qb_err_text());
    qb_index_finish(&x);
    qb_store_finish(&s);
    return n > 0;
}

static void check_same_as_tree(bool anew)
{
    qb_index x = {0}, t = {0};
    qb_store s = {0};
    char a[QB_SHA256_HEX], b[QB_SHA256_HEX];
    ck_assert_msg(open_tars(&x, &s, anew) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_tree_read(at("tree"), &t, NULL) == 0, "%s", qb_err_text());
    ck_assert_int_eq(qb_index_fingerprint(&x, a) | qb_index_fingerprint(&t, b), 0);
    ck_assert_str_eq(a, b);
    check_bytes(&x, &s, "tree");
    qb_index_finish(&x);
    qb_index_finish(&t);
    qb_store_finish(&s);
}

static const struct form {
    qb_tar_form tar;
    label_form labels;
    const char *name;
} forms[] = {
    {TAR_USTAR, LABEL_KAGGLE, "tars/LOC_val_solution.csv"},
    {TAR_GNU, LABEL_IDS, "tars/imagenet_2012_validation_synset_labels.txt"},
    {TAR_PAX, LABEL_NAMES, "tars/val.txt"},
    {TAR_USTAR, LABEL_NAMES_ENDINGS, "tars/labels.txt"},
};

START_TEST(archives_are_read_in_place)
{
    const long blocks = qb_mem_live_blocks();
    make_both(forms[_i].tar);
    put_labels(forms[_i].name, forms[_i].labels);
    ck_assert(qb_tars_are_in(at("tars")));
    ck_assert(!qb_tars_are_in(at("tree")));
    check_same_as_tree(true);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* Once seen, an archive's headers are not read again; until it or the labels change. */
START_TEST(is_remembered)
{
    qb_index x = {0};
    qb_store s = {0};
    make_both(TAR_USTAR);
    put_labels("tars/val.txt", LABEL_IDS);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL); /* a file that is as young as a tick of the clock is not remembered */
    ck_assert(is_read());
    ck_assert(!is_read());
    check_same_as_tree(false);
    struct stat st;
    char *entries = NULL, **names = NULL;
    size_t n = 0;
    ck_assert_int_eq(qb_fs_list(at("cache/qatbench/indexes"), &names, &n), 0);
    ck_assert_uint_eq(n, 1);
    entries = qb_sprintf("%s/%s", at("cache/qatbench/indexes"), names[0]);
    ck_assert_int_eq(stat(entries, &st), 0);
    ck_assert_int_eq(truncate(entries, st.st_size - 9), 0); /* a damaged memory is none */
    ck_assert(is_read());
    ck_assert(!is_read());
    put_labels("tars/val.txt", LABEL_NAMES);
    ck_assert(is_read());
    put_text("tars/val.txt", "n01440764\n");
    check_error(open_tars(&x, &s, false), QB_E_DATA, (const char *const[]){"val.txt: has labels for 1 of 10 validation images"}, 1);
    qb_free(entries);
    qb_fs_free_names(names, n);
    qb_index_finish(&x);
    qb_store_finish(&s);
}
END_TEST

START_TEST(folders_in_an_archive_are_classes)
{
    qb_str train = {0}, val = {0};
    put_text("tree/train/a/1.jpg", "abc");
    put_text("tree/train/b/sub/1.jpg", "ab");
    put_text("tree/val/a/1.jpg", "a");
    put_text("tree/val/b/1.jpg", "");
    add_header(&train, "./train/", 0, '5', false);
    tar_add(&train, TAR_USTAR, "./train/b/sub/1.jpg", "ab", 2);
    tar_add(&train, TAR_USTAR, "./train/a/1.jpg", "abc", 3);
    tar_add(&val, TAR_USTAR, "a/1.jpg", "a", 1);
    tar_add(&val, TAR_USTAR, "a/notes.txt", "a", 1);
    tar_add(&val, TAR_USTAR, "b/1.jpg", "", 0);
    tar_end(&train);
    tar_end(&val);
    write_file(at("tars/ILSVRC2012_img_train.tar"), train.text, train.length);
    write_file(at("tars/ILSVRC2012_img_val.tar"), val.text, val.length);
    check_same_as_tree(true);
    qb_str_finish(&train);
    qb_str_finish(&val);
}
END_TEST

static void check_refused(int code, const char *const *needles, int n)
{
    const long blocks = qb_mem_live_blocks();
    qb_index x = {0};
    qb_store s = {0};
    check_error(open_tars(&x, &s, true), code, needles, n);
    qb_index_finish(&x);
    qb_store_finish(&s);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}

static const struct bad_labels {
    const char *name, *text, *needle;
} bad_labels[] = {
    {"val.txt", "n01440764\n\n# a comment\nn99999999\n", "val.txt:4: 'n99999999' is none of the 5 classes"},
    {"val.txt", "n01440764\nILSVRC2012_val_00000001 n01440764\n", "val.txt:2: got a name and a class, wanted a class alone"},
    {"val.txt", "ILSVRC2012_val_00000001 n01440764\nn01440764\n", "val.txt:2: got one word"},
    {"val.txt", "ILSVRC2012_val_00000001 n01440764\nILSVRC2012_val_00000001.JPEG n01443537\n", "val.txt:2: image 'ILSVRC2012_val_00000001.JPEG' has a line already"},
    {"val.txt", "ILSVRC2012_val_99999999 n01440764\n", "val.txt:1: there is no validation image 'ILSVRC2012_val_99999999'"},
    {"val.txt", "ILSVRC2012_val_0000000 n01440764\n", "val.txt:1: there is no validation image"},
    {"val.txt", "", "val.txt: has labels for 0 of 10"},
    {"val.txt", "1\n2\n", "val.txt:1: '1' is none of"},
    {"notes.md", "", "tars: no file says which classes"},
};

START_TEST(labels_are_checked)
{
    char name[64];
    make_both(TAR_USTAR);
    snprintf(name, sizeof name, "tars/%s", bad_labels[_i].name);
    put_text(name, bad_labels[_i].text);
    check_refused(strcmp(bad_labels[_i].name, "notes.md") == 0 ? QB_E_NOINPUT : QB_E_DATA, &bad_labels[_i].needle, 1);
}
END_TEST

START_TEST(too_many_labels_are_refused)
{
    qb_str s = {0};
    make_both(TAR_USTAR);
    for (int i = 0; i <= N_VAL; i++)
        qb_str_add(&s, "n01440764\n");
    put_text("tars/val.txt", s.text);
    check_refused(QB_E_DATA, (const char *const[]){"val.txt:11: more lines than the 10 validation images"}, 1);
    put_text("tars/val2.txt", s.text);
    check_refused(QB_E_DATA, (const char *const[]){"2 files may say which classes", "leave one"}, 2);
    qb_str_finish(&s);
}
END_TEST

/* Cut off anywhere, each archive is refused; the error is one of a few, and names the archive. */
START_TEST(truncation_is_found)
{
    static const char *const archives[] = {"tars/ILSVRC2012_img_train.tar", "tars/ILSVRC2012_img_val.tar"};
    size_t n = 0;
    make_both(TAR_PAX);
    put_labels("tars/val.txt", LABEL_IDS);
    for (int k = 0; k < 2; k++) {
        char *bytes = get_file(at(archives[k]), &n);
        for (size_t length = 1; length < n - 1024; length += length % 512 == 0 ? 1 : length % 512 == 1 ? 510 : 1) {
            ck_assert_int_eq(truncate(at(archives[k]), (off_t)length), 0);
            check_refused(QB_E_DATA, (const char *const[]){archives[k] + 5, "again"}, 2);
            write_file(at(archives[k]), bytes, n);
        }
        qb_free(bytes);
    }
    check_same_as_tree(true);
}
END_TEST

/* A byte of a header is another one: refused, or the images are as many and as large as before under another name. */
START_TEST(damaged_headers_are_found)
{
    size_t n = 0;
    int n_refused = 0, n_tried = 0;
    make_both(TAR_USTAR);
    put_labels("tars/val.txt", LABEL_IDS);
    char *bytes = get_file(at("tars/ILSVRC2012_img_val.tar"), &n);
    for (size_t i = 0; i < 512; i++) {
        qb_index x = {0};
        qb_store s = {0};
        bytes[i] ^= 0x40;
        write_file(at("tars/ILSVRC2012_img_val.tar"), bytes, n);
        bytes[i] ^= 0x40;
        const int rc = open_tars(&x, &s, true);
        ck_assert(rc == 0 || rc == QB_E_DATA);
        n_refused += rc < 0;
        n_tried++;
        if (rc == 0)
            ck_assert_int_eq(x.count[QB_SPLIT_TEST], N_VAL);
        qb_index_finish(&x);
        qb_store_finish(&s);
    }
    ck_assert_int_gt(n_refused, n_tried * 9 / 10);
    qb_free(bytes);
}
END_TEST

static const struct odd_member {
    const char *name;
    char type;
    const char *needle;
} odd_members[] = {
    {"../1.jpg", '0', "points outside the archive"},
    {"/1.jpg", '0', "points outside the archive"},
    {"1.jpg", '0', "is in no class"},
    {"a/1.jpg", '2', "is a link"},
    {"n01440764.tar", '0', "not a tar archive, or a damaged one"},
};

START_TEST(odd_members_are_refused)
{
    qb_str train = {0};
    make_both(TAR_USTAR);
    put_labels("tars/val.txt", LABEL_IDS);
    add_header(&train, odd_members[_i].name, 512, odd_members[_i].type, false);
    for (int i = 0; i < 16; i++)
        qb_str_add(&train, "no archive and no image of any kind");
    train.length = 512 + 512; /* what was added is longer than the member */
    tar_end(&train);
    write_file(at("tars/ILSVRC2012_img_train.tar"), train.text, train.length);
    check_refused(QB_E_DATA, (const char *const[]){odd_members[_i].needle, "ILSVRC2012_img_train.tar"}, 2);
    qb_str_finish(&train);
}
END_TEST

START_TEST(both_archives_are_needed)
{
    make_both(TAR_USTAR);
    ck_assert_int_eq(unlink(at("tars/ILSVRC2012_img_val.tar")), 0);
    check_refused(QB_E_NOINPUT, (const char *const[]){"ILSVRC2012_img_val.tar is missing"}, 1);
    put_text("tars/ILSVRC2012_img_val.tar", "\x1f\x8b of no use");
    put_labels("tars/val.txt", LABEL_IDS);
    check_refused(QB_E_DATA, (const char *const[]){"img_val.tar: not a tar archive", "compressed archives"}, 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("tars");
    TCase *tc = tcase_create("tars");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, archives_are_read_in_place, 0, sizeof forms / sizeof forms[0]);
    tcase_add_test(tc, is_remembered);
    tcase_add_test(tc, folders_in_an_archive_are_classes);
    tcase_add_loop_test(tc, labels_are_checked, 0, sizeof bad_labels / sizeof bad_labels[0]);
    tcase_add_test(tc, too_many_labels_are_refused);
    tcase_add_test(tc, truncation_is_found);
    tcase_add_test(tc, damaged_headers_are_found);
    tcase_add_loop_test(tc, odd_members_are_refused, 0, sizeof odd_members / sizeof odd_members[0]);
    tcase_add_test(tc, both_archives_are_needed);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
