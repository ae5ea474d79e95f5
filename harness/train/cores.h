/* How many cores a run may use: those that the process is allowed, and how many of them a cgroup's quota pays for.
 *
 * Invariant: a default number of threads or jobs is never more than what the kernel will run at once: threads beyond a
 * quota are throttled, which is slower than not having them.
 */
#ifndef QB_CORES_H
#define QB_CORES_H

/* Cores of the affinity mask of the calling thread, >= 1. */
int qb_cores_allowed(void);

/* Cores' worth of time that the CPU quotas of this process's cgroups (version 2 and 1) and of all groups above allow,
 * rounded up, >= 1; 0: no limit.
 * membership: /proc/self/cgroup, or a file like it; mount: /sys/fs/cgroup, or a folder like it. */
int qb_cores_quota(const char *membership, const char *mount);

/* The lesser of the two: the default number of threads of a run or of jobs. */
int qb_cores_usable(void);

/* Threads of a run that nobody said anything about: OMP_NUM_THREADS where it is set and valid, else qb_cores_usable. */
int qb_cores_default_threads(void);

#endif
