//===- Facts.cpp - test/goldens/primitives.txt and the JSON files ---------===//
#include "Facts.h"

#include "Harness.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace vitrt::emu::test {

const std::map<std::string, Table> &allFacts() {
  static const auto facts = [] {
    std::map<std::string, Table> result;
    std::istringstream text(
        readFile(VITC_SOURCE_DIR "/test/goldens/primitives.txt"));
    std::string word, comment;
    while (text >> word) {
      if (word != "table") {
        std::getline(text, comment);
        continue;
      }
      std::string name;
      size_t rows = 0, columns = 0;
      text >> name >> rows >> columns;
      Table &table = result[name];
      table.assign(rows, std::vector<int64_t>(columns));
      for (auto &row : table)
        for (int64_t &value : row)
          text >> value;
    }
    return result;
  }();
  return facts;
}

const Table &fact(const std::string &name) {
  static const Table none;
  auto found = allFacts().find(name);
  if (found != allFacts().end())
    return found->second;
  ADD_FAILURE() << "no table " << name;
  return none;
}

const Json &Json::operator[](const std::string &key) const {
  auto found = members.find(key);
  if (found == members.end())
    throw std::runtime_error("no member " + key);
  return found->second;
}

namespace {
class Parser {
public:
  explicit Parser(const std::string &text) : text(text) {}
  Json value() {
    skipSpace();
    Json result;
    switch (peek()) {
    case '{':
      result.kind = Json::Object;
      list('}', [&] {
        std::string key = string();
        expect(':');
        result.members[key] = value();
      });
      return result;
    case '[':
      result.kind = Json::Array;
      list(']', [&] { result.items.push_back(value()); });
      return result;
    case '"':
      result.kind = Json::String;
      result.text = string();
      return result;
    default:
      return scalar();
    }
  }

private:
  char peek() const { return at < text.size() ? text[at] : '\0'; }
  void skipSpace() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')
      ++at;
  }
  void expect(char c) {
    skipSpace();
    if (peek() != c)
      throw std::runtime_error(std::string("expected ") + c);
    ++at;
  }
  template <class Item> void list(char end, Item item) {
    ++at;
    skipSpace();
    if (peek() == end) {
      ++at;
      return;
    }
    for (;;) {
      skipSpace();
      item();
      skipSpace();
      if (peek() == end) {
        ++at;
        return;
      }
      expect(',');
    }
  }
  std::string string() {
    expect('"');
    std::string result;
    while (peek() != '"' && peek()) {
      if (peek() == '\\')
        ++at; // The goldens escape nothing but quotes and backslashes.
      result += text[at++];
    }
    expect('"');
    return result;
  }
  Json scalar() {
    Json result;
    for (const char *word : {"null", "true", "false"})
      if (!text.compare(at, std::char_traits<char>::length(word), word)) {
        at += std::char_traits<char>::length(word);
        result.kind = *word == 'n' ? Json::Null : Json::Bool;
        result.number = *word == 't';
        return result;
      }
    char *end = nullptr;
    result.kind = Json::Number;
    result.number = std::strtod(text.c_str() + at, &end);
    if (end == text.c_str() + at)
      throw std::runtime_error("not JSON");
    at = static_cast<size_t>(end - text.c_str());
    return result;
  }

  const std::string &text;
  size_t at = 0;
};
} // namespace

Json parseJson(const std::string &text) { return Parser(text).value(); }

} // namespace vitrt::emu::test
