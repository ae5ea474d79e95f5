/* See val_labels.h. */
#include "datasets/val_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

enum { LARGEST_FILE = 1 << 28 };

static const char *const wanted = "wanted a file with a WordNet id a line in the order of the images' names, with lines NAME ID, or "
                                  "Kaggle's LOC_val_solution.csv, beside the archives";

/* ---- which file ---- */

/* Of the .txt and .csv files among the names those with `part`: how many, and the first. */
static size_t count_files(char *const *names, size_t n, const char *part, const char **ret_first)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *dot = strrchr(names[i], '.');
        if (!dot || (strcasecmp(dot, ".txt") != 0 && strcasecmp(dot, ".csv") != 0) || !strcasestr(names[i], part))
            continue;
        if (count++ == 0)
            *ret_first = names[i];
    }
    return count;
}

int qb_val_labels_find(const char *dir, char **ret_path)
{
    char **names = NULL;
    size_t n = 0;
    const char *first = NULL;
    QB_TRY(qb_fs_list(dir, &names, &n));
    size_t count = count_files(names, n, "val", &first);
    if (count == 0)
        count = count_files(names, n, "", &first);
    int rc = 0;
    if (count == 0) {
        rc = qb_err_set(QB_E_NOINPUT, "%s: no file says which classes the validation images are of", dir);
    } else if (count > 1) {
        rc = qb_err_set(QB_E_DATA, "%s: %zu files may say which classes the validation images are of, such as '%s'", dir, count, first);
    }
    if (rc < 0) {
        (void)qb_err_hint(count == 0 ? "%s" : "%s: leave one such .txt or .csv file there", wanted);
    } else {
        *ret_path = qb_path_join(dir, first);
        rc = *ret_path ? 0 : QB_E_NOMEM;
    }
    qb_fs_free_names(names, n);
    return rc;
}

/* ---- its lines ---- */

typedef struct labelling {
    const char *path;
    qb_index *index;
    qb_entry **tests; /* by name */
    int64_t n_tests;
    bool *is_labelled; /* by place in `tests` */
    int64_t n_labelled;
    int line;
    bool has_names; /* as the first line of labels has them */
} labelling;

static int line_error(const labelling *l, const char *text)
{
    qb_err_set(QB_E_DATA, "%s:%d: %s", l->path, l->line, text);
    return qb_err_hint("%s", wanted);
}

static int compare_names(const void *a, const void *b, void *context)
{
    const qb_index *x = context;
    return strcmp(qb_index_name(x, *(qb_entry *const *)a), qb_index_name(x, *(qb_entry *const *)b));
}

static int collect_tests(labelling *l)
{
    l->tests = qb_alloc(l->index->n, sizeof(qb_entry *));
    l->is_labelled = qb_alloc(l->index->n, sizeof *l->is_labelled);
    if (!l->tests || !l->is_labelled)
        return QB_E_NOMEM;
    for (size_t i = 0; i < l->index->n; i++)
        if (l->index->entries[i].split == QB_SPLIT_TEST)
            l->tests[l->n_tests++] = &l->index->entries[i];
    qsort_r(l->tests, (size_t)l->n_tests, sizeof(qb_entry *), compare_names, l->index);
    return 0;
}

/* Does the image's name begin with the first n characters of `name`, and end there or go on with its ending? */
static int compare_start(const char *image, const char *name, size_t n)
{
    const int order = strncmp(image, name, n);
    if (order != 0)
        return order;
    return image[n] == '\0' || (image[n] == '.' && !strchr(image + n + 1, '.')) ? 0 : 1;
}

/* The image of that name; -1: none. */
static int64_t find_image(const labelling *l, const char *name)
{
    int64_t low = 0, high = l->n_tests;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int order = compare_start(qb_index_name(l->index, l->tests[middle]), name, strlen(name));
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static int find_class(const labelling *l, const char *name)
{
    for (size_t c = 0; c < l->index->n_classes; c++)
        if (strcmp(l->index->classes[c], name) == 0)
            return (int)c;
    return -1;
}

static int label(labelling *l, const char *name, const char *id)
{
    char text[400];
    const int c = find_class(l, id);
    const int64_t i = name ? find_image(l, name) : l->n_labelled;
    if (c < 0) {
        snprintf(text, sizeof text, "'%.100s' is none of the %zu classes of the training images", id, l->index->n_classes);
        return line_error(l, text);
    }
    if (i < 0 || i >= l->n_tests) {
        if (name)
            snprintf(text, sizeof text, "there is no validation image '%.200s'", name);
        else
            snprintf(text, sizeof text, "more lines than the %lld validation images", (long long)l->n_tests);
        return line_error(l, text);
    }
    if (l->is_labelled[i]) {
        snprintf(text, sizeof text, "image '%.200s' has a line already", name);
        return line_error(l, text);
    }
    l->is_labelled[i] = true;
    l->n_labelled++;
    l->tests[i]->label = (uint16_t)c;
    return 0;
}

/* Words of a line are separated by spaces, tabs and commas; of more than two the rest are boxes. */
static int read_line(labelling *l, char *line)
{
    static const char separators[] = " \t,\r";
    char *rest = NULL;
    const char *first = strtok_r(line, separators, &rest), *second = first ? strtok_r(NULL, separators, &rest) : NULL;
    if (!first || *first == '#' || (second && strcmp(first, "ImageId") == 0))
        return 0;
    if (l->n_labelled == 0)
        l->has_names = second != NULL;
    if (l->has_names != (second != NULL))
        return line_error(l, second ? "got a name and a class, wanted a class alone as in the lines before"
                                    : "got one word, wanted a name and a class as in the lines before");
    return second ? label(l, first, second) : label(l, NULL, first);
}

static int check_all_labelled(const labelling *l)
{
    for (int64_t i = 0; i < l->n_tests; i++)
        if (!l->is_labelled[i]) {
            qb_err_set(QB_E_DATA, "%s: has labels for %lld of %lld validation images, none for '%s'", l->path, (long long)l->n_labelled,
                       (long long)l->n_tests, qb_index_name(l->index, l->tests[i]));
            return qb_err_hint("%s", wanted);
        }
    return 0;
}

int qb_val_labels_apply(const char *path, qb_index *x)
{
    char *text = NULL, *rest = NULL;
    size_t n = 0;
    QB_TRY(qb_fs_read(path, LARGEST_FILE, &text, &n));
    labelling l = {.path = path, .index = x};
    int rc = collect_tests(&l);
    for (char *line = text; line && rc == 0; line = rest) {
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = '\0';
        l.line++;
        rc = read_line(&l, line);
    }
    if (rc == 0)
        rc = check_all_labelled(&l);
    qb_free(l.tests);
    qb_free(l.is_labelled);
    qb_free(text);
    return rc;
}
