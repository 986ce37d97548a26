//===- CApiTest.cpp - vitrt.h and vitrt.hpp -------------------------------===//

#include "runtime/include/vitrt.hpp"

#include "runtime/format/Writer.h"
#include "test/unit/runtime/KernelTexts.h"

#include <gtest/gtest.h>

namespace {

std::string moduleBytes() {
  vitrt::format::Module contents = vitrt::test::runnableModule();
  auto bytes = vitrt::format::writeModuleMemory(contents);
  EXPECT_TRUE(bytes.ok()) << bytes.status().str();
  return std::string(bytes->text());
}

vitrt::api::Module load() {
  std::string bytes = moduleBytes();
  return vitrt::api::Module(bytes.data(), bytes.size());
}

VitrtEmulatorOptions emulatorOptions() {
  VitrtEmulatorOptions options = {};
  options.structSize = sizeof(options);
  options.trustSource = 1;
  options.helper = VITC_BINARY_DIR "/bin/vitrt-emulator";
  return options;
}

TEST(CApi, DescribesModules) {
  vitrt::api::Module module = load();
  EXPECT_EQ(module.info().planCount, 2u);
  EXPECT_STREQ(module.info().compiler, "vitc 0.1.0");
  EXPECT_STREQ(module.plan(0).target, "sm_80");
  EXPECT_EQ(module.plan(0).maxBatch, 4);
  vitrt::TensorInfo input = module.input(0, 0);
  EXPECT_EQ(input.name, "x");
  EXPECT_EQ(input.shapeAt(3), (std::vector<int64_t>{3, 6}));
  EXPECT_EQ(module.output(1, 0).name, "y");
  EXPECT_EQ(module.metadata("mean"), "0.5,0.5,0.5");
  EXPECT_EQ(module.metadata("labels"), "");
  EXPECT_EQ(vitrtVersion(), 100u);
}

TEST(CApi, RunsInTheEmulator) {
  vitrt::api::Module module = load();
  vitrt::api::Device device = vitrt::api::Device::emulator(emulatorOptions());
  EXPECT_EQ(device.info().kind, VITRT_EMULATOR);
  vitrt::api::Session session(module, device);
  std::vector<float> x(12, 1);
  vitrt::Tensor input("x", {2, 6}, x);
  EXPECT_EQ(session.choose({input}).second, 2);
  std::vector<float> y = session.run<float>(input);
  ASSERT_EQ(y.size(), 12u);
  EXPECT_EQ(y, vitrt::test::expectedResult(2));

  // The same with the caller's device memory and a profiler.
  static int launches;
  launches = 0;
  auto count = [](const VitrtLaunchInfo *launch, void *) {
    EXPECT_GT(launch->seconds, 0);
    EXPECT_STREQ(launch->nodes[0], launches == 0 ? "/add" : "/dense");
    ++launches;
  };
  vitrt::check(vitrtSessionSetProfiler(session.get(), count, nullptr));
  uint64_t from, to;
  vitrt::check(vitrtDeviceAllocate(device.get(), 48, &from));
  vitrt::check(vitrtDeviceAllocate(device.get(), 48, &to));
  vitrt::check(vitrtDeviceUpload(device.get(), from, x.data(), 48));
  session.enqueue({{"x", VITRT_F32, {2, 6}, (void *)from, VITRT_DEVICE}},
                  {{"", VITRT_F32, {2, 6}, (void *)to, VITRT_DEVICE}});
  session.synchronize();
  std::vector<float> again(12);
  vitrt::check(vitrtDeviceDownload(device.get(), again.data(), to, 48));
  EXPECT_EQ(again, y);
  EXPECT_EQ(launches, 2);
  vitrtDeviceFree(device.get(), from);
  vitrtDeviceFree(device.get(), to);
}

TEST(CApi, ErrorsAreThrownWithTheirIds) {
  try {
    vitrt::api::Module("/does/not/exist.vitm");
    FAIL();
  } catch (const vitrt::Error &error) {
    EXPECT_EQ(error.status(), 607);
    EXPECT_NE(std::string(error.what()).find("exist.vitm"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("[E0607]"), std::string::npos);
  }
  EXPECT_THROW(vitrt::api::Module("junk", 4), vitrt::Error);
}

TEST(CApi, HandlesMayGoInAnyOrder) {
  VitrtEmulatorOptions options = emulatorOptions();
  std::string bytes = moduleBytes();
  VitrtModule *module = nullptr;
  VitrtDevice *device = nullptr;
  VitrtSession *session = nullptr;
  vitrt::check(vitrtModuleLoadMemory(bytes.data(), bytes.size(), &module));
  vitrt::check(vitrtDeviceOpenEmulator(&options, &device));
  vitrt::check(vitrtSessionCreate(module, device, nullptr, &session));
  vitrtModuleRelease(module);
  vitrtDeviceRelease(device);
  std::vector<float> x(6, 1), y(6);
  int64_t shape[] = {1, 6};
  VitrtTensor in = {sizeof(in), nullptr, VITRT_F32, VITRT_HOST,
                    shape,      2,       0,         x.data()};
  VitrtTensor out = in;
  out.data = y.data();
  vitrt::check(vitrtSessionRun(session, &in, 1, &out, 1));
  EXPECT_EQ(y, vitrt::test::expectedResult(1));
  vitrtSessionRelease(session);
  vitrtSessionRelease(nullptr);
}

TEST(CApi, WrongArgumentsAreErrors) {
  constexpr VitrtStatus kInvalid = 798; // E0798
  VitrtModule *module = nullptr;
  VitrtDevice *device = nullptr;
  EXPECT_EQ(vitrtModuleLoad(nullptr, &module), kInvalid);
  EXPECT_EQ(vitrtModuleLoad("x", nullptr), kInvalid);
  EXPECT_EQ(vitrtModuleLoadMemory(nullptr, 1, &module), kInvalid);
  EXPECT_EQ(vitrtSessionRun(nullptr, nullptr, 0, nullptr, 0), kInvalid);
  EXPECT_EQ(vitrtSessionSynchronize(nullptr), kInvalid);
  EXPECT_EQ(vitrtSessionCreate(nullptr, nullptr, nullptr, nullptr), kInvalid);
  VitrtEmulatorOptions options = emulatorOptions();
  options.structSize = 0;
  EXPECT_EQ(vitrtDeviceOpenEmulator(&options, &device), kInvalid);
  EXPECT_STREQ(vitrtErrorMessage(), "wrong argument: structSize is not set");
  EXPECT_EQ(vitrtDeviceOpenEmulator(nullptr, &device), 723); // not trusted
  vitrt::api::Module loaded = load();
  VitrtPlanInfo plan = {};
  plan.structSize = sizeof(plan);
  EXPECT_EQ(vitrtModuleGetPlanInfo(loaded.get(), 2, &plan), kInvalid);
  VitrtTensorInfo tensor = {};
  tensor.structSize = sizeof(tensor);
  EXPECT_EQ(vitrtModuleGetInputInfo(loaded.get(), 0, 1, &tensor), kInvalid);
  EXPECT_EQ(module, nullptr);
  EXPECT_STREQ(vitrtStatusName(603), "E0603");
  EXPECT_STREQ(vitrtStatusName(12345), "");
  EXPECT_EQ(vitrtDtypeSize(VITRT_BF16), 2u);
  EXPECT_EQ(vitrtDtypeSize(VitrtDtype(99)), 0u);
}

TEST(CApi, ExceptionsStayInside) {
  vitrt::api::Module module = load();
  vitrt::api::Device device = vitrt::api::Device::emulator(emulatorOptions());
  vitrt::api::Session session(module, device);
  std::vector<float> x(6, 1);
  std::vector<vitrt::Tensor> input = {{"x", {1, 6}, x}};
  auto status = [&](void (*profiler)(const VitrtLaunchInfo *, void *)) {
    vitrt::check(vitrtSessionSetProfiler(session.get(), profiler, nullptr));
    try {
      session.run(input, {});
    } catch (const vitrt::Error &error) {
      return std::string(vitrtStatusName(error.status()));
    }
    return std::string();
  };
  EXPECT_EQ(status([](const VitrtLaunchInfo *, void *) { throw 1; }), "E0799");
  EXPECT_EQ(
      status([](const VitrtLaunchInfo *, void *) { throw std::bad_alloc(); }),
      "E0724");
  EXPECT_EQ(status(nullptr), ""); // the session is still good
}

TEST(CApi, OlderStructsKeepWorking) {
  vitrt::api::Module module = load();
  struct {
    size_t structSize;
    uint32_t planCount;
    uint32_t after;
  } old = {12, 0, 77}; // a header that ended after planCount
  vitrt::check(vitrtModuleGetInfo(module.get(),
                                  reinterpret_cast<VitrtModuleInfo *>(&old)));
  EXPECT_EQ(old.planCount, 2u);
  EXPECT_EQ(old.after, 77u);
}

} // namespace
