//===- Abi.h - how emulated kernels call the engine -------------*- C++ -*-===//
//
// The engine's view of codegen/kernels/vit_emu_abi.h, which every kernel object
// is compiled with: the same layouts and numbers under our own names. The
// runtime includes nothing of other folders, so this is said twice; version and
// size are compared when an object is loaded, a unit test compares the rest.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_ABI_H
#define VITRT_EMULATOR_ABI_H

#include <cstdint>

namespace vitrt::emu::abi {

constexpr unsigned kVersion = 1;

struct Dim3 {
  unsigned x, y, z;
};

/// CUDA's built-in variables of one thread.
struct Thread {
  Dim3 threadIndex, blockIndex, blockDim, gridDim;
  unsigned char *shared;
  unsigned long long *counts; ///< By Count.
};

enum Count { kCountFlop, kCountSpecial, kCountInt, kNumCounts };
enum ShuffleKind { kShuffleIndex, kShuffleXor, kShuffleDown, kShuffleUp };
enum MmaType : unsigned char { kF16, kBF16, kTF32 };
enum AccessFlag { kAccessWrite = 1, kAccessUnaligned = 2 };
/// How an operand lies in its registers: PTX fragments, the rows that each
/// lane read from memory for ldmatrix, or for ldmatrix.trans.
enum MmaForm : unsigned char { kFragments, kRows, kRowsTrans };

/// d[mi][ni] += a[mi] * b[ni] by a whole warp; k is 16, or 8 (fragments only).
struct Mma {
  float *d;
  const void *a, *b;
  MmaType type;
  unsigned char k, mi, ni;
  MmaForm aForm, bForm;
};

struct Api {
  unsigned version, size;
  const Thread *(*thread)();
  void (*syncBlock)(const char *file, int line);
  void (*syncWarp)(unsigned mask, const char *file, int line);
  unsigned (*shuffle)(unsigned mask, unsigned value, int kind, int arg,
                      int width, const char *file, int line);
  unsigned (*ballot)(unsigned mask, int predicate, const char *file, int line);
  void (*ldmatrix)(unsigned *regs, const void *row, int count, int transpose,
                   const char *file, int line);
  void (*mma)(const Mma *operation, const char *file, int line);
  void (*copyAsync)(void *dst, const void *src, int bytes, int predicate,
                    const char *file, int line);
  void (*copyCommit)();
  void (*copyWait)(int pending, const char *file, int line);
  /// Before each access of a checked object; `flags` are of AccessFlag.
  void (*access)(const void *p, unsigned long bytes, int flags, const void *pc);
};

/// What an object says about itself, as `vit_emu_object`.
struct ObjectInfo {
  unsigned version, apiSize;
  unsigned checked, counted;
};

} // namespace vitrt::emu::abi

#endif // VITRT_EMULATOR_ABI_H
