//===- Progress.h - What is going on, for anything over 2 s -----*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_PROGRESS_H
#define VITC_TOOLS_VITC_PROGRESS_H

#include <chrono>
#include <string>

namespace vitc {

/// Lines on stderr once a command has run for two seconds: on a terminal one
/// line that changes, elsewhere a line every five seconds. Quiet if told so.
class Progress {
public:
  explicit Progress(bool quiet);
  ~Progress();
  /// What happens now: "compiling kernels".
  void stage(const std::string &name);
  /// How much of it is done.
  void update(size_t done, size_t total);
  double seconds() const;

private:
  void show(bool force);
  using Clock = std::chrono::steady_clock;
  Clock::time_point start, last;
  std::string name;
  size_t done = 0, total = 0;
  bool quiet, terminal, shown = false;
};

} // namespace vitc

#endif // VITC_TOOLS_VITC_PROGRESS_H
