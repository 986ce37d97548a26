//===- CommentText.cpp - Model text inside comments -----------------------===//
#include "codegen/CommentText.h"

namespace vitc {

std::string commentText(std::string_view text, size_t limit) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : text.substr(0, limit)) {
    bool plain =
        c >= 0x20 && c < 0x7f && c != '\\' && c != '?' && c != '{' && c != '}';
    if (plain) {
      out += static_cast<char>(c);
      continue;
    }
    out += '{';
    out += digits[c >> 4];
    out += digits[c & 15];
    out += '}';
  }
  if (text.size() > limit)
    out += "...";
  return out;
}

void appendCommentList(std::string &out, std::string_view indent,
                       const std::string *begin, const std::string *end) {
  constexpr size_t kColumns = 80;
  std::string line;
  for (const std::string *item = begin; item != end; ++item) {
    std::string piece = *item + (item + 1 == end ? "" : ",");
    if (!line.empty() && line.size() + 1 + piece.size() > kColumns) {
      out += line + "\n";
      line.clear();
    }
    line += line.empty() ? std::string(indent) + piece : " " + piece;
  }
  if (!line.empty())
    out += line + "\n";
}

void appendCommentText(std::string &out, std::string_view first,
                       std::string_view next, std::string_view text) {
  constexpr size_t kColumns = 80;
  std::string line(first);
  bool empty = true; // Of words, not of the prefix.
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find(' ', at);
    std::string_view word = text.substr(at, end == text.npos ? end : end - at);
    at = end == text.npos ? text.size() : end + 1;
    if (!empty && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = next;
      empty = true;
    }
    if (!empty)
      line += ' ';
    line += word;
    empty = false;
  }
  out += line + "\n";
}

/// Appends `line` without trailing blanks, unless nothing is left of it.
static void appendCodeLine(std::string &out, std::string_view line) {
  size_t end = line.find_last_not_of(" \t\r");
  if (end != std::string_view::npos)
    (out += line.substr(0, end + 1)) += '\n';
}

std::string withoutComments(std::string_view text) {
  std::string out, line;
  for (size_t i = 0; i < text.size();) {
    std::string_view rest = text.substr(i);
    if (rest.starts_with("//")) {
      size_t end = rest.find('\n');
      i += end == std::string_view::npos ? rest.size() : end;
    } else if (rest.starts_with("/*")) {
      size_t end = rest.find("*/", 2);
      i += end == std::string_view::npos ? rest.size() : end + 2;
    } else if (rest.front() == '\n') {
      appendCodeLine(out, line);
      line.clear();
      ++i;
    } else {
      line += rest.front();
      ++i;
    }
  }
  appendCodeLine(out, line);
  return out;
}

} // namespace vitc
