//===- MmaTile.cpp - matrix arithmetic of a warp --------------------------===//
#include "runtime/emulator/MmaTile.h"

#include "runtime/emulator/MmaKernels.h"

#include <cstring>

namespace vitrt::emu {

using abi::Mma;
constexpr int kLanes = 32;
constexpr uint32_t kTF32Mask = 0xffffe000u; ///< The hardware drops 13 bits.

MmaTile::MmaTile() {
  constexpr size_t kN = kMaxNi * 8;
  scratch.resize((16 * 16 + 16 * kN + 16 * kN + 16 * kN) / 16);
  a = scratch.data()->values;
  b = a + 16 * 16;
  bRows = b + 16 * kN;
  d = bRows + 16 * kN;
  halves.resize(16 * kN);
}

bool MmaTile::valid(const Mma &op) {
  bool wide = op.k == 16 && op.type != abi::kTF32;
  bool narrow =
      op.k == 8 && op.aForm == abi::kFragments && op.bForm == abi::kFragments;
  bool rows = op.bForm == abi::kFragments || op.ni % 2 == 0;
  return (wide || narrow) && rows && op.mi >= 1 && op.mi <= kMaxMi &&
         op.ni >= 1 && op.ni <= kMaxNi && op.type <= abi::kTF32 &&
         op.aForm <= abi::kRows && op.bForm <= abi::kRowsTrans;
}

bool MmaTile::sameShape(const Mma &x, const Mma &y) {
  return x.type == y.type && x.k == y.k && x.mi == y.mi && x.ni == y.ni &&
         x.aForm == y.aForm && x.bForm == y.bForm;
}

/// Operands of 16 bits to float; `count` a multiple of 8.
static void widen(abi::MmaType type, const uint16_t *from, float *to,
                  int count) {
  const MmaKernels &kernels = mmaKernels();
  (type == abi::kF16 ? kernels.widenF16 : kernels.widenBF16)(from, to, count);
}

/// The i-th 16 x k tile of A to `a`.
void MmaTile::loadA(const Mma *const (&ops)[32], int i) {
  const Mma &op = *ops[0];
  const int k = op.k;
  if (op.type == abi::kTF32) {
    // Registers: (row, col), (row + 8, col), (row, col + 4), (row + 8, col +
    // 4).
    for (int l = 0; l < kLanes; ++l)
      for (int r = 0; r < 4; ++r) {
        uint32_t bits;
        std::memcpy(&bits, static_cast<const uint32_t *>(ops[l]->a) + i * 4 + r,
                    4);
        bits &= kTF32Mask;
        int row = l / 4 + (r & 1) * 8, col = l % 4 + (r >> 1) * 4;
        std::memcpy(a + row * k + col, &bits, 4);
      }
    return;
  }
  alignas(64) uint16_t halves[16][16];
  if (op.aForm == abi::kRows) {
    // Lane l addressed row l % 16, columns 8 * (l / 16).
    for (int l = 0; l < kLanes; ++l)
      std::memcpy(&halves[l & 15][(l >> 4) * 8],
                  static_cast<const uint8_t *>(ops[l]->a) + i * 16, 16);
    widen(op.type, &halves[0][0], a, 256);
    return;
  }
  // Pairs of columns; registers: rows + 8 first, then columns + 8.
  const int registers = k / 4;
  auto *out = &halves[0][0];
  for (int l = 0; l < kLanes; ++l)
    for (int r = 0; r < registers; ++r)
      std::memcpy(out + (l / 4 + (r & 1) * 8) * k + l % 4 * 2 + (r >> 1) * 8,
                  static_cast<const uint32_t *>(ops[l]->a) + i * registers + r,
                  4);
  widen(op.type, out, a, 16 * k);
}

/// All of B to `b`, k x 8 ni.
void MmaTile::loadB(const Mma *const (&ops)[32]) {
  const Mma &op = *ops[0];
  const int k = op.k, n = op.ni * 8;
  if (op.type == abi::kTF32) {
    for (int l = 0; l < kLanes; ++l)
      for (int j = 0; j < op.ni; ++j)
        for (int r = 0; r < 2; ++r) {
          uint32_t bits;
          std::memcpy(&bits,
                      static_cast<const uint32_t *>(ops[l]->b) + j * 2 + r, 4);
          bits &= kTF32Mask;
          std::memcpy(b + (l % 4 + r * 4) * n + j * 8 + l / 4, &bits, 4);
        }
    return;
  }
  uint16_t *halves = this->halves.data();
  if (op.bForm == abi::kRowsTrans) {
    // Lane l addressed row k = l % 16, columns 8 * (l / 16) of a pair of tiles.
    for (int l = 0; l < kLanes; ++l)
      for (int j = 0; j < op.ni / 2; ++j)
        std::memcpy(halves + (l & 15) * n + j * 16 + (l >> 4) * 8,
                    static_cast<const uint8_t *>(ops[l]->b) + j * 16, 16);
    widen(op.type, halves, b, k * n);
    return;
  }
  // Otherwise B arrives with k contiguous: [n][k], then transposed.
  if (op.bForm == abi::kRows) {
    for (int l = 0; l < kLanes; ++l)
      for (int j = 0; j < op.ni / 2; ++j)
        std::memcpy(halves + (j * 16 + (l & 7) + (l >> 4) * 8) * k +
                        (l >> 3 & 1) * 8,
                    static_cast<const uint8_t *>(ops[l]->b) + j * 16, 16);
  } else {
    const int registers = k / 8;
    for (int l = 0; l < kLanes; ++l)
      for (int j = 0; j < op.ni; ++j)
        for (int r = 0; r < registers; ++r)
          std::memcpy(
              halves + (j * 8 + l / 4) * k + l % 4 * 2 + r * 8,
              static_cast<const uint32_t *>(ops[l]->b) + j * registers + r, 4);
  }
  widen(op.type, halves, bRows, n * k);
  mmaKernels().transpose(bRows, b, n, k);
}

void MmaTile::execute(const Mma *const (&ops)[32]) {
  const Mma &op = *ops[0];
  const int n = op.ni * 8;
  loadB(ops);
  for (int i = 0; i < op.mi; ++i) {
    loadA(ops, i);
    // Lane l holds columns 2 * (l % 4) + {0, 1} of rows l / 4 and l / 4 + 8.
    for (int l = 0; l < kLanes; ++l) {
      const float *from = ops[l]->d + i * op.ni * 4;
      float *to = d + l / 4 * n + l % 4 * 2;
      for (int j = 0; j < op.ni; ++j) {
        std::memcpy(to + j * 8, from + j * 4, 8);
        std::memcpy(to + 8 * n + j * 8, from + j * 4 + 2, 8);
      }
    }
    mmaKernels().multiply(d, a, b, n, op.k);
    for (int l = 0; l < kLanes; ++l) {
      float *to = ops[l]->d + i * op.ni * 4;
      const float *from = d + l / 4 * n + l % 4 * 2;
      for (int j = 0; j < op.ni; ++j) {
        std::memcpy(to + j * 4, from + j * 8, 8);
        std::memcpy(to + j * 4 + 2, from + 8 * n + j * 8, 8);
      }
    }
  }
}

} // namespace vitrt::emu
