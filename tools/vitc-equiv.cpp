//===- vitc-equiv.cpp - Checks that passes keep what a module computes ----===//
//
//   vitc-equiv FILE.mlir --passes="vit-fuse-qkv"   before and after passes
//   vitc-equiv A.mlir B.mlir                       two modules
//   vitc-equiv FILE.mlir                           prints the outputs
//
// Runs every function on seeded random inputs in the reference executor and
// compares outputs relative to the largest magnitude of each. Exit code 1 where
// they differ by more than --rtol, or where anything fails.
//
//===----------------------------------------------------------------------===//
#include "dialect/ElementTypes.h"
#include "dialect/WeightFiles.h"
#include "passes/Passes.h"
#include "reference/Interpreter.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace vitc;
namespace cl = llvm::cl;
using reference::Tensor;

namespace {

cl::list<std::string> files(cl::Positional, cl::OneOrMore,
                            cl::desc("FILE [FILE]"));
cl::opt<std::string> passes("passes", cl::desc("pass pipeline of the module"));
cl::opt<double> rtol("rtol", cl::init(1e-5),
                     cl::desc("tolerated difference, relative"));
cl::opt<int64_t> batch("batch", cl::init(2), cl::desc("B of `?` sizes"));
cl::opt<unsigned> seed("seed", cl::init(1), cl::desc("seed of the inputs"));
cl::opt<bool> fp64("fp64", cl::desc("compute in f64"));

/// Outputs of each function, by its name.
using Outputs = std::map<std::string, std::vector<Tensor>>;

OwningOpRef<ModuleOp> parse(const std::string &path, MLIRContext *context) {
  return parseSourceFile<ModuleOp>(path, ParserConfig(context));
}

/// Runs all functions on inputs that depend on the seed alone.
bool runAll(ModuleOp module, const std::string &path, Outputs &outputs) {
  WeightFiles weightFiles(folderOf(path));
  reference::WeightEvaluator weights(module, &weightFiles);
  reference::InterpreterOptions options;
  options.fp64 = fp64;
  reference::Interpreter interpreter(weights, options);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    std::vector<Tensor> inputs;
    for (Type type : function.getArgumentTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      inputs.push_back(reference::randomTensor(
          *dtypeOf(tensor.getElementType()), reference::shapeAt(type, batch),
          seed + inputs.size()));
    }
    auto results = interpreter.run(function, inputs);
    if (!results) {
      llvm::errs() << path << ": @" << function.getName() << ": "
                   << results.status().str() << "\n";
      return false;
    }
    outputs[function.getName().str()] = std::move(*results);
  }
  return true;
}

/// The largest difference relative to the largest magnitude of `a`; infinite
/// where shapes, types or NaNs differ.
double difference(const Tensor &a, const Tensor &b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype())
    return INFINITY;
  double worst = 0, scale = 0;
  for (int64_t i = 0; i < a.numElements(); ++i) {
    double x = a.at(i), y = b.at(i);
    if (x == y || (std::isnan(x) && std::isnan(y)))
      continue;
    double gap = std::fabs(x - y);
    worst = std::isnan(gap) ? INFINITY : std::max(worst, gap);
  }
  for (int64_t i = 0; i < a.numElements(); ++i)
    if (std::isfinite(a.at(i)))
      scale = std::max(scale, std::fabs(a.at(i)));
  return worst == 0 ? 0 : worst / std::max(scale, 1e-30);
}

bool compare(const Outputs &before, const Outputs &after) {
  bool equal = true;
  for (const auto &[name, expected] : before) {
    auto it = after.find(name);
    if (it == after.end() || it->second.size() != expected.size()) {
      llvm::outs() << "@" << name << ": expected a function with "
                   << expected.size() << " outputs\n";
      equal = false;
      continue;
    }
    double worst = 0;
    for (size_t i = 0; i < expected.size(); ++i)
      worst = std::max(worst, difference(expected[i], it->second[i]));
    bool within = worst <= rtol;
    equal = equal && within;
    llvm::outs() << "@" << name << ": " << (within ? "equivalent" : "DIFFERS")
                 << ", worst difference " << llvm::format("%.3g", worst)
                 << "\n";
  }
  return equal;
}

void print(const Outputs &outputs) {
  for (const auto &[name, tensors] : outputs)
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Tensor &tensor = tensors[i];
      llvm::outs() << "@" << name << " #" << i << " "
                   << dtypeName(tensor.dtype()) << " [";
      llvm::interleaveComma(tensor.shape(), llvm::outs());
      llvm::outs() << "]:";
      int64_t shown = std::min<int64_t>(tensor.numElements(), 16);
      for (int64_t e = 0; e < shown; ++e)
        llvm::outs() << " " << llvm::format("%.6g", tensor.at(e));
      llvm::outs() << (shown < tensor.numElements() ? " ...\n" : "\n");
    }
}

int fail(const std::string &message) {
  llvm::errs() << "vitc-equiv: " << message << "\n";
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  vit::registerVitPasses();
  registerTransformsPasses();
  cl::ParseCommandLineOptions(argc, argv, "compares what modules compute\n");
  DialectRegistry registry;
  registry.insert<vit::VitDialect, func::FuncDialect>();
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);

  OwningOpRef<ModuleOp> module = parse(files[0], &context);
  Outputs before, after;
  if (!module || !runAll(*module, files[0], before))
    return fail("'" + files[0] + "' cannot be run");
  if (files.size() == 1 && passes.empty()) {
    print(before);
    return 0;
  }
  std::string path = files[files.size() - 1];
  if (files.size() > 1)
    module = parse(path, &context);
  if (!module)
    return fail("'" + path + "' cannot be read");
  PassManager manager(&context);
  if (failed(parsePassPipeline(passes, manager)))
    return fail("'" + passes + "' is no pipeline");
  if (failed(manager.run(*module)))
    return fail("a pass failed");
  if (!runAll(*module, path, after))
    return fail("what the passes made of '" + path + "' cannot be run");
  return compare(before, after) ? 0 : 1;
}
