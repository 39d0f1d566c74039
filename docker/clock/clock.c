/*
 * ordeal-clock: skews the wall clock of every process in the PID namespace it runs in, and of nothing else.
 *
 * Programs read the clock by the functions of their vDSO, which are mapped into each of them by the kernel. This helper attaches to a process
 * with ptrace for about a millisecond, stops all of its threads, and puts jumps at the entries of __vdso_clock_gettime,
 * __vdso_gettimeofday and __vdso_time to code of its own in the unused rest of the vDSO's pages. That code makes the system call and
 * bends CLOCK_REALTIME and CLOCK_REALTIME_COARSE only. Pages of the vDSO are copied on write, so other processes keep the true clock.
 * The unharmed vDSO is this helper's own: the same kernel maps the same one everywhere, so undoing needs no memory of what was there.
 * Undoing puts the entries back. The code stays, where nothing leads to it any more: a signal handler may still return into it.
 *
 * Needs CAP_SYS_PTRACE and nothing else: it reads by process_vm_readv and writes by PTRACE_POKEDATA, for which no file must be opened.
 * Out of reach: programs that make the system call themselves, 32-bit programs, and processes that end within some 20 ms of their start.
 *
 * Protocol, one line each way; the first line of the helper is `ready` or `failed`:
 *   set OFFSET_NS RATE    wall = anchor + (true - anchor) * RATE / 2^32 + OFFSET_NS, anchor = now; `set 0 4294967296` puts the bytes back
 *   read                  what the processes' own memory says; fails where their vDSO is not as it should be
 *   quit                  puts the bytes back and ends; so does SIGTERM. At the end of stdin it puts them back and stays for a minute,
 *                         so that whoever cleans up can make sure by `ordeal-clock undo`, which puts everything back, whoever changed it
 * Answers: `done REACHED [PID:REASON ...]`, `clock WALL_NS MONOTONIC_NS REACHED [PID:REASON ...]`, `failed CODE TEXT`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void) {
  puts("failed unsupported-machine clocks are skewed on x86-64 only: the code that is put into the vDSO exists for no other machine yet");
  return 1;
}
#else

/* ---- The code that is copied into other processes. It may refer to nothing but itself. ---- */

struct skew {
  int64_t version; /* changes with every write: a reader that was interrupted between its loads starts again */
  int64_t anchor;  /* true time, ns */
  int64_t wall;    /* what the clock showed at the anchor, ns */
  int64_t rate;    /* times 2^32 */
};

extern struct skew blob_skew __attribute__((visibility("hidden")));
extern const char __start_blob[], __stop_blob[];
__asm__(".pushsection blob,\"ax\",@progbits\n.balign 16\n.globl blob_skew\n.hidden blob_skew\nblob_skew: .quad 0, 0, 0, 0\n.popsection");

#define BLOB __attribute__((section("blob"), used, noinline, target("general-regs-only")))
#define INLINE static inline __attribute__((always_inline, target("general-regs-only")))

INLINE long call2(long number, long first, long second) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
  return result;
}

INLINE int64_t bend(volatile struct skew *skew, int64_t true_ns) {
  int64_t version, anchor, wall, rate;
  do {
    version = skew->version;
    anchor = skew->anchor;
    wall = skew->wall;
    rate = skew->rate;
  } while (skew->version != version);
  return wall + (int64_t)(((__int128)(true_ns - anchor) * rate) >> 32);
}

