//===- Progress.cpp - What is going on, for anything over 2 s -------------===//
#include "tools/vitc/Progress.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace vitc {

Progress::Progress(bool quiet)
    : start(Clock::now()), last(start), quiet(quiet),
      terminal(isatty(STDERR_FILENO) && !std::getenv("NO_COLOR")) {}

Progress::~Progress() {
  if (shown && terminal)
    std::fputs("\r\033[K", stderr);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Progress::stage(const std::string &newName) {
  name = newName;
  done = total = 0;
  show(true);
}

void Progress::update(size_t newDone, size_t newTotal) {
  done = newDone;
  total = newTotal;
  show(false);
}

void Progress::show(bool force) {
  using namespace std::chrono_literals;
  Clock::time_point now = Clock::now();
  if (quiet || now - start < 2s)
    return;
  auto interval = terminal ? 100ms : 5000ms;
  if (shown && now - last < interval && !(force && terminal))
    return;
  last = now;
  shown = true;
  std::string count =
      total ? " " + std::to_string(done) + "/" + std::to_string(total) : "";
  std::fprintf(stderr, terminal ? "\r\033[K[%.0f s] %s%s" : "[%.0f s] %s%s\n",
               seconds(), name.c_str(), count.c_str());
  std::fflush(stderr);
}

} // namespace vitc
