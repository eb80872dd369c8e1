/*
 * A disk that fails: loaded before everything else (LD_PRELOAD), it lets the n-th call that writes, flushes, cuts or
 * renames a file below a folder fail. Reaches what goes through the C library: Node, SQLite, and hnswlib over libstdc++;
 * not a statically linked program, nor raw system calls.
 *
 *   FAULT_PREFIX  files whose paths begin with this are concerned
 *   FAULT_CALLS   w(rite) s(ync) t(runcate) r(ename): any of these letters
 *   FAULT_AT      the number of the call that fails, from 1; 0 fails none
 *   FAULT_STICKY  1: all later ones fail, too
 *   FAULT_ERRNO   with which errno; 0: a write stops half way, as it may, and says so
 *   FAULT_LOG     gets one line per failed call, and when the process ends the number of calls of each kind
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static atomic_long calls; /* those that are concerned */
static atomic_long of_kind[128];
static const char *prefix, *wanted, *logfile;
static long fail_at;
static int with_errno, sticky;

static long number(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? 0 : atol(value);
}

__attribute__((constructor)) static void begin(void) {
  prefix = getenv("FAULT_PREFIX");
  wanted = getenv("FAULT_CALLS");
  logfile = getenv("FAULT_LOG");
  fail_at = number("FAULT_AT");
  with_errno = (int)number("FAULT_ERRNO");
  sticky = (int)number("FAULT_STICKY");
}

/* Past our own wrappers. */
static void report(const char *what, const char *path, long call) {
  char line[4600];
  if (logfile == NULL) return;
  int length = snprintf(line, sizeof line, "%s %ld %s\n", what, call, path);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, logfile, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, (size_t)length);
  syscall(SYS_close, fd);
}

__attribute__((destructor)) static void end(void) {
  for (const char *kind = "wstr"; *kind != 0; kind += 1) {
    const char name[] = {kind[0], 0};
    report("all", name, atomic_load(&of_kind[(int)*kind]));
  }
}

static int fails_on(char kind, const char *path) {
  if (prefix == NULL || wanted == NULL || strncmp(path, prefix, strlen(prefix)) != 0) return 0;
  atomic_fetch_add(&of_kind[(int)kind], 1);
  if (strchr(wanted, kind) == NULL) return 0;
  long call = atomic_fetch_add(&calls, 1) + 1;
  if (fail_at == 0 || call < fail_at || (call > fail_at && !sticky)) return 0;
  const char what[] = {kind, 0};
  report(what, path, call);
  return 1;
}

static int fails(char kind, int fd) {
  char link[64], path[4096];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length <= 0) return 0;
  path[length] = 0;
  return fails_on(kind, path);
}

static ssize_t refuse(void) {
  errno = with_errno;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(write);
  if (!fails('w', fd)) return real(fd, bytes, count);
  return with_errno != 0 ? refuse() : real(fd, bytes, count > 1 ? count / 2 : count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  REAL(pwrite);
  if (!fails('w', fd)) return real(fd, bytes, count, at);
  return with_errno != 0 ? refuse() : real(fd, bytes, count > 1 ? count / 2 : count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  REAL(pwrite64);
  if (!fails('w', fd)) return real(fd, bytes, count, at);
  return with_errno != 0 ? refuse() : real(fd, bytes, count > 1 ? count / 2 : count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  if (!fails('w', fd)) return real(fd, parts, count);
  if (with_errno != 0) return refuse();
  struct iovec half = parts[0];
  if (half.iov_len > 1) half.iov_len /= 2;
  return real(fd, &half, 1);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  REAL(pwritev);
  if (!fails('w', fd)) return real(fd, parts, count, at);
  if (with_errno != 0) return refuse();
  struct iovec half = parts[0];
  if (half.iov_len > 1) half.iov_len /= 2;
  return real(fd, &half, 1, at);
}

int fsync(int fd) {
  REAL(fsync);
  return fails('s', fd) ? (int)refuse() : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return fails('s', fd) ? (int)refuse() : real(fd);
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  return fails('t', fd) ? (int)refuse() : real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  return fails('t', fd) ? (int)refuse() : real(fd, length);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  return fails_on('r', to) ? (int)refuse() : real(from, to);
}
