//===- EmulatorDeviceTest.cpp - a session over the helper process ---------===//

#include "runtime/emulator/EmulatorDevice.h"
#include "runtime/Session.h"
#include "runtime/emulator/SharedArena.h"
#include "runtime/format/Writer.h"
#include "test/unit/runtime/KernelTexts.h"

#include <gtest/gtest.h>
#include <thread>

using namespace vitrt;

namespace {

class EmulatorDeviceTest : public testing::Test {
protected:
  void SetUp() override {
    contents = vitrt::test::runnableModule();
    options.helper = {VITC_BINARY_DIR "/bin/vitrt-emulator"};
    options.compiler.cacheDirectory = testing::TempDir() + "emulator-cache";
    options.trustSource = true;
    options.headers = vitrt::test::libraryHeaders();
    options.threads = 2;
    options.memoryBytes = uint64_t(1) << 30;
  }

  Status run(int batch, LaunchObserver observer = nullptr) {
    Result<format::Bytes> bytes = format::writeModuleMemory(contents);
    EXPECT_TRUE(bytes.ok()) << bytes.status().str();
    auto module = Module::fromBytes(*bytes);
    if (!device) {
      auto opened = EmulatorDevice::open(options);
      VITRT_TRY(opened.status());
      device = *opened;
    }
    auto session = Session::create(*module, device);
    VITRT_TRY(session.status());
    if (observer)
      (*session)->setObserver(observer);
    x.assign(size_t(6 * batch), 1);
    y.assign(size_t(6 * batch), 0);
    TensorView in{"x", format::DType::F32, {batch, 6}, x.data()};
    TensorView out{"y", format::DType::F32, {batch, 6}, y.data()};
    return (*session)->run({&in, 1}, {&out, 1});
  }
  void expectRight() {
    EXPECT_EQ(y, vitrt::test::expectedResult(int(y.size() / 6)));
  }

