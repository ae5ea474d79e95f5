/* Packs: what was put in comes out, an interruption costs nothing, and damage is found. */
#include "image_fixture.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "datasets/pack.h"
#include "datasets/tree.h"

typedef struct opened {
    qb_index index;
    qb_store store;
} opened;

static void close_all(opened *o)
{
    qb_index_finish(&o->index);
    qb_store_finish(&o->store);
}

static int open_pack(const char *name, opened *o)
{
    return qb_pack_open(at(name), &o->index, &o->store);
}

static void open_tree(const char *name, opened *o)
{
    ck_assert_msg(qb_tree_read(at(name), &o->index, NULL) == 0, "%s", qb_err_text());
    o->store.root = qb_strdup(at(name));
    o->store.is_split = !qb_index_is_whole(&o->index);
}

static const int thread_counts[] = {0, 2, 7};
enum { N_THREADS = sizeof thread_counts / sizeof thread_counts[0] };
static int threads; /* of the packing */

static int pack(const char *tree, const char *name, qb_pack_shrink *shrink, const qb_watch *watch)
{
    opened o = {0};
    open_tree(tree, &o);
    int rc = qb_pack_write(at(name), &o.index, &o.store, &(qb_pack_options){shrink ? 3 : 0, shrink, threads, watch});
    close_all(&o);
    return rc;
}

/* 300 images of sizes from 0 to 4 kB, and one that is larger than what is written at once. */
static void make_tree(void)
{
    char name[64];
    static char bytes[(1 << 20) + 5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "t/%s/class %d/%d.jpg", i % 3 ? "train" : "val", i % 7, i);
        write_file(at(name), bytes + i, i == 99 ? sizeof bytes - 200 : (size_t)(i * 14 % 4096));
    }
}

static void check_same_as_tree(const char *name)
{
    opened p = {0}, t = {0};
    char a[QB_SHA256_HEX], b[QB_SHA256_HEX];
    ck_assert_msg(open_pack(name, &p) == 0, "%s", qb_err_text());
    open_tree("t", &t);
    ck_assert_int_eq(qb_index_fingerprint(&p.index, a) | qb_index_fingerprint(&t.index, b), 0);
    ck_assert_str_eq(a, b);
    check_bytes(&p.index, &p.store, "t");
    close_all(&p);
    close_all(&t);
}

START_TEST(holds_what_was_put_in)
{
    threads = thread_counts[_i];
    const long blocks = qb_mem_live_blocks();
    make_tree();
    ck_assert_msg(pack("t", "x.pack", NULL, NULL) == 0, "%s", qb_err_text());
    ck_assert(qb_pack_is_one(at("x.pack")));
    ck_assert(!qb_fs_exists(at("x.pack.part")));
    check_same_as_tree("x.pack");
    struct stat first, then;
    ck_assert_int_eq(stat(at("x.pack"), &first), 0);
    ck_assert_int_eq(pack("t", "x.pack", NULL, NULL), 0); /* is there already */
    ck_assert_int_eq(stat(at("x.pack"), &then), 0);
    ck_assert(first.st_ino == then.st_ino && first.st_mtim.tv_nsec == then.st_mtim.tv_nsec);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

START_TEST(leaves_other_files_alone)
{
    size_t n = 0;
    put_text("t/a/1.jpg", "abc");
    put_text("u/a/2.jpg", "abc");
    put_text("x.pack", "something else");
    check_error(pack("t", "x.pack", NULL, NULL), QB_E_USAGE, (const char *const[]){"x.pack: is there already, and is no whole pack"}, 1);
    char *text = get_file(at("x.pack"), &n);
    ck_assert_str_eq(text, "something else");
    qb_free(text);
    ck_assert_int_eq(pack("t", "y.pack", NULL, NULL), 0);
    check_error(pack("u", "y.pack", NULL, NULL), QB_E_USAGE, (const char *const[]){"y.pack: is there already, and holds other images"}, 1);
    check_error(pack("t", "nowhere/y.pack", NULL, NULL), QB_E_IO, (const char *const[]){"nowhere/y.pack.part", "in a folder that is there"}, 2);
}
END_TEST

/* ---- interruption ---- */

typedef struct stopping {
    int steps_left;
    int64_t first_done;
} stopping;

static bool stop(void *context)
{
    stopping *s = context;
    return s->steps_left-- == 0;
}

static void note(void *context, const char *what, int64_t done, int64_t total)
{
    stopping *s = context;
    ck_assert_int_eq(total, 300);
    if (s->first_done < 0 && strcmp(what, "images packed") == 0)
        s->first_done = done;
}

START_TEST(goes_on_after_a_stop)
{
    threads = thread_counts[_i];
    stopping s = {.steps_left = 3, .first_done = -1};
    qb_watch watch = {.tell = note, .is_stopped = stop, .context = &s};
    make_tree();
    ck_assert_int_eq(pack("t", "x.pack", NULL, &watch), QB_E_STOPPED);
    ck_assert(!qb_fs_exists(at("x.pack")));
    opened o = {0};
    ck_assert_int_eq(open_pack("x.pack.part", &o), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), "not finished") != NULL, "%s", qb_err_text());
    close_all(&o);
    s = (stopping){.steps_left = -1, .first_done = -1};
    ck_assert_int_eq(pack("t", "x.pack", NULL, &watch), 0);
    ck_assert_int_ge(s.first_done, 192);
    check_same_as_tree("x.pack");
}
END_TEST

