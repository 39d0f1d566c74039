/*
 * Says what time it is; `load NAME busy` while it is as hard to patch as programs get: two threads do nothing but read clocks, signals interrupt
 * them, threads and processes come and go. Ends by itself, loudly, when a clock shows nonsense or the monotonic one goes back.
 * Fourth word of a line: a sum over the bytes of its vDSO that the kernel loaded, so that it can be seen whether they are as they were.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct timespec now(clockid_t clock) {
  struct timespec at = {0, -1};
  if (clock_gettime(clock, &at) != 0 || at.tv_nsec < 0 || at.tv_nsec > 999999999) abort();
  return at;
}

static double milliseconds(struct timespec at) { return at.tv_sec * 1e3 + at.tv_nsec / 1e6; }

static void on_signal(int number) {
  (void)number;
  now(CLOCK_REALTIME);
  now(CLOCK_MONOTONIC);
}

static void *read_clocks(void *none) {
  for (double last = 0;;) {
    double monotonic = milliseconds(now(CLOCK_MONOTONIC));
    if (monotonic < last) abort();
    last = monotonic;
    now(CLOCK_REALTIME);
    struct timeval at = {0, -1};
    if (gettimeofday(&at, 0) != 0 || at.tv_usec < 0 || at.tv_usec > 999999) abort();
    time(0);
  }
  return none;
}

static void *end_at_once(void *none) { return none; }

static void *make_threads(void *none) {
  for (pthread_t thread;; usleep(2000))
    if (pthread_create(&thread, 0, end_at_once, 0) == 0) pthread_join(thread, 0);
  return none;
}

static void *make_processes(void *none) {
  for (;; usleep(10000)) {
    pid_t child = fork();
    if (child == 0) {
      now(CLOCK_REALTIME);
      _exit(0);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (status != 0) abort();
  }
  return none;
}

static uint64_t sum_of_vdso(void) {
  const uint8_t *first = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
  const Elf64_Phdr *segments = (const void *)(first + ((const Elf64_Ehdr *)first)->e_phoff);
  uint64_t sum = 14695981039346656037u;
  for (size_t i = 0; i < segments->p_filesz; i++) sum = (sum ^ first[i]) * 1099511628211u;
  return sum;
}

static void be_busy(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  struct itimerval often = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &often, 0);
  void *(*const parts[])(void *) = {read_clocks, read_clocks, make_threads, make_processes};
  pthread_t thread;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) pthread_create(&thread, 0, parts[i], 0);
}

int main(int count, char **arguments) {
  if (count < 2) return 64;
  if (count > 2 && strcmp(arguments[2], "busy") == 0) be_busy();
  for (;;) {
    struct timespec rest = {0, 20000000};
    while (nanosleep(&rest, &rest) != 0) {}
    printf("%s %.3f %.3f %016lx\n", arguments[1], milliseconds(now(CLOCK_REALTIME)), milliseconds(now(CLOCK_MONOTONIC)), (unsigned long)sum_of_vdso());
    fflush(stdout);
  }
}