BLOB long blob_clock_gettime(clockid_t clock, struct timespec *at) {
  long failure = call2(SYS_clock_gettime, clock, (long)at);
  if (failure != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failure;
  int64_t ns = bend(&blob_skew, at->tv_sec * 1000000000 + at->tv_nsec);
  int64_t sec = ns / 1000000000, rest = ns % 1000000000;
  at->tv_sec = rest < 0 ? sec - 1 : sec;
  at->tv_nsec = rest < 0 ? rest + 1000000000 : rest;
  return 0;
}

BLOB long blob_gettimeofday(struct timeval *at, void *zone) {
  if (at) {
    struct timespec now;
    blob_clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
  }
  return zone ? call2(SYS_gettimeofday, 0, (long)zone) : 0;
}

BLOB long blob_time(long *at) {
  struct timespec now;
  blob_clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}

/* ---- The vDSO as it should be: our own, with the jumps and the code in it while a skew is in force. ---- */

enum { max_vdso = 1 << 16, jump_bytes = 5 };
static const int64_t true_rate = 1LL << 32;

static uint8_t original[max_vdso], wanted[max_vdso];
static size_t vdso_size, blob_at;
static bool in_force;
static struct entry {
  const char *name;
  const void *code;
  size_t at, size;
} entries[] = {
  {"__vdso_clock_gettime", blob_clock_gettime, 0, 0},
  {"__vdso_gettimeofday", blob_gettimeofday, 0, 0},
  {"__vdso_time", blob_time, 0, 0},
};
enum { entry_count = sizeof entries / sizeof *entries };

static size_t blob_size(void) { return (__stop_blob - __start_blob + 15) & ~15; }
static size_t skew_at(void) { return blob_at + ((const char *)&blob_skew - __start_blob); }
static int64_t now_ns(clockid_t clock) {
  struct timespec now;
  call2(SYS_clock_gettime, clock, (long)&now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Its first byte and its size; errno says why there is none, ESRCH: the process has no memory any more. */
static size_t find_vdso(pid_t pid, uint64_t *base) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "re");
  if (!maps) return 0;
  uint64_t first, last;
  size_t size = 0;
  errno = ESRCH;
  while (fgets(line, sizeof line, maps)) {
    errno = ENOENT;
    if (strstr(line, "[vdso]") && sscanf(line, "%lx-%lx", &first, &last) == 2) {
      *base = first;
      size = last - first;
    }
  }
  int failure = errno;
  fclose(maps);
  errno = failure;
  return size;
}

static void find_entries(void) {
  const Elf64_Ehdr *header = (const void *)original;
  const Elf64_Phdr *segment = (const void *)(original + header->e_phoff);
  const Elf64_Dyn *dynamic = 0;
  for (int i = 0; i < header->e_phnum; i++)
    if (segment[i].p_type == PT_DYNAMIC) dynamic = (const void *)(original + segment[i].p_offset);
  uint64_t symbols = 0, names = 0, names_size = 0;
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
    if (dynamic->d_tag == DT_SYMTAB) symbols = dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_STRTAB) names = dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_STRSZ) names_size = dynamic->d_un.d_val;
  }
  /* The table of symbols does not say where it ends; the names come behind it. */
  for (uint64_t at = symbols; symbols && at + sizeof(Elf64_Sym) <= names; at += sizeof(Elf64_Sym)) {
    const Elf64_Sym *symbol = (const void *)(original + at);
    if (symbol->st_name >= names_size || symbol->st_value >= vdso_size) continue;
    for (struct entry *entry = entries; entry < entries + entry_count; entry++)
      if (strcmp((const char *)original + names + symbol->st_name, entry->name) == 0) {
        entry->at = symbol->st_value;
        entry->size = symbol->st_size;
      }
  }
}

/* Behind the image, where the last page is zero; else over its section headers, which are behind what is loaded and serve no running program. */
static bool find_room(void) {
  const Elf64_Ehdr *header = (const void *)original;
  const Elf64_Phdr *segment = (const void *)(original + header->e_phoff);
  size_t loaded = 0, end = vdso_size;
  for (int i = 0; i < header->e_phnum; i++)
    if (segment[i].p_type == PT_LOAD) loaded = segment[i].p_offset + segment[i].p_filesz;
  while (end > 0 && original[end - 1] == 0) end--;
  size_t behind = (end + 31) & ~(size_t)15, over = (loaded + 31) & ~(size_t)15;
  if (loaded == 0 || over + blob_size() > vdso_size) return false;
  blob_at = behind + blob_size() <= vdso_size ? behind : over;
  return true;
}

static const char *learn_vdso(void) {
  uint64_t base;
  vdso_size = find_vdso(getpid(), &base);
  if (vdso_size == 0 || vdso_size > max_vdso) return "this kernel maps no vDSO";
  memcpy(original, (const void *)base, vdso_size);
  find_entries();
  for (struct entry *entry = entries; entry < entries + entry_count; entry++)
    if (entry->at == 0 || entry->size < jump_bytes) return "the vDSO lacks a clock function, or it is too short to replace";
  memcpy(wanted, original, vdso_size);
  return find_room() ? 0 : "the vDSO has no room for the code";
}

