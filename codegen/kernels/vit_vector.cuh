//===- vit_vector.cuh - vectors of elements as floats ---------------------===//
//
// Loads and stores of adjacent elements of any type by one access, and the
// constants of tiles that templates compute with.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_VECTOR_CUH
#define VIT_VECTOR_CUH

#include "vit_fn.cuh"

namespace vit {

VIT_DEV constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }
VIT_DEV constexpr int round_up(int a, int b) { return ceil_div(a, b) * b; }
VIT_DEV constexpr int min_of(int a, int b) { return a < b ? a : b; }
VIT_DEV constexpr int max_of(int a, int b) { return a < b ? b : a; }
VIT_DEV constexpr bool is_power_of_two(int a) {
  return a > 0 && (a & (a - 1)) == 0;
}

template <class A, class B> struct is_same {
  static constexpr bool value = false;
};
template <class A> struct is_same<A, A> { static constexpr bool value = true; };

//===----------------------------------------------------------------------===//
// N adjacent elements, aligned to their size together, as floats
//===----------------------------------------------------------------------===//

namespace detail {

/// Element by element; specialised for the types that the models are made of.
template <class T, int N> struct Vector {
  VIT_FN static void load(const T *p, float (&v)[N], bool) {
    VIT_UNROLL
    for (int i = 0; i < N; ++i)
      v[i] = vit::load(p + i);
  }
  VIT_FN static void store(T *p, const float (&v)[N]) {
    VIT_UNROLL
    for (int i = 0; i < N; ++i)
      vit::store(p + i, v[i]);
  }
};

template <> struct Vector<float, 2> {
  VIT_FN static void load(const float *p, float (&v)[2], bool readOnly) {
    const vit_u2 u = readOnly ? load8_ro(p) : load8(p);
    v[0] = from_bits(u.x);
    v[1] = from_bits(u.y);
  }
  VIT_FN static void store(float *p, const float (&v)[2]) {
    const vit_u2 u = {bits(v[0]), bits(v[1])};
    store8(p, u);
  }
};
template <> struct Vector<float, 4> {
  VIT_FN static void load(const float *p, float (&v)[4], bool readOnly) {
    const vit_u4 u = readOnly ? load16_ro(p) : load16(p);
    v[0] = from_bits(u.x);
    v[1] = from_bits(u.y);
    v[2] = from_bits(u.z);
    v[3] = from_bits(u.w);
  }
  VIT_FN static void store(float *p, const float (&v)[4]) {
    const vit_u4 u = {bits(v[0]), bits(v[1]), bits(v[2]), bits(v[3])};
    store16(p, u);
  }
};

/// f16 and bf16.
template <class T, int N> struct HalfVector;
template <class T> struct HalfVector<T, 2> {
  VIT_FN static void load(const T *p, float (&v)[2], bool readOnly) {
    unpack2<T>(readOnly ? load4_ro(p) : load4(p), v[0], v[1]);
  }
  VIT_FN static void store(T *p, const float (&v)[2]) {
    store4(p, pack2<T>(v[0], v[1]));
  }
};
template <class T> struct HalfVector<T, 4> {
  VIT_FN static void load(const T *p, float (&v)[4], bool readOnly) {
    const vit_u2 u = readOnly ? load8_ro(p) : load8(p);
    unpack2<T>(u.x, v[0], v[1]);
    unpack2<T>(u.y, v[2], v[3]);
  }
  VIT_FN static void store(T *p, const float (&v)[4]) {
    const vit_u2 u = {pack2<T>(v[0], v[1]), pack2<T>(v[2], v[3])};
    store8(p, u);
  }
};
template <class T> struct HalfVector<T, 8> {
  VIT_FN static void load(const T *p, float (&v)[8], bool readOnly) {
    const vit_u4 u = readOnly ? load16_ro(p) : load16(p);
    unpack2<T>(u.x, v[0], v[1]);
    unpack2<T>(u.y, v[2], v[3]);
    unpack2<T>(u.z, v[4], v[5]);
    unpack2<T>(u.w, v[6], v[7]);
  }
  VIT_FN static void store(T *p, const float (&v)[8]) {
    const vit_u4 u = {pack2<T>(v[0], v[1]), pack2<T>(v[2], v[3]),
                      pack2<T>(v[4], v[5]), pack2<T>(v[6], v[7])};
    store16(p, u);
  }
};
template <> struct Vector<f16, 2> : HalfVector<f16, 2> {};
template <> struct Vector<f16, 4> : HalfVector<f16, 4> {};
template <> struct Vector<f16, 8> : HalfVector<f16, 8> {};
template <> struct Vector<bf16, 2> : HalfVector<bf16, 2> {};
template <> struct Vector<bf16, 4> : HalfVector<bf16, 4> {};
template <> struct Vector<bf16, 8> : HalfVector<bf16, 8> {};

} // namespace detail

template <int N, class T> VIT_DEV void load_vec(const T *p, float (&v)[N]) {
  detail::Vector<T, N>::load(p, v, false);
}
/// Of memory that nobody writes during the kernel.
template <int N, class T> VIT_DEV void load_vec_ro(const T *p, float (&v)[N]) {
  detail::Vector<T, N>::load(p, v, true);
}
template <int N, class T> VIT_DEV void store_vec(T *p, const float (&v)[N]) {
  detail::Vector<T, N>::store(p, v);
}

} // namespace vit

#endif // VIT_VECTOR_CUH
