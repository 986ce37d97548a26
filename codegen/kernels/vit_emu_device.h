//===- vit_emu_device.h - the emulator's side of vit_device.h ---*- C++ -*-===//
//
// A kernel text compiled by the host compiler: one fiber per CUDA thread runs
// it, and what needs other threads goes to the engine. Compiled as C++14 with
// g++; with -fsanitize=thread (and VIT_EMU_CHECK) every memory access calls
// the engine first. VIT_EMU_COUNT turns VIT_COUNT on.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_EMU_DEVICE_H
#define VIT_EMU_DEVICE_H

#include "vit_emu_abi.h"

#define VIT_EMU 1
#define VIT_ARCH 9990

#define VIT_DEV static inline __attribute__((always_inline, unused))
#define VIT_INLINE inline __attribute__((always_inline))
#define VIT_FN VIT_INLINE
/// Calls to the engine: what they read is not the kernel's, so in check mode
/// they are not instrumented, and therefore not inlined into checked code.
#ifdef VIT_EMU_CHECK
#define VIT_EMU_CALL                                                           \
  static __attribute__((noinline, unused, no_sanitize("thread")))
#else
#define VIT_EMU_CALL static inline __attribute__((always_inline, unused))
#endif

#define VIT_KERNEL(threads)                                                    \
  extern "C" __attribute__((visibility("hidden"), noinline)) void
#define VIT_KERNEL_BLOCKS(threads, blocksPerSm) VIT_KERNEL(threads)
#define VIT_EXPORT(name)                                                       \
  extern "C"                                                                   \
      __attribute__((visibility("default"),                                    \
                     no_sanitize("thread"))) void name##__emu(void **argv) {   \
    vit::emu::invoke(name, argv);                                              \
  }
