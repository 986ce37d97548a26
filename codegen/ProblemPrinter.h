//===- ProblemPrinter.h - The problem struct of one kernel ------*- C++ -*-===//
#ifndef VITC_CODEGEN_PROBLEMPRINTER_H
#define VITC_CODEGEN_PROBLEMPRINTER_H

#include "codegen/IndexPrinter.h"

namespace vitc {

/// The CUDA spelling of a stored element: float, vit::f16, unsigned char ...
const char *storedType(vitrt::format::DType type);

/// The include file and function of a kernel: "gemm_mma".
std::string templateName(const vitrt::format::Kernel &kernel);

/// The coordinates of an operand's axes: {"g", "m", "k"}. Extras have those of
/// the function that reads them.
std::vector<std::string> coordinates(const vitrt::format::Kernel &kernel,
                                     vitrt::format::Role role, bool inPrologue);

/// `struct <symbol>_problem { ... };` as codegen/kernels/README.md states it.
/// Comments name the nodes of `launch`; `maxBatch` decides the index width.
std::string printProblem(const vitrt::format::Kernel &kernel,
                         const vitrt::format::Launch &launch, int64_t maxBatch);

} // namespace vitc

#endif // VITC_CODEGEN_PROBLEMPRINTER_H
