//===- Tensor.cpp - elements of any type as double ------------------------===//
#include "test/unit/kernels/KernelHarness.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

namespace vitc::test {

size_t bytesOf(DType type) {
  switch (type) {
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::I8:
  case DType::UI8:
  case DType::I1:
  case DType::F8E4M3FN:
  case DType::F8E5M2:
    return 1;
  case DType::I64:
    return 8;
  default:
    return 4;
  }
}

const char *typeName(DType type) {
  switch (type) {
  case DType::F16:
    return "vit::f16";
  case DType::BF16:
    return "vit::bf16";
  case DType::I32:
    return "int";
  case DType::I64:
    return "long long";
  case DType::UI8:
  case DType::I1:
    return "unsigned char";
  default:
    return "float";
  }
}

Tensor::Tensor(DType type, size_t size)
    : type(type), bytes(size * bytesOf(type)) {}

size_t Tensor::size() const { return bytes.size() / bytesOf(type); }

template <class T> static T read(const uint8_t *p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

double Tensor::get(size_t i) const {
  const uint8_t *p = bytes.data() + i * bytesOf(type);
  switch (type) {
  case DType::F16:
    return read<_Float16>(p);
  case DType::BF16: {
    uint32_t bits = static_cast<uint32_t>(read<uint16_t>(p)) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  case DType::I32:
    return read<int32_t>(p);
  case DType::I64:
    return static_cast<double>(read<int64_t>(p));
  case DType::UI8:
  case DType::I1:
    return *p;
  default:
    return read<float>(p);
  }
}

template <class T> static void write(uint8_t *p, T value) {
  std::memcpy(p, &value, sizeof value);
}

static uint16_t bfloatBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (std::isnan(value))
    return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void Tensor::set(size_t i, double value) {
  uint8_t *p = bytes.data() + i * bytesOf(type);
  switch (type) {
  case DType::F16:
    return write(p, static_cast<_Float16>(static_cast<float>(value)));
  case DType::BF16:
    return write(p, bfloatBits(static_cast<float>(value)));
  case DType::I32:
    return write(p, static_cast<int32_t>(value));
  case DType::I64:
    return write(p, static_cast<int64_t>(value));
  case DType::UI8:
  case DType::I1:
    return write(p, static_cast<uint8_t>(value));
  default:
    return write(p, static_cast<float>(value));
  }
}

Tensor randomTensor(DType type, size_t size, uint64_t seed, double scale) {
  Tensor tensor(type, size);
  uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;
  for (size_t i = 0; i < size; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    double unit = static_cast<double>(state >> 11) * 0x1p-53;
    tensor.set(i, (2 * unit - 1) * scale);
  }
  return tensor;
}

Tensor poisonedTensor(DType type, size_t size) {
  Tensor tensor(type, size);
  std::fill(tensor.bytes.begin(), tensor.bytes.end(), 0xff);
  return tensor;
}

void expectNear(const std::string &what, const Tensor &got,
                const std::vector<double> &want,
                const std::vector<double> &bound) {
  size_t worst = 0, failures = 0;
  double worstRatio = -1;
  for (size_t i = 0; i < want.size(); ++i) {
    double value = got.get(i);
    bool same = value == want[i] || (std::isnan(value) && std::isnan(want[i]));
    double ratio = same ? 0 : std::abs(value - want[i]) / bound[i];
    if (!(ratio <= 1)) {
      ++failures;
      ratio =
          std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
    }
    if (ratio > worstRatio) {
      worstRatio = ratio;
      worst = i;
    }
  }
  EXPECT_EQ(failures, 0u) << what << ": worst at " << worst << ", got "
                          << got.get(worst) << ", want " << want[worst]
                          << ", bound " << bound[worst];
}

} // namespace vitc::test
