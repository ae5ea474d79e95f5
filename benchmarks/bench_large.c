/* A data set with as many images as ImageNet has, made here of empty files: what opening it takes, in seconds and memory, as
 * archives and as a pack, for the first time and again, and how long the order of an epoch is drawn. Needs 1.5 GB in TMPDIR.
 */
#include "bench.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tests/tar_files.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"

enum { CLASSES = 1000, TRAIN = 1281167, TEST = 50000 };

static char *dir;

static void need(bool is_right)
{
    if (!is_right)
        bench_need(qb_err_set_errno("'%s'", dir));
}

/* ---- making ---- */

static FILE *create(const char *name)
{
    char *path = qb_path_join(dir, name);
    FILE *f = path ? fopen(path, "w") : NULL;
    need(f != NULL);
    qb_free(path);
    return f;
}

static void write_out(FILE *f, qb_str *text)
{
    need(!text->failed && fwrite(text->text, 1, text->length, f) == text->length);
    qb_str_finish(text);
}

static int first_of(int c)
{
    return (int)((int64_t)TRAIN * c / CLASSES);
}

/* An archive a class in an archive; the validation images side by side, with their classes in a text file. */
static void make_archives(void)
{
    char name[64];
    qb_str end = {0}, labels = {0};
    FILE *f = create("ILSVRC2012_img_train.tar");
    for (int c = 0; c < CLASSES; c++) {
        qb_str inner = {0}, outer = {0};
        for (int i = first_of(c); i < first_of(c + 1); i++) {
            (void)snprintf(name, sizeof name, "n%08d_%d.JPEG", 1440764 + c, i);
            tar_add(&inner, TAR_USTAR, name, "", 0);
        }
        tar_end(&inner);
        (void)snprintf(name, sizeof name, "n%08d.tar", 1440764 + c);
        tar_add(&outer, TAR_USTAR, name, inner.text, inner.length);
        qb_str_finish(&inner);
        write_out(f, &outer);
    }
    tar_end(&end);
    write_out(f, &end);
    need(fclose(f) == 0);
    f = create("ILSVRC2012_img_val.tar");
    for (int i = 0; i < TEST; i++) {
        qb_str member = {0};
        (void)snprintf(name, sizeof name, "ILSVRC2012_val_%08d.JPEG", i + 1);
        tar_add(&member, TAR_USTAR, name, "", 0);
        write_out(f, &member);
        qb_str_addf(&labels, "n%08d\n", 1440764 + i % CLASSES);
    }
    tar_end(&end);
    write_out(f, &end);
    need(fclose(f) == 0);
    f = create("val.txt");
    write_out(f, &labels);
    need(fclose(f) == 0);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* what changes in the tick of opening is not remembered */
}

static void make_pack(void)
{
    char *path = qb_path_join(dir, "imagenet.pack");
    bench_need(qb_dataset_pack("imagenet", &(qb_dataset_options){.data_dir = dir, .keeps_whole = true}, path, 0));
    qb_free(path);
}

/* ---- measuring: each in a process of its own, for its memory ---- */

static void finish(const char *name, double begin)
{
    struct rusage usage;
    const double seconds = qb_now_seconds() - begin;
    (void)getrusage(RUSAGE_SELF, &usage);
    const struct timeval user = usage.ru_utime, system = usage.ru_stime;
    const double worked = (double)(user.tv_sec + system.tv_sec) + 1e-6 * (double)(user.tv_usec + system.tv_usec);
    (void)printf("%-28s %10.2f %10.2f %12.0f\n", name, seconds, worked, (double)usage.ru_maxrss / 1e3);
}

static void open_set(const char *name, const char *place)
{
    qb_dataset *d = NULL;
    char *path = qb_path_join(dir, place);
    const double begin = qb_now_seconds();
    bench_need(qb_dataset_open("imagenet", path, &d));
    finish(name, begin);
    if (qb_dataset_count(d, QB_SPLIT_TRAIN) != TRAIN || qb_dataset_count(d, QB_SPLIT_TEST) != TEST)
        bench_need(qb_err_set(QB_E_DATA, "%s: another number of images", path));
}

static void open_archives(void) { open_set("archives", ""); }
static void open_archives_again(void) { open_set("archives, remembered", ""); }
static void open_pack(void) { open_set("pack", "imagenet.pack"); }

static void draw_order(void)
{
    uint32_t *order = qb_alloc(TRAIN, sizeof *order);
    if (!order)
        bench_need(QB_E_NOMEM);
    const double begin = qb_now_seconds();
    qb_stream s = qb_rng_stream(1, QB_RNG_SHUFFLE, 0, 0);
    qb_rng_permutation(&s, order, TRAIN);
    finish("order of an epoch", begin);
}

static void run(void (*step)(void))
{
    int status = 1;
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        step();
        (void)fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        (void)qb_fs_remove_tree(dir);
        exit(1);
    }
}

int main(void)
{
    bench_need(qb_fs_make_temp_dir("qatbench-bench", &dir));
    char *cache = qb_path_join(dir, "cache");
    setenv("XDG_CACHE_HOME", cache, 1);
    run(make_archives);
    (void)printf("%-28s %10s %10s %12s\n", "1,281,167 + 50,000 images", "s", "of a core", "peak MB");
    run(open_archives);
    run(open_archives_again);
    run(make_pack);
    run(open_pack);
    run(draw_order);
    (void)qb_fs_remove_tree(dir);
    qb_free(cache);
    qb_free(dir);
    return 0;
}
