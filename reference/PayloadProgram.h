//===- PayloadProgram.h - Pointwise payloads as bytecode --------*- C++ -*-===//
//
// A payload is compiled once into instructions over registers; each register
// holds the values of a block of elements, so that the cost of dispatch is
// shared and the inner loops vectorise. Floats are T (float or double), all
// integers and booleans are int64 wrapped to their width.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_REFERENCE_PAYLOADPROGRAM_H
#define VITC_REFERENCE_PAYLOADPROGRAM_H

#include "dialect/Vit.h"
#include "reference/Rounding.h"
#include "runtime/format/Function.h"

#include <vector>

namespace vitc::reference {

using vitrt::format::Opcode;

/// Elements that one pass over the instructions computes.
constexpr int64_t kBlock = 256;

/// One operation; `result` and the operands are registers of their classes.
/// `type` is the result's: of RoundTo the rounding type, of integers the width.
struct PayloadInstr {
  Opcode op;
  DType type = DType::F32;
  uint8_t predicate = 0;
  bool floats = false; ///< Select: whether the alternatives are floats.
  uint32_t result = 0, a = 0, b = 0, c = 0;
};

/// A register: class and number.
struct PayloadValue {
  bool isFloat = true;
  uint32_t number = 0;
};

struct PayloadProgram {
  std::vector<PayloadValue> arguments;
  std::vector<PayloadInstr> body;
  PayloadValue result;
  uint32_t floats = 0, integers = 0; ///< Numbers of registers.
  /// Registers that hold a constant.
  std::vector<std::pair<uint32_t, double>> floatConstants;
  std::vector<std::pair<uint32_t, int64_t>> intConstants;
};

/// Compiles the region of a verified vit.pointwise.
PayloadProgram compilePayload(vit::PointwiseOp op);

/// The registers of one evaluation.
template <typename T> class PayloadRegisters {
public:
  explicit PayloadRegisters(const PayloadProgram &program);
  T *floats(uint32_t number) { return floatData.data() + number * kBlock; }
  int64_t *integers(uint32_t number) {
    return intData.data() + number * kBlock;
  }
  /// Runs the program on the first `count` elements of the registers.
  void run(int64_t count);

private:
  const PayloadProgram &program;
  std::vector<T> floatData;
  std::vector<int64_t> intData;
};

extern template class PayloadRegisters<float>;
extern template class PayloadRegisters<double>;

} // namespace vitc::reference

#endif // VITC_REFERENCE_PAYLOADPROGRAM_H
