//===- vit_emu_matrix.h - matrices in the emulator --------------*- C++ -*-===//
//
// The emulator's side of vit_device.h: ldmatrix, mma, warp tiles. Included by
// vit_emu_device.h only.
//
//===----------------------------------------------------------------------===//
#ifndef VIT_EMU_MATRIX_H
#define VIT_EMU_MATRIX_H

namespace vit {

VIT_DEV u32 smem_addr(const void *p) {
  return (u32)((const u8 *)p - vit_emu_current()->shared) + 1024u;
}

#define VIT_LDMATRIX(NAME, COUNT, TRANSPOSE)                                   \
  VIT_DEV void NAME(u32(&r)[COUNT], const void *row, VIT_SITE_PARAMS) {        \
    emu::ldmatrix(r, row, COUNT, TRANSPOSE, file, line);                       \
  }
VIT_LDMATRIX(ldmatrix_x1, 1, 0)
VIT_LDMATRIX(ldmatrix_x2, 2, 0)
VIT_LDMATRIX(ldmatrix_x4, 4, 0)
VIT_LDMATRIX(ldmatrix_x1_trans, 1, 1)
VIT_LDMATRIX(ldmatrix_x2_trans, 2, 1)
VIT_LDMATRIX(ldmatrix_x4_trans, 4, 1)
#undef VIT_LDMATRIX

namespace emu {
template <class T> struct MmaType;
template <> struct MmaType<f16> {
  enum { value = VIT_EMU_F16 };
};
template <> struct MmaType<bf16> {
  enum { value = VIT_EMU_BF16 };
};
} // namespace emu

template <class T>
VIT_DEV void mma_m16n8k16(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2],
                          VIT_SITE_PARAMS) {
  emu::mma(d, a, b, emu::MmaType<T>::value, 16, 1, 1, VIT_EMU_FRAGMENTS,
           VIT_EMU_FRAGMENTS, file, line);
}
template <class T>
VIT_DEV void mma_m16n8k8(float (&d)[4], const u32 (&a)[2], const u32 (&b)[1],
                         VIT_SITE_PARAMS) {
  emu::mma(d, a, b, emu::MmaType<T>::value, 8, 1, 1, VIT_EMU_FRAGMENTS,
           VIT_EMU_FRAGMENTS, file, line);
}
VIT_DEV void mma_m16n8k8_tf32(float (&d)[4], const u32 (&a)[4],
                              const u32 (&b)[2], VIT_SITE_PARAMS) {
  emu::mma(d, a, b, VIT_EMU_TF32, 8, 1, 1, VIT_EMU_FRAGMENTS, VIT_EMU_FRAGMENTS,
           file, line);
}
VIT_DEV u32 to_tf32(float f) { return (bits(f) + 0x1000u) & 0xffffe000u; }

/// Here a tile holds the 16 bytes of the row that this lane addresses; the
/// engine distributes them when the warp multiplies.
template <class T, int MI> struct TileA {
  vit_u4 r[MI];
  VIT_INLINE static int row(int lane) { return lane & 15; }
  VIT_INLINE static int chunk(int lane) { return lane >> 4; }
};
template <class T, int NI> struct TileB {
  vit_u4 r[NI / 2];
  VIT_INLINE static int row(int lane) {
    return (lane & 7) + ((lane >> 4) << 3);
  }
  VIT_INLINE static int chunk(int lane) { return (lane >> 3) & 1; }
};
template <class T, int NI> struct TileBTrans {
  vit_u4 r[NI / 2];
  VIT_INLINE static int row(int lane) { return lane & 15; }
  VIT_INLINE static int chunk(int lane) { return lane >> 4; }
};

template <class T, int MI>
VIT_DEV void load_tile(TileA<T, MI> &t, const u8 *const (&rows)[MI]) {
  for (int i = 0; i < MI; ++i)
    t.r[i] = load16(rows[i]);
}
template <class T, int NI, int NP>
VIT_DEV void load_tile(TileB<T, NI> &t, const u8 *const (&rows)[NP]) {
  static_assert(NP * 2 == NI, "one row address for two column tiles");
  for (int j = 0; j < NP; ++j)
    t.r[j] = load16(rows[j]);
}
template <class T, int NI, int NP>
VIT_DEV void load_tile(TileBTrans<T, NI> &t, const u8 *const (&rows)[NP]) {
  static_assert(NP * 2 == NI, "one row address for two column tiles");
  for (int j = 0; j < NP; ++j)
    t.r[j] = load16(rows[j]);
}

template <class T, int MI, int NI, int NP>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const u32 (&b)[NP][4], VIT_SITE_PARAMS) {
  static_assert(NP * 2 == NI, "a register quad holds two column tiles");
  emu::mma(&d[0][0][0], a, b, emu::MmaType<T>::value, 16, MI, NI,
           VIT_EMU_FRAGMENTS, VIT_EMU_FRAGMENTS, file, line);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const TileA<T, MI> &a,
                      const TileB<T, NI> &b, VIT_SITE_PARAMS) {
  emu::mma(&d[0][0][0], a.r, b.r, emu::MmaType<T>::value, 16, MI, NI,
           VIT_EMU_ROWS, VIT_EMU_ROWS, file, line);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const TileA<T, MI> &a,
                      const TileBTrans<T, NI> &b, VIT_SITE_PARAMS) {
  emu::mma(&d[0][0][0], a.r, b.r, emu::MmaType<T>::value, 16, MI, NI,
           VIT_EMU_ROWS, VIT_EMU_ROWS_TRANS, file, line);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const TileB<T, NI> &b, VIT_SITE_PARAMS) {
  emu::mma(&d[0][0][0], a, b.r, emu::MmaType<T>::value, 16, MI, NI,
           VIT_EMU_FRAGMENTS, VIT_EMU_ROWS, file, line);
}
template <class T, int MI, int NI>
VIT_DEV void warp_mma(float (&d)[MI][NI][4], const u32 (&a)[MI][4],
                      const TileBTrans<T, NI> &b, VIT_SITE_PARAMS) {
  emu::mma(&d[0][0][0], a, b.r, emu::MmaType<T>::value, 16, MI, NI,
           VIT_EMU_FRAGMENTS, VIT_EMU_ROWS_TRANS, file, line);
}
template <class T, int MI, int NI, int NP>
VIT_DEV void warp_ldm_mma(float (&d)[MI][NI][4], const u8 *const (&a)[MI],
                          const u8 *const (&b)[NP], VIT_SITE_PARAMS) {
  TileA<T, MI> ta;
  TileB<T, NI> tb;
  load_tile(ta, a);
  load_tile(tb, b);
  warp_mma(d, ta, tb, file, line);
}

} // namespace vit

#endif // VIT_EMU_MATRIX_H
