// The GPU side of vit_device.h compiles as C++14 for every architecture that
// NVRTC knows; skipped where there is no NVRTC.
#include "Harness.h"
#include "runtime/cuda/Nvrtc.h"

#include <gtest/gtest.h>

using namespace vitrt;
using namespace vitrt::emu::test;

namespace {

const char *const kEveryPrimitive = R"(#include "vit_device.h"
namespace vit {
template <class T> VIT_DEV float both_ways(float x) { return to_f32(convert<T>(x)); }
VIT_KERNEL_BLOCKS(128, 2) simt(const float *x, float *y, long long *l) {
  VIT_DYN_SMEM(smem);
  const int t = threadIdx.x;
  float acc[4][4] = {}, a[4], b[4];
  VIT_UNROLL
  for (int i = 0; i < 4; ++i) {
    a[i] = load(x + t + i);
    b[i] = from_bits(load4_ro(x + i));
  }
  outer_product(acc, a, b);
  float v = acc[1][2] + both_ways<f16>(a[0]) + both_ways<bf16>(a[0]) +
            both_ways<f8e4m3>(a[0]) + both_ways<f8e5m2>(a[0]) +
            both_ways<i8>(a[0]) + both_ways<ui8>(a[0]) + both_ways<int>(a[0]) +
            both_ways<bool>(a[0]) + both_ways<long long>(a[1]);
  v = fma(v, vit::sqrt(v), div(v, 3.f)) + vit::rsqrt(v) + vit::floor(v) +
      vit::ceil(v) + vit::trunc(v) + vit::rint(v) + abs(v) + vit::copysign(v, a[1]);
  v += __shfl_xor_sync(0xffffffffu, v, 1) + __shfl_sync(0xffffffffu, v, 0, 8) +
       __shfl_down_sync(0xffffffffu, v, 1) + __shfl_up_sync(0xffffffffu, v, 1) +
       (float)__shfl_xor_sync(0xffffffffu, t, 1) + (float)__ballot_sync(0xffffffffu, t) +
       (float)__any_sync(0xffffffffu, t) + (float)__all_sync(0xffffffffu, t);
  cp_async16(smem + t * 16, x + t * 4, t < 100);
  cp_async8(smem + 2048 + t * 8, x, true);
  cp_async4(smem + 4096 + t * 4, x, true);
  cp_async_commit();
  cp_async_wait<0>();
  __syncwarp();
  __syncthreads();
  float lo, hi;
  unpack2<f16>(pack2<f16>(v, v), lo, hi);
  store16(y + t * 4, load16(smem + t * 16));
  store8(y, load8_ro(x));
  store4(y, load4(smem) + pack2<bf16>(lo, hi) + to_tf32(v) + load16_ro(x).w);
  l[t] = (long long)load8(smem).x;
  VIT_COUNT(FLOP, 2);
}
VIT_EXPORT(simt)
#if VIT_ARCH >= 750
template <class T> VIT_DEV void matrices(T *y, const unsigned char *smem) {
  const int lane = threadIdx.x;
  float d[2][4][4] = {};
  const u8 *ra[2], *rb[2];
  VIT_UNROLL
  for (int i = 0; i < 2; ++i) {
    ra[i] = smem + TileA<T, 2>::row(lane) * 64 + TileA<T, 2>::chunk(lane) * 16 + i;
    rb[i] = smem + TileB<T, 4>::row(lane) * 64 + TileB<T, 4>::chunk(lane) * 16 + i;
  }
  TileA<T, 2> a;
  TileB<T, 4> b;
  TileBTrans<T, 4> t;
  load_tile(a, ra);
  load_tile(b, rb);
  load_tile(t, rb);
  u32 fa[2][4], fb[2][4], f2[2], f1[1];
  ldmatrix_x4(fa[0], ra[0]);
  ldmatrix_x4_trans(fa[1], ra[1]);
  ldmatrix_x4(fb[0], rb[0]);
  ldmatrix_x4_trans(fb[1], rb[1]);
  ldmatrix_x2(f2, ra[0]);
  ldmatrix_x2_trans(f2, ra[1]);
  ldmatrix_x1(f1, ra[0]);
  ldmatrix_x1_trans(f1, ra[0]);
  warp_ldm_mma<T>(d, ra, rb);
  warp_mma(d, a, b);
  warp_mma(d, a, t);
  warp_mma(d, fa, b);
  warp_mma(d, fa, t);
  warp_mma<T>(d, fa, fb);
  mma_m16n8k16<T>(d[0][0], fa[0], f2);
  mma_m16n8k8<T>(d[0][1], f2, f1);
#if VIT_ARCH >= 800
  mma_m16n8k8_tf32(d[0][2], fa[0], f2);
#endif
  VIT_UNROLL
  for (int i = 0; i < 32; ++i)
    store(y + i, d[i / 16][i / 4 % 4][i % 4]);
}
VIT_KERNEL(128) half(f16 *y) { VIT_DYN_SMEM(smem); matrices(y, smem); }
VIT_EXPORT(half)
#endif
#if VIT_ARCH >= 800
VIT_KERNEL(128) brain(bf16 *y) { VIT_DYN_SMEM(smem); matrices(y, smem); }
VIT_EXPORT(brain)
#endif
} // namespace vit
)";

