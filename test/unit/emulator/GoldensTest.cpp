// Our copy of the facts says what ../shared/goldens says, where that is there.
#include "Facts.h"
#include "Harness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

using namespace vitrt::emu::test;

namespace {

std::string goldens(const char *file) {
  return readFile(std::string(VITC_SOURCE_DIR "/../shared/goldens/") + file);
}

/// Lists of pairs, or rows of numbers; null is a pair of -1.
Table tableOf(const Json &json) {
  Table table;
  for (const Json &row : json.items) {
    std::vector<int64_t> values;
    if (row.kind == Json::Null)
      values = {-1, -1};
    for (const Json &item : row.items) {
      if (item.kind == Json::Number)
        values.push_back(static_cast<int64_t>(item.number));
      for (const Json &part : item.items)
        values.push_back(static_cast<int64_t>(part.number));
    }
    table.push_back(values);
  }
  return table;
}

TEST(Goldens, Layouts) {
  std::string text = goldens("layouts.json");
  if (text.empty())
    GTEST_SKIP() << "no ../shared/goldens";
  Json layouts = parseJson(text);
  int compared = 0;
  for (const auto &[name, table] : allFacts()) {
    if (name.starts_with("mma.")) {
      size_t dot = name.rfind('.');
      const Json &op = layouts[name.substr(0, dot)];
      EXPECT_EQ(table, tableOf(op[name.substr(dot + 1)])) << name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 15);
  const Json &matrix = layouts["ldst_matrix"];
  for (std::string part : {"fragment", "fragment_trans"})
    EXPECT_EQ(fact("ldmatrix." + part), tableOf(matrix[part])) << part;
  for (std::string x : {"ldmatrix.x1", "ldmatrix.x2", "ldmatrix.x4"})
    EXPECT_EQ(fact(x + ".row_addr"), tableOf(matrix[x]["row_addr"])) << x;
}

TEST(Goldens, Numerics) {
  std::string text = goldens("numerics.json");
  if (text.empty())
    GTEST_SKIP() << "no ../shared/goldens";
  Json numerics = parseJson(text);
  for (std::string name :
       {"e4m3.encode_satfinite", "e5m2.encode_satfinite", "tf32.rna"})
    EXPECT_EQ(fact(name), tableOf(numerics[name])) << name;
  for (std::string name : {"e4m3.decode", "e5m2.decode"}) {
    const Json &values = numerics[name];
    for (size_t i = 0; i < 256; ++i) {
      const Json &v = values[i];
      float value = v.kind == Json::Number
                        ? static_cast<float>(v.number)
                        : std::strtof(v.text.c_str(), nullptr);
      auto ours = std::bit_cast<float>(static_cast<uint32_t>(fact(name)[i][1]));
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(ours)) << name << " " << i;
      else
        EXPECT_EQ(std::bit_cast<uint32_t>(value), std::bit_cast<uint32_t>(ours))
            << name << " " << i;
    }
  }
}

} // namespace
