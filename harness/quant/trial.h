/* A child process in which a plugin may do what it likes: with limits on its time, and nothing kept of a crash. */
#ifndef QB_TRIAL_H
#define QB_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* In a child: no core is kept of a crash, and one ends the process by its signal, whatever handlers the parent has. */
void qb_trial_bare_crashes(void);

/* As fork(), with the limits set in the child; what is buffered is written first, or a child that calls exit() would write
 * it again. Not after this process has used OpenMP. QB_E_IO. */
int qb_trial_start(pid_t *ret_child);

/* Waits for the child; kills it when it takes too long by the clock. Returns its status as of waitpid. */
int qb_trial_wait(pid_t child, bool *ret_late);

/* "died of signal 11 (Segmentation fault)" */
void qb_trial_describe(int status, bool late, char *text, size_t size);

#endif
