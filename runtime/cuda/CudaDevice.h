//===- CudaDevice.h - a GPU -------------------------------------*- C++ -*-===//
//
// The driver API over a device's primary context, so that it shares memory and
// streams with whatever else the process runs on that GPU.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_CUDA_CUDADEVICE_H
#define VITRT_CUDA_CUDADEVICE_H

#include "runtime/Device.h"
#include "runtime/cuda/Driver.h"
#include "runtime/cuda/Nvrtc.h"

namespace vitrt {

struct CudaOptions {
  int ordinal = 0;
  NvrtcSearch nvrtc; ///< For kernels of which no stored form loads.
  /// The process' driver if null; for tests.
  const cuda::Driver *driver = nullptr;
};

/// How many GPUs there are. Errors: E0701.
Result<int> countCudaDevices();

/// Errors: E0701 without a driver or such a device, else E0702.
Result<std::shared_ptr<Device>> openCudaDevice(const CudaOptions &options = {});

} // namespace vitrt

#endif // VITRT_CUDA_CUDADEVICE_H