static void want_skew(const struct skew *skew) {
  memcpy(wanted, original, vdso_size);
  if (!skew) return;
  memcpy(wanted + blob_at, __start_blob, __stop_blob - __start_blob);
  memcpy(wanted + skew_at(), skew, sizeof *skew);
  for (struct entry *entry = entries; entry < entries + entry_count; entry++) {
    size_t target = blob_at + ((const char *)entry->code - __start_blob);
    int32_t distance = (int32_t)(target - (entry->at + jump_bytes));
    wanted[entry->at] = 0xe9;
    memcpy(wanted + entry->at + 1, &distance, sizeof distance);
  }
}

/* Whether it differs from the original only where this helper writes. */
static bool is_ours(const uint8_t *vdso) {
  static uint8_t cleaned[max_vdso];
  memcpy(cleaned, vdso, vdso_size);
  memcpy(cleaned + blob_at, original + blob_at, blob_size());
  for (struct entry *entry = entries; entry < entries + entry_count; entry++)
    memcpy(cleaned + entry->at, original + entry->at, jump_bytes);
  return memcmp(cleaned, original, vdso_size) == 0;
}

/* Whether a word has to be written: the code may stay where no skew is in force. */
static bool differs(const uint8_t *vdso, size_t at) {
  bool in_blob = at >= blob_at && at < blob_at + blob_size();
  return (in_force || !in_blob) && memcmp(vdso + at, wanted + at, sizeof(long)) != 0;
}

static bool is_as_wanted(const uint8_t *vdso) {
  for (size_t at = 0; at < vdso_size; at += sizeof(long))
    if (differs(vdso, at)) return false;
  return true;
}

static bool has_jumps(const uint8_t *vdso) {
  return memcmp(vdso + entries[0].at, original + entries[0].at, jump_bytes) != 0;
}

/* ---- One process: stopped, written to, let go. Runs in a child of the helper, whose end lets go of everything in any case. ---- */

enum { max_threads = 1 << 15, stop_ms = 400 };
static struct thread {
  pid_t tid;
  int held; /* a signal that was about to be delivered, 0: none */
} threads[max_threads];
static int thread_count;
static int64_t deadline;

/* 0: stopped, 1: gone, -1: it does not stop in time (frozen, or in the kernel for long). */
static int await_stop(struct thread *thread, int *status) {
  for (;;) {
    pid_t pid = waitpid(thread->tid, status, __WALL | WNOHANG);
    if (pid < 0) return 1;
    if (pid > 0) return WIFSTOPPED(*status) ? 0 : 1;
    if (now_ns(CLOCK_MONOTONIC) > deadline) return -1;
    usleep(20);
  }
}

static bool is_in_jump(uint64_t address, uint64_t base) {
  for (struct entry *entry = entries; entry < entries + entry_count; entry++)
    if (address - (base + entry->at) - 1 < jump_bytes - 1) return true;
  return false;
}

/*
 * Whether the thread stands where a jump is about to be, inside its bytes, behind the first; `deep`: or is in a signal handler that will
 * return there. Anywhere else in the vDSO it may go on as it is: the rest of the functions stays, and new code is found by nobody yet.
 */
static bool is_in_the_way(pid_t tid, uint64_t base, bool deep) {
  static uint64_t stack[2048];
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, tid, 0, &registers) != 0) return false;
  if (is_in_jump(registers.rip, base)) return true;
  struct iovec here = {stack, sizeof stack}, there[4]; /* by pages: the stack may end before the last */
  for (int i = 0; i < 4; i++) there[i] = (struct iovec){(void *)(registers.rsp + i * sizeof stack / 4), sizeof stack / 4};
  ssize_t got = deep ? process_vm_readv(tid, &here, 1, there, 4, 0) : 0;
  for (ssize_t i = 0; i < got / (ssize_t)sizeof *stack; i++)
    if (is_in_jump(stack[i], base)) return true;
  return false;
}

