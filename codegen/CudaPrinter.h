//===- CudaPrinter.h - Plan -> CUDA text ------------------------*- C++ -*-===//
//
// Prints what the plan says and decides nothing: the same plan gives the same
// bytes, also when it comes back from a module.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_CODEGEN_CUDAPRINTER_H
#define VITC_CODEGEN_CUDAPRINTER_H

#include "runtime/format/Plan.h"

#include <string>

namespace vitc {

/// The text of kernel `index` of `plan`: a header comment (what, shapes,
/// launch, why, the ONNX nodes it serves), the problem struct and the entry. It
/// includes its template's `.cuh` only and builds alone.
std::string printKernel(const vitrt::format::Plan &plan, uint32_t index);

} // namespace vitc

#endif // VITC_CODEGEN_CUDAPRINTER_H
