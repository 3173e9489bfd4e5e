/* A clock that runs AHEAD seconds ahead, for `make ahead`: preloaded, it shifts what the C library says of the wall clock
 * in every process of the test run, the database's included. Elapsed time (CLOCK_MONOTONIC) stays as it is, so that
 * waits and timeouts keep their length. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <semaphore.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += AHEAD;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec wall;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &wall);
    now->tv_sec = wall.tv_sec;
    now->tv_usec = wall.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *kept)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    if (kept)
        *kept = wall.tv_sec;
    return wall.tv_sec;
}

/* The kernel compares this deadline with its own clock. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline)
{
    static int (*real)(sem_t *, const struct timespec *);
    if (!real)
        real = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec kernels = *deadline;
    kernels.tv_sec -= AHEAD;
    return real(semaphore, &kernels);
}
