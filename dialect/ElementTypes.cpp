//===- ElementTypes.cpp - Element types of MLIR and of the plan -----------===//
#include "dialect/ElementTypes.h"

using namespace mlir;
using vitrt::format::DType;

namespace vitc {

namespace {
struct Row {
  DType dtype;
  const char *name;
  int64_t bytes;
};
} // namespace

static constexpr Row kRows[] = {
    {DType::F32, "f32", 4},
    {DType::TF32, "tf32", 4},
    {DType::F16, "f16", 2},
    {DType::BF16, "bf16", 2},
    {DType::F8E4M3FN, "f8E4M3FN", 1},
    {DType::F8E5M2, "f8E5M2", 1},
    {DType::I8, "i8", 1},
    {DType::UI8, "ui8", 1},
    {DType::I32, "i32", 4},
    {DType::I1, "i1", 1},
    {DType::I64, "i64", 8},
};

static const Row &row(DType dtype) {
  return *llvm::find_if(kRows, [&](const Row &r) { return r.dtype == dtype; });
}

std::optional<DType> dtypeOf(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (isa<Float8E4M3FNType>(type))
    return DType::F8E4M3FN;
  if (isa<Float8E5M2Type>(type))
    return DType::F8E5M2;
  if (type.isUnsignedInteger(8))
    return DType::UI8;
  if (type.isSignlessInteger(8))
    return DType::I8;
  if (type.isSignlessInteger(32))
    return DType::I32;
  if (type.isSignlessInteger(1))
    return DType::I1;
  if (type.isSignlessInteger(64))
    return DType::I64;
  return std::nullopt;
}

Type typeOf(DType dtype, MLIRContext *context) {
  switch (dtype) {
  case DType::F32:
  case DType::TF32:
    return Float32Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::F8E4M3FN:
    return Float8E4M3FNType::get(context);
  case DType::F8E5M2:
    return Float8E5M2Type::get(context);
  case DType::I8:
    return IntegerType::get(context, 8);
  case DType::UI8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case DType::I32:
    return IntegerType::get(context, 32);
  case DType::I1:
    return IntegerType::get(context, 1);
  case DType::I64:
    return IntegerType::get(context, 64);
  }
  llvm_unreachable("a closed enumeration");
}

StringRef dtypeName(DType dtype) { return row(dtype).name; }

std::optional<DType> dtypeByName(StringRef name) {
  for (const Row &r : kRows)
    if (name == r.name)
      return r.dtype;
  return std::nullopt;
}

int64_t dtypeBytes(DType dtype) { return row(dtype).bytes; }

} // namespace vitc
