//===- SecondReaderTest.cpp - tools/read_vitm.py reads the same -----------===//
//
// The Python reader was written from docs/module-format.md. It prints every
// value in file order; so does this, through the descriptions of the structs.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Archive.h"
#include "runtime/format/Reader.h"
#include "runtime/format/Writer.h"
#include "test/unit/runtime/SampleModule.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>

using namespace vitrt;
using namespace vitrt::format;

namespace {

/// Nested JSON lists of all values: floats as bits, bytes as their place.
class ValuePrinter {
public:
  ValuePrinter(const uint8_t *images) : images(images) {}

  template <class... T> void operator()(const T &...fields) {
    std::string comma;
    out += '[';
    ((out += std::exchange(comma, ","), put(fields)), ...);
    out += ']';
  }
  template <class T> std::string print(const T &x) {
    out.clear();
    put(x);
    return out;
  }

private:
  template <class T> void put(const T &x) {
    if constexpr (std::is_same_v<T, float>)
      out += std::to_string(std::bit_cast<uint32_t>(x));
    else if constexpr (std::is_same_v<T, double>)
      out += std::to_string(std::bit_cast<uint64_t>(x));
    else if constexpr (std::is_enum_v<T>)
      out += std::to_string(uint64_t(x));
    else if constexpr (std::is_arithmetic_v<T>)
      out += std::to_string(x);
    else
      describe(*this, const_cast<T &>(x)); // reads only
  }
  void put(const std::string &x) {
    out += '"';
    for (unsigned char c : x) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", c);
      static const std::string kShort = "\n\r\t\b\f";
      size_t known = kShort.find(char(c));
      if (c == '"' || c == '\\')
        out += {'\\', char(c)};
      else if (known != std::string::npos)
        out += {'\\', "nrtbf"[known]};
      else if (c < 0x20 || c >= 0x7f)
        out += escape;
      else
        out += char(c);
    }
    out += '"';
  }
  void put(const Bytes &x) {
    (*this)(uint64_t(x.view.data() - images), uint64_t(x.size()));
  }
  template <class T> void list(const T &elements) {
    std::string comma;
    out += '[';
    for (const auto &element : elements) {
      out += std::exchange(comma, ",");
      put(element);
    }
    out += ']';
  }
  template <class T> void put(const std::vector<T> &x) { list(x); }
  template <class T, size_t N> void put(const T (&x)[N]) { list(x); }
  void put(const Config &x) {
    std::visit([this](const auto &config) { put(config); }, x);
  }
  const uint8_t *images;
  std::string out;
};

/// What `python3 ARGUMENTS` prints, and its exit status.
std::pair<std::string, int> python(const std::string &arguments) {
  std::string command =
      "PYTHONDONTWRITEBYTECODE=1 python3 " + arguments + " 2>&1";
  FILE *pipe = ::popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (size_t n = std::fread(buffer, 1, sizeof(buffer), pipe))
    text.append(buffer, n);
  int status = ::pclose(pipe);
  return {text, WEXITSTATUS(status)};
}

std::pair<std::string, int> readWithPython(const std::string &path) {
  return python(VITC_SOURCE_DIR "/tools/read_vitm.py --values '" + path + "'");
}

class SecondReader : public testing::Test {
protected:
  void SetUp() override {
    if (python("-c ''").second != 0)
      GTEST_SKIP() << "no python3";
  }
};

TEST_F(SecondReader, HasTheSameChecksum) {
  std::string bytes, expected;
  for (int size = 0; size != 1300; ++size) {
    expected += std::to_string(hash64(bytes)) + "\n";
    bytes += char(size * size + size / 3);
  }
  auto [text, status] =
      python("-c 'import sys; sys.path.insert(0, \"" VITC_SOURCE_DIR
             "/tools\"); import xxh3\n"
             "data = bytes((i * i + i // 3) % 256 for i in range(1300))\n"
             "for n in range(1300): print(xxh3.xxh3_64(data[:n]))'");
  EXPECT_EQ(text, expected);
}

TEST_F(SecondReader, ReadsTheSameValues) {
  format::Module module = vitrt::test::sampleModule();
  // Long enough for every branch of the checksum.
  module.codes[0].source += std::string(5000, 'x');
  module.provenance.modelName = "a \"name\"\n\xff\\";
  std::string path = testing::TempDir() + "second.vitm";
  ASSERT_TRUE(writeModuleFile(module, path).ok());
  Result<Bytes> file = mapFile(path);
  Result<format::Module> read = readModule(*file);
  ASSERT_TRUE(read.ok());
  auto sections = readSectionTable(*file);
  const uint8_t *data = file->view.data() + (*sections)[0].offset;
  const uint8_t *images = file->view.data() + (*sections)[1].offset;
  std::vector<WeightEntry> weights;
  for (const Weight &weight : read->weights)
    weights.push_back({weight.name, weight.dtype, weight.shape, weight.hash,
                       uint64_t(weight.data.view.data() - data),
                       weight.data.size()});
  ValuePrinter printer(images);
  std::string expected = "{\"plans\":" + printer.print(read->plans);
  expected += ",\"headers\":" + printer.print(read->headers);
  expected += ",\"codes\":" + printer.print(read->codes);
  expected += ",\"weights\":" + printer.print(weights);
  expected += ",\"provenance\":" + printer.print(read->provenance);
  expected += ",\"loadables\":" + printer.print(read->loadables) + "}\n";
  auto [text, status] = readWithPython(path);
  EXPECT_EQ(status, 0) << text;
  EXPECT_EQ(text, expected);

  // And refuses a flipped bit.
  std::string bytes(file->text());
  bytes[bytes.size() / 2] ^= 4;
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(readWithPython(path).second, 5);
  std::remove(path.c_str());
}

} // namespace
