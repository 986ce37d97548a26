//===- Api.cpp - the functions that kernels call --------------------------===//
#include "runtime/emulator/Api.h"

#include "runtime/emulator/Worker.h"

namespace vitrt::emu {

static const abi::Thread *thread() { return &Worker::current->self().context; }

static void syncBlock(const char *file, int line) {
  Worker::current->syncBlock(Site::call(file, line));
}

static void syncWarp(unsigned mask, const char *file, int line) {
  Site site = Site::call(file, line);
  Worker::current->requireFullMask(mask, "__syncwarp", site);
  Worker::current->syncWarp(site);
}

static unsigned shuffle(unsigned mask, unsigned value, int kind, int arg,
                        int width, const char *file, int line) {
  Site site = Site::call(file, line);
  Worker::current->requireFullMask(mask, "a shuffle", site);
  return Worker::current->shuffle(value, kind, arg, width, site);
}

static unsigned ballot(unsigned mask, int predicate, const char *file,
                       int line) {
  Site site = Site::call(file, line);
  Worker::current->requireFullMask(mask, "a vote", site);
  return Worker::current->ballot(predicate, site);
}

static void ldmatrix(unsigned *regs, const void *row, int count, int transpose,
                     const char *file, int line) {
  Worker::current->ldmatrix(regs, row, count, transpose,
                            Site::call(file, line));
}

static void mma(const abi::Mma *operation, const char *file, int line) {
  Worker::current->mma(*operation, Site::call(file, line));
}

static void copyAsync(void *dst, const void *src, int bytes, int predicate,
                      const char *file, int line) {
  Worker::current->copyAsync(dst, src, static_cast<uint32_t>(bytes), predicate,
                             Site::call(file, line));
}

static void copyCommit() { Worker::current->copyCommit(); }

static void copyWait(int pending, const char *, int) {
  Worker::current->copyWait(static_cast<uint32_t>(pending));
}

const abi::Api &api() {
  static constexpr abi::Api table = {
      abi::kVersion, sizeof(abi::Api), thread,       syncBlock, syncWarp,
      shuffle,       ballot,           ldmatrix,     mma,       copyAsync,
      copyCommit,    copyWait,         checkedAccess};
  return table;
}

} // namespace vitrt::emu
