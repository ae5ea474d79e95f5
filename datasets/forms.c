/* The table of other forms, and the search in a folder or an archive. */
#include "datasets/forms.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "datasets/files.h"

#define PYTHON_10 "the Python version of CIFAR-10"
#define PYTHON_100 "the Python version of CIFAR-100"
#define MATLAB_10 "the Matlab version of CIFAR-10"
#define MATLAB_100 "the Matlab version of CIFAR-100"

/* A file or folder of this name, and where a name says little, one beside it. */
static const struct {
    const char *name, *beside, *form;
} forms[] = {
    {"cifar-10-batches-py", NULL, PYTHON_10},
    {"cifar-10-python.tar.gz", NULL, PYTHON_10},
    {"cifar-10-python.tar", NULL, PYTHON_10},
    {"data_batch_1", NULL, PYTHON_10},
    {"batches.meta", NULL, PYTHON_10},
    {"cifar-100-python", NULL, PYTHON_100},
    {"cifar-100-python.tar.gz", NULL, PYTHON_100},
    {"cifar-100-python.tar", NULL, PYTHON_100},
    {"meta", "train", PYTHON_100},
    {"cifar-10-batches-mat", NULL, MATLAB_10},
    {"cifar-10-matlab.tar.gz", NULL, MATLAB_10},
    {"data_batch_1.mat", NULL, MATLAB_10},
    {"cifar-100-matlab", NULL, MATLAB_100},
    {"cifar-100-matlab.tar.gz", NULL, MATLAB_100},
    {"train.mat", "test.mat", MATLAB_100},
    {"mnist.npz", NULL, "MNIST as a NumPy file"},
    {"mnist.pkl.gz", NULL, "MNIST as a Python pickle"},
    {"mnist_train.csv", NULL, "MNIST as text (CSV)"},
    {"fashion-mnist_train.csv", NULL, "Fashion-MNIST as text (CSV)"},
};
enum { N_FORMS = sizeof forms / sizeof forms[0] };

static bool holds(const char *dir, const char *name)
{
    char *path = qb_path_join(dir, name);
    bool is_there = path && qb_fs_exists(path);
    qb_free(path);
    return is_there;
}

static bool holds_file(const char *dir, const char *name)
{
    char *path = qb_path_join(dir, name);
    bool is_file = path && qb_fs_exists(path) && !qb_fs_is_dir(path);
    qb_free(path);
    return is_file;
}

const char *qb_form_find(const char *path)
{
    char *absolute = qb_path_absolute(path); /* of "." and "x/" too the name is wanted */
    const char *base = absolute ? qb_path_base(absolute) : path;
    const char *form = NULL;
    for (size_t i = 0; i < N_FORMS && !form; i++)
        if (!forms[i].beside && strcmp(base, forms[i].name) == 0)
            form = forms[i].form;
    qb_free(absolute);
    for (size_t i = 0; i < N_FORMS && !form && qb_fs_is_dir(path); i++)
        if (forms[i].beside ? holds_file(path, forms[i].name) && holds_file(path, forms[i].beside) : holds(path, forms[i].name))
            form = forms[i].form;
    qb_err_clear(); /* a folder that cannot be searched tells nothing */
    return form;
}

/* The folder that a member lies in, or its own name. */
const char *qb_form_of_member(const char *name)
{
    for (size_t i = 0; i < N_FORMS; i++) {
        const size_t n = strlen(forms[i].name);
        for (const char *at = forms[i].beside ? NULL : strstr(name, forms[i].name); at; at = strstr(at + 1, forms[i].name))
            if ((at > name && (at[-1] == '/' || at[-1] == '(')) && (at[n] == '/' || at[n] == ')'))
                return forms[i].form;
    }
    return NULL;
}

int qb_form_error(const qb_source *s, const char *path, const char *form)
{
    qb_err_set(QB_E_DATA, "%s: holds %s, wanted %s", path, form, s->info.files);
    return qb_err_hint("%s", s->files->get_it);
}