static bool is_known(pid_t tid) {
  for (int i = 0; i < thread_count; i++)
    if (threads[i].tid == tid) return true;
  return false;
}

/* Seizes threads that are not seized yet; their number, or -errno. */
static int seize_new(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *folder = opendir(path);
  if (!folder) return -ESRCH;
  int found = 0, failure = 0;
  for (struct dirent *file; (file = readdir(folder)) && thread_count < max_threads;) {
    pid_t tid = atoi(file->d_name);
    if (tid <= 0 || is_known(tid)) continue;
    if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0) {
      if (errno != ESRCH) failure = errno; /* a thread that has just ended is refused as well: looked at by the caller */
      continue;
    }
    ptrace(PTRACE_INTERRUPT, tid, 0, 0);
    threads[thread_count++] = (struct thread){.tid = tid};
    found++;
  }
  closedir(folder);
  return found > 0 || thread_count > 0 || failure == 0 ? found : -failure;
}

static int stop_all(pid_t pid) {
  for (int first = 0, found; (found = seize_new(pid)) != 0; first = thread_count) {
    if (found < 0) return -found;
    for (struct thread *thread = threads + first; thread < threads + thread_count; thread++) {
      int status = 0, outcome = await_stop(thread, &status);
      if (outcome < 0) return ETIMEDOUT;
      if (outcome > 0) {
        thread->tid = -1;
        continue;
      }
      if (status >> 16 == 0) thread->held = WSTOPSIG(status);
    }
  }
  return 0;
}

static int write_wanted(pid_t tid, uint64_t base, const uint8_t *current) {
  for (size_t at = 0; at < vdso_size; at += sizeof(long)) {
    long word;
    memcpy(&word, wanted + at, sizeof word);
    if (!differs(current, at)) continue;
    if (ptrace(PTRACE_POKEDATA, tid, base + at, word) != 0) return errno;
  }
  return 0;
}

static int rewrite(pid_t pid, uint64_t base, const uint8_t *current, bool deep) {
  deadline = now_ns(CLOCK_MONOTONIC) + stop_ms * 1000000LL;
  int failure = stop_all(pid);
  for (int i = 0; i < thread_count && failure == 0 && !has_jumps(current); i++)
    if (threads[i].tid > 0 && is_in_the_way(threads[i].tid, base, deep)) failure = EAGAIN;
  if (failure == 0) {
    failure = ESRCH;
    for (int i = 0; i < thread_count && failure == ESRCH; i++)
      if (threads[i].tid > 0) failure = write_wanted(threads[i].tid, base, current);
  }
  for (int i = 0; i < thread_count; i++)
    if (threads[i].tid > 0) ptrace(PTRACE_DETACH, threads[i].tid, 0, threads[i].held);
  return failure;
}

/* ---- All processes. ---- */

enum { max_processes = 4096, retry_ms = 1000, tick_ms = 20 };
static struct process {
  pid_t pid;
  uint64_t base;
  const char *trouble; /* why it is not as wanted; 0: it is */
  bool seen, stuck;
  int64_t tried;
} processes[max_processes];
static int process_count;

static struct process *process_of(pid_t pid) {
  for (int i = 0; i < process_count; i++)
    if (processes[i].pid == pid) return processes + i;
  if (process_count == max_processes) return 0;
  processes[process_count] = (struct process){.pid = pid};
  return processes + process_count++;
}

static bool read_vdso(const struct process *process, uint8_t *vdso) {
  struct iovec here = {vdso, vdso_size}, there = {(void *)process->base, vdso_size};
  return process->base != 0 && process_vm_readv(process->pid, &here, 1, &there, 1, 0) == (ssize_t)vdso_size;
}

static int rewrite_apart(const struct process *process, const uint8_t *current, bool deep) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(rewrite(process->pid, process->base, current, deep));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* A zombie has no memory, and a process that has just begun to end is one soon. */
static bool is_gone(pid_t pid) {
  char path[64], line[512] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "re");
  if (!file) return true;
  char *read = fgets(line, sizeof line, file), *behind = strrchr(line, ')');
  fclose(file);
  return !read || !behind || behind[2] == 'Z' || behind[2] == 'X';
}

static const char *const gone = "gone";

