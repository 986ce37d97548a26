//===- SessionTest.cpp - sessions over a device of the test ---------------===//

#include "runtime/Session.h"
#include "runtime/format/Writer.h"
#include "test/unit/runtime/FakeDevice.h"
#include "test/unit/runtime/SampleModule.h"

#include <gtest/gtest.h>

using namespace vitrt;
using vitrt::test::FakeDevice;

namespace {

template <class T> T *pointer(const LaunchBuffer &buffer) {
  return reinterpret_cast<T *>(buffer.address);
}

/// y = 2 * (x + w), as SampleModule.h's two launches do it; w = {0 .. 5}.
class SessionTest : public testing::Test {
protected:
  void SetUp() override {
    contents = vitrt::test::sampleModule();
    std::string floats;
    for (int i = 0; i != 6; ++i) {
      float value = float(i);
      floats.append(reinterpret_cast<char *>(&value), 4);
    }
    contents.weights[0].data = format::Bytes::copyOf(floats);
    for (format::ModulePlan &entry : contents.plans)
      entry.plan.launches[1].device = 0;
    device = std::make_shared<FakeDevice>();
    device->functions["add_n6_f32"] = [](const LaunchRequest &r) {
      EXPECT_TRUE(r.buffers[2].written);
      for (int i = 0; i != 6 * r.batch; ++i)
        pointer<float>(r.buffers[2])[i] = pointer<float>(r.buffers[0])[i] +
                                          pointer<float>(r.buffers[1])[i % 6];
    };
    device->functions["gemm_n6_k6_f32"] = [](const LaunchRequest &r) {
      EXPECT_EQ(r.grid[1], uint32_t((r.batch + 4) / 2));
      for (int i = 0; i != 6 * r.batch; ++i)
        pointer<float>(r.buffers[2])[i] = 2 * pointer<float>(r.buffers[0])[i];
    };
  }
  // gemm's operand w reads t too in the sample, which the fake ignores.

  std::shared_ptr<Module> load() {
    Result<format::Bytes> bytes = format::writeModuleMemory(contents);
    EXPECT_TRUE(bytes.ok()) << bytes.status().str();
    Result<std::shared_ptr<Module>> module = Module::fromBytes(*bytes);
    EXPECT_TRUE(module.ok()) << module.status().str();
    return *module;
  }
  std::unique_ptr<Session> open(SessionOptions options = {}) {
    if (!module)
      module = load();
    auto session = Session::create(module, device, std::move(options));
    EXPECT_TRUE(session.ok()) << session.status().str();
    return std::move(*session);
  }
  TensorView tensor(const char *name, std::vector<float> &values,
                    Memory memory = Memory::Host) {
    return {name,
            format::DType::F32,
            {int64_t(values.size() / 6), 6},
            values.data(),
            memory};
  }
  Status run(Session &session, int batch) {
    x.assign(size_t(6 * batch), 1);
    y.assign(size_t(6 * batch), 0);
    TensorView in = tensor("x", x), out = tensor("y", y);
    return session.run({&in, 1}, {&out, 1});
  }
  void expectRight() {
    for (size_t i = 0; i != y.size(); ++i)
      EXPECT_EQ(y[i], 2.0f * (1 + float(i % 6))) << i;
  }

