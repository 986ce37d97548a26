//===- vit_device.h - one kernel text, two worlds ---------------*- C++ -*-===//
//
// Everything that a kernel needs from its machine: on the GPU (NVRTC, nvcc)
// this file, in PTX; anywhere else vit_emu_device.h, the same names for the
// emulator. The only place with raw asm. C++14, no CUDA headers, so that the
// NVRTC of CUDA 10.2 takes it too.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_DEVICE_H
#define VIT_DEVICE_H

#if !defined(__CUDACC__) && !defined(__CUDACC_RTC__)
#include "vit_emu_device.h"
#else

/// The architecture, as 100 * major + 10 * minor. nvcc's host pass has none:
/// there no kernel is compiled, so nothing may be refused.
#ifdef __CUDA_ARCH__
#define VIT_ARCH __CUDA_ARCH__
#else
#define VIT_ARCH 9990
#endif

/// VIT_DEV: a free device function. VIT_INLINE (VIT_FN): a member
/// function or a specialisation.
#define VIT_DEV static __device__ __forceinline__
#define VIT_INLINE __device__ __forceinline__
#define VIT_FN VIT_INLINE
/// VIT_KERNEL(128) name(args) { ... } VIT_EXPORT(name)
#define VIT_KERNEL(threads)                                                    \
  extern "C" __global__ void __launch_bounds__(threads)
#define VIT_KERNEL_BLOCKS(threads, blocksPerSm)                                \
  extern "C" __global__ void __launch_bounds__(threads, blocksPerSm)
#define VIT_EXPORT(name)
/// All shared memory of a kernel: `unsigned char name[]`, 1024-byte aligned.
#define VIT_DYN_SMEM(name)                                                     \
  extern __shared__ __align__(1024) unsigned char name[]
#define VIT_UNROLL _Pragma("unroll")
/// Counts work for the emulator's report; kinds: FLOP (fma is 2), SPECIAL
/// (exp, erf, div ...), INT.
#define VIT_COUNT(kind, n) ((void)0)

namespace vit {

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/// What vit_types.h takes from this side.
namespace side {
VIT_DEV u32 float_bits(float f) { return __float_as_uint(f); }
VIT_DEV float float_from_bits(u32 u) { return __uint_as_float(u); }
VIT_DEV float rint(float x) { return rintf(x); }
VIT_DEV int i32_from_f32(float f) { return (int)f; }
VIT_DEV long long i64_from_f32(float f) { return f != f ? 0 : (long long)f; }
VIT_DEV u16 f16_from_f32(float f) {
  u16 h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
  return h;
}
VIT_DEV float f16_to_f32(u16 h) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}
VIT_DEV u16 bf16_from_f32(float f);
} // namespace side
} // namespace vit

#include "vit_types.h"

namespace vit {

VIT_DEV u16 side::bf16_from_f32(float f) {
#if VIT_ARCH >= 800
  u16 h;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(f));
  return h;
#else
  return detail::bf16_from_f32(f);
#endif
}

