//===- MmaTile.h - matrix arithmetic of a warp ------------------*- C++ -*-===//
//
// Executes one mma or a whole warp tile of them on the registers of 32 lanes.
// Products of f16, bf16 and tf32 are exact in fp32; they are accumulated with
// one fma each, k ascending, so every schedule and tile size gives the same
// bits.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_MMATILE_H
#define VITRT_EMULATOR_MMATILE_H

#include "runtime/emulator/Abi.h"

#include <vector>

namespace vitrt::emu {

class MmaTile {
public:
  static constexpr int kMaxMi = 16, kMaxNi = 32;
  MmaTile();

  /// `operations[l]` is lane l's; all have the same shape, types and forms.
  void execute(const abi::Mma *const (&operations)[32]);

  /// Whether the engine can do it; else the kernel made a wrong call.
  static bool valid(const abi::Mma &operation);
  static bool sameShape(const abi::Mma &a, const abi::Mma &b);

private:
  void loadA(const abi::Mma *const (&operations)[32], int i);
  void loadB(const abi::Mma *const (&operations)[32]);

  // Scratch: one row of A tiles as 16 x k, B as k x 8 ni, one row of D tiles.
  struct alignas(64) Line {
    float values[16];
  };
  std::vector<Line> scratch;
  float *a, *b, *bRows, *d;
  std::vector<uint16_t> halves; ///< B before it is widened.
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_MMATILE_H
