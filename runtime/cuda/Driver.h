//===- Driver.h - libcuda opened at run time --------------------*- C++ -*-===//
#ifndef VITRT_CUDA_DRIVER_H
#define VITRT_CUDA_DRIVER_H

#include "runtime/SharedLibrary.h"

#include <memory>

namespace vitrt::cuda {

/// CUresult values that decide something here.
enum : int {
  kSuccess = 0,
  kOutOfMemory = 2,
  kNoDevice = 100,
  kInvalidImage = 200,
  kNoBinaryForGpu = 209,
  kInvalidPtx = 218,
  kUnsupportedPtxVersion = 222,
  kInvalidSource = 300,
  kNotFound = 500,
};

/// CUdevice_attribute, CUjit_option and CUfunction_attribute numbers.
enum : int {
  kAttributeComputeMajor = 75,
  kAttributeComputeMinor = 76,
  kAttributeSharedPerBlockOptin = 97,
  kAttributeSharedPerBlock = 8,
  kFunctionMaxDynamicShared = 8,
  kJitErrorLog = 5,
  kJitErrorLogBytes = 6,
};

/// The driver API. One a process; never unloaded.
struct Driver {
  /// Opens libcuda.so.1 (or the file VITRT_LIBCUDA names) and initialises it.
  /// Errors: E0701 with what to do.
  static Result<const Driver *> get();
  /// The same from one file; for tests.
  static Result<std::unique_ptr<Driver>> open(const std::string &path);

  /// Success, or E0702 (E0707 if memory ran out) "cuX: NAME (text)".
  Status check(int code, const char *call) const;

  int version = 0; ///< 12090 for 12.9.
#define VITRT_CUDA(name, symbol, parameters) int(*name) parameters = nullptr;
#include "runtime/cuda/DriverFunctions.def"

private:
  SharedLibrary library;
};

} // namespace vitrt::cuda

#endif // VITRT_CUDA_DRIVER_H
