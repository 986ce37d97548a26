//===- PointwiseTest.cpp - one function at every element ------------------===//
#include "test/unit/kernels/KernelHarness.h"

#include <cmath>
#include <gtest/gtest.h>
#include <sstream>

using namespace vitc::test;

namespace {

/// A pointwise kernel whose struct has the given members and `element` body.
struct Pointwise {
  std::string index = "int";
  int elements = 1, threads = 64, perThread = 1, vector = 1;
  DType in = DType::F32, out = DType::F32;
  std::string body; ///< Of `void element(Index i) const`.

  Tensor run(Tensor input, bool fullyWritten = true) const {
    std::ostringstream s;
    s << "#include \"pointwise.cuh\"\n#include \"vit_vector.cuh\"\n\nnamespace "
         "{\nstruct problem {\n  const "
      << typeName(in) << " *in_;\n  " << typeName(out)
      << " *out_;\n  int batch;\n  using Index = " << index
      << ";\n  static constexpr int kThreads = " << threads
      << ", kPerThread = " << perThread << ", kVector = " << vector
      << ";\n  VIT_INLINE Index elements() const { return " << elements
      << " * batch; }\n  VIT_INLINE void element(Index i) const {\n    " << body
      << "\n  }\n};\n} // namespace\n\nVIT_KERNEL(" << threads
      << ")\npointwise_kernel(const " << typeName(in) << " *in, "
      << typeName(out)
      << " *out, int batch) {\n  VIT_DYN_SMEM(smem);\n  const problem p = {in, "
         "out, batch};\n  vit::pointwise(p, smem);\n}\nVIT_EXPORT("
         "pointwise_kernel)\n";
    Tensor output = poisonedTensor(out, elements);
    KernelCase test;
    test.text = s.str();
    test.symbol = "pointwise_kernel";
    test.grid[0] = (elements + threads * perThread - 1) / (threads * perThread);
    test.threads = threads;
    test.arguments = {{"in", &input},
                      {"out", &output, true, fullyWritten, false}};
    runEverywhere(test);
    return output;
  }
};

} // namespace

TEST(Pointwise, Tails) {
  Pointwise p;
  p.body = "out_[i] = vit::fn::mul(in_[i], 2.0f);";
  for (auto [elements, perThread] :
       {std::pair{1, 1}, {63, 1}, {65, 1}, {1000, 4}, {256, 2}}) {
    p.elements = elements;
    p.perThread = perThread;
    Tensor in = randomTensor(DType::F32, elements, 1), out = p.run(in);
    for (int i = 0; i < elements; ++i)
      ASSERT_EQ(out.get(i), 2 * in.get(i));
  }
}

TEST(Pointwise, Vectors) {
  Pointwise p;
  p.elements = 264;
  p.perThread = p.vector = 8;
  p.threads = 32;
  p.out = DType::F16;
  p.in = DType::BF16;
  p.index = "long long";
  p.body = "float v[8];\n    vit::load_vec<8>(in_ + i, v);\n    "
           "vit::store_vec<8>(out_ + i, v);";
  Tensor in = randomTensor(DType::BF16, p.elements, 2), out = p.run(in);
  for (int i = 0; i < p.elements; ++i)
    ASSERT_EQ(out.get(i), in.get(i));
}

TEST(Pointwise, TransposeAndPad) {
  Pointwise p; // 3 x 5 to 5 x 3, inside a border of zeros
  p.elements = 7 * 5;
  p.body = "const int r = i / 5 - 1, c = i % 5 - 1;\n    const bool valid = "
           "(unsigned)r < 5u && (unsigned)c < 3u;\n    out_[i] = valid ? in_[c "
           "* 5 + r] : vit::zero<float>();";
  Tensor in = randomTensor(DType::F32, 15, 3), out = p.run(in);
  for (int i = 0; i < p.elements; ++i) {
    int r = i / 5 - 1, c = i % 5 - 1;
    bool valid = r >= 0 && r < 5 && c >= 0 && c < 3;
    ASSERT_EQ(out.get(i), valid ? in.get(c * 5 + r) : 0);
  }
}

TEST(Pointwise, Types) {
  Pointwise p;
  p.elements = 100;
  p.in = DType::F32;
  p.out = DType::I64;
  p.body = "out_[i] = vit::store_as<long long>(vit::fn::fp_to_si<long long>("
           "vit::fn::mul(in_[i], 1000.0f)));";
  Tensor in = randomTensor(DType::F32, p.elements, 4), out = p.run(in);
  for (int i = 0; i < p.elements; ++i)
    ASSERT_EQ(out.get(i), std::trunc(static_cast<float>(in.get(i)) * 1000.0f));

  p.in = DType::I64;
  p.out = DType::UI8; // I1
  p.body = "out_[i] = vit::store_as<unsigned char>(vit::fn::cmp_slt(in_[i], "
           "vit::fn::ext_i<long long>(5)));";
  Tensor flags = p.run(out);
  for (int i = 0; i < p.elements; ++i)
    ASSERT_EQ(flags.get(i), out.get(i) < 5);
}
