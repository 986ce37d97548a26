//===- Report.cpp - What passes did, for summaries and plans --------------===//
#include "passes/Report.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace vitc::vit {

static constexpr llvm::StringLiteral kReport = "vit.report";

llvm::SmallVector<ReportEntry> reportEntries(ModuleOp module) {
  llvm::SmallVector<ReportEntry> entries;
  auto array = module->getAttrOfType<ArrayAttr>(kReport);
  if (!array)
    return entries;
  for (auto entry : array.getAsRange<DictionaryAttr>())
    entries.push_back({entry.getAs<StringAttr>("key").str(),
                       entry.getAs<StringAttr>("detail").str(),
                       entry.getAs<IntegerAttr>("done").getInt(),
                       entry.getAs<IntegerAttr>("total").getInt()});
  return entries;
}

static void write(ModuleOp module, ArrayRef<ReportEntry> entries) {
  Builder builder(module.getContext());
  SmallVector<Attribute> array;
  for (const ReportEntry &entry : entries)
    array.push_back(builder.getDictionaryAttr({
        builder.getNamedAttr("key", builder.getStringAttr(entry.key)),
        builder.getNamedAttr("done", builder.getI64IntegerAttr(entry.done)),
        builder.getNamedAttr("total", builder.getI64IntegerAttr(entry.total)),
        builder.getNamedAttr("detail", builder.getStringAttr(entry.detail)),
    }));
  module->setAttr(kReport, builder.getArrayAttr(array));
}

static void change(ModuleOp module, StringRef key, int64_t done, int64_t total,
                   StringRef detail, bool add) {
  llvm::SmallVector<ReportEntry> entries = reportEntries(module);
  auto same = llvm::find_if(entries, [&](const ReportEntry &entry) {
    return entry.key == key && entry.detail == detail;
  });
  if (same == entries.end()) {
    entries.push_back({key.str(), detail.str(), done, total});
  } else {
    same->done = done + (add ? same->done : 0);
    same->total = total + (add ? same->total : 0);
  }
  write(module, entries);
}

void report(ModuleOp module, StringRef key, int64_t done, int64_t total,
            StringRef detail) {
  change(module, key, done, total, detail, /*add=*/true);
}

void setReport(ModuleOp module, StringRef key, int64_t done, int64_t total,
               StringRef detail) {
  if (total != 0)
    change(module, key, done, total, detail, /*add=*/false);
}

} // namespace vitc::vit