/* Cut at any place, as a process that is killed or a disk that is full leaves it; the result has the bytes of one that was
 * written in one go. */
START_TEST(goes_on_from_any_length)
{
    static const int64_t lengths[] = {0, 1, 127, 128, 129, 143, 144, 145, 1000, 50000, -1};
    size_t n_wanted = 0, n = 0;
    make_tree();
    threads = 0;
    ck_assert_int_eq(pack("t", "whole.pack", NULL, NULL), 0);
    threads = thread_counts[_i];
    char *wanted = get_file(at("whole.pack"), &n_wanted);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        stopping s = {.steps_left = 4};
        qb_watch watch = {.is_stopped = stop, .context = &s};
        ck_assert_int_eq(pack("t", "x.pack", NULL, &watch), QB_E_STOPPED);
        if (lengths[i] >= 0)
            ck_assert_int_eq(truncate(at("x.pack.part"), lengths[i]), 0);
        ck_assert_int_eq(pack("t", "x.pack", NULL, NULL), 0);
        char *got = get_file(at("x.pack"), &n);
        ck_assert_uint_eq(n, n_wanted);
        ck_assert(memcmp(got, wanted, n) == 0);
        qb_free(got);
        ck_assert_int_eq(unlink(at("x.pack")), 0);
    }
    qb_free(wanted);
}
END_TEST

/* A block that never reached the disk, and a set that became another one meanwhile. */
START_TEST(does_not_go_on_from_what_is_wrong)
{
    stopping s = {.steps_left = 4};
    qb_watch watch = {.is_stopped = stop, .context = &s};
    make_tree();
    ck_assert_int_eq(pack("t", "x.pack", NULL, &watch), QB_E_STOPPED);
    int fd = open(at("x.pack.part"), O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "\0\0\0\0\0\0\0\0", 8, 30000), 8);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(pack("t", "x.pack", NULL, NULL), 0);
    check_same_as_tree("x.pack");
    s.steps_left = 4;
    ck_assert_int_eq(pack("t", "y.pack", NULL, &watch), QB_E_STOPPED);
    put_text("t/train/class 1/1.jpg", "changed");
    ck_assert_int_eq(pack("t", "y.pack", NULL, NULL), 0);
    check_same_as_tree("y.pack");
}
END_TEST

START_TEST(is_written_by_one_process)
{
    put_text("t/a/1.jpg", "abc");
    int fd = open(at("x.pack.part"), O_RDWR | O_CREAT, 0644);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    check_error(pack("t", "x.pack", NULL, NULL), QB_E_INUSE, (const char *const[]){"another process is writing it"}, 1);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(pack("t", "x.pack", NULL, NULL), 0);
}
END_TEST

START_TEST(tells_of_a_file_that_cannot_be_read)
{
    threads = thread_counts[_i];
    opened o = {0};
    put_text("t/a/1.jpg", "abc");
    put_text("t/a/2.jpg", "abc");
    put_text("t/a/3.jpg", "abc");
    open_tree("t", &o);
    put_text("t/a/2.jpg", "abcd");
    put_text("t/a/3.jpg", "abcd"); /* the first one is told of */
    check_error(qb_pack_write(at("x.pack"), &o.index, &o.store, &(qb_pack_options){.threads = threads}), QB_E_DATA,
                (const char *const[]){"class 'a', image '2.jpg': has changed since the set was opened: got 4 bytes, wanted 3"}, 1);
    close_all(&o);
}
END_TEST

/* Makes one byte of three, and cannot read what starts with a 'b'. */
static int shrink(const qb_file_bytes *bytes, int short_side, qb_file_bytes *ret_bytes)
{
    ck_assert_int_eq(short_side, 3);
    if (bytes->bytes[0] == 'b')
        return qb_err_set(QB_E_DATA, "bad");
    char *half = qb_strndup((const char *)bytes->bytes, bytes->n / 3);
    *ret_bytes = (qb_file_bytes){(const uint8_t *)half, bytes->n / 3, half};
    return half ? 0 : QB_E_NOMEM;
}

