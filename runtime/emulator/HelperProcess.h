//===- HelperProcess.h - starting and asking the helper ---------*- C++ -*-===//
#ifndef VITRT_EMULATOR_HELPERPROCESS_H
#define VITRT_EMULATOR_HELPERPROCESS_H

#include "runtime/emulator/Message.h"
#include "runtime/format/Status.h"

namespace vitrt::emu {

/// A helper (HelperMain.h) in its own process, started with posix_spawn. Once
/// it has crashed or timed out, every call gives that error again.
class HelperProcess {
public:
  HelperProcess() = default;
  HelperProcess(const HelperProcess &) = delete;
  ~HelperProcess();

  /// `memory` is the shared memory's descriptor. Errors: E0720.
  Status start(const std::vector<std::string> &command, int memory);

  /// Asks and waits at most `seconds`. `what` stands in messages. Errors: E0721
  /// the helper ended, E0722 it took too long.
  template <class Answer, class Request>
  Result<Answer> ask(RequestKind kind, const Request &request, double seconds,
                     const std::string &what) {
    std::string reply;
    VITRT_TRY(exchange(encode(kind, request), reply, seconds, what));
    Answer answer{};
    if (!decode(reply, answer))
      return Status(Diag::E0721, what + ": the emulator's answer is malformed");
    return answer;
  }

  uint64_t arenaBase() const { return hello.arenaBase; }

private:
  Status exchange(const std::string &request, std::string &reply,
                  double seconds, const std::string &what);
  /// Ends the process if it runs; its wait status.
  int reap(bool kill);

  int socket = -1;
  int pid = -1;
  Hello hello;
  Status broken; ///< Why it cannot be asked any more.
};

/// vitrt-emulator: VITRT_EMULATOR of the environment, else beside this library
/// or program, else in PATH.
std::string findHelper();

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_HELPERPROCESS_H
