//===- CudaDeviceTest.cpp - the CUDA device over a driver of the test -----===//

#include "runtime/cuda/CudaDevice.h"
#include "runtime/Session.h"
#include "runtime/cuda/KernelLoader.h"
#include "runtime/format/Writer.h"
#include "test/unit/runtime/KernelTexts.h"
#include "test/unit/runtime/fake/FakeCuda.h"

#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace vitrt;
using vitrt::test::FakeCudaState;

namespace {

const char kFakeCuda[] = VITC_BINARY_DIR "/lib/libfake_cuda.so";
const char kFakeNvrtc[] = VITC_BINARY_DIR "/lib/libfake_nvrtc.so";

/// The state of a fake library; the library stays loaded.
FakeCudaState *stateOf(const char *path) {
  void *library = ::dlopen(path, RTLD_NOW);
  auto *get = reinterpret_cast<FakeCudaState *(*)()>(
      library ? ::dlsym(library, "fakeCudaState") : nullptr);
  return get ? get() : nullptr;
}

template <class T> T *argument(void **parameters, int i) {
  return *static_cast<T **>(parameters[i]);
}

/// The kernels of SampleModule.h, on the host.
void runKernel(const std::string &symbol, const unsigned[3], void **p) {
  bool gemm = symbol == "gemm_n6_k6_f32";
  int batch = *static_cast<int *>(p[gemm ? 4 : 3]);
  auto *in = argument<float>(p, 0), *w = argument<float>(p, 1);
  auto *out = argument<float>(p, 2);
  for (int i = 0; i != 6 * batch; ++i)
    out[i] = gemm ? 2 * in[i] : in[i] + w[i % 6];
}

class CudaDeviceTest : public testing::Test {
protected:
  void SetUp() override {
    cuda = stateOf(kFakeCuda);
    nvrtc = stateOf(kFakeNvrtc);
    ASSERT_TRUE(cuda && nvrtc);
    *cuda = *nvrtc = {};
    cuda->onLaunch = runKernel;
    ::setenv("VITC_NVRTC", kFakeNvrtc, 1);
    auto opened = cuda::Driver::open(kFakeCuda);
    ASSERT_TRUE(opened.ok()) << opened.status().str();
    driver = std::move(*opened);
    options.driver = driver.get();
    contents = vitrt::test::runnableModule();
  }
  void TearDown() override {
    ::unsetenv("VITC_NVRTC");
    EXPECT_EQ(cuda->live, 0);
    EXPECT_EQ(nvrtc->live, 0);
    EXPECT_EQ(cuda->contextDepth, 0);
  }

  /// Opens device and session and runs `runs` times.
  Status run(int runs = 1, LaunchObserver observer = nullptr) {
    Result<std::shared_ptr<Device>> device = openCudaDevice(options);
    VITRT_TRY(device.status());
    Result<format::Bytes> bytes = format::writeModuleMemory(contents);
    VITRT_TRY(bytes.status());
    Result<std::shared_ptr<Module>> module = Module::fromBytes(*bytes);
    VITRT_TRY(module.status());
    auto session = Session::create(*module, *device);
    VITRT_TRY(session.status());
    if (observer)
      (*session)->setObserver(observer);
    std::vector<float> x(12, 1);
    y.assign(12, 0);
    TensorView in{"x", format::DType::F32, {2, 6}, x.data()};
    TensorView out{"y", format::DType::F32, {2, 6}, y.data()};
    for (int i = 0; i != runs; ++i)
      VITRT_TRY((*session)->run({&in, 1}, {&out, 1}));
    return Status();
  }
  void expectRight() { EXPECT_EQ(y, vitrt::test::expectedResult(2)); }

