//===- vit_types.h - element types and conversions --------------*- C++ -*-===//
//
// The part of vit_device.h that is the same text on the GPU and in the
// emulator: element types, vectors of bytes, conversions. Included by
// vit_device.h and vit_emu_device.h, which define the macros and the functions
// of vit::side first. C++14, no headers.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_TYPES_H
#define VIT_TYPES_H

struct alignas(8) vit_u2 {
  unsigned int x, y;
};
struct alignas(16) vit_u4 {
  unsigned int x, y, z, w;
};

namespace vit {

typedef signed char i8;
typedef unsigned char ui8;

/// Storage types. Arithmetic is done in float, after to_f32.
struct f16 {
  u16 x;
};
struct bf16 {
  u16 x;
};
struct f8e4m3 { // No infinity; 0x7f is NaN; largest 448.
  u8 x;
};
struct f8e5m2 {
  u8 x;
};

VIT_DEV u32 bits(float f) { return side::float_bits(f); }
VIT_DEV float from_bits(u32 u) { return side::float_from_bits(u); }

namespace detail {

/// Nearest even, in integer arithmetic: below sm_80 there is no instruction.
VIT_DEV u16 bf16_from_f32(float f) {
  u32 u = bits(f);
  u32 rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  return (u16)((u & 0x7fffffffu) > 0x7f800000u ? 0x7fffu : rounded);
}

/// fp8 with `MantissaBits` and `Bias`: nearest even, overflow and infinity to
/// `Largest`, NaN to 0x7f, subnormals kept.
template <int MantissaBits, int Bias, u32 Largest>
VIT_DEV u8 f8_from_f32(float f) {
  const u32 u = bits(f), sign = (u >> 24) & 0x80u, magnitude = u & 0x7fffffffu;
  const int shift = 23 - MantissaBits;
  if (magnitude > 0x7f800000u)
    return (u8)0x7f;
  u32 code;
  if (magnitude < (u32)(128 - Bias) << 23) {
    // Subnormal: scale the least code to 1; adding 1.5 * 2^23 rounds to an
    // integer in the low mantissa bits.
    float scaled = from_bits(magnitude) *
                   from_bits((u32)(127 + Bias - 1 + MantissaBits) << 23);
    code = bits(scaled + 12582912.0f) & 0xffu;
  } else {
    u32 rounded = (magnitude + ((1u << (shift - 1)) - 1u) +
                   ((magnitude >> shift) & 1u)) >>
                  shift;
    code = rounded - ((u32)(127 - Bias) << MantissaBits);
  }
  return (u8)(sign | (code > Largest ? Largest : code));
}

VIT_DEV float f8e4m3_to_f32(u8 x) {
  const u32 sign = (u32)(x & 0x80u) << 24, code = x & 0x7fu;
  if (code == 0x7fu)
    return from_bits(0x7fffffffu);
  // Placing the code as exponent and mantissa of a float that is 2^120 too
  // small makes subnormals come out right too.
  float tiny = from_bits(sign | (code << 20));
  return tiny * from_bits((u32)(127 + 120) << 23);
}

} // namespace detail

/// Conversions of each element type from and to float. f16, bf16: nearest
/// even. fp8: saturating to the largest finite value. i8, ui8: nearest even,
/// saturating, NaN to 0. int, long long: towards zero, saturating, NaN to 0.
/// bool: x != 0.
template <class T> struct Element;
template <> struct Element<float> {
  VIT_INLINE static float from_f32(float f) { return f; }
  VIT_INLINE static float to_f32(float v) { return v; }
};
template <> struct Element<f16> {
  VIT_INLINE static f16 from_f32(float f) {
    f16 h;
    h.x = side::f16_from_f32(f);
    return h;
  }
  VIT_INLINE static float to_f32(f16 v) { return side::f16_to_f32(v.x); }
};
template <> struct Element<bf16> {
  VIT_INLINE static bf16 from_f32(float f) {
    bf16 h;
    h.x = side::bf16_from_f32(f);
    return h;
  }
  VIT_INLINE static float to_f32(bf16 v) { return from_bits((u32)v.x << 16); }
};
template <> struct Element<f8e4m3> {
  VIT_INLINE static f8e4m3 from_f32(float f) {
    f8e4m3 h;
    h.x = detail::f8_from_f32<3, 7, 0x7e>(f);
    return h;
  }
  VIT_INLINE static float to_f32(f8e4m3 v) {
    return detail::f8e4m3_to_f32(v.x);
  }
};
template <> struct Element<f8e5m2> {
  VIT_INLINE static f8e5m2 from_f32(float f) {
    f8e5m2 h;
    h.x = detail::f8_from_f32<2, 15, 0x7b>(f);
    return h;
  }
  VIT_INLINE static float to_f32(f8e5m2 v) {
    return side::f16_to_f32(
        (u16)(v.x << 8)); // Its bits are an f16's upper byte.
  }
};
template <> struct Element<i8> {
  VIT_INLINE static i8 from_f32(float f) {
    float r = side::rint(f);
    return r != r ? (i8)0 : (i8)(r < -128.f ? -128.f : r > 127.f ? 127.f : r);
  }
  VIT_INLINE static float to_f32(i8 v) { return (float)v; }
};
template <> struct Element<ui8> {
  VIT_INLINE static ui8 from_f32(float f) {
    float r = side::rint(f);
    return r != r ? (ui8)0 : (ui8)(r < 0.f ? 0.f : r > 255.f ? 255.f : r);
  }
  VIT_INLINE static float to_f32(ui8 v) { return (float)v; }
};
template <> struct Element<bool> {
  VIT_INLINE static bool from_f32(float f) { return f != 0.f; }
  VIT_INLINE static float to_f32(bool v) { return v ? 1.f : 0.f; }
};
template <> struct Element<int> {
  VIT_INLINE static int from_f32(float f) { return side::i32_from_f32(f); }
  VIT_INLINE static float to_f32(int v) { return (float)v; }
};
template <> struct Element<long long> {
  VIT_INLINE static long long from_f32(float f) {
    return side::i64_from_f32(f);
  }
  VIT_INLINE static float to_f32(long long v) { return (float)v; }
};

template <class T> VIT_DEV float to_f32(T v) { return Element<T>::to_f32(v); }
template <class T> VIT_DEV T convert(float f) {
  return Element<T>::from_f32(f);
}
template <class T> VIT_DEV float load(const T *p) { return to_f32(*p); }
template <class T> VIT_DEV void store(T *p, float f) { *p = convert<T>(f); }

/// Two elements of f16 or bf16 in a register; `lo` is the one at the lower
/// address.
template <class T> VIT_DEV void unpack2(u32 v, float &lo, float &hi) {
  T l, h;
  l.x = (u16)(v & 0xffffu);
  h.x = (u16)(v >> 16);
  lo = to_f32(l);
  hi = to_f32(h);
}

} // namespace vit

#endif // VIT_TYPES_H