struct DeviceHeader : testing::Test {
  std::shared_ptr<Nvrtc> nvrtc;
  static Result<std::shared_ptr<Nvrtc>> open() {
    NvrtcSearch search;
    search.folders = nvrtcFoldersOfVenv(VITC_SOURCE_DIR "/.venv");
    return Nvrtc::open(search);
  }
  void SetUp() override {
    // Never closed: the library does not free what it allocates when loaded.
    static const auto *found = new Result<std::shared_ptr<Nvrtc>>(open());
    if (!*found)
      GTEST_SKIP() << found->status().message();
    nvrtc = **found;
  }
  Result<Nvrtc::Compiled> compile(const std::string &text, int arch) {
    std::vector<Nvrtc::Header> headers;
    for (const auto &[name, content] : deviceHeaders())
      headers.push_back({name.c_str(), content.c_str()});
    std::string options[] = {"--std=c++14", "-DNDEBUG", "--fmad=false"};
    return nvrtc->compile(text, "kernel.cu", headers, options,
                          "compute_" + std::to_string(arch),
                          Nvrtc::Output::Ptx);
  }
};

TEST_F(DeviceHeader, CompilesForEveryArchitecture) {
  for (int arch : {53, 62, 72, 75, 80, 87, 90, 100, 120}) {
    if (!nvrtc->supports(arch))
      continue;
    Result<Nvrtc::Compiled> ptx = compile(kEveryPrimitive, arch);
    ASSERT_TRUE(ptx) << "compute_" << arch << ": " << ptx.status().message();
    // The instructions of the architecture, and no others.
    auto uses = [&](const char *what) {
      return ptx->image.find(what) != std::string::npos;
    };
    EXPECT_EQ(uses("ldmatrix"), arch >= 75) << arch;
    EXPECT_EQ(uses("mma.sync.aligned.m16n8k8.row.col.f32.f16"), arch >= 75);
    EXPECT_EQ(uses("mma.sync.aligned.m16n8k16"), arch >= 80) << arch;
    EXPECT_EQ(uses("cp.async"), arch >= 80) << arch;
    EXPECT_FALSE(uses("rsqrt.approx")) << arch;
  }
}

TEST_F(DeviceHeader, RefusesWhatTheArchitectureLacks) {
  const char *text = R"(#include "vit_device.h"
VIT_KERNEL(32) kernel(float *y) {
  float d[4] = {};
  const vit::u32 a[4] = {}, b[2] = {};
  vit::mma_m16n8k16<vit::bf16>(d, a, b);
  y[0] = d[0];
}
)";
  Result<Nvrtc::Compiled> ptx = compile(text, 75);
  ASSERT_FALSE(ptx);
  EXPECT_NE(ptx.status().message().find("has no mma on this architecture"),
            std::string::npos)
      << ptx.status().message();
  EXPECT_TRUE(compile(text, 80));
}

TEST(DeviceHeaderOnTheHost, CompilesInBothModes) {
  for (bool check : {false, true}) {
    emu::KernelText text{"every_primitive.cu", kEveryPrimitive, deviceHeaders(),
                         check, true};
    Result<std::string> object = hostCompiler().compile(text);
    EXPECT_TRUE(object) << object.status().str();
  }
}

} // namespace
