// ldmatrix, mma and the warp tiles against the tables of facts: small integers,
// exact equality, and one k at a time, since a permutation of k that is wrong
// in A and B alike cancels in a whole product.
#include "Facts.h"
#include "Harness.h"
#include "runtime/emulator/MmaKernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

using namespace vitrt::emu;
using namespace vitrt::emu::test;

namespace {

struct Shape {
  std::string name; ///< "m16n8k16.f16".
  std::string call; ///< "vit::mma_m16n8k16<vit::f16>(d, a, b)".
  int k, registersA, registersB;
};

const Shape kShapes[] = {
    {"m16n8k16.f16", "vit::mma_m16n8k16<vit::f16>(d, a, b)", 16, 4, 2},
    {"m16n8k16.bf16", "vit::mma_m16n8k16<vit::bf16>(d, a, b)", 16, 4, 2},
    {"m16n8k8.f16", "vit::mma_m16n8k8<vit::f16>(d, a, b)", 8, 2, 1},
    {"m16n8k8.bf16", "vit::mma_m16n8k8<vit::bf16>(d, a, b)", 8, 2, 1},
    {"m16n8k8.tf32", "vit::mma_m16n8k8_tf32(d, a, b)", 8, 4, 2},
};

int valueA(int m, int k) { return (m * 7 + k * 3) % 15 - 7; }
int valueB(int k, int n) { return (k * 5 + n * 11) % 13 - 6; }

uint32_t encode(const std::string &type, float value) {
  if (type == "f16")
    return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
  auto bits = std::bit_cast<uint32_t>(value);
  return type == "bf16" ? bits >> 16 : bits;
}

/// Registers of a fragment in which only elements of k = `onlyK` are not zero.
void fillFragment(std::vector<uint32_t> &regs, size_t base, const Table &table,
                  int registers, bool isA, int onlyK, const std::string &type) {
  size_t perRegister = type == "tf32" ? 1 : 2;
  for (size_t lane = 0; lane < 32; ++lane)
    for (size_t i = 0; i * 2 < table[lane].size(); ++i) {
      int row = static_cast<int>(table[lane][2 * i]);
      int column = static_cast<int>(table[lane][2 * i + 1]);
      if ((isA ? column : row) != onlyK)
        continue;
      auto value =
          static_cast<float>(isA ? valueA(row, column) : valueB(row, column));
      regs[base + lane * registers + i / perRegister] |=
          encode(type, value) << (i % perRegister * 16);
    }
}

class MmaLayout : public testing::TestWithParam<Shape> {};

TEST_P(MmaLayout, EveryK) {
  const Shape &s = GetParam();
  std::string type = s.name.substr(s.name.rfind('.') + 1);
  std::string prefix = "mma." + s.name + ".";
  // Block k multiplies the k-th column of A by the k-th row of B.
  std::vector<uint32_t> a(size_t(s.k) * 32 * s.registersA);
  std::vector<uint32_t> b(size_t(s.k) * 32 * s.registersB);
  std::vector<float> d(size_t(s.k) * 32 * 4);
  for (int k = 0; k < s.k; ++k) {
    fillFragment(a, size_t(k) * 32 * s.registersA, fact(prefix + "A"),
                 s.registersA, true, k, type);
    fillFragment(b, size_t(k) * 32 * s.registersB, fact(prefix + "B"),
                 s.registersB, false, k, type);
  }
  std::string na = std::to_string(s.registersA),
              nb = std::to_string(s.registersB);
  std::string text = R"(
VIT_KERNEL(32) kernel(const vit::u32 *ga, const vit::u32 *gb, float *gd) {
  vit::u32 a[)" + na +
                     R"(], b[)" + nb + R"(];
  const int at = blockIdx.x * 32 + threadIdx.x;
  for (int i = 0; i < )" +
                     na + R"(; ++i) a[i] = ga[at * )" + na + R"( + i];
  for (int i = 0; i < )" +
                     nb + R"(; ++i) b[i] = gb[at * )" + nb + R"( + i];
  float d[4] = {1.f, 1.f, 1.f, 1.f};
  )" + s.call + R"(;
  for (int i = 0; i < 4; ++i) gd[at * 4 + i] = d[i];
}
VIT_EXPORT(kernel)
)";
  runClean(text, {Buffer::in(a, "a"), Buffer::in(b, "b"), Buffer::out(d, "d")},
           32, {static_cast<uint32_t>(s.k), 1, 1});
  const Table &c = fact(prefix + "C");
  for (int k = 0; k < s.k; ++k)
    for (size_t lane = 0; lane < 32; ++lane)
      for (size_t i = 0; i < 4; ++i) {
        int m = static_cast<int>(c[lane][2 * i]);
        int n = static_cast<int>(c[lane][2 * i + 1]);
        ASSERT_EQ(d[(size_t(k) * 32 + lane) * 4 + i],
                  1.f + static_cast<float>(valueA(m, k) * valueB(k, n)))
            << s.name << " k " << k << " lane " << lane << " element " << i;
      }
}

