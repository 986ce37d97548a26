//===- Report.h - What passes did, for summaries and plans ------*- C++ -*-===//
//
// The module carries `vit.report`, an array of dictionaries {key, done, total,
// detail}. A pass adds an entry per fact; the plan copies them.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_PASSES_REPORT_H
#define VITC_PASSES_REPORT_H

#include "mlir/IR/BuiltinOps.h"

namespace vitc::vit {

/// `done` of `total` things named `key` ("qkv", "attention", "layer_norm",
/// "gelu") happened; `detail` is one sentence. Entries of one key add up.
void report(mlir::ModuleOp module, llvm::StringRef key, int64_t done,
            int64_t total, llvm::StringRef detail = "");

/// As report, but replaces the entry of this key and detail: for facts that a
/// pass counts in the module as it stands, so that running it twice says the
/// same. Nothing is noted where `total` is 0.
void setReport(mlir::ModuleOp module, llvm::StringRef key, int64_t done,
               int64_t total, llvm::StringRef detail = "");

struct ReportEntry {
  std::string key, detail;
  int64_t done, total;
};
llvm::SmallVector<ReportEntry> reportEntries(mlir::ModuleOp module);

} // namespace vitc::vit

#endif // VITC_PASSES_REPORT_H
