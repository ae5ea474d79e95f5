/* Cores and threads: what a cgroup's quota leaves, what OMP_NUM_THREADS says, and that OpenMP gives what was asked for. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/threads.h"
#include "resident.h"
#include "train/cores.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[64];

static void setup(void)
{
    strcpy(folder, "/tmp/qb_cores_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

/* "FOLDER/FILE=TEXT" below the test's own folder. */
static void write_file(const char *entry)
{
    const char *text = strchr(entry, '=');
    char *path = qb_sprintf("%s/%.*s", folder, (int)(text - entry), entry), *dir = qb_path_dir(path);
    ck_assert_int_eq(qb_fs_make_dirs(dir, 0755), 0);
    ck_assert_int_eq(qb_fs_write_atomic(path, text + 1, strlen(text + 1)), 0);
    qb_free(dir);
    qb_free(path);
}

static const struct {
    const char *membership;
    const char *files[4];
    int expected;
} quotas[] = {
    {"0::/\n", {"cpu.max=max 100000\n"}, 0},
    {"0::/\n", {NULL}, 0},
    {"0::/\n", {"cpu.max=100000 100000\n"}, 1},
    {"0::/\n", {"cpu.max=150000 100000\n"}, 2}, /* rounded up */
    {"0::/\n", {"cpu.max=1000 100000\n"}, 1},
    {"0::/\n", {"cpu.max=400000 100000\n"}, 4},
    {"0::/a/b\n", {"a/b/cpu.max=max 100000\n", "a/cpu.max=200000 100000\n"}, 2}, /* of a group above */
    {"0::/a/b\n", {"a/b/cpu.max=300000 100000\n", "a/cpu.max=700000 100000\n"}, 3},
    {"0::/a/b\n", {"a/b/cpu.max=300000 100000\n", "a/cpu.max=100000 100000\n", "cpu.max=500000 100000\n"}, 1},
    {"0::/docker/12ab\n", {"cpu.max=100000 100000\n"}, 1}, /* a path of the host's, seen from a container */
    {"0::/../other\n", {"cpu.max=100000 100000\n"}, 1},
    {"0::/a\n", {"b/cpu.max=100000 100000\n"}, 0}, /* another group's */
    {"0::/a\n", {"a/cpu.max=nonsense\n"}, 0},
    {"0::/a\n", {"a/cpu.max=\n"}, 0},
    {"0::/a\n", {"a/cpu.max=0 0\n"}, 0},
    {"4:cpu,cpuacct:/a\n3:memory:/m\n", {"cpu,cpuacct/a/cpu.cfs_quota_us=250000\n", "cpu,cpuacct/a/cpu.cfs_period_us=100000\n"}, 3},
    {"4:cpu:/\n", {"cpu/cpu.cfs_quota_us=-1\n", "cpu/cpu.cfs_period_us=100000\n"}, 0},
    {"4:cpu:/a\n", {"cpu/cpu.cfs_quota_us=100000\n", "cpu/cpu.cfs_period_us=100000\n"}, 1},
    {"5:cpuset:/a\n", {"cpuset/a/cpu.cfs_quota_us=100000\n", "cpuset/a/cpu.cfs_period_us=100000\n"}, 0},
    {"7:cpu:/a\n0::/a\n", {"a/cpu.max=300000 100000\n", "cpu/a/cpu.cfs_quota_us=200000\n", "cpu/a/cpu.cfs_period_us=100000\n"}, 2},
    {"nothing of the kind\n", {"cpu.max=100000 100000\n"}, 0},
    {"", {"cpu.max=100000 100000\n"}, 0},
};

START_TEST(heeds_the_quota_of_a_cgroup)
{
    char *membership = qb_sprintf("self=%s", quotas[_i].membership), *path = qb_path_join(folder, "self");
    write_file(membership);
    for (size_t i = 0; i < 4 && quotas[_i].files[i]; i++)
        write_file(quotas[_i].files[i]);
    ck_assert_int_eq(qb_cores_quota(path, folder), quotas[_i].expected);
    qb_free(membership);
    qb_free(path);
}
END_TEST

START_TEST(has_no_quota_without_cgroups)
{
    ck_assert_int_eq(qb_cores_quota("/nonexistent/cgroup", "/nonexistent"), 0);
    ck_assert_int_ge(qb_cores_usable(), 1);
    ck_assert_int_le(qb_cores_usable(), qb_cores_allowed());
}
END_TEST