  format::Module contents;
  std::shared_ptr<FakeDevice> device;
  std::shared_ptr<Module> module;
  std::vector<float> x, y;
};

TEST_F(SessionTest, RunsAnyBatchOfTheRange) {
  auto session = open();
  for (int batch : {1, 4, 2, 3, 1}) {
    ASSERT_TRUE(run(*session, batch).ok());
    expectRight();
  }
  EXPECT_EQ(session->currentPlan()->target, "sm_80");
}

TEST_F(SessionTest, RefusesWhatDoesNotFit) {
  auto session = open();
  EXPECT_EQ(run(*session, 5).diag(), Diag::E0254);
  TensorView in = tensor("x", x), out = tensor("y", y);
  in.shape = out.shape = {1, 6};
  auto refusal = [&](TensorView i, TensorView o) {
    return session->run({&i, 1}, {&o, 1}).diag();
  };
  TensorView bad = in;
  bad.name = "z";
  EXPECT_EQ(refusal(bad, out), Diag::E0250);
  EXPECT_EQ(session->run({}, {&out, 1}).diag(), Diag::E0251);
  bad = in;
  bad.dtype = format::DType::F16;
  EXPECT_EQ(refusal(bad, out), Diag::E0252);
  bad = in;
  bad.shape = {1, 7};
  EXPECT_EQ(refusal(bad, out), Diag::E0253);
  bad = out;
  bad.shape = {2, 6};
  EXPECT_EQ(refusal(in, bad), Diag::E0253);
  TensorView twice[] = {in, in};
  EXPECT_EQ(session->run(twice, {&out, 1}).diag(), Diag::E0250);
  bad = in;
  bad.data = nullptr;
  EXPECT_EQ(refusal(bad, out), Diag::E0251);
  in.name.clear(); // a lone input needs no name
  EXPECT_TRUE(session->run({&in, 1}, {&out, 1}).ok());
}

TEST_F(SessionTest, MessagesSayExpectedAndGot) {
  auto session = open();
  std::vector<float> values(7);
  TensorView in{"x", format::DType::F32, {1, 7}, values.data()};
  EXPECT_EQ(session->run({&in, 1}, {}).message(),
            "input 'x' is f32[Bx6], but got f32[1x7]");
}

TEST_F(SessionTest, RecordsTheSecondRunAndReplays) {
  auto session = open();
  for (int i = 0; i != 4; ++i)
    ASSERT_TRUE(run(*session, 2).ok());
  expectRight();
  EXPECT_EQ(device->count("beginCapture"), 1);
  EXPECT_EQ(device->count("launchGraph"), 3);
  EXPECT_EQ(device->count("launch add_n6_f32"), 2); // direct and recorded
  ASSERT_TRUE(run(*session, 3).ok()); // another batch: direct again
  expectRight();
  EXPECT_EQ(device->count("launch add_n6_f32"), 3);
}

TEST_F(SessionTest, UploadsWeightsOncePerDevice) {
  auto first = open(), second = open();
  ASSERT_TRUE(run(*first, 1).ok());
  uint64_t bytes = device->uploaded;
  ASSERT_TRUE(run(*second, 1).ok());
  expectRight();
  EXPECT_EQ(device->uploaded - bytes, 24u); // its input alone
  EXPECT_EQ(device->count("loadKernel"), 2);
}

TEST_F(SessionTest, TakesDevicePointers) {
  auto session = open();
  x.assign(12, 1);
  y.assign(12, 0);
  TensorView in = tensor("x", x, Memory::Device);
  TensorView out = tensor("y", y, Memory::Device);
  ASSERT_TRUE(session->enqueue({&in, 1}, {&out, 1}).ok());
  ASSERT_TRUE(session->synchronize().ok());
  expectRight();
}

TEST_F(SessionTest, UsesTheCallersStreamAndAllocator) {
  int allocations = 0;
  SessionOptions options;
  options.ownStream = false;
  options.graphs = false;
  options.allocate = [&](uint64_t bytes) {
    ++allocations;
    return *device->allocate(bytes);
  };
  options.free = [&](DevicePtr p) {
    --allocations;
    device->free(p);
  };
  {
    auto session = open(options);
    ASSERT_TRUE(run(*session, 1).ok());
    expectRight();
    EXPECT_EQ(allocations, 3); // arena, input, output
    EXPECT_EQ(device->count("createStream"), 0);
  }
  EXPECT_EQ(allocations, 0);
}

TEST_F(SessionTest, ObserverSeesEachLaunchAndItsTensors) {
  auto session = open();
  std::vector<std::string> seen;
  session->setObserver([&](const LaunchEvent &event) {
    seen.push_back(event.launch.vitOp);
    EXPECT_EQ(event.report.seconds, 1);
    for (const format::TensorMapEntry &entry : event.plan.tensors) {
      if (entry.afterLaunch != event.index)
        continue;
      auto bytes = event.session.readTensor(entry);
      EXPECT_TRUE(bytes.ok());
      EXPECT_EQ(bytes->size(), 48u);
      float value;
      std::memcpy(&value, &(*bytes)[4 * 7], 4);
      EXPECT_EQ(value, 2);
    }
    return Status();
  });
  ASSERT_TRUE(run(*session, 2).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"vit.pointwise", "vit.linear"}));
  session->setObserver(
      [](const LaunchEvent &) { return Status(Diag::E0702, "enough"); });
  EXPECT_EQ(run(*session, 2).message(), "enough");
}