START_TEST(images_can_be_made_smaller)
{
    threads = thread_counts[_i];
    const long blocks = qb_mem_live_blocks();
    opened o = {0};
    qb_file_bytes bytes = {0};
    put_text("t/a/1.jpg", "aaaaaa");
    put_text("t/a/2.jpg", "bad");
    ck_assert_int_eq(pack("t", "x.pack", shrink, NULL), 0);
    ck_assert_msg(open_pack("x.pack", &o) == 0, "%s", qb_err_text());
    ck_assert_int_eq(o.index.short_side, 3);
    ck_assert_int_eq(qb_store_read(&o.store, &o.index, &o.index.entries[0], &bytes), 0);
    ck_assert(bytes.n == 2 && memcmp(bytes.bytes, "aa", 2) == 0);
    ck_assert_int_eq(qb_store_read(&o.store, &o.index, &o.index.entries[1], &bytes), 0);
    ck_assert(bytes.n == 3 && memcmp(bytes.bytes, "bad", 3) == 0);
    close_all(&o);
    check_error(pack("t", "x.pack", NULL, NULL), QB_E_USAGE, (const char *const[]){"holds other images"}, 1);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* ---- damage ---- */

/* Whatever byte is another one: opening says so, or reading the one image that it belongs to; or it is a byte of a record's head,
 * which only going on with a pack looks at. */
START_TEST(damage_is_found)
{
    size_t n = 0;
    put_text("t/train/a/1.jpg", "abcdefgh");
    put_text("t/train/b/1.jpg", "abc");
    put_text("t/val/a/1.jpg", "x");
    put_text("t/val/b/1.jpg", "y");
    ck_assert_int_eq(pack("t", "good.pack", NULL, NULL), 0);
    char *bytes = get_file(at("good.pack"), &n);
    for (size_t i = 0; i < n; i++) {
        opened o = {0};
        qb_file_bytes image;
        int n_bad = 0;
        bytes[i] ^= 0x10;
        write_file(at("x.pack"), bytes, n);
        bytes[i] ^= 0x10;
        const int rc = open_pack("x.pack", &o);
        ck_assert(rc == 0 || rc == QB_E_DATA);
        if (rc < 0)
            ck_assert_msg(strstr(qb_err_text(), "x.pack: ") != NULL, "%s", qb_err_text());
        for (size_t k = 0; rc == 0 && k < o.index.n; k++) {
            const qb_entry *e = &o.index.entries[k];
            const bool is_bad = (int64_t)i >= e->at && (int64_t)i < e->at + e->size;
            ck_assert_int_eq(qb_store_read(&o.store, &o.index, e, &image), is_bad ? QB_E_DATA : 0);
            ck_assert_int_eq(qb_store_read(&o.store, &o.index, e, &image), is_bad ? QB_E_DATA : 0);
            n_bad += is_bad;
        }
        if (i < 128)
            ck_assert_int_eq(rc, QB_E_DATA);
        ck_assert_int_le(n_bad, 1);
        close_all(&o);
    }
    qb_free(bytes);
}
END_TEST

START_TEST(missing_and_surplus_ends_are_found)
{
    size_t n = 0;
    put_text("t/a/1.jpg", "abcdefgh");
    ck_assert_int_eq(pack("t", "good.pack", NULL, NULL), 0);
    char *bytes = get_file(at("good.pack"), &n);
    for (size_t length = 0; length < n; length++) {
        opened o = {0};
        write_file(at("x.pack"), bytes, length);
        check_error(open_pack("x.pack", &o), QB_E_DATA,
                    (const char *const[]){length == 0 ? "empty" : length < 8 ? "is no pack" : "truncated: got "}, 1);
        close_all(&o);
    }
    opened o = {0};
    bytes = qb_realloc(bytes, n + 1, 1);
    write_file(at("x.pack"), bytes, n + 1);
    check_error(open_pack("x.pack", &o), QB_E_DATA, (const char *const[]){"too long: got "}, 1);
    close_all(&o);
    make_dirs("folder.pack");
    check_error(open_pack("folder.pack", &o), QB_E_DATA, (const char *const[]){"is a folder"}, 1);
    qb_free(bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pack");
    TCase *tc = tcase_create("pack");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, holds_what_was_put_in, 0, N_THREADS);
    tcase_add_test(tc, leaves_other_files_alone);
    tcase_add_loop_test(tc, goes_on_after_a_stop, 0, N_THREADS);
    tcase_add_loop_test(tc, goes_on_from_any_length, 0, N_THREADS);
    tcase_add_test(tc, does_not_go_on_from_what_is_wrong);
    tcase_add_test(tc, is_written_by_one_process);
    tcase_add_loop_test(tc, tells_of_a_file_that_cannot_be_read, 0, N_THREADS);
    tcase_add_loop_test(tc, images_can_be_made_smaller, 0, N_THREADS);
    tcase_add_test(tc, damage_is_found);
    tcase_add_test(tc, missing_and_surplus_ends_are_found);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