static const struct {
    const char *text;
    int expected;
} asked[] = {{"1", 1}, {"3", 3}, {"1024", 1024}, {"2,1", 2}, {"4,3,2", 4}, {"", 0},
             {"0", -1}, {"-2", -1}, {"1025", -1}, {"two", -1}, {"2x", -1}, {",2", -1}, {"99999999999999999999", -1}};

START_TEST(reads_omp_num_threads)
{
    setenv("OMP_NUM_THREADS", asked[_i].text, 1);
    ck_assert_int_eq(qb_threads_from_environment(), asked[_i].expected);
    ck_assert_int_eq(qb_cores_default_threads(), asked[_i].expected > 0 ? asked[_i].expected : qb_cores_usable());
    unsetenv("OMP_NUM_THREADS");
    ck_assert_int_eq(qb_threads_from_environment(), 0);
}
END_TEST

static int threads_of_a_region(void)
{
    int n = 0;
#pragma omp parallel
    {
#pragma omp single
        n = omp_get_num_threads();
    }
    return n;
}

START_TEST(gives_the_threads_that_were_asked_for)
{
    for (int n = 1; n <= 5; n += 2) {
        ck_assert_int_eq(qb_threads_use(n), 0);
        ck_assert_int_eq(threads_of_a_region(), n);
    }
    omp_set_num_threads(1); /* as a plugin may */
    omp_set_dynamic(1);
    omp_set_max_active_levels(0);
    qb_threads_keep(5);
    ck_assert_int_eq(threads_of_a_region(), 5);
}
END_TEST

/* Each page is first touched by the thread to which a static schedule gives it. */
START_TEST(spreads_memory_over_the_threads)
{
    const size_t n = 32 << 20;
    struct rusage all[2], mine[2];
    leave_fresh_memory_alone();
    ck_assert_int_eq(qb_threads_use(2), 0);
    char *block = qb_alloc(n, 1);
    ck_assert_ptr_nonnull(block);
    void *first_page = block - (uintptr_t)block % 4096;
    (void)madvise(first_page, n, MADV_NOHUGEPAGE); /* faults of one size, to be counted; a kernel without huge pages refuses */
    (void)getrusage(RUSAGE_SELF, &all[0]);
    (void)getrusage(RUSAGE_THREAD, &mine[0]);
    qb_threads_spread(block, n);
    (void)getrusage(RUSAGE_THREAD, &mine[1]);
    (void)getrusage(RUSAGE_SELF, &all[1]);
    double share = (double)(mine[1].ru_minflt - mine[0].ru_minflt) / (double)(all[1].ru_minflt - all[0].ru_minflt);
    ck_assert_double_gt(share, 0.45);
    ck_assert_double_lt(share, 0.55);
    ck_assert_uint_ge(resident_bytes(block, n), n - 8192);
    ck_assert(block[0] == 0 && memcmp(block, block + 1, n - 1) == 0); /* all zero */
    qb_free(block);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__ /* which itself ends a process that gets no more memory */
START_TEST(says_that_the_system_gives_no_more)
{
    ck_assert_int_eq(qb_threads_use(2), 0);
    const struct rlimit none = {0, 0}; /* address space: no stack for another thread can be had */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    ck_assert_int_eq(qb_threads_use(500), QB_E_FAILED);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "500 threads were asked for, the system gives "));
}
END_TEST
#endif

static Suite *suite(void)
{
    Suite *s = suite_create("cores");
    TCase *tc = tcase_create("cores"), *threads = tcase_create("threads");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, heeds_the_quota_of_a_cgroup, 0, sizeof quotas / sizeof quotas[0]);
    tcase_add_test(tc, has_no_quota_without_cgroups);
    tcase_add_loop_test(tc, reads_omp_num_threads, 0, sizeof asked / sizeof asked[0]);
    suite_add_tcase(s, tc);
    tcase_add_test(threads, gives_the_threads_that_were_asked_for);
    tcase_add_test(threads, spreads_memory_over_the_threads);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(threads, says_that_the_system_gives_no_more);
#endif
    suite_add_tcase(s, threads);
    return s;
}

QB_TEST_MAIN
