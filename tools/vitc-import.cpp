//===- vitc-import.cpp - Prints an ONNX model as vit IR -------------------===//
//
//   vitc-import MODEL.onnx [--shape SHAPES] [--locations] [--json]
//
// For tests and for people who write passes: `vitc-import m.onnx | vitc-opt
// --vit-fuse-qkv`. Messages go to stderr (as JSON with --json); the exit code
// is vitc's.
//
//===----------------------------------------------------------------------===//
#include "frontend/Importer.h"

#include "mlir/IR/AsmState.h"
#include "llvm/Support/raw_ostream.h"

using namespace vitc;

namespace {
struct Arguments {
  std::string model;
  std::vector<std::string> shapes;
  bool locations = false, json = false, valid = true;
};
} // namespace

static Arguments parse(int argc, char **argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    std::string text = argv[i];
    if (text == "--shape" && i + 1 < argc)
      arguments.shapes.push_back(argv[++i]);
    else if (text == "--locations")
      arguments.locations = true;
    else if (text == "--json")
      arguments.json = true;
    else if (arguments.model.empty() && text.rfind("--", 0) != 0)
      arguments.model = text;
    else
      arguments.valid = false;
  }
  arguments.valid &= !arguments.model.empty() && arguments.shapes.size() < 2;
  return arguments;
}

int main(int argc, char **argv) {
  Arguments arguments = parse(argc, argv);
  if (!arguments.valid) {
    llvm::errs() << "usage: vitc-import MODEL.onnx [--shape SHAPES] "
                    "[--locations] [--json]\n";
    return 2;
  }
  Diagnostics diagnostics;
  frontend::ImportOptions options;
  for (const std::string &text : arguments.shapes) {
    auto shapes = frontend::parseShapes(text);
    if (shapes)
      options.shapes = *shapes;
    else
      diagnostics.add(shapes.status());
  }
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  frontend::ImportedModel imported;
  if (!diagnostics.hasErrors())
    imported =
        frontend::importFile(arguments.model, options, diagnostics, &context);
  llvm::errs() << (arguments.json ? diagnostics.json() : diagnostics.text());
  if (!imported.module)
    return diagnostics.exitCode() ? diagnostics.exitCode() : 70;
  mlir::OpPrintingFlags flags;
  flags.enableDebugInfo(arguments.locations, /*prettyForm=*/false);
  imported.module->print(llvm::outs(), flags);
  return 0;
}