/// f16 or bf16, `lo` in the low half.
template <class T> VIT_DEV u32 pack2(float lo, float hi) {
  return (u32)convert<T>(lo).x | ((u32)convert<T>(hi).x << 16);
}
#if VIT_ARCH >= 800
template <> __device__ __forceinline__ u32 pack2<f16>(float lo, float hi) {
  u32 r; // The instruction takes the high half first.
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
template <> __device__ __forceinline__ u32 pack2<bf16>(float lo, float hi) {
  u32 r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
#endif

/// Vectors of 4, 8 and 16 bytes; the address is a multiple of the size.
VIT_DEV u32 load4(const void *p) { return *(const u32 *)p; }
VIT_DEV vit_u2 load8(const void *p) { return *(const vit_u2 *)p; }
VIT_DEV vit_u4 load16(const void *p) { return *(const vit_u4 *)p; }
VIT_DEV void store4(void *p, u32 v) { *(u32 *)p = v; }
VIT_DEV void store8(void *p, vit_u2 v) { *(vit_u2 *)p = v; }
VIT_DEV void store16(void *p, vit_u4 v) { *(vit_u4 *)p = v; }

/// `p`, of which the compiler may assume that it is a multiple of Bytes.
template <int Bytes, class T> VIT_DEV T *aligned(T *p) {
#if __CUDACC_VER_MAJOR__ >= 12
  return (T *)__builtin_assume_aligned(p, Bytes);
#else
  return p;
#endif
}

/// Reads through the read-only cache: of memory that nobody writes during the
/// kernel. The compiler may move them.
VIT_DEV u32 load4_ro(const void *p) {
  u32 v;
  asm("ld.global.nc.u32 %0, [%1];" : "=r"(v) : "l"(p));
  return v;
}
VIT_DEV vit_u2 load8_ro(const void *p) {
  vit_u2 v;
  asm("ld.global.nc.v2.u32 {%0,%1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(p));
  return v;
}
VIT_DEV vit_u4 load16_ro(const void *p) {
  vit_u4 v;
  asm("ld.global.nc.v4.u32 {%0,%1,%2,%3}, [%4];"
      : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
      : "l"(p));
  return v;
}

//===----------------------------------------------------------------------===//
// Arithmetic: each one IEEE operation, the same bits as in the emulator
//===----------------------------------------------------------------------===//

VIT_DEV float fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
VIT_DEV float sqrt(float x) { return __fsqrt_rn(x); }
VIT_DEV float div(float a, float b) { return __fdiv_rn(a, b); }
/// 1 / sqrt(x), each rounded: rsqrt.approx differs between GPUs.
VIT_DEV float rsqrt(float x) { return __frcp_rn(__fsqrt_rn(x)); }
VIT_DEV float floor(float x) { return floorf(x); }
VIT_DEV float ceil(float x) { return ceilf(x); }
VIT_DEV float trunc(float x) { return truncf(x); }
VIT_DEV float rint(float x) { return rintf(x); } ///< Ties to even.
VIT_DEV float abs(float x) { return fabsf(x); }
VIT_DEV float copysign(float x, float y) { return copysignf(x, y); }
/// The larger; the other one where one is NaN; of two zeros either.
VIT_DEV float fmax(float a, float b) { return fmaxf(a, b); }
/// acc[i][j] += a[i] * b[j]: the step of a thread tile. In the emulator one
/// vector operation a row.
template <int M, int N>
VIT_DEV void outer_product(float (&acc)[M][N], const float (&a)[M],
                           const float (&b)[N]) {
  VIT_UNROLL
  for (int i = 0; i < M; ++i) {
    VIT_UNROLL
    for (int j = 0; j < N; ++j)
      acc[i][j] = __fmaf_rn(a[i], b[j], acc[i][j]);
  }
}

//===----------------------------------------------------------------------===//
// Shared memory and warp matrices (sm_75)
//===----------------------------------------------------------------------===//

/// Address in the shared window.
VIT_DEV u32 smem_addr(const void *p) {
#if __CUDACC_VER_MAJOR__ >= 11
  return (u32)__cvta_generic_to_shared(p);
#else
  u32 a;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }"
      : "=r"(a)
      : "l"(p));
  return a;
#endif
}

#if VIT_ARCH >= 750
/// ldmatrix: lane 8 * j + i gives the address of row i of 8x8 matrix j (16
/// bytes, 16-byte aligned); register j of lane l gets elements (l / 4,
/// 2 * (l % 4) + {0, 1}) of matrix j, with `_trans` of its transpose. On sm_75
/// every lane must give a valid address.
#define VIT_LDMATRIX(NAME, PTX)                                                \
  VIT_DEV void NAME(u32(&r)[4], const void *row) {                             \
    asm volatile(PTX " {%0,%1,%2,%3}, [%4];"                                   \
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])              \
                 : "r"(smem_addr(row)));                                       \
  }
VIT_LDMATRIX(ldmatrix_x4, "ldmatrix.sync.aligned.m8n8.x4.shared.b16")
VIT_LDMATRIX(ldmatrix_x4_trans,
             "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16")
#undef VIT_LDMATRIX
#define VIT_LDMATRIX(NAME, PTX)                                                \
  VIT_DEV void NAME(u32(&r)[2], const void *row) {                             \
    asm volatile(PTX " {%0,%1}, [%2];"                                         \
                 : "=r"(r[0]), "=r"(r[1])                                      \
                 : "r"(smem_addr(row)));                                       \
  }
VIT_LDMATRIX(ldmatrix_x2, "ldmatrix.sync.aligned.m8n8.x2.shared.b16")
VIT_LDMATRIX(ldmatrix_x2_trans,
             "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16")
#undef VIT_LDMATRIX
#define VIT_LDMATRIX(NAME, PTX)                                                \
  VIT_DEV void NAME(u32(&r)[1], const void *row) {                             \
    asm volatile(PTX " {%0}, [%1];" : "=r"(r[0]) : "r"(smem_addr(row)));       \
  }
VIT_LDMATRIX(ldmatrix_x1, "ldmatrix.sync.aligned.m8n8.x1.shared.b16")
VIT_LDMATRIX(ldmatrix_x1_trans,
             "ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16")
