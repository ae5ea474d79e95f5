/* What every machine tries of a fuzz target, without clang: its seeds as they are, and damaged in ways that are the same each time. */
#include "../qb_test.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rng.h"
#include "../resident.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { TESTS = 4, ROUNDS = 100 /* of a seed in each */, LONGEST = 16384 };

typedef struct input {
    uint8_t bytes[LONGEST];
    size_t n;
} input;

static size_t below(qb_stream *s, size_t n)
{
    return qb_rng_below(s, (uint32_t)n);
}

/* A copy of some of its bytes stands at `at`; with `insert` the rest moves up, else it is overwritten. */
static void copy_within(input *x, qb_stream *s, size_t at, bool insert)
{
    uint8_t held[64];
    const size_t from = below(s, x->n), most = x->n - from < sizeof held ? x->n - from : sizeof held, n = 1 + below(s, most);
    memcpy(held, x->bytes + from, n);
    if (insert && x->n + n <= LONGEST) {
        memmove(x->bytes + at + n, x->bytes + at, x->n - at);
        x->n += n;
    }
    memcpy(x->bytes + at, held, n < x->n - at ? n : x->n - at);
}

static void damage(input *x, qb_stream *s)
{
    static const uint8_t telling[] = {0, 1, 127, 128, 254, 255, 0x1f, 0x8b, '0', '9'};
    if (x->n == 0)
        return;
    const size_t at = below(s, x->n), n_rest = x->n - at, n = 1 + below(s, n_rest < 64 ? n_rest : 64);
    switch (below(s, 8)) {
    case 0:
        x->bytes[at] = (uint8_t)qb_rng_below(s, 256);
        break;
    case 1:
        x->bytes[at] ^= (uint8_t)(1u << below(s, 8));
        break;
    case 2:
        x->bytes[at] = telling[below(s, sizeof telling)];
        break;
    case 3:
        memset(x->bytes + at, telling[below(s, sizeof telling)], n);
        break;
    case 4:
        x->n = at;
        break;
    case 5:
        memmove(x->bytes + at, x->bytes + at + n, n_rest - n);
        x->n -= n;
        break;
    default:
        copy_within(x, s, at, below(s, 2) == 0);
    }
}

/* The bytes end where their memory ends, so that sanitizers see the first one too far. */
static void try_input(const input *x)
{
    uint8_t *bytes = qb_alloc(x->n, 1);
    memcpy(bytes, x->bytes, x->n);
    (void)LLVMFuzzerTestOneInput(bytes, x->n);
    qb_free(bytes);
}

START_TEST(stands_damage) /* the targets abort where they do not */
{
    char *dir = NULL, **names;
    size_t n_names;
    leave_fresh_memory_alone(); /* what a head promises is asked for, and not touched */
    ck_assert_int_eq(qb_fs_make_temp_dir("qatbench-test", &dir), 0);
    ck_assert(chdir(dir) == 0 && qb_fs_make_dirs("seeds", 0755) == 0);
    ck_assert_int_eq(LLVMFuzzerInitialize(&(int){2}, &(char **){(char *[]){(char *)"replay", (char *)"seeds", NULL}}), 0);
    ck_assert_int_eq(qb_fs_list("seeds", &names, &n_names), 0);
    ck_assert_uint_gt(n_names, 0);
    for (size_t i = 0; i < n_names; i++) {
        static input x;
        char *path = qb_path_join("seeds", names[i]), *seed;
        size_t n;
        ck_assert_int_eq(qb_fs_read(path, LONGEST, &seed, &n), 0);
        for (int round = 0; round < ROUNDS; round++) {
            qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, i, (uint64_t)(_i * ROUNDS + round));
            memcpy(x.bytes, seed, n);
            x.n = n;
            for (size_t k = round == 0 ? 0 : 1 + below(&s, 4); k > 0; k--)
                damage(&x, &s);
            try_input(&x);
        }
        qb_free(seed);
        qb_free(path);
    }
    qb_fs_free_names(names, n_names);
    ck_assert(chdir("/") == 0);
    qb_fs_remove_tree(dir);
    qb_free(dir);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("replay");
    TCase *tc = tcase_create("replay");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, stands_damage, 0, TESTS);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
