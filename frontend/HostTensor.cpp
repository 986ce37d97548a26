//===- HostTensor.cpp - Values known at import ----------------------------===//
#include "frontend/HostTensor.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using vitc::onnx::TensorProto;

namespace vitc::frontend {

std::optional<Extent> toExtent(const Scalar &scalar) {
  if (scalar.k == 0)
    return scalar.c < 0 ? std::nullopt : std::optional(Extent{scalar.c, false});
  if (scalar.c != 0 || scalar.k < 0)
    return std::nullopt;
  return Extent{scalar.k, true};
}

bool isFloatType(int32_t type) {
  switch (type) {
  case TensorProto::FLOAT:
  case TensorProto::DOUBLE:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E5M2:
    return true;
  default:
    return false;
  }
}

int64_t bitWidth(int32_t type) {
  switch (type) {
  case TensorProto::DOUBLE:
  case TensorProto::INT64:
  case TensorProto::UINT64:
    return 64;
  case TensorProto::FLOAT:
  case TensorProto::INT32:
  case TensorProto::UINT32:
    return 32;
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::INT16:
  case TensorProto::UINT16:
    return 16;
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E5M2:
  case TensorProto::INT8:
  case TensorProto::UINT8:
  case TensorProto::BOOL:
    return 8;
  case TensorProto::INT4:
  case TensorProto::UINT4:
    return 4;
  default:
    return 0;
  }
}

bool isIntegerType(int32_t type) {
  return bitWidth(type) != 0 && !isFloatType(type) && type != TensorProto::BOOL;
}

static bool isUnsigned(int32_t type) {
  return type == TensorProto::UINT8 || type == TensorProto::UINT16 ||
         type == TensorProto::UINT32 || type == TensorProto::UINT64 ||
         type == TensorProto::UINT4;
}

std::string typeName(int32_t type) {
  static const char *kNames[] = {
      "undefined",      "float32",    "uint8",
      "int8",           "uint16",     "int16",
      "int32",          "int64",      "string",
      "bool",           "float16",    "float64",
      "uint32",         "uint64",     "complex64",
      "complex128",     "bfloat16",   "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
      "uint4",          "int4",       "float4e2m1",
      "float8e8m0",     "uint2",      "int2"};
  if (type >= 0 && size_t(type) < std::size(kNames))
    return kNames[type];
  return "data type " + std::to_string(type);
}

std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims) {
    if (dim < 0 || llvm::MulOverflow(count, dim, count) ||
        count > int64_t(1) << 40)
      return std::nullopt;
  }
  return count;
}

std::optional<DataType> storedType(int32_t type) {
  switch (type) {
  case TensorProto::DOUBLE:
    return TensorProto::FLOAT;
  case TensorProto::INT16:
  case TensorProto::UINT16:
    return TensorProto::INT32;
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    return TensorProto::INT64;
  case TensorProto::INT4:
    return TensorProto::INT8;
  case TensorProto::UINT4:
    return TensorProto::UINT8;
  default:
    return bitWidth(type) ? std::optional(DataType(type)) : std::nullopt;
  }
}

static const llvm::fltSemantics &semantics(int32_t type) {
  switch (type) {
  case TensorProto::FLOAT16:
    return llvm::APFloat::IEEEhalf();
  case TensorProto::BFLOAT16:
    return llvm::APFloat::BFloat();
  case TensorProto::FLOAT8E4M3FN:
    return llvm::APFloat::Float8E4M3FN();
  case TensorProto::FLOAT8E5M2:
    return llvm::APFloat::Float8E5M2();
  default:
    return llvm::APFloat::IEEEdouble();
  }
}

Scalar roundTo(int32_t type, Scalar value) {
  if (type == TensorProto::FLOAT) {
    value.f = double(float(value.f));
  } else if (isFloatType(type) && type != TensorProto::DOUBLE) {
    llvm::APFloat narrow(value.f);
    bool lost = false;
    narrow.convert(semantics(type), llvm::APFloat::rmNearestTiesToEven, &lost);
    narrow.convert(llvm::APFloat::IEEEdouble(),
                   llvm::APFloat::rmNearestTiesToEven, &lost);
    value.f = narrow.convertToDouble();
  } else if (type == TensorProto::BOOL) {
    value.c = value.c != 0;
  } else if (isIntegerType(type) && bitWidth(type) < 64 && value.k == 0) {
    unsigned bits = unsigned(bitWidth(type));
    value.c = isUnsigned(type) ? int64_t(uint64_t(value.c) &
                                         llvm::maskTrailingOnes<uint64_t>(bits))
                               : llvm::SignExtend64(uint64_t(value.c), bits);
  }
  return value;
}

static Scalar decodeBits(int32_t type, uint64_t bits) {
  unsigned width = unsigned(bitWidth(type));
  if (type == TensorProto::FLOAT)
    return Scalar::ofFloat(llvm::bit_cast<float>(uint32_t(bits)));
  if (type == TensorProto::DOUBLE)
    return Scalar::ofFloat(llvm::bit_cast<double>(bits));
  if (isFloatType(type)) {
    llvm::APFloat value(semantics(type), llvm::APInt(width, bits));
    bool lost = false;
    value.convert(llvm::APFloat::IEEEdouble(),
                  llvm::APFloat::rmNearestTiesToEven, &lost);
    return Scalar::ofFloat(value.convertToDouble());
  }
  if (type == TensorProto::BOOL)
    return Scalar::ofInt(bits != 0);
  return Scalar::ofInt(isUnsigned(type) ? int64_t(bits)
                                        : llvm::SignExtend64(bits, width));
}

std::vector<Scalar> decode(int32_t type, llvm::StringRef bytes, int64_t count) {
  std::vector<Scalar> values(count);
  int64_t width = bitWidth(type);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = 0;
    if (width == 4) {
      bits = (uint8_t(bytes[i / 2]) >> (i % 2 * 4)) & 15;
    } else {
      for (int64_t byte = 0; byte < width / 8; ++byte)
        bits |= uint64_t(uint8_t(bytes[i * width / 8 + byte])) << (8 * byte);
    }
    values[i] = decodeBits(type, bits);
  }
  return values;
}

static uint64_t encodeBits(int32_t type, const Scalar &value) {
  if (type == TensorProto::FLOAT)
    return llvm::bit_cast<uint32_t>(float(value.f));
  if (type == TensorProto::DOUBLE)
    return llvm::bit_cast<uint64_t>(value.f);
  if (!isFloatType(type))
    return uint64_t(value.c);
  llvm::APFloat narrow(value.f);
  bool lost = false;
  narrow.convert(semantics(type), llvm::APFloat::rmNearestTiesToEven, &lost);
  return narrow.bitcastToAPInt().getZExtValue();
}

std::vector<char> encode(int32_t type, llvm::ArrayRef<Scalar> values) {
  int64_t width = bitWidth(type) / 8;
  std::vector<char> bytes(values.size() * width);
  for (size_t i = 0; i < values.size(); ++i) {
    uint64_t bits = encodeBits(type, values[i]);
    for (int64_t byte = 0; byte < width; ++byte)
      bytes[i * width + byte] = char(bits >> (8 * byte));
  }
  return bytes;
}

} // namespace vitc::frontend
