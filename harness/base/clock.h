/* The clock for measuring how long something takes. Never part of a result. */
#ifndef QB_CLOCK_H
#define QB_CLOCK_H

double qb_now_seconds(void); /* monotonic, from an arbitrary start: only differences mean something */

/* What the calling thread has worked: time for which others had its core does not count. */
double qb_thread_seconds(void);

#endif
