//===- Facts.h - test/goldens/primitives.txt and the JSON files -*- C++ -*-===//
#ifndef VITC_TEST_EMULATOR_FACTS_H
#define VITC_TEST_EMULATOR_FACTS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vitrt::emu::test {

using Table = std::vector<std::vector<int64_t>>;

/// The tables of test/goldens/primitives.txt; fails the test if one is missing.
const Table &fact(const std::string &name);
const std::map<std::string, Table> &allFacts();

/// A JSON value, as far as the goldens need it.
struct Json {
  enum Kind { Null, Bool, Number, String, Array, Object } kind = Null;
  double number = 0;
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> members;
  const Json &operator[](const std::string &key) const;
  const Json &operator[](size_t i) const { return items.at(i); }
};
/// Throws std::runtime_error for what is not JSON.
Json parseJson(const std::string &text);

} // namespace vitrt::emu::test

#endif // VITC_TEST_EMULATOR_FACTS_H