INSTANTIATE_TEST_SUITE_P(Matrix, MmaLayout, testing::ValuesIn(kShapes),
                         [](const auto &info) {
                           std::string name = info.param.name;
                           name[name.find('.')] = '_';
                           return name;
                         });

/// Element (r, c) of matrix j has the value 64 j + 8 r + c.
void testLdmatrix(int count, bool transpose) {
  std::string n = std::to_string(count);
  std::string name = "vit::ldmatrix_x" + n + (transpose ? "_trans" : "");
  const Table &rows = fact("ldmatrix.x" + n + ".row_addr");
  std::vector<int> offsets;
  for (const auto &row : rows) // Lanes without a row give a valid address too.
    offsets.push_back(
        row[0] < 0 ? 0 : static_cast<int>(row[0] * 128 + row[1] * 16));
  std::vector<uint16_t> matrices(size_t(count) * 64);
  for (size_t i = 0; i < matrices.size(); ++i)
    matrices[i] = static_cast<uint16_t>(i);
  std::vector<uint32_t> out(32 * size_t(count));
  runClean(R"(
VIT_KERNEL(32) kernel(const unsigned short *in, const int *offset, vit::u32 *out) {
  VIT_DYN_SMEM(smem);
  for (int i = threadIdx.x; i < 64 * )" +
               n + R"(; i += 32)
    ((unsigned short *)smem)[i] = in[i];
  __syncwarp();
  vit::u32 r[)" +
               n + R"(];
  )" + name + R"((r, smem + offset[threadIdx.x]);
  for (int i = 0; i < )" +
               n + R"(; ++i) out[threadIdx.x * )" + n + R"( + i] = r[i];
}
VIT_EXPORT(kernel)
)",
           {Buffer::in(matrices, "in"), Buffer::in(offsets, "offset"),
            Buffer::out(out, "out")},
           32, {}, size_t(count) * 128);
  const Table &fragment =
      fact(transpose ? "ldmatrix.fragment_trans" : "ldmatrix.fragment");
  for (size_t lane = 0; lane < 32; ++lane)
    for (int j = 0; j < count; ++j)
      for (size_t e = 0; e < 2; ++e) {
        auto got = out[lane * count + j] >> (16 * e) & 0xffff;
        EXPECT_EQ(got, 64 * j + 8 * fragment[lane][2 * e] +
                           fragment[lane][2 * e + 1])
            << name << " lane " << lane << " register " << j;
      }
}

TEST(Matrix, Ldmatrix) {
  for (int count : {1, 2, 4})
    for (bool transpose : {false, true})
      testLdmatrix(count, transpose);
}

