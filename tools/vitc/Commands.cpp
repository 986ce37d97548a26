//===- Commands.cpp - What all commands end with --------------------------===//
#include "tools/vitc/Commands.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace vitc {

int finish(const Diagnostics &diagnostics, const GlobalOptions &global) {
  bool colour = isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
  std::string text = diagnostics.text(colour, !global.quiet);
  std::fputs(text.c_str(), stderr);
  return diagnostics.exitCode();
}

} // namespace vitc
