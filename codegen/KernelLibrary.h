//===- KernelLibrary.h - The device library, embedded -----------*- C++ -*-===//
//
// The files of codegen/kernels are ordinary CUDA headers; the build embeds them
// so that vitc is one file. No list in C++ names them.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_CODEGEN_KERNELLIBRARY_H
#define VITC_CODEGEN_KERNELLIBRARY_H

#include <span>
#include <string_view>

namespace vitc {

/// A header of the device library, as NVRTC and the host compiler take it.
struct EmbeddedHeader {
  const char *name; ///< As written in `#include`.
  std::string_view text;
};

/// All headers, sorted by name.
std::span<const EmbeddedHeader> kernelHeaders();

} // namespace vitc

#endif // VITC_CODEGEN_KERNELLIBRARY_H