#undef VIT_LDMATRIX
#endif // VIT_ARCH >= 750

/// d += a * b with fp32 accumulators, for the element types that the
/// architecture has: f16 from sm_75, bf16 from sm_80.
template <class T> struct Mma {
  static_assert(sizeof(T) == 0,
                "this element type has no mma on this architecture");
};

#define VIT_MMA_K8(PTX)                                                        \
  VIT_INLINE static void k8(float(&d)[4], const u32(&a)[2],                    \
                            const u32(&b)[1]) {                                \
    asm volatile("mma.sync.aligned.m16n8k8.row.col." PTX                       \
                 " {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"               \
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])              \
                 : "r"(a[0]), "r"(a[1]), "r"(b[0]));                           \
  }
#define VIT_MMA_K16(PTX)                                                       \
  VIT_INLINE static void k16(float(&d)[4], const u32(&a)[4], u32 b0, u32 b1) { \
    asm volatile("mma.sync.aligned.m16n8k16.row.col." PTX                      \
                 " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"      \
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])              \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0),        \
                   "r"(b1));                                                   \
  }
#if VIT_ARCH >= 800
template <> struct Mma<f16> {
  VIT_MMA_K8("f32.f16.f16.f32")
  VIT_MMA_K16("f32.f16.f16.f32")
};
template <> struct Mma<bf16> {
  VIT_MMA_K8("f32.bf16.bf16.f32")
  VIT_MMA_K16("f32.bf16.bf16.f32")
};
#elif VIT_ARCH >= 750
template <> struct Mma<f16> {
  VIT_MMA_K8("f32.f16.f16.f32")
  VIT_INLINE static void k16(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    const u32 a0[2] = {a[0], a[1]}, a1[2] = {a[2], a[3]};
    const u32 c0[1] = {b0}, c1[1] = {b1};
    k8(d, a0, c0);
    k8(d, a1, c1);
  }
};
#endif
#undef VIT_MMA_K8
#undef VIT_MMA_K16

/// One mma of a warp; fragments as in PTX ("Matrix Fragments for
/// mma.m16n8k16"): lane l holds rows l / 4 and l / 4 + 8.
template <class T>
VIT_DEV void mma_m16n8k16(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
  Mma<T>::k16(d, a, b[0], b[1]);
}
template <class T>
VIT_DEV void mma_m16n8k8(float (&d)[4], const u32 (&a)[2], const u32 (&b)[1]) {
  Mma<T>::k8(d, a, b);
}
#if VIT_ARCH >= 800
/// Operands are fp32 bits that to_tf32 rounded.
VIT_DEV void mma_m16n8k8_tf32(float (&d)[4], const u32 (&a)[4],
                              const u32 (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]),
                 "r"(b[1]));
}
#endif
/// Nearest, ties away, low 13 bits zero: cvt.rna on any architecture.
VIT_DEV u32 to_tf32(float f) { return (bits(f) + 0x1000u) & 0xffffe000u; }

//===----------------------------------------------------------------------===//
// Warp tiles: the coarse collectives
//===----------------------------------------------------------------------===//

/// MI x (16 rows x 16 k) of A in registers, filled by load_tile: opaque, since
/// the emulator keeps rows where the GPU keeps fragments. Loading and
/// multiplying are separate, so a kernel may load the next k-step first.
template <class T, int MI> struct TileA {
  u32 r[MI][4];
  /// Row (0..15) and 8-element chunk of k (0..1) whose address lane gives.
  VIT_INLINE static int row(int lane) { return lane & 15; }
  VIT_INLINE static int chunk(int lane) { return lane >> 4; }
};
/// NI x (8 columns x 16 k) of B, NI even, from memory with k contiguous
/// ([n][k]): `row` is n (0..15), `chunk` of k.
template <class T, int NI> struct TileB {
  u32 r[NI / 2][4];
  VIT_INLINE static int row(int lane) {
    return (lane & 7) + ((lane >> 4) << 3);
  }
  VIT_INLINE static int chunk(int lane) { return (lane >> 3) & 1; }
};
/// The same from memory with n contiguous ([k][n]): `row` is k (0..15),
/// `chunk` of n (0..1) of each pair of columns tiles.
template <class T, int NI> struct TileBTrans {
  u32 r[NI / 2][4];
  VIT_INLINE static int row(int lane) { return lane & 15; }
  VIT_INLINE static int chunk(int lane) { return lane >> 4; }
};

