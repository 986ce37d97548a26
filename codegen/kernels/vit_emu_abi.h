//===- vit_emu_abi.h - how emulated kernels call the engine -----*- C++ -*-===//
//
// The table of functions that the emulator's engine gives to a kernel object.
// runtime/emulator/Abi.h says the same for the engine; version and size are
// compared when an object is loaded, and a test compares the rest. Included by
// vit_emu_device.h only.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_EMU_ABI_H
#define VIT_EMU_ABI_H

#define VIT_EMU_ABI_VERSION 1u

/// CUDA's built-in variables of one thread.
struct vit_emu_dim3 {
  unsigned x, y, z;
};
struct vit_emu_thread {
  vit_emu_dim3 thread_index, block_index, block_dim, grid_dim;
  unsigned char *shared;
  unsigned long long *counts; // By VIT_EMU_COUNT_*.
};

enum { VIT_EMU_COUNT_FLOP, VIT_EMU_COUNT_SPECIAL, VIT_EMU_COUNT_INT };
enum {
  VIT_EMU_SHUFFLE_INDEX,
  VIT_EMU_SHUFFLE_XOR,
  VIT_EMU_SHUFFLE_DOWN,
  VIT_EMU_SHUFFLE_UP
};
enum { VIT_EMU_F16, VIT_EMU_BF16, VIT_EMU_TF32 };
enum { VIT_EMU_ACCESS_WRITE = 1, VIT_EMU_ACCESS_UNALIGNED = 2 };
/// How an mma operand lies in its registers: as PTX fragments, as rows that
/// each lane read from memory for ldmatrix, or as rows for ldmatrix.trans.
enum { VIT_EMU_FRAGMENTS, VIT_EMU_ROWS, VIT_EMU_ROWS_TRANS };

/// d[mi][ni] += a[mi] * b[ni] by a whole warp; k is 16, or 8 (fragments only).
struct vit_emu_mma {
  float *d;
  const void *a, *b;
  unsigned char type, k, mi, ni, a_form, b_form;
};

struct vit_emu_api {
  unsigned version, size;
  const vit_emu_thread *(*thread)(void);
  void (*sync_block)(const char *file, int line);
  void (*sync_warp)(unsigned mask, const char *file, int line);
  unsigned (*shuffle)(unsigned mask, unsigned value, int kind, int arg,
                      int width, const char *file, int line);
  /// Bit l: lane l's predicate.
  unsigned (*ballot)(unsigned mask, int predicate, const char *file, int line);
  void (*ldmatrix)(unsigned *regs, const void *row, int count, int transpose,
                   const char *file, int line);
  void (*mma)(const vit_emu_mma *operation, const char *file, int line);
  void (*copy_async)(void *dst, const void *src, int bytes, int predicate,
                     const char *file, int line);
  void (*copy_commit)(void);
  void (*copy_wait)(int pending, const char *file, int line);
  /// Check mode: every access of the kernel, before it happens.
  void (*access)(const void *p, unsigned long bytes, int flags, const void *pc);
};

/// What an object says about itself, as `vit_emu_object`.
struct vit_emu_object_info {
  unsigned version, api_size;
  unsigned checked, counted;
};

#endif // VIT_EMU_ABI_H