TEST_F(SessionTest, ReadsStridedTensors) {
  for (format::ModulePlan &entry : contents.plans) {
    entry.plan.tensors[0].shape = {{3, false}, {1, true}};
    entry.plan.tensors[0].strides = {2, 6};
  }
  auto session = open();
  std::vector<float> got;
  session->setObserver([&](const LaunchEvent &event) {
    if (event.index == 0) {
      auto bytes = event.session.readTensor(event.plan.tensors[0]);
      got.resize(bytes->size() / 4);
      std::memcpy(got.data(), bytes->data(), bytes->size());
    }
    return Status();
  });
  ASSERT_TRUE(run(*session, 2).ok());
  EXPECT_EQ(got, (std::vector<float>{1, 1, 3, 3, 5, 5}));
}

TEST_F(SessionTest, EveryFailingCallIsAnErrorAndLeaksNothing) {
  module = load();
  int failures = 0;
  for (int k = 0;; ++k) {
    device->failAfter = k;
    Status status;
    {
      auto session = Session::create(module, device);
      status = session.status();
      for (int i = 0; i != 3 && status.ok(); ++i)
        status = run(**session, 2);
    }
    if (device->failAfter >= 0) // the last run met no failure
      break;
    failures += !status.ok();
    ASSERT_TRUE(device->live.empty()) << "after failing call " << k;
  }
  EXPECT_GT(failures, 20);
}

TEST_F(SessionTest, ChoosesThePlanOfTheDevice) {
  auto target = [&](int arch, const char *wanted = "") {
    device->description.arch = arch;
    SessionOptions options;
    options.planTarget = wanted;
    auto session = Session::create(module, device, options);
    return session ? contents.plans[(*session)->plans()[0]].plan.target
                   : session.status().str();
  };
  contents.plans[1].plan.target = "sm_90a";
  module = load();
  EXPECT_EQ(target(80), "sm_80");
  EXPECT_EQ(target(86), "sm_80");
  EXPECT_EQ(target(90), "sm_90a");
  EXPECT_EQ(target(90, "sm_80"), "sm_80");
  EXPECT_EQ(target(100), "sm_80"); // sm_90a runs on 90 only
  EXPECT_NE(target(75).find("E0708"), std::string::npos);
  EXPECT_NE(target(80, "sm_90a").find("E0708"), std::string::npos);
}

TEST_F(SessionTest, SharedMemoryDecidesToo) {
  contents.plans[1].plan.target = "sm_86";
  contents.plans[0].plan.kernels[0].sharedBytes = 163 << 10;
  device->description.arch = 89;
  auto session = open();
  EXPECT_EQ(session->plans(), std::vector<uint32_t>{1});
}

TEST_F(SessionTest, ProfilesOfOneTarget) {
  contents.plans[1].plan.target = "sm_80";
  contents.plans[1].plan.minBatch = contents.plans[1].plan.optBatch =
      contents.plans[1].plan.maxBatch = 7;
  for (format::Launch &launch : contents.plans[1].plan.launches)
    for (format::BufferRef &ref : launch.buffers)
      if (ref.space == format::Space::Arena)
        ref.offset = 512;
  contents.plans[1].plan.tensors.clear();
  auto session = open();
  EXPECT_EQ(session->plans().size(), 2u);
  ASSERT_TRUE(run(*session, 7).ok());
  expectRight();
  EXPECT_EQ(session->currentPlan()->minBatch, 7);
  ASSERT_TRUE(run(*session, 2).ok());
  expectRight();
  EXPECT_EQ(run(*session, 6).diag(), Diag::E0254);
}

} // namespace
