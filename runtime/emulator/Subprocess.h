//===- Subprocess.h - running a tool ----------------------------*- C++ -*-===//
//
// posix_spawn without a shell; waits, and returns what the tool printed.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_SUBPROCESS_H
#define VITRT_EMULATOR_SUBPROCESS_H

#include <string>
#include <vector>

namespace vitrt::emu {

struct ProcessResult {
  bool started = false; ///< False: `output` is the reason.
  int exitCode = -1;    ///< 128 + signal if one ended it.
  std::string output;   ///< Standard output and error.
};

/// argv[0] is looked up in PATH. `directory`: where to run, or empty.
ProcessResult runProcess(const std::vector<std::string> &argv,
                         const std::string &directory = "");

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_SUBPROCESS_H
