//===- ModuleFormatTest.cpp - .vitm files there and back ------------------===//

#include "runtime/format/Archive.h"
#include "runtime/format/Reader.h"
#include "runtime/format/Writer.h"
#include "test/unit/runtime/SampleModule.h"

#include <gtest/gtest.h>
#include <random>

using namespace vitrt;
using namespace vitrt::format;
using vitrt::test::sampleModule;

namespace {

std::string written(Module module) {
  Result<Bytes> bytes = writeModuleMemory(module);
  EXPECT_TRUE(bytes.ok()) << bytes.status().str();
  return bytes.ok() ? std::string(bytes->text()) : std::string();
}

Result<Module> read(const std::string &text) {
  return readModule(Bytes::copyOf(text));
}

/// Makes every checksum right again, as an attacker would.
void reseal(std::string &file) {
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  uint64_t count = std::min<uint64_t>(
      header.sectionCount, (file.size() - kTableOffset) / sizeof(SectionEntry));
  for (uint64_t i = 0; i != count; ++i) {
    char *place = file.data() + kTableOffset + i * sizeof(SectionEntry);
    SectionEntry entry;
    std::memcpy(&entry, place, sizeof(entry));
    if (entry.offset <= file.size() && entry.size <= file.size() - entry.offset)
      entry.hash = hash64(file.data() + entry.offset, entry.size);
    std::memcpy(place, &entry, sizeof(entry));
  }
  header.tableHash =
      hash64(file.data() + kTableOffset, count * sizeof(SectionEntry));
  std::memcpy(file.data(), &header, sizeof(header));
  header.headerHash = hash64(file.data(), offsetof(FileHeader, headerHash));
  std::memcpy(file.data(), &header, sizeof(header));
}

TEST(ModuleFormat, RoundTrip) {
  Module module = sampleModule();
  Result<Bytes> bytes = writeModuleMemory(module); // fills in the hashes
  ASSERT_TRUE(bytes.ok()) << bytes.status().str();
  Result<Module> back = readModule(*bytes);
  ASSERT_TRUE(back.ok()) << back.status().str();
  EXPECT_TRUE(*back == module);
  EXPECT_EQ(written(*back), bytes->text());
}

TEST(ModuleFormat, SameModuleSameBytes) {
  EXPECT_EQ(written(sampleModule()), written(sampleModule()));
}

TEST(ModuleFormat, EmptyModule) {
  Result<Module> back = read(written(Module()));
  ASSERT_TRUE(back.ok()) << back.status().str();
  EXPECT_TRUE(*back == Module());
}

TEST(ModuleFormat, EqualWeightsAreStoredOnce) {
  Module module = sampleModule();
  Result<Bytes> bytes = writeModuleMemory(module);
  Result<Module> back = readModule(*bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->weights[0].data.view.data(),
            back->weights[1].data.view.data());
  EXPECT_EQ((back->weights[0].data.view.data() - bytes->view.data()) % 256, 0);
}

TEST(ModuleFormat, WeightsAreEvaluatedOnceInOrder) {
  Module module = sampleModule();
  std::vector<int> calls;
  for (int i = 0; i != 3; ++i) {
    module.weights[i].data = {};
    module.weights[i].fill = [&calls, i](std::span<uint8_t> out) {
      calls.push_back(i);
      std::fill(out.begin(), out.end(), i == 2 ? 0 : 1);
      return Status();
    };
  }
  EXPECT_EQ(written(module), written(sampleModule()));
  EXPECT_EQ(calls, (std::vector<int>{0, 1, 2}));
}

TEST(ModuleFormat, FailingWeightFailsTheWrite) {
  Module module = sampleModule();
  module.weights[1].fill = [](std::span<uint8_t>) {
    return Status(Diag::E0607, "gone");
  };
  Result<Bytes> bytes = writeModuleMemory(module);
  EXPECT_EQ(bytes.status().diag(), Diag::E0607);
}

TEST(ModuleFormat, EveryTruncationIsRefused) {
  std::string file = written(sampleModule());
  for (size_t size = 0; size != file.size(); ++size) {
    Result<Module> back = read(file.substr(0, size));
    ASSERT_FALSE(back.ok()) << size;
    ASSERT_EQ(diagExitCode(back.status().diag()), 5) << size;
  }
  EXPECT_EQ(read(file + '\0').status().diag(), Diag::E0602);
  EXPECT_EQ(read(file.substr(0, 100)).status().diag(), Diag::E0602);
}

TEST(ModuleFormat, RulesOfTheFrame) {
  const std::string file = written(sampleModule());
  auto broken = [&](auto change) {
    std::string copy = file;
    change(copy);
    reseal(copy);
    return read(copy).status();
  };
  auto entry = [](std::string &copy, int index) {
    return reinterpret_cast<SectionEntry *>(copy.data() + kTableOffset) + index;
  };
  Status reserved = broken([](std::string &c) { c[100] = 1; });
  EXPECT_EQ(reserved.diag(), Diag::E0605) << reserved.str();
  Status padding = broken([](std::string &c) { c[kTableOffset + 300] = 1; });
  EXPECT_EQ(padding.diag(), Diag::E0605) << padding.str();
  Status twice = broken([&](std::string &c) { entry(c, 1)->kind = 1; });
  EXPECT_NE(twice.message().find("twice"), std::string::npos) << twice.str();
  Status hole = broken([&](std::string &c) { entry(c, 1)->offset += 256; });
  EXPECT_EQ(hole.diag(), Diag::E0605) << hole.str();
  Status unknown = broken([&](std::string &c) { entry(c, 7)->kind = 99; });
  EXPECT_EQ(unknown.diag(), Diag::E0604) << unknown.str();
  Status missing = broken([&](std::string &c) {
    entry(c, 7)->kind = 99;
    entry(c, 7)->flags = 0;
  });
  EXPECT_NE(missing.message().find("there is no section 'loadables'"),
            std::string::npos)
      << missing.str();
}

TEST(ModuleFormat, EveryBitFlipIsRefused) {
  std::string file = written(sampleModule());
  ASSERT_LT(file.size(), 65536u);
  for (size_t bit = 0; bit != file.size() * 8; ++bit) {
    file[bit / 8] ^= char(1 << bit % 8);
    Result<Module> back = read(file);
    ASSERT_FALSE(back.ok()) << "bit " << bit;
    ASSERT_EQ(diagExitCode(back.status().diag()), 5) << "bit " << bit;
    file[bit / 8] ^= char(1 << bit % 8);
  }
}

TEST(ModuleFormat, ResealedFlipsDoNotCrash) {
  const std::string file = written(sampleModule());
  std::mt19937 random(1);
  int refused = 0;
  constexpr int kRuns = 40000;
  for (int run = 0; run != kRuns; ++run) {
    std::string hostile = file;
    for (int flips = 1 + int(random() % 3); flips != 0; --flips)
      hostile[random() % hostile.size()] ^= char(1 << random() % 8);
    reseal(hostile);
    Result<Module> back = read(hostile);
    refused += !back.ok();
    if (back.ok()) // what is accepted can be written again
      written(*back);
  }
  EXPECT_GT(refused, kRuns / 4);
}

TEST(ModuleFormat, ResealedExtremesDoNotCrash) {
  const std::string file = written(sampleModule());
  for (size_t at = 0; at + 4 <= file.size(); at += 4)
    for (uint32_t value : {0u, 1u, 0x7fffffffu, 0xffffffffu}) {
      std::string hostile = file;
      std::memcpy(hostile.data() + at, &value, 4);
      reseal(hostile);
      (void)read(hostile);
    }
}

TEST(ModuleFormat, NewerVersionIsNamed) {
  std::string file = written(sampleModule());
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.version = 9;
  std::memcpy(file.data(), &header, sizeof(header));
  reseal(file);
  EXPECT_TRUE(read(file).ok()); // newer, but says that we may read it
  header.minReader = 9;
  std::memcpy(file.data(), &header, sizeof(header));
  reseal(file);
  EXPECT_EQ(read(file).status().diag(), Diag::E0604);
}

TEST(ModuleFormat, OtherFilesAreNamed) {
  EXPECT_EQ(read("").status().diag(), Diag::E0601);
  EXPECT_EQ(read("ONNX and so on").status().diag(), Diag::E0601);
  EXPECT_EQ(readModuleFile("/does/not/exist").status().diag(), Diag::E0607);
  EXPECT_EQ(readModuleFile("/dev").status().diag(), Diag::E0607);
}

// Each case breaks one rule of Validate.h; the writer checks them too.
struct Breakage {
  const char *name;
  void (*apply)(Module &);
};
class InvalidModule : public testing::TestWithParam<Breakage> {};

TEST_P(InvalidModule, IsRefused) {
  Module module = sampleModule();
  GetParam().apply(module);
  EXPECT_EQ(writeModuleMemory(module).status().diag(), Diag::E0606);
}

Plan &plan(Module &m) { return m.plans[0].plan; }
Kernel &kernel(Module &m) { return plan(m).kernels[0]; }
Launch &launch(Module &m) { return plan(m).launches[0]; }

const Breakage kBreakages[] = {
    {"Symbol", [](Module &m) { kernel(m).symbol = "a b"; }},
    {"TextOfOtherSymbol", [](Module &m) { m.codes[0].symbol = "other"; }},
    {"TextIndex", [](Module &m) { m.plans[0].codes[0] = 9; }},
    {"TextCount", [](Module &m) { m.plans[0].codes.pop_back(); }},
    {"Option", [](Module &m) { m.codes[0].options = {"--time=file"}; }},
    {"TwoImages",
     [](Module &m) { m.codes[0].images[1] = m.codes[0].images[0]; }},
    {"ImageArch", [](Module &m) { m.codes[0].images[0].arch = "sm_x"; }},
    {"HeaderPath", [](Module &m) { m.headers[0].name = "../x"; }},
    {"HeaderTwice", [](Module &m) { m.headers[1] = m.headers[0]; }},
    {"WeightShape", [](Module &m) { m.weights[0].shape = {7}; }},
    {"WeightOverflow",
     [](Module &m) {
       m.weights[0].shape = {1ll << 40, 1ll << 40};
     }},
    {"Target", [](Module &m) { plan(m).target = "gfx90a"; }},
    {"Batch", [](Module &m) { plan(m).minBatch = 0; }},
    {"BatchOrder", [](Module &m) { plan(m).maxBatch = 1; }},
    {"InputTwice",
     [](Module &m) { plan(m).inputs.push_back(plan(m).inputs[0]); }},
    {"ConfigKind", [](Module &m) { kernel(m).config = SoftmaxConfig(); }},
    {"OperandName", [](Module &m) { kernel(m).operands[0].name = "x;y"; }},
    {"FunctionName", [](Module &m) { kernel(m).prologue.kind = "*/"; }},
    {"MissingOut", [](Module &m) { kernel(m).operands[2].role = Role::In; }},
    {"Axes", [](Module &m) { kernel(m).operands[0].view.axes.clear(); }},
    {"Table",
     [](Module &m) { kernel(m).operands[0].view.axes[0][0].table = 1; }},
    {"Guard",
     [](Module &m) { kernel(m).operands[0].view.guards[0].terms[0].dim = 1; }},
    {"ArgumentOperand",
     [](Module &m) { kernel(m).prologue.args[0].operand = 3; }},
    {"ValueFromLater", [](Module &m) { kernel(m).prologue.body[1].c = 3; }},
    {"ConstWithOperand", [](Module &m) { kernel(m).prologue.body[0].a = 0; }},
    {"Predicate", [](Module &m) { kernel(m).prologue.body[2].predicate = 16; }},
    {"ResultValue", [](Module &m) { kernel(m).prologue.result = 6; }},
    {"Divisor", [](Module &m) { kernel(m).grid[0].divisor = 0; }},
    {"Grid", [](Module &m) { kernel(m).grid[1].fixed = 70000; }},
    {"Threads", [](Module &m) { kernel(m).threads = 1025; }},
    {"Shared", [](Module &m) { kernel(m).sharedBytes = 1 << 20; }},
    {"LaunchKernel", [](Module &m) { launch(m).kernel = 2; }},
    {"LaunchBuffers", [](Module &m) { launch(m).buffers.pop_back(); }},
    {"WriteToWeight",
     [](Module &m) { launch(m).buffers[2] = launch(m).buffers[1]; }},
    {"ArenaOffset", [](Module &m) { launch(m).buffers[2].offset = 4001; }},
    {"BufferOverflow",
     [](Module &m) { launch(m).buffers[2].offset = ~0ull - 8; }},
    {"WeightIndex", [](Module &m) { launch(m).buffers[1].index = 3; }},
    {"InputIndex", [](Module &m) { launch(m).buffers[0].index = 1; }},
    {"FixedSizeOfInput",
     [](Module &m) {
       launch(m).buffers[0].bytes = {25, false};
     }},
    {"NodeOfInstr", [](Module &m) { kernel(m).prologue.body[0].node = 1; }},
    {"OpTypes", [](Module &m) { launch(m).opTypes.clear(); }},
    {"MapLaunch", [](Module &m) { plan(m).tensors[0].afterLaunch = 2; }},
    {"MapStride", [](Module &m) { plan(m).tensors[0].strides[0] = 7; }},
    {"MapNegative", [](Module &m) { plan(m).tensors[0].strides[0] = -1; }},
};
INSTANTIATE_TEST_SUITE_P(ModuleFormat, InvalidModule,
                         testing::ValuesIn(kBreakages),
                         [](const auto &info) { return info.param.name; });

//===----------------------------------------------------------------------===//
// Describe.h names every field
//===----------------------------------------------------------------------===//

struct Anything {
  template <class T> operator T() const;
};
/// How many initialisers an aggregate takes: its fields, arrays by element.
template <class T, class... Args> constexpr size_t fieldCount() {
  if constexpr (requires { T{Args{}..., Anything{}}; })
    return fieldCount<T, Args..., Anything>();
  else
    return sizeof...(Args);
}
struct Counter {
  template <class... T> void operator()(const T &...fields) {
    ((count += size(fields)), ...);
  }
  template <class T> static size_t size(const T &) { return 1; }
  template <class T, size_t N> static size_t size(const T (&)[N]) { return N; }
  size_t count = 0;
};
template <class T> void expectAllFieldsDescribed(const char *what) {
  T value{};
  Counter counter;
  describe(counter, value);
  EXPECT_EQ(counter.count, fieldCount<T>()) << what;
}

TEST(Describe, NamesEveryField) {
#define CHECK_FIELDS(T) expectAllFieldsDescribed<T>(#T)
  CHECK_FIELDS(Hash128);
  CHECK_FIELDS(Extent);
  CHECK_FIELDS(AxisDim);
  CHECK_FIELDS(GuardTerm);
  CHECK_FIELDS(Guard);
  CHECK_FIELDS(View);
  CHECK_FIELDS(BufferRef);
  CHECK_FIELDS(Instr);
  CHECK_FIELDS(Argument);
  CHECK_FIELDS(Function);
  CHECK_FIELDS(KernelOperand);
  CHECK_FIELDS(GemmConfig);
  CHECK_FIELDS(AttentionConfig);
  CHECK_FIELDS(RowNormConfig);
  CHECK_FIELDS(SoftmaxConfig);
  CHECK_FIELDS(ReduceConfig);
  CHECK_FIELDS(PointwiseConfig);
  CHECK_FIELDS(GridFormula);
  CHECK_FIELDS(Kernel);
  CHECK_FIELDS(Launch);
  CHECK_FIELDS(TensorInfo);
  CHECK_FIELDS(TensorMapEntry);
  CHECK_FIELDS(ReportEntry);
  CHECK_FIELDS(Plan);
  CHECK_FIELDS(ModulePlan);
  CHECK_FIELDS(KernelImage);
  CHECK_FIELDS(KernelCode);
  CHECK_FIELDS(Header);
  CHECK_FIELDS(Loadable);
  CHECK_FIELDS(KeyValue);
  CHECK_FIELDS(Provenance);
  CHECK_FIELDS(WeightEntry);
#undef CHECK_FIELDS
}

} // namespace