  FakeCudaState *cuda = nullptr, *nvrtc = nullptr;
  std::unique_ptr<cuda::Driver> driver;
  CudaOptions options;
  format::Module contents;
  std::vector<float> y;
};

TEST_F(CudaDeviceTest, RunsAndReplaysGraphs) {
  Status status = run(4);
  ASSERT_TRUE(status.ok()) << status.str();
  expectRight();
  EXPECT_EQ(cuda->graphLaunches, 3);
  EXPECT_EQ(cuda->launches, 8);
  EXPECT_EQ(cuda->loaded,
            (std::vector<std::string>{"cubin bytes", "other bytes"}));
}

TEST_F(CudaDeviceTest, TimesLaunchesForObservers) {
  int seen = 0;
  Status status = run(2, [&](const LaunchEvent &event) {
    EXPECT_NEAR(event.report.seconds, 2e-3, 1e-9);
    ++seen;
    return Status();
  });
  ASSERT_TRUE(status.ok()) << status.str();
  EXPECT_EQ(seen, 4);
}

TEST_F(CudaDeviceTest, DescribesTheDevice) {
  auto device = openCudaDevice(options);
  ASSERT_TRUE(device.ok());
  const DeviceInfo &info = (*device)->info();
  EXPECT_EQ(info.name, "Fake GPU");
  EXPECT_EQ(info.arch, 80);
  EXPECT_EQ(info.sharedPerBlock, 163u << 10);
  EXPECT_EQ((*device)->allocate(uint64_t(1) << 34).status().diag(),
            Diag::E0707);
}

TEST_F(CudaDeviceTest, MissingDeviceIsNamed) {
  options.ordinal = 1;
  EXPECT_EQ(run().diag(), Diag::E0701);
  cuda->devices = 0;
  options.ordinal = 0;
  EXPECT_EQ(run().diag(), Diag::E0701);
}

TEST_F(CudaDeviceTest, MissingDriverIsNamed) {
  Status status = cuda::Driver::open("/does/not/exist/libcuda.so.1").status();
  EXPECT_EQ(status.diag(), Diag::E0701);
  EXPECT_NE(status.message().find("install"), std::string::npos);
  cuda->initResult = 34; // a stub library
  EXPECT_EQ(cuda::Driver::open(kFakeCuda).status().diag(), Diag::E0701);
}

TEST_F(CudaDeviceTest, RefusedCubinFallsToPtxThenSource) {
  cuda->refused = {{"cubin bytes", 209}, {"other bytes", 200}};
  Status status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  expectRight();
  EXPECT_EQ(cuda->loaded[1], ".version 8.0");
  EXPECT_TRUE(nvrtc->nvrtcCompiles.empty());

  cuda->loaded.clear();
  cuda->refused.push_back({".version", 222}); // PTX of a newer toolkit
  status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  expectRight();
  EXPECT_EQ(cuda->loaded[2], "compiled for sm_80");
}

TEST_F(CudaDeviceTest, OtherArchitecturesTakePtxOrSource) {
  cuda->arch = 90; // its own plan is sm_90a; take sm_80's
  contents.plans.pop_back();
  Status status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  EXPECT_EQ(cuda->loaded[0], ".version 8.0"); // an sm_80 cubin does not run

  cuda->loaded.clear();
  for (format::KernelCode &code : contents.codes)
    code.images.clear();
  status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  EXPECT_EQ(cuda->loaded[0], "compiled for sm_90");

  // An NVRTC that does not know the device: PTX for an older architecture.
  cuda->loaded.clear();
  cuda->arch = 121;
  cuda->refused = {{"compiled for sm_", 209}};
  status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  EXPECT_EQ(cuda->loaded.back(), "compiled for compute_90");
}

TEST_F(CudaDeviceTest, NothingLoadsIsExplained) {
  cuda->refused = {{"", 209}};
  contents.codes[0].source += "// REFUSE";
  Status status = run();
  EXPECT_EQ(status.diag(), Diag::E0706);
  for (const char *part :
       {"sm_80: cuModuleLoadDataEx", "the fake refuses it", "compute_80",
        "source as PTX: NVRTC 12.9", "error: REFUSE"})
    EXPECT_NE(status.message().find(part), std::string::npos) << part;
}

TEST_F(CudaDeviceTest, NoNvrtcIsExplained) {
  ::setenv("VITC_NVRTC", "/does/not/exist", 1);
  cuda->refused = {{"", 209}};
  Status status = run();
  EXPECT_EQ(status.diag(), Diag::E0706);
  EXPECT_NE(status.message().find("found no NVRTC"), std::string::npos);
}

TEST_F(CudaDeviceTest, LargeSharedMemoryIsAskedFor) {
  contents.plans[0].plan.kernels[0].sharedBytes = 100 << 10;
  Status status = run();
  ASSERT_TRUE(status.ok()) << status.str();
  EXPECT_EQ(cuda->maxShared, std::vector<std::string>{
                                 "add_n6_f32=" + std::to_string(100 << 10)});
}

TEST_F(CudaDeviceTest, EveryFailingCallIsAnErrorAndLeaksNothing) {
  int failures = 0;
  for (int code : {2, 700, 719})
    for (int k = 0;; ++k) {
      cuda->failAfter = k;
      cuda->failCode = code;
      Status status = run(3);
      ASSERT_EQ(cuda->live, 0) << "after failing call " << k;
      ASSERT_EQ(cuda->contextDepth, 0) << "after failing call " << k;
      if (cuda->failAfter >= 0)
        break; // the run met no failure
      // A call that only loses an option (an image form) is made good.
      failures += !status.ok();
    }
  EXPECT_GT(failures, 3 * 40);
}

TEST(KernelImages, RunWhereTheHardwareSaysSo) {
  EXPECT_TRUE(cuda::cubinRunsOn("sm_80", 86));
  EXPECT_FALSE(cuda::cubinRunsOn("sm_86", 80));
  EXPECT_FALSE(cuda::cubinRunsOn("sm_80", 90));
  EXPECT_TRUE(cuda::cubinRunsOn("sm_90a", 90));
  EXPECT_FALSE(cuda::cubinRunsOn("sm_100a", 103));
  EXPECT_TRUE(cuda::cubinRunsOn("sm_100f", 103));
  EXPECT_TRUE(cuda::ptxRunsOn("compute_75", 121));
  EXPECT_FALSE(cuda::ptxRunsOn("compute_90a", 100));
  EXPECT_FALSE(cuda::ptxRunsOn("compute_90", 87));
}

} // namespace
