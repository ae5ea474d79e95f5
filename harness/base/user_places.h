/* Where the user's configuration file says that things are. The program reads it at its start (cli/user_config.h); before that,
 * and in a program that does not, it says nothing. Flags and environment variables go before it.
 */
#ifndef QB_USER_PLACES_H
#define QB_USER_PLACES_H

#include <stddef.h>

enum { QB_USER_DATA_DIRS = 8 }; /* the most */

typedef struct qb_user_places {
    const char *runs_dir;                     /* NULL: not given, as below */
    const char *data_dirs[QB_USER_DATA_DIRS]; /* looked through in this order */
    size_t n_data_dirs;
    const char *solver_path;                  /* folders, separated by ':' */
} qb_user_places;

/* All absolute. Never NULL. */
const qb_user_places *qb_user_places_get(void);

/* Borrowed until the end of the program, as are its texts; before any thread is started. */
void qb_user_places_set(const qb_user_places *places);

#endif