#define VIT_DYN_SMEM(name) unsigned char *const name = vit_emu_current()->shared
#define VIT_UNROLL
#ifdef VIT_EMU_COUNT
#define VIT_COUNT(kind, n)                                                     \
  (vit_emu_current()->counts[VIT_EMU_COUNT_##kind] += (unsigned long long)(n))
#else
#define VIT_COUNT(kind, n) ((void)0)
#endif

/// Set by the engine when it loads the object.
extern "C" __attribute__((visibility("default")))
const vit_emu_api *vit_emu_engine;
const vit_emu_api *vit_emu_engine;

extern "C" __attribute__((visibility("default")))
const vit_emu_object_info vit_emu_object;
const vit_emu_object_info vit_emu_object = {VIT_EMU_ABI_VERSION,
                                            sizeof(vit_emu_api),
#ifdef VIT_EMU_CHECK
                                            1,
#else
                                            0,
#endif
#ifdef VIT_EMU_COUNT
                                            1
#else
                                            0
#endif
};

/// The running thread; the same for the whole life of its fiber, so the
/// compiler may keep it.
static __attribute__((const, noinline, unused, no_sanitize("thread")))
const vit_emu_thread *
vit_emu_current() {
  return vit_emu_engine->thread();
}
#define threadIdx (vit_emu_current()->thread_index)
#define blockIdx (vit_emu_current()->block_index)
#define blockDim (vit_emu_current()->block_dim)
#define gridDim (vit_emu_current()->grid_dim)

/// The call site, for reports; two lanes at different sites diverge.
#define VIT_SITE_PARAMS                                                        \
  const char *file = __builtin_FILE(), int line = __builtin_LINE()

namespace vit {

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

namespace side {
VIT_DEV u32 float_bits(float f) {
  u32 u;
  __builtin_memcpy(&u, &f, 4);
  return u;
}
VIT_DEV float float_from_bits(u32 u) {
  float f;
  __builtin_memcpy(&f, &u, 4);
  return f;
}
VIT_DEV float rint(float x) { return __builtin_rintf(x); }
VIT_DEV int i32_from_f32(float f) {
  return f >= 2147483648.f    ? 0x7fffffff
         : f >= -2147483648.f ? (int)f
         : f != f             ? 0
                              : -0x7fffffff - 1;
}
VIT_DEV long long i64_from_f32(float f) {
  return f >= 9223372036854775808.f    ? 0x7fffffffffffffffll
         : f >= -9223372036854775808.f ? (long long)f
         : f != f                      ? 0
                                       : -0x7fffffffffffffffll - 1;
}
VIT_DEV u16 f16_from_f32(float f) {
  _Float16 h = (_Float16)f;
  u16 u;
  __builtin_memcpy(&u, &h, 2);
  return f != f ? (u16)0x7fff : u; // The GPU's NaN.
}
VIT_DEV float f16_to_f32(u16 u) {
  _Float16 h;
  __builtin_memcpy(&h, &u, 2);
  return (float)h;
}
VIT_DEV u16 bf16_from_f32(float f);
} // namespace side
} // namespace vit

#include "vit_types.h"

namespace vit {

VIT_DEV u16 side::bf16_from_f32(float f) { return detail::bf16_from_f32(f); }

template <class T> VIT_DEV u32 pack2(float lo, float hi) {
  return (u32)convert<T>(lo).x | ((u32)convert<T>(hi).x << 16);
}

//===----------------------------------------------------------------------===//
// Calls to the engine
//===----------------------------------------------------------------------===//

namespace emu {
VIT_EMU_CALL void sync_block(const char *file, int line) {
  vit_emu_engine->sync_block(file, line);
}
VIT_EMU_CALL void sync_warp(u32 mask, const char *file, int line) {
  vit_emu_engine->sync_warp(mask, file, line);
}
VIT_EMU_CALL u32 shuffle(u32 mask, u32 value, int kind, int arg, int width,
                         const char *file, int line) {
  return vit_emu_engine->shuffle(mask, value, kind, arg, width, file, line);
}
VIT_EMU_CALL u32 ballot(u32 mask, int predicate, const char *file, int line) {
  return vit_emu_engine->ballot(mask, predicate, file, line);
}
VIT_EMU_CALL void ldmatrix(u32 *regs, const void *row, int count, int transpose,
                           const char *file, int line) {
  vit_emu_engine->ldmatrix(regs, row, count, transpose, file, line);
}
VIT_EMU_CALL void mma(float *d, const void *a, const void *b, int type, int k,
                      int mi, int ni, int a_form, int b_form, const char *file,
                      int line) {
  vit_emu_mma operation = {d,      a,      b,          (u8)type,  (u8)k,
                           (u8)mi, (u8)ni, (u8)a_form, (u8)b_form};
  vit_emu_engine->mma(&operation, file, line);
}
VIT_EMU_CALL void copy_async(void *dst, const void *src, int bytes, int pred,
                             const char *file, int line) {
  vit_emu_engine->copy_async(dst, src, bytes, pred, file, line);
}
VIT_EMU_CALL void copy_commit() { vit_emu_engine->copy_commit(); }
VIT_EMU_CALL void copy_wait(int pending, const char *file, int line) {
  vit_emu_engine->copy_wait(pending, file, line);
}
} // namespace emu

/// Vectors of 4, 8 and 16 bytes; the address is a multiple of the size. One
/// access each, also when checked: the compiler must not take them apart, so it
/// cannot see what becomes of the value.
namespace emu {
typedef u32 Word __attribute__((may_alias));
typedef u64 Word2 __attribute__((may_alias));
typedef u32 Word4 __attribute__((vector_size(16), may_alias));
#ifdef VIT_EMU_CHECK
#define VIT_EMU_WHOLE(v) __asm__("" : "+m"(v))
#else
#define VIT_EMU_WHOLE(v) ((void)0)
#endif
} // namespace emu
VIT_DEV u32 load4(const void *p) { return *(const emu::Word *)p; }
VIT_DEV vit_u2 load8(const void *p) {
  emu::Word2 w = *(const emu::Word2 *)p;
  VIT_EMU_WHOLE(w);
  vit_u2 v;
  __builtin_memcpy(&v, &w, 8);
  return v;
}
VIT_DEV vit_u4 load16(const void *p) {
  emu::Word4 w = *(const emu::Word4 *)p;
  VIT_EMU_WHOLE(w);
  vit_u4 v;
  __builtin_memcpy(&v, &w, 16);
  return v;
}
VIT_DEV void store4(void *p, u32 v) { *(emu::Word *)p = v; }
VIT_DEV void store8(void *p, vit_u2 v) {
  emu::Word2 w;
  __builtin_memcpy(&w, &v, 8);
  VIT_EMU_WHOLE(w);
  *(emu::Word2 *)p = w;
}
VIT_DEV void store16(void *p, vit_u4 v) {
  emu::Word4 w;
  __builtin_memcpy(&w, &v, 16);
  VIT_EMU_WHOLE(w);
  *(emu::Word4 *)p = w;
}
#undef VIT_EMU_WHOLE

template <int Bytes, class T> VIT_DEV T *aligned(T *p) { return p; }
VIT_DEV u32 load4_ro(const void *p) { return load4(p); }
VIT_DEV vit_u2 load8_ro(const void *p) { return load8(p); }
VIT_DEV vit_u4 load16_ro(const void *p) { return load16(p); }

VIT_DEV float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
VIT_DEV float sqrt(float x) { return __builtin_sqrtf(x); }
VIT_DEV float div(float a, float b) { return a / b; }
VIT_DEV float rsqrt(float x) { return 1.0f / __builtin_sqrtf(x); }
VIT_DEV float floor(float x) { return __builtin_floorf(x); }
VIT_DEV float ceil(float x) { return __builtin_ceilf(x); }
VIT_DEV float trunc(float x) { return __builtin_truncf(x); }
VIT_DEV float rint(float x) { return __builtin_rintf(x); }
VIT_DEV float abs(float x) { return __builtin_fabsf(x); }
VIT_DEV float copysign(float x, float y) { return __builtin_copysignf(x, y); }
VIT_DEV float fmax(float a, float b) { return a < b || a != a ? b : a; }

template <int M, int N>
VIT_DEV void outer_product(float (&acc)[M][N], const float (&a)[M],
                           const float (&b)[N]) {
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j)
      acc[i][j] = __builtin_fmaf(a[i], b[j], acc[i][j]);
}

//===----------------------------------------------------------------------===//
// Asynchronous copies
//===----------------------------------------------------------------------===//

VIT_DEV void cp_async16(void *dst, const void *src, bool pred,
                        VIT_SITE_PARAMS) {
  emu::copy_async(dst, src, 16, pred, file, line);
}
VIT_DEV void cp_async8(void *dst, const void *src, bool pred, VIT_SITE_PARAMS) {
  emu::copy_async(dst, src, 8, pred, file, line);
}
VIT_DEV void cp_async4(void *dst, const void *src, bool pred, VIT_SITE_PARAMS) {
  emu::copy_async(dst, src, 4, pred, file, line);
}
VIT_DEV void cp_async_commit() { emu::copy_commit(); }
template <int Pending> VIT_DEV void cp_async_wait(VIT_SITE_PARAMS) {
  emu::copy_wait(Pending, file, line);
}

//===----------------------------------------------------------------------===//
// Launch: void *argv[] as for cuLaunchKernel
//===----------------------------------------------------------------------===//

namespace emu {
template <int... I> struct Indices {};
template <int N, int... I>
struct MakeIndices : MakeIndices<N - 1, N - 1, I...> {};
template <int... I> struct MakeIndices<0, I...> { typedef Indices<I...> type; };
template <class T> struct Value { typedef T type; };
template <class T> struct Value<const T> { typedef T type; };
template <class... A, int... I>
VIT_EMU_CALL void invoke(void (*kernel)(A...), void **argv, Indices<I...>) {
  kernel(*(typename Value<A>::type *)argv[I]...);
}
template <class... A>
VIT_EMU_CALL void invoke(void (*kernel)(A...), void **argv) {
  invoke(kernel, argv, typename MakeIndices<sizeof...(A)>::type());
}
} // namespace emu

} // namespace vit

#include "vit_emu_matrix.h"

//===----------------------------------------------------------------------===//
// CUDA's own names
//===----------------------------------------------------------------------===//

VIT_DEV void __syncthreads(VIT_SITE_PARAMS) {
  vit::emu::sync_block(file, line);
}
VIT_DEV void __syncwarp(unsigned mask = 0xffffffffu, VIT_SITE_PARAMS) {
  vit::emu::sync_warp(mask, file, line);
}
VIT_DEV unsigned __ballot_sync(unsigned mask, int predicate, VIT_SITE_PARAMS) {
  return vit::emu::ballot(mask, predicate, file, line);
}
VIT_DEV int __any_sync(unsigned mask, int predicate, VIT_SITE_PARAMS) {
  return vit::emu::ballot(mask, predicate, file, line) != 0;
}
VIT_DEV int __all_sync(unsigned mask, int predicate, VIT_SITE_PARAMS) {
  return vit::emu::ballot(mask, !predicate, file, line) == 0;
}
#define VIT_SHUFFLE(NAME, KIND, ARG)                                           \
  VIT_DEV unsigned NAME(unsigned mask, unsigned value, ARG, int width = 32,    \
                        VIT_SITE_PARAMS) {                                     \
    return vit::emu::shuffle(mask, value, KIND, (int)arg, width, file, line);  \
  }                                                                            \
  VIT_DEV int NAME(unsigned mask, int value, ARG, int width = 32,              \
                   VIT_SITE_PARAMS) {                                          \
    return (int)vit::emu::shuffle(mask, (unsigned)value, KIND, (int)arg,       \
                                  width, file, line);                          \
  }                                                                            \
  VIT_DEV float NAME(unsigned mask, float value, ARG, int width = 32,          \
                     VIT_SITE_PARAMS) {                                        \
    return vit::from_bits(vit::emu::shuffle(mask, vit::bits(value), KIND,      \
                                            (int)arg, width, file, line));     \
  }
VIT_SHUFFLE(__shfl_sync, VIT_EMU_SHUFFLE_INDEX, int arg)
VIT_SHUFFLE(__shfl_xor_sync, VIT_EMU_SHUFFLE_XOR, int arg)
VIT_SHUFFLE(__shfl_down_sync, VIT_EMU_SHUFFLE_DOWN, unsigned arg)
VIT_SHUFFLE(__shfl_up_sync, VIT_EMU_SHUFFLE_UP, unsigned arg)
#undef VIT_SHUFFLE

#ifdef VIT_EMU_CHECK
#include "vit_emu_check.h"
#endif

#endif // VIT_EMU_DEVICE_H
