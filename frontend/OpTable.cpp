//===- OpTable.cpp - Finds the entry of an operator -----------------------===//
#include "frontend/OpTables.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

namespace vitc::frontend {

namespace {

/// All operators, by "domain.name" ("name" for the standard domain).
class Registry {
public:
  Registry() {
    for (OpTable table :
         {elementwiseOps(), activationOps(), matmulOps(), einsumOps(),
          convOps(), normOps(), shapeOps(), indexingOps(), resizeOps(),
          reduceOps(), attentionOps(), quantOps(), controlOps()})
      add("", table);
    add("com.microsoft", contribOps());
  }

  const OpEntry *find(llvm::StringRef domain, llvm::StringRef name) const {
    auto it = entries.find(key(domain, name));
    return it == entries.end() ? nullptr : it->second;
  }

  /// The known name that is nearest to `name`, if it is near.
  std::string nearest(llvm::StringRef name) const {
    std::string best;
    unsigned distance = 3;
    for (const auto &entry : entries) {
      unsigned to = name.edit_distance(entry.first(), true, distance);
      if (to < distance || (to == distance && !best.empty() &&
                            entry.first() < llvm::StringRef(best))) {
        distance = to;
        best = entry.first().str();
      }
    }
    return best;
  }

private:
  static std::string key(llvm::StringRef domain, llvm::StringRef name) {
    return domain.empty() ? name.str() : (domain + "." + name).str();
  }
  void add(llvm::StringRef domain, OpTable table) {
    for (const OpEntry &entry : table)
      entries[key(domain, entry.name)] = &entry;
  }

  llvm::StringMap<const OpEntry *> entries;
};

const Registry &registry() {
  static const Registry instance;
  return instance;
}

} // namespace

const OpEntry *findOp(llvm::StringRef domain, llvm::StringRef name) {
  return registry().find(domain, name);
}

std::string nearestForm(llvm::StringRef domain, llvm::StringRef name) {
  if (domain == "com.microsoft.nchwc")
    return "the model was optimised for one CPU; save it with ONNX Runtime's "
           "optimisation level 'extended' or lower, or compile the original";
  const char *form =
      llvm::StringSwitch<const char *>(name)
          .Case("Erfc", "no operator of ONNX; write 1 - Erf(x)")
          .Case("Scan", "unroll the loop at export")
          .Case("TopK", "ArgMax is supported; take the best k of the output on "
                        "the host")
          .Case("ScatterND", "supported where all inputs are constants")
          .Case("ConvTranspose", "Conv is supported")
          .Case("GridSample", "Gather with constant indices is supported")
          .Case("NonMaxSuppression", "cut the model before its post-processing")
          .Case("LSTM", "vitc compiles transformers; recurrences are not")
          .Case("GRU", "vitc compiles transformers; recurrences are not")
          .Case("QLinearConv", "export with QuantizeLinear/DequantizeLinear "
                               "pairs (QDQ format)")
          .Case("MatMulNBits", "DequantizeLinear on the weight is supported")
          .Default("");
  if (*form)
    return form;
  std::string near = registry().nearest(name);
  return near.empty() ? "" : "the nearest supported operator is " + near;
}

} // namespace vitc::frontend