  format::Module contents;
  EmulatorOptions options;
  std::shared_ptr<EmulatorDevice> device;
  std::vector<float> x, y;
};

TEST_F(EmulatorDeviceTest, RunsKernelText) {
  for (int batch : {1, 4}) {
    Status status = run(batch);
    ASSERT_TRUE(status.ok()) << status.str();
    expectRight();
  }
}

TEST_F(EmulatorDeviceTest, CheckModePassesSoundKernels) {
  options.check = options.counters = true;
  options.seed = 7;
  uint64_t written = 0;
  Status status = run(3, [&](const LaunchEvent &event) {
    for (const Counter &counter : event.report.counters)
      if (counter.name == "global_write_bytes")
        written += counter.value;
    return Status();
  });
  ASSERT_TRUE(status.ok()) << status.str();
  expectRight();
  EXPECT_EQ(written, 2 * 3 * 24u);
}

TEST_F(EmulatorDeviceTest, ThreadsShareModuleAndDevice) {
  Result<format::Bytes> bytes = format::writeModuleMemory(contents);
  auto module = Module::fromBytes(*bytes);
  auto opened = EmulatorDevice::open(options);
  ASSERT_TRUE(opened.ok()) << opened.status().str();
  std::vector<std::thread> threads;
  for (int batch = 1; batch <= 4; ++batch)
    threads.emplace_back([&, batch] {
      auto session = Session::create(*module, *opened);
      ASSERT_TRUE(session.ok());
      std::vector<float> in(size_t(6 * batch), 1);
      for (int i = 0; i != 20; ++i) {
        std::vector<float> out(in.size());
        TensorView x{"x", format::DType::F32, {batch, 6}, in.data()};
        TensorView y{"y", format::DType::F32, {batch, 6}, out.data()};
        ASSERT_TRUE((*session)->run({&x, 1}, {&y, 1}).ok());
        EXPECT_EQ(out, vitrt::test::expectedResult(batch));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(EmulatorDeviceTest, FindingsFailTheRun) {
  options.check = true;
  std::string &text = contents.codes[0].source;
  text.replace(text.find("< 6 * batch"), 11, "< 6 * batch - 1");
  Status status = run(2);
  EXPECT_EQ(status.diag(), Diag::E0901) << status.str();
  EXPECT_NE(status.message().find("add_n6_f32"), std::string::npos);
  std::vector<emu::Finding> findings = device->takeFindings();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].kind, emu::FindingKind::Unwritten);
  EXPECT_TRUE(device->synchronize(nullptr).ok());
}

TEST_F(EmulatorDeviceTest, OutOfBoundsStopsTheRun) {
  options.check = true;
  std::string &text = contents.codes[0].source;
  text.replace(text.find("out[i] ="), 8, "out[i + 600] =");
  Status status = run(1);
  EXPECT_EQ(status.diag(), Diag::E0901) << status.str();
  EXPECT_EQ(device->takeFindings()[0].kind, emu::FindingKind::OutOfBounds);
}

TEST_F(EmulatorDeviceTest, CrashIsAnErrorOfTheDevice) {
  std::string &text = contents.codes[0].source;
  text.replace(text.find("out[i] ="), 8, "__builtin_trap(); out[i] =");
  Status status = run(1);
  EXPECT_EQ(status.diag(), Diag::E0721) << status.str();
  EXPECT_EQ(run(1).diag(), Diag::E0721); // and stays one
}

TEST_F(EmulatorDeviceTest, EndlessKernelIsEnded) {
  options.timeout = 0.5;
  std::string &text = contents.codes[0].source;
  text.replace(text.find("int i ="), 7,
               "while (*(const volatile int *)in) {} int i =");
  Status status = run(1);
  EXPECT_EQ(status.diag(), Diag::E0722) << status.str();
}

TEST_F(EmulatorDeviceTest, TextMustBeTrusted) {
  options.trustSource = false;
  EXPECT_EQ(run(1).diag(), Diag::E0723);
  device.reset();
  options.approve = [](const KernelSource &source) {
    return source.code == 0 ? Status() : Status(Diag::E0723, "not that one");
  };
  EXPECT_EQ(run(1).message(), "not that one");
  device.reset();
  options.headers.clear(); // an approver does not vouch for foreign headers
  EXPECT_EQ(run(1).diag(), Diag::E0723);
}

TEST_F(EmulatorDeviceTest, ErrorsOfTheTextAreShown) {
  contents.codes[0].source = "not C++";
  EXPECT_EQ(run(1).diag(), Diag::E0711);
}

TEST_F(EmulatorDeviceTest, MissingHelperIsNamed) {
  options.helper = {"/does/not/exist"};
  Status status = run(1);
  EXPECT_EQ(status.diag(), Diag::E0720);
  EXPECT_NE(status.message().find("/does/not/exist"), std::string::npos);
  options.helper = {"/bin/true"};
  EXPECT_EQ(run(1).diag(), Diag::E0720);
}

TEST_F(EmulatorDeviceTest, MemoryIsNaNAndBounded) {
  auto opened = EmulatorDevice::open(options);
  ASSERT_TRUE(opened.ok()) << opened.status().str();
  Device &dev = **opened;
  Result<DevicePtr> memory = dev.allocate(1000);
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(*memory % 256, 0u);
  uint32_t word = 0;
  EXPECT_TRUE(dev.copyToHost(&word, *memory + 996, 4, nullptr).ok());
  EXPECT_EQ(word, 0xffffffffu);
  EXPECT_EQ(dev.copyToHost(&word, *memory + 1024, 4, nullptr).diag(),
            Diag::E0702);
  dev.free(*memory);
  EXPECT_FALSE(dev.copyToHost(&word, *memory, 4, nullptr).ok());
  EXPECT_EQ(dev.allocate(uint64_t(1) << 40).status().diag(), Diag::E0707);
}

TEST(SharedArenaTest, ReusesWhatIsReleased) {
  emu::SharedArena arena;
  ASSERT_TRUE(arena.open(1 << 20).ok());
  std::vector<uint64_t> offsets;
  for (int round = 0; round != 3; ++round) {
    for (;;) {
      auto block = arena.allocate(5000);
      if (!block)
        break;
      EXPECT_EQ((block->offset + 5120) % 4096, 0u); // ends before a guard
      offsets.push_back(block->offset);
    }
    EXPECT_EQ(offsets.size(), 85u); // 3 pages each, of 255
    // Out of order, so that both neighbours coalesce.
    for (size_t start : {1, 0, 2})
      for (size_t i = start; i < offsets.size(); i += 3)
        arena.release(offsets[i]);
    offsets.clear();
  }
  EXPECT_TRUE(arena.allocate(1000000).ok());
}

} // namespace
