//===- Status.cpp - errors with stable IDs --------------------------------===//

#include "runtime/format/Status.h"

namespace vitrt {

const char *diagName(Diag id) {
  switch (id) {
  case Diag::None:
    return "";
#define VITC_DIAG(id, exitCode, title)                                         \
  case Diag::id:                                                               \
    return #id;
#include "runtime/format/Diagnostics.def"
  }
  return "";
}

const char *diagTitle(Diag id) {
  switch (id) {
  case Diag::None:
    return "";
#define VITC_DIAG(id, exitCode, title)                                         \
  case Diag::id:                                                               \
    return title;
#include "runtime/format/Diagnostics.def"
  }
  return "";
}

int diagExitCode(Diag id) {
  switch (id) {
  case Diag::None:
    return 0;
#define VITC_DIAG(id, exitCode, title)                                         \
  case Diag::id:                                                               \
    return exitCode;
#include "runtime/format/Diagnostics.def"
  }
  return 70;
}

std::string Status::str() const {
  if (ok())
    return "ok";
  return std::string("error ") + diagName(id) + ": " + text;
}

std::string escaped(std::string_view text, size_t limit) {
  static const char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : text.substr(0, limit)) {
    if (c >= 0x20 && c < 0x7f && c != '\\' && c != '"') {
      out += char(c);
      continue;
    }
    out += "\\x";
    out += kHex[c >> 4];
    out += kHex[c & 15];
  }
  if (text.size() > limit)
    out += "...";
  return out;
}

} // namespace vitrt