static const char *trouble_of(int failure) {
  if (failure == ESRCH) return gone;
  if (failure == ENOENT) return "no-vdso";
  if (failure == EPERM || failure == EACCES) return "ptrace-denied";
  if (failure == ETIMEDOUT || failure == EAGAIN) return "does-not-stop";
  if (failure == EIO || failure == EFAULT) return "write-refused";
  return strerrorname_np(failure);
}

/* Another one of us: its vDSO must stay true, for it tells what a true one is. */
static bool is_helper(pid_t pid) {
  char path[64], name[32] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  FILE *file = fopen(path, "re");
  if (!file) return false;
  bool is = fgets(name, sizeof name, file) && strcmp(name, "ordeal-clock\n") == 0;
  fclose(file);
  return is;
}

/* Why it cannot be dealt with; 0: it can, and `vdso` holds what it has now. */
static const char *locate(struct process *process, uint8_t *vdso) {
  if (is_helper(process->pid)) return gone;
  size_t size = find_vdso(process->pid, &process->base);
  for (int tries = 0; size == 0 && errno == ENOENT && tries < 5; tries++) { /* in the middle of an exec there is none for a moment */
    usleep(2000);
    size = find_vdso(process->pid, &process->base);
  }
  if (size == 0) return trouble_of(errno);
  if (size != vdso_size || !read_vdso(process, vdso)) return errno == EPERM ? "ptrace-denied" : "other-vdso";
  return is_ours(vdso) ? 0 : vdso[EI_CLASS] == ELFCLASS32 ? "32-bit" : "other-vdso";
}

/* Makes one process as it is wanted; whether something was written. */
static bool settle(struct process *process) {
  static uint8_t vdso[max_vdso];
  if (read_vdso(process, vdso) && is_as_wanted(vdso)) {
    process->trouble = 0;
    return false;
  }
  if (process->stuck && now_ns(CLOCK_MONOTONIC) < process->tried + retry_ms * 1000000LL) return false;
  process->tried = now_ns(CLOCK_MONOTONIC);
  process->trouble = locate(process, vdso);
  if (!process->trouble) {
    if (is_as_wanted(vdso)) return false;
    int failure = EAGAIN;
    /* What looks like a return into a jump may be an old value on the stack: the last tries no longer look there. */
    for (int tries = 0; failure == EAGAIN && tries < 30; tries++) failure = rewrite_apart(process, vdso, tries < 20);
    process->trouble = failure ? trouble_of(failure) : 0;
  }
  process->stuck = process->trouble != 0;
  if (process->trouble && (process->trouble == gone || is_gone(process->pid))) process->trouble = 0, process->base = 0;
  return process->trouble == 0 && process->base != 0;
}

/* One pass over all processes but our own; how many were written to. */
static int sweep(void) {
  int written = 0;
  DIR *folder = opendir("/proc");
  if (!folder) return 0;
  for (int i = 0; i < process_count; i++) processes[i].seen = false;
  for (struct dirent *file; (file = readdir(folder));) {
    pid_t pid = atoi(file->d_name);
    struct process *process = pid > 0 && pid != getpid() ? process_of(pid) : 0;
    if (!process) continue;
    process->seen = true;
    written += settle(process);
  }
  closedir(folder);
  for (int i = 0; i < process_count;)
    if (processes[i].seen) i++;
    else processes[i] = processes[--process_count];
  return written;
}

/* Until a whole pass found nothing to do: a process may be born of one that was not done yet. */
static void settle_all(void) {
  for (int i = 0; i < process_count; i++) processes[i].stuck = false;
  for (int pass = 0; pass < 10 && sweep() > 0; pass++) {}
}

static bool unsettled(void) {
  for (int i = 0; i < process_count; i++)
    if (processes[i].trouble) return true;
  return false;
}

/* ---- The protocol. ---- */

static volatile sig_atomic_t told_to_end, told_to_rest;
static void end(int signal) { told_to_end = signal; }
static void rest(int signal) { told_to_rest = signal; }

static void undo(void) {
  in_force = false;
  want_skew(0);
  settle_all();
}