#if VIT_ARCH >= 750
/// rows[i]: where this lane's row and chunk of the i-th 16 x 16 lies.
template <class T, int MI>
VIT_DEV void load_tile(TileA<T, MI> &t, const u8 *const (&rows)[MI]) {
  VIT_UNROLL
  for (int i = 0; i < MI; ++i)
    ldmatrix_x4(t.r[i], rows[i]);
}
template <class T, int NI, int NP>
VIT_DEV void load_tile(TileB<T, NI> &t, const u8 *const (&rows)[NP]) {
  static_assert(NP * 2 == NI, "one row address for two column tiles");
  VIT_UNROLL
  for (int j = 0; j < NP; ++j)
    ldmatrix_x4(t.r[j], rows[j]);
}
template <class T, int NI, int NP>
VIT_DEV void load_tile(TileBTrans<T, NI> &t, const u8 *const (&rows)[NP]) {
  static_assert(NP * 2 == NI, "one row address for two column tiles");
  VIT_UNROLL
  for (int j = 0; j < NP; ++j)
    ldmatrix_x4_trans(t.r[j], rows[j]);
}
#endif

/// d[i][j] += A tile i * B tile j over 16 k, from fragments in registers.
template <class T, int MI, int NI, int NP>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const u32 (&b)[NP][4]) {
  static_assert(NP * 2 == NI, "a register quad holds two column tiles");
  VIT_UNROLL
  for (int i = 0; i < MI; ++i) {
    VIT_UNROLL
    for (int j = 0; j < NI; ++j)
      Mma<T>::k16(d[i][j], a[i], b[j / 2][(j & 1) * 2],
                  b[j / 2][(j & 1) * 2 + 1]);
  }
}
/// The same from tiles, or from A in registers (attention's probabilities).
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const TileA<T, MI> &a,
                      const TileB<T, NI> &b) {
  warp_mma<T>(d, a.r, b.r);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const TileA<T, MI> &a,
                      const TileBTrans<T, NI> &b) {
  warp_mma<T>(d, a.r, b.r);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const TileB<T, NI> &b) {
  warp_mma<T>(d, a, b.r);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const TileBTrans<T, NI> &b) {
  warp_mma<T>(d, a, b.r);
}
#if VIT_ARCH >= 750
/// Loads both tiles of a k-step and multiplies.
template <class T, int MI, int NI, int NP>
VIT_DEV void warp_ldm_mma(float (&d)[MI][NI][4], const u8 *const (&a)[MI],
                          const u8 *const (&b)[NP]) {
  TileA<T, MI> ta;
  TileB<T, NI> tb;
  load_tile(ta, a);
  load_tile(tb, b);
  warp_mma(d, ta, tb);
}
#endif

//===----------------------------------------------------------------------===//
// Asynchronous copies to shared memory; below sm_80 they are synchronous
//===----------------------------------------------------------------------===//

/// Copies 16, 8 or 4 bytes from global `src` to shared `dst` (both aligned to
/// the size), or writes zeros and does not touch `src` where `pred` is false.
/// Done after cp_async_wait, for this thread; for others after a barrier too.
#if VIT_ARCH >= 800
#define VIT_CP_ASYNC(BYTES, CACHE)                                             \
  VIT_DEV void cp_async##BYTES(void *dst, const void *src, bool pred) {        \
    int bytes = pred ? BYTES : 0;                                              \
    asm volatile("cp.async." CACHE                                             \
                 ".shared.global [%0], [%1], %2, %3;" ::"r"(smem_addr(dst)),   \
                 "l"(src), "n"(BYTES), "r"(bytes)                              \
                 : "memory");                                                  \
  }
VIT_CP_ASYNC(16, "cg")
VIT_CP_ASYNC(8, "ca")
VIT_CP_ASYNC(4, "ca")
#undef VIT_CP_ASYNC
VIT_DEV void cp_async_commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
/// Until at most `Pending` of this thread's newest groups are in flight.
template <int Pending> VIT_DEV void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}
#else
VIT_DEV void cp_async16(void *dst, const void *src, bool pred) {
  vit_u4 v = {0, 0, 0, 0};
  if (pred)
    v = load16_ro(src);
  store16(dst, v);
}
VIT_DEV void cp_async8(void *dst, const void *src, bool pred) {
  vit_u2 v = {0, 0};
  if (pred)
    v = load8_ro(src);
  store8(dst, v);
}
VIT_DEV void cp_async4(void *dst, const void *src, bool pred) {
  store4(dst, pred ? load4_ro(src) : 0u);
}
VIT_DEV void cp_async_commit() {}
template <int Pending> VIT_DEV void cp_async_wait() {}
#endif

} // namespace vit

#endif // GPU side
#endif // VIT_DEVICE_H
