//===- PassDiagnostics.cpp - MLIR's messages as vitc's --------------------===//
#include "tools/vitc/PassDiagnostics.h"

#include "dialect/Locations.h"

using namespace mlir;
using vitrt::Diag;

namespace vitc {

static OnnxNode nodeOf(Location loc) {
  llvm::SmallVector<vit::NodeAttr> nodes = vit::onnxNodes(loc);
  if (nodes.empty())
    return {};
  return {nodes.front().getIndex(), nodes.front().getOpType().str(),
          nodes.front().getName().str()};
}

static LogicalResult take(mlir::Diagnostic &message, Diagnostics &diagnostics) {
  OnnxNode node = nodeOf(message.getLocation());
  Diagnostic *entry = nullptr;
  switch (message.getSeverity()) {
  case DiagnosticSeverity::Error:
    entry = &diagnostics.error(Diag::E0500, message.str(), node);
    break;
  case DiagnosticSeverity::Warning:
    entry = &diagnostics.warning(Diag::E0502, message.str(), node);
    break;
  case DiagnosticSeverity::Remark:
  case DiagnosticSeverity::Note:
    entry = &diagnostics.remark(Diag::E0502, message.str(), node);
    break;
  }
  // In a .mlir file the place is a line.
  if (auto place = dyn_cast<FileLineColLoc>(message.getLocation());
      place && node.index < 0)
    entry->note("at " + place.getFilename().str() + ":" +
                std::to_string(place.getLine()));
  for (mlir::Diagnostic &note : message.getNotes())
    entry->note(note.str());
  return success();
}

PassDiagnostics::PassDiagnostics(MLIRContext &context, Diagnostics &diagnostics)
    : handler(&context, [&diagnostics](mlir::Diagnostic &message) {
        return take(message, diagnostics);
      }) {}

} // namespace vitc