static void say_processes(void) {
  int reached = 0;
  for (int i = 0; i < process_count; i++) reached += processes[i].base != 0 && !processes[i].trouble;
  printf(" %d", reached);
  for (int i = 0; i < process_count; i++)
    if (processes[i].trouble) printf(" %d:%s", processes[i].pid, processes[i].trouble);
  printf("\n");
}

static void set(int64_t offset, int64_t rate) {
  static int64_t version;
  int64_t now = now_ns(CLOCK_REALTIME);
  struct skew skew = {++version, now, now + offset, rate};
  in_force = offset != 0 || rate != true_rate;
  want_skew(in_force ? &skew : 0);
  settle_all();
  printf("done");
  say_processes();
}

/* The clock as the first process that can be read has it: true time, bent by what its memory holds. */
static void read_back(void) {
  static uint8_t vdso[max_vdso];
  sweep();
  for (int i = 0; i < process_count; i++) {
    if (processes[i].trouble || !read_vdso(processes + i, vdso) || !is_ours(vdso)) continue;
    struct skew skew;
    memcpy(&skew, vdso + skew_at(), sizeof skew);
    int64_t now = now_ns(CLOCK_REALTIME);
    printf("clock %ld %ld", has_jumps(vdso) ? bend(&skew, now) : now, now_ns(CLOCK_MONOTONIC));
    return say_processes();
  }
  printf("failed no-process no process here could be read:");
  say_processes();
}

static bool obey(const char *line) {
  int64_t offset, rate;
  if (strcmp(line, "quit") == 0) return false;
  if (strcmp(line, "read") == 0) read_back();
  else if (sscanf(line, "set %ld %ld", &offset, &rate) == 2 && rate > 0) set(offset, rate);
  else printf("failed bad-command not understood: %s\n", line);
  return true;
}

/* Whole lines out of what has come in; false when it is to end. The end of the input is none to us: see above. */
static bool obey_input(void) {
  static char input[4096];
  static size_t filled;
  ssize_t got = read(STDIN_FILENO, input + filled, sizeof input - 1 - filled);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    told_to_rest = 1;
    return true;
  }
  filled += got;
  for (char *newline; (newline = memchr(input, '\n', filled));) {
    *newline = 0;
    bool go_on = obey(input);
    fflush(stdout);
    filled -= newline + 1 - input;
    memmove(input, newline + 1, filled);
    if (!go_on) return false;
  }
  return filled < sizeof input - 1;
}

/* For whoever cleans up after a controller that died: helpers that still keep a skew are told to rest, and all is put back once more. */
static int undo_for_all(void) {
  DIR *folder = opendir("/proc");
  for (struct dirent *file; folder && (file = readdir(folder));)
    if (atoi(file->d_name) > 0 && atoi(file->d_name) != getpid() && is_helper(atoi(file->d_name))) kill(atoi(file->d_name), SIGUSR1);
  if (folder) closedir(folder);
  for (int tries = 0; tries < 5; tries++) {
    usleep(50000);
    undo();
  }
  if (unsettled()) say_processes();
  return unsettled();
}

static void serve(void) {
  enum { rest_ms = 60000 };
  int64_t end_at = 0;
  while (!told_to_end && (end_at == 0 || now_ns(CLOCK_MONOTONIC) < end_at)) {
    if (told_to_rest && end_at == 0) {
      undo();
      end_at = now_ns(CLOCK_MONOTONIC) + rest_ms * 1000000LL;
    }
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    bool busy = in_force || unsettled();
    int ready = poll(&input, end_at == 0, busy ? tick_ms : 1000);
    if (ready > 0 && !obey_input()) return;
    if (ready == 0 && busy) sweep();
  }
}

int main(int count, char **arguments) {
  struct sigaction ending = {.sa_handler = end}, resting = {.sa_handler = rest};
  sigaction(SIGTERM, &ending, 0);
  sigaction(SIGINT, &ending, 0);
  sigaction(SIGUSR1, &resting, 0);
  signal(SIGPIPE, SIG_IGN);
  const char *trouble = learn_vdso();
  if (!trouble && count > 1 && strcmp(arguments[1], "undo") == 0) return undo_for_all();
  printf(trouble ? "failed no-vdso %s\n" : "ready\n", trouble);
  fflush(stdout);
  if (trouble) return 1;
  serve();
  undo();
  return 0;
}
#endif
