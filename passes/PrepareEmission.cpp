//===- PrepareEmission.cpp - Names, and identical kernels once ------------===//
//
// What the printer needs beside structure: symbols and parameter names, all
// from structure alone, so that models with other node names give the same
// kernels.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "dialect/ElementTypes.h"
#include "dialect/ModuleAttrs.h"
#include "dialect/Vitk.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {
#define GEN_PASS_DEF_PREPAREEMISSION
#include "passes/Passes.h.inc"

/// Start of the operand in bytes as far as it is known at compile time: of the
/// arena or of a caller's or weight's tensor, which start aligned.
static uint64_t startOf(Value value, int64_t elements) {
  auto type = cast<RankedTensorType>(value.getType());
  Operation *op = value.getDefiningOp();
  while (auto kernel = dyn_cast_or_null<vitk::KernelOpInterface>(op))
    op = kernel.getDest().getDefiningOp();
  uint64_t offset = elements * dtypeBytes(*dtypeOf(type.getElementType()));
  if (auto buffer = dyn_cast_or_null<vitk::BufferOp>(op))
    offset += buffer.getOffset().value_or(0);
  return offset;
}

/// All that the kernel's text depends on.
static std::string structureOf(vitk::KernelOpInterface op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << op->getName() << op.getFamily() << op->getAttr("config");
  SmallVector<Value> operands(op.getInputs());
  operands.push_back(op.getDest());
  for (auto [value, view] :
       llvm::zip(operands, op.getViews().getAsRange<vitk::ViewAttr>())) {
    os << "\n" << cast<RankedTensorType>(value.getType()).getElementType();
    for (int64_t number : view.getCode())
      os << " " << number;
    // Vector widths follow the alignment.
    uint64_t start = startOf(value, view.getOffset());
    os << " /" << (start == 0 ? 16 : std::min<uint64_t>(16, start & -start));
  }
  auto print = [&](Region &region, std::optional<ArrayRef<int32_t>> args) {
    os << "\n";
    for (int32_t arg : args.value_or(ArrayRef<int32_t>()))
      os << arg << " ";
    if (region.empty())
      return;
    // Operands by number: the text is the same for equal functions.
    DenseMap<Value, unsigned> numbers;
    for (BlockArgument arg : region.getArguments()) {
      numbers[arg] = numbers.size();
      os << arg.getType() << " ";
    }
    for (Operation &inner : region.front()) {
      os << "\n" << inner.getName() << inner.getAttrDictionary();
      if (Attribute properties = inner.getPropertiesAsAttribute())
        os << properties;
      for (Value operand : inner.getOperands())
        os << " " << numbers.lookup(operand);
      for (Value result : inner.getResults()) {
        numbers[result] = numbers.size();
        os << " " << result.getType();
      }
    }
  };
  print(op.getPrologue(), op.getPrologueArgs());
  print(op.getEpilogue(), op.getEpilogueArgs());
  return os.str();
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

namespace {
struct Stem {
  bool rms = false;
  std::string operator()(const GemmConfig &c) const {
    return "gemm_n" + std::to_string(c.n) + "_k" + std::to_string(c.k) + "_" +
           dtypeName(c.compute).str();
  }
  std::string operator()(const AttentionConfig &c) const {
    return "attention_q" + std::to_string(c.queries) + "_k" +
           std::to_string(c.keys) + "_d" + std::to_string(c.dk) + "_" +
           dtypeName(c.compute).str();
  }
  std::string operator()(const RowNormConfig &c) const {
    return (c.rms ? "rms_norm_c" : "layer_norm_c") + std::to_string(c.cols);
  }
  std::string operator()(const SoftmaxConfig &c) const {
    return (c.log ? "log_softmax_c" : "softmax_c") + std::to_string(c.cols);
  }
  std::string operator()(const ReduceConfig &c) const {
    return "reduce_" + vitk::reduceKindName(c.kind).str() + "_c" +
           std::to_string(c.cols);
  }
  std::string operator()(const PointwiseConfig &) const { return "pointwise"; }
};
} // namespace

/// "gemm_n2304_k768_f16_bias_gelu".
static std::string stemOf(vitk::KernelOpInterface op) {
  constexpr size_t kMostLetters = 60; // a symbol stays readable
  std::string stem = std::visit(Stem{}, op.getPlanConfig());
  for (StringRef attr :
       {StringRef(vitk::kPrologueKind), StringRef(vitk::kEpilogueKind)})
    if (auto kind = op->getAttrOfType<StringAttr>(attr))
      if (stem.size() + kind.size() < kMostLetters)
        stem += "_" + kind.str();
  std::transform(stem.begin(), stem.end(), stem.begin(), llvm::toLower);
  return stem;
}

/// What an extra is for its function: how its argument is first used.
static StringRef roleOf(vitk::KernelOpInterface op, unsigned index) {
  auto view = cast<vitk::ViewAttr>(op.getViews()[index]).value();
  bool norm = op.getTemplate() == TemplateKind::RowNorm;
  bool vector =
      llvm::all_of(ArrayRef(view.axes).drop_back(view.axes.empty() ? 0 : 1),
                   [](const auto &axis) { return axis.empty(); });
  auto use = [&](Region &region,
                 std::optional<ArrayRef<int32_t>> args) -> Operation * {
    for (auto [number, arg] :
         llvm::enumerate(args.value_or(ArrayRef<int32_t>()))) {
      if (arg != int32_t(index))
        continue;
      Value value = region.getArgument(number);
      while (value.hasOneUse() && isa<arith::ExtFOp>(*value.user_begin()))
        value = value.user_begin()->getResult(0);
      return value.use_empty() ? nullptr : *value.user_begin();
    }
    return nullptr;
  };
  if (op.getTemplate() == TemplateKind::Attention &&
      use(op.getPrologue(), op.getPrologueArgs()))
    return "score_bias";
  Operation *user = use(op.getEpilogue(), op.getEpilogueArgs());
  if (isa_and_nonnull<arith::AddFOp>(user))
    return vector ? (norm ? "beta" : "bias") : "residual";
  if (isa_and_nonnull<arith::MulFOp>(user))
    return vector ? (norm ? "gamma" : "scale") : "factor";
  return "extra";
}

/// Parameter names: inputs, then "out".
static SmallVector<std::string> operandNames(vitk::KernelOpInterface op) {
  static const char *const kGemm[] = {"a", "w"};
  static const char *const kAttention[] = {"q", "k", "v"};
  SmallVector<std::string> names;
  unsigned own = vitk::numMainInputs(op.getTemplate());
  llvm::StringMap<unsigned> counts;
  auto add = [&](StringRef name) {
    unsigned count = ++counts[name];
    names.push_back(name.str() + (count > 1 ? std::to_string(count) : ""));
  };
  for (unsigned i = 0; i < op.getInputs().size(); ++i) {
    auto view = cast<vitk::ViewAttr>(op.getViews()[i]).value();
    if (view.axes.empty())
      add("indices");
    else if (op.getTemplate() == TemplateKind::Pointwise ||
             (own == 1 && i == 0))
      add("in");
    else if (i < own)
      add(own == 2 ? kGemm[i] : kAttention[i]);
    else
      add(roleOf(op, i));
  }
  add("out");
  return names;
}

namespace {
struct PrepareEmissionPass : impl::PrepareEmissionBase<PrepareEmissionPass> {
  void runOnOperation() override {
    Builder b(&getContext());
    // By structure, in the order of first use.
    llvm::StringMap<std::pair<int64_t, std::string>> kernels;
    llvm::StringSet<> symbols;
    getOperation().walk([&](vitk::KernelOpInterface op) {
      auto [entry, isNew] = kernels.try_emplace(structureOf(op));
      if (isNew) {
        std::string stem = stemOf(op), symbol = stem;
        for (unsigned number = 2; !symbols.insert(symbol).second; ++number)
          symbol = stem + "_v" + std::to_string(number);
        entry->second = {int64_t(kernels.size()) - 1, symbol};
      }
      op->setAttr(vitk::kKernel, b.getI64IntegerAttr(entry->second.first));
      op->setAttr(vitk::kSymbol, b.getStringAttr(entry->second.second));
      SmallVector<Attribute> names;
      for (const std::string &name : operandNames(op))
        names.push_back(b.getStringAttr(name));
      op->setAttr(vitk::kOperandNames, b.getArrayAttr(names));
    });
  }
};
} // namespace

} // namespace vitc::vit
