//===- Driver.h - ONNX -> module, the whole way -----------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_DRIVER_H
#define VITC_TOOLS_VITC_DRIVER_H

#include "codegen/KernelCompiler.h"
#include "dialect/Diagnostics.h"
#include "frontend/Importer.h"
#include "runtime/format/Module.h"
#include "runtime/format/Writer.h"
#include "tools/vitc/Progress.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"

namespace vitc {

enum class Emit { Vit, Vitk, Cuda, Ptx, Module };

struct CompileOptions {
  std::string model;  ///< An .onnx or .mlir file.
  std::string output; ///< "-" is stdout for text.
  std::vector<std::string> targets = {"sm_75", "sm_80", "sm_90"};
  std::vector<std::string> shapes; ///< NAME:1..8..32x3x224x224, as given.
  std::string precision = "fp32";
  std::vector<double> mean, deviation; ///< --mean, --std: folded; recorded.
  Emit emit = Emit::Module;
  std::string saveTemps; ///< Folder, or empty.
  bool printIrAfterAll = false;
  bool requireFused = false; ///< Exit 1 where attention or QKV stays unfused.
  bool useCache = true;
  bool compileKernels = true; ///< Off: a module of sources alone.
  unsigned threads = 0;       ///< 0: as many as cores.
};

/// What a compile tells at its end.
struct CompileSummary {
  vitrt::format::Module module;
  vitrt::format::WriteStats written;
  KernelCompileStats kernels;
  std::string text; ///< Of --emit other than module.
  double seconds = 0;
  std::string nvrtcNote;           ///< Why kernels were not compiled, or empty.
  std::shared_ptr<void> keepAlive; ///< What evaluates the weights.
};

/// Compiles and, for Emit::Module, writes `options.output`. Messages go to
/// `diagnostics`; on failure it has an error and nothing was written.
std::optional<CompileSummary> compileModel(const CompileOptions &options,
                                           Diagnostics &diagnostics,
                                           Progress &progress);

/// Registers every dialect that a vitc module may hold, on one context.
std::unique_ptr<mlir::MLIRContext> makeContext();

} // namespace vitc

#endif // VITC_TOOLS_VITC_DRIVER_H
