/* The counted loop over threads: each item once, taken in order, whatever the number of threads, and ended at any item. */
#include "qb_test.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/ordered.h"

enum { MOST = 1000, BEGIN = 7, MAX_CHUNK = 16 };

typedef struct made {
    int64_t results[QB_ORDERED_SLOTS * MAX_CHUNK]; /* 0: nothing is there */
    int chunk;
    atomic_int worked[BEGIN + MOST];
    int64_t next;   /* that is to be taken */
    int64_t end_at; /* `take` fails there */
    atomic_int in_thread[QB_ORDERED_THREADS];
} made;

static void work(void *context, int64_t i, int slot, int thread)
{
    made *m = context;
    ck_assert(slot >= 0 && slot < QB_ORDERED_SLOTS * m->chunk && thread >= 0 && thread < QB_ORDERED_THREADS);
    ck_assert_int_eq(m->results[slot], 0);
    ck_assert_int_eq(atomic_fetch_add(&m->in_thread[thread], 1), 0); /* nobody else is in it */
    if (i % 37 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* later ones are done before */
    m->results[slot] = i * i + 1;
    atomic_fetch_add(&m->worked[i], 1);
    atomic_fetch_sub(&m->in_thread[thread], 1);
}

static int take(void *context, int64_t i, int slot)
{
    made *m = context;
    ck_assert_int_eq(i, m->next++);
    ck_assert_int_eq(m->results[slot], i * i + 1);
    m->results[slot] = 0;
    return i == m->end_at ? qb_err_set(QB_E_DATA, "item %lld", (long long)i) : 0;
}

static const int threads[] = {0, 1, 2, 3, 7, QB_ORDERED_THREADS, QB_ORDERED_THREADS + 1};

static const int chunks[] = {0, 3, MAX_CHUNK};

static void begin(made *m, int k, int64_t end_at)
{
    memset(m, 0, sizeof *m);
    m->next = BEGIN;
    m->end_at = end_at;
    m->chunk = chunks[k] > 0 ? chunks[k] : 1;
}

static int run(made *m, int i, int k, int64_t count)
{
    return qb_ordered_run(&(qb_ordered){.begin = BEGIN, .end = BEGIN + count, .threads = threads[i], .chunk = chunks[k],
                                        .work = work, .take = take, .context = m});
}

START_TEST(takes_each_once_in_order)
{
    static const int64_t counts[] = {0, 1, 2, 13, MOST};
    static made m;
    for (int k = 0; k < 15; k++) {
        const int64_t count = counts[k % 5];
        begin(&m, k / 5, -1);
        ck_assert_int_eq(run(&m, _i, k / 5, count), 0);
        ck_assert_int_eq(m.next, BEGIN + count);
        for (int64_t i = 0; i < BEGIN + MOST; i++)
            ck_assert_int_eq(m.worked[i], i >= BEGIN && i < BEGIN + count);
    }
}
END_TEST

START_TEST(ends_where_it_is_told_to)
{
    static made m;
    for (int k = 0; k < 3; k++) {
        for (int64_t end_at = BEGIN; end_at < BEGIN + MOST; end_at += 333) {
            begin(&m, k, end_at);
            ck_assert_int_eq(run(&m, _i, k, MOST), QB_E_DATA);
            ck_assert_int_eq(m.next, end_at + 1);
            for (int64_t i = BEGIN; i < BEGIN + MOST; i++)
                ck_assert_int_eq(m.worked[i], i <= end_at || (m.worked[i] == 1 && i <= end_at + QB_ORDERED_SLOTS * m.chunk));
        }
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ordered");
    TCase *tc = tcase_create("ordered");
    tcase_add_loop_test(tc, takes_each_once_in_order, 0, sizeof threads / sizeof threads[0]);
    tcase_add_loop_test(tc, ends_where_it_is_told_to, 0, sizeof threads / sizeof threads[0]);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