/// A warp multiplies 32 x 16 by 16 x 32; every form of operands gives the same.
TEST(Matrix, TilesAndFragments) {
  const char *text = R"(
template <int Form> VIT_DEV void run(const unsigned char *sa, const unsigned char *sb,
                                     const unsigned char *st, float *out) {
  typedef vit::TileA<vit::f16, 2> A;
  typedef vit::TileB<vit::f16, 4> B;
  typedef vit::TileBTrans<vit::f16, 4> T;
  const int lane = threadIdx.x;
  const unsigned char *ra[2], *rb[2], *rt[2];
  for (int i = 0; i < 2; ++i) {
    ra[i] = sa + (i * 16 + A::row(lane)) * 32 + A::chunk(lane) * 16;
    rb[i] = sb + (i * 16 + B::row(lane)) * 32 + B::chunk(lane) * 16;
    rt[i] = st + T::row(lane) * 64 + i * 32 + T::chunk(lane) * 16;
  }
  float d[2][4][4] = {};
  A a; B b; T t;
  vit::u32 fa[2][4], fb[2][4];
  vit::load_tile(a, ra);
  vit::load_tile(b, rb);
  vit::load_tile(t, rt);
  for (int i = 0; i < 2; ++i) {
    vit::ldmatrix_x4(fa[i], ra[i]);
    if (Form == 5)
      vit::ldmatrix_x4_trans(fb[i], rt[i]);
    else
      vit::ldmatrix_x4(fb[i], rb[i]);
  }
  if (Form == 0) vit::warp_ldm_mma<vit::f16>(d, ra, rb);
  if (Form == 1) vit::warp_mma(d, a, b);
  if (Form == 2) vit::warp_mma(d, a, t);
  if (Form == 3) vit::warp_mma(d, fa, b);
  if (Form == 4) vit::warp_mma(d, fa, t);
  if (Form == 5 || Form == 6) vit::warp_mma<vit::f16>(d, fa, fb);
  if (Form == 7)
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j) {
        const vit::u32 one[2] = {fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]};
        vit::mma_m16n8k16<vit::f16>(d[i][j], fa[i], one);
      }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e)
        out[(i * 16 + lane / 4 + e / 2 * 8) * 32 + j * 8 + lane % 4 * 2 + e % 2] = d[i][j][e];
}
VIT_KERNEL(32) kernel(const unsigned short *a, const unsigned short *b, float *out) {
  VIT_DYN_SMEM(smem);
  unsigned short *sa = (unsigned short *)smem, *sb = sa + 512, *st = sb + 512;
  for (int i = threadIdx.x; i < 512; i += 32) {
    sa[i] = a[i];
    sb[i] = b[i];
    st[i % 16 * 32 + i / 16] = b[i];
  }
  __syncwarp();
  run<0>(smem, smem + 1024, smem + 2048, out);
  run<1>(smem, smem + 1024, smem + 2048, out + 1024);
  run<2>(smem, smem + 1024, smem + 2048, out + 2048);
  run<3>(smem, smem + 1024, smem + 2048, out + 3072);
  run<4>(smem, smem + 1024, smem + 2048, out + 4096);
  run<5>(smem, smem + 1024, smem + 2048, out + 5120);
  run<6>(smem, smem + 1024, smem + 2048, out + 6144);
  run<7>(smem, smem + 1024, smem + 2048, out + 7168);
}
VIT_EXPORT(kernel)
)";
  std::vector<uint16_t> a(512), b(512);
  for (int m = 0; m < 32; ++m)
    for (int k = 0; k < 16; ++k) {
      a[m * 16 + k] = static_cast<uint16_t>(encode("f16", float(valueA(m, k))));
      b[m * 16 + k] = static_cast<uint16_t>(encode("f16", float(valueB(k, m))));
    }
  std::vector<float> out(8 * 1024);
  runClean(text,
           {Buffer::in(a, "a"), Buffer::in(b, "b"), Buffer::out(out, "out")},
           32, {}, 3072);
  for (size_t form = 0; form < 8; ++form)
    for (int m = 0; m < 32; ++m)
      for (int n = 0; n < 32; ++n) {
        int want = 0;
        for (int k = 0; k < 16; ++k)
          want += valueA(m, k) * valueB(k, n);
        ASSERT_EQ(out[form * 1024 + m * 32 + n], float(want))
            << "form " << form << " row " << m << " column " << n;
      }
}

TEST(Matrix, PortableKernelsGiveTheSameBits) {
  const MmaKernels &fast = mmaKernels(), &plain = portableMmaKernels();
  constexpr int kN = 24, kK = 16;
  std::vector<float> a(16 * kK), b(kK * kN), t(kK * kN), u(kK * kN);
  std::vector<uint16_t> halves(65536);
  for (size_t i = 0; i < halves.size(); ++i)
    halves[i] = static_cast<uint16_t>(i);
  std::vector<float> wide(65536), wide2(65536);
  for (auto f : {&MmaKernels::widenF16, &MmaKernels::widenBF16}) {
    (fast.*f)(halves.data(), wide.data(), 65536);
    (plain.*f)(halves.data(), wide2.data(), 65536);
    for (size_t i = 0; i < wide.size(); ++i) {
      if (std::isnan(wide[i]) && std::isnan(wide2[i]))
        continue;
      ASSERT_EQ(std::bit_cast<uint32_t>(wide[i]),
                std::bit_cast<uint32_t>(wide2[i]))
          << i;
    }
  }
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = std::sin(static_cast<float>(i));
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = std::cos(static_cast<float>(3 * i));
  fast.transpose(b.data(), t.data(), kN, kK);
  plain.transpose(b.data(), u.data(), kN, kK);
  EXPECT_EQ(t, u);
  std::vector<float> d(16 * kN, 0.5f), e = d;
  fast.multiply(d.data(), a.data(), t.data(), kN, kK);
  plain.multiply(e.data(), a.data(), u.data(), kN, kK);
  EXPECT_EQ(std::memcmp(d.data(), e.data(), d.size() * 4), 0);
}

} // namespace
