/* Where a data set is: the folder (or archive) that holds its files. */
#ifndef QB_DATASETS_LOCATE_H
#define QB_DATASETS_LOCATE_H

#include "base/user_places.h"
#include "datasets/files.h"

typedef struct qb_place {
    char *path; /* the folder, or the archive's file */
    bool is_archive;
} qb_place;

enum { QB_DATA_ROOTS = 3 + QB_USER_DATA_DIRS }; /* the most */

typedef struct qb_data_root {
    char *path;
    const char *source; /* what says so: "QATBENCH_DATA", "config.yaml", "default" */
} qb_data_root;

/* The usual places of data, in order: QATBENCH_DATA, the folders of the user's configuration file, the user's folder of data
 * sets, package_dir (NULL: none). Returns how many; each path is freed with qb_free, and is NULL where memory is short. */
int qb_data_roots(const char *package_dir, qb_data_root ret_roots[QB_DATA_ROOTS]);

/* Search order of datasets.h. A given data_dir is the only place looked at: training on data from elsewhere than
 * where the user pointed would be worse than stopping. A folder that has some of the files is taken (what is
 * missing is then an error that names it), one that has all of them is preferred among the usual names.
 * QB_E_NOINPUT with the list of places. Free ret_place->path with qb_free. */
int qb_locate(const qb_source *s, const char *data_dir, qb_place *ret_place);

/* Path of the part's file in a folder: a file of one of its names, or of one of them in a folder of one of them (some archives
 * unpack so, with a folder around each file, and files beside the folders); else such a folder that holds no file, which
 * opening refuses. NULL: nothing has any of its names (or memory is short: code set). */
char *qb_locate_part(const qb_part *p, const char *dir);

#endif
