/* How far a long piece of work has come, and whether it is to end: what whoever started it looks at meanwhile. */
#ifndef QB_DATASETS_WATCH_H
#define QB_DATASETS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_watch {
    /* Called now and then, in the thread that works. `what` is done, as in "images checked"; total 0: not known. NULL: nobody. */
    void (*tell)(void *context, const char *what, int64_t done, int64_t total);
    bool (*is_stopped)(void *context); /* NULL: never */
    void *context;
} qb_watch;

/* watch may be NULL. QB_E_STOPPED: it is to end. */
int qb_watch_step(const qb_watch *watch, const char *what, int64_t done, int64_t total);

#endif
