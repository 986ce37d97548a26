//===- Faults.h - access faults of kernels ----------------------*- C++ -*-===//
//
// Turns a SIGSEGV or SIGBUS that a kernel causes (a guard page, a stack
// overflow) into a call of Worker::fault, instead of the end of the process.
// Faults of other code go where they went before.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_FAULTS_H
#define VITRT_EMULATOR_FAULTS_H

#include <cstddef>
#include <memory>

namespace vitrt::emu {

/// While one exists, the handlers are installed (process-wide).
class FaultHandlers {
public:
  explicit FaultHandlers(bool enable);
  ~FaultHandlers();
  FaultHandlers(const FaultHandlers &) = delete;
  FaultHandlers &operator=(const FaultHandlers &) = delete;

private:
  bool enabled;
};

/// A signal stack for this thread: a fiber's may be what overflowed.
class FaultStack {
public:
  explicit FaultStack(bool enable);
  ~FaultStack();
  FaultStack(const FaultStack &) = delete;
  FaultStack &operator=(const FaultStack &) = delete;

private:
  std::unique_ptr<std::byte[]> memory;
  void *previousStack = nullptr;
  size_t previousBytes = 0;
  int previousFlags = 0;
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_FAULTS_H
