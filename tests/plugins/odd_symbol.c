/* Shared objects whose qb_solver_v1 is not what a plugin's is; -DNO_SYMBOL, -DFUNCTION, ... choose one.
 * All but CHANGING must be refused before they are loaded: their constructor aborts. */
#include <stdint.h>
#include <stdlib.h>

enum { SIZE = 184, OPTION_SIZE = 64 };

#ifdef CHANGING
extern uint32_t qb_solver_v1[SIZE / 4];
uint32_t qb_solver_v1[SIZE / 4] = {1, 0, SIZE, OPTION_SIZE};
__attribute__((constructor)) static void change(void) { qb_solver_v1[4] = 16; }
#else
__attribute__((constructor)) static void abort_when_loaded(void) { abort(); }
#endif

#if defined NO_SYMBOL
extern int another_symbol;
int another_symbol = 1;
#elif defined FUNCTION
void qb_solver_v1(void);
void qb_solver_v1(void) {}
#elif defined TINY
extern const uint32_t qb_solver_v1;
const uint32_t qb_solver_v1 = 1;
#elif defined ZERO
extern char qb_solver_v1[SIZE];
char qb_solver_v1[SIZE];
#elif defined LYING
extern const uint32_t qb_solver_v1[8];
const uint32_t qb_solver_v1[8] = {1, 0, SIZE, OPTION_SIZE};
#elif defined UNDEFINED
extern int qb_solver_v1;
extern int *uses_it;
int *uses_it = &qb_solver_v1;
#elif defined THREAD_LOCAL
extern _Thread_local int qb_solver_v1[SIZE / 4];
_Thread_local int qb_solver_v1[SIZE / 4];
#endif
