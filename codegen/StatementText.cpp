//===- StatementText.cpp - Statements of at most 80 columns ---------------===//
#include "codegen/StatementText.h"

#include <cctype>
#include <vector>

namespace vitc {

static constexpr size_t kColumns = 80;

/// `text` cut after each `separator` that stands outside of inner brackets.
static std::vector<std::string> splitOutside(const std::string &text,
                                             const std::string &separator) {
  std::vector<std::string> pieces;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[')
      ++depth;
    if (text[i] == ')' || text[i] == ']')
      --depth;
    if (depth == 0 && text.compare(i, separator.size(), separator) == 0) {
      pieces.push_back(text.substr(begin, i + separator.size() - 1 - begin));
      begin = i + separator.size();
    }
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

/// Appends pieces greedily; lines after the first start with `indent`.
static void appendFilled(std::string &out, std::string line,
                         const std::string &indent,
                         const std::vector<std::string> &pieces) {
  bool first = true;
  for (const std::string &piece : pieces) {
    if (!first && line.size() + 1 + piece.size() > kColumns) {
      out += line + "\n";
      line = indent;
    } else if (!first) {
      line += ' ';
    }
    line += piece;
    first = false;
  }
  out += line + "\n";
}

/// `head(arguments)rest` with the arguments aligned behind the bracket, or a
/// sum with its terms below each other.
static void appendExpression(std::string &out, const std::string &prefix,
                             const std::string &text) {
  size_t open = text.find('(');
  bool call = open != std::string::npos && open > 0 &&
              (std::isalnum(static_cast<unsigned char>(text[open - 1])) ||
               text[open - 1] == '_' || text[open - 1] == '>');
  if (prefix.size() + text.size() <= kColumns) {
    out += prefix + text + "\n";
  } else if (call) {
    std::string head = prefix + text.substr(0, open + 1);
    size_t close = text.rfind(')');
    std::vector<std::string> pieces =
        splitOutside(text.substr(open + 1, close - open - 1), ", ");
    pieces.back() += text.substr(close);
    appendFilled(out, head, std::string(head.size(), ' '), pieces);
  } else {
    appendFilled(out, prefix, std::string(prefix.size(), ' '),
                 splitOutside(text, " + "));
  }
}

void appendStatement(std::string &out, const std::string &indent,
                     const std::string &text) {
  if (indent.size() + text.size() <= kColumns) {
    out += indent + text + "\n";
    return;
  }
  size_t equals = text.find(" = ");
  if (equals != std::string::npos &&
      indent.size() + 4 + text.size() - equals - 3 <= kColumns) {
    out += indent + text.substr(0, equals + 2) + "\n";
    out += indent + "    " + text.substr(equals + 3) + "\n";
    return;
  }
  size_t begin = equals == std::string::npos ? 0 : equals + 3;
  if (begin == 0 && text.starts_with("return "))
    begin = 7;
  appendExpression(out, indent + text.substr(0, begin), text.substr(begin));
}

} // namespace vitc
