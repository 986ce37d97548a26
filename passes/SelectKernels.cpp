//===- SelectKernels.cpp - vit -> vitk ------------------------------------===//
//
// In program order every launch becomes vitk ops over whole buffers. Writers of
// one buffer chain: the destination of the next is the result of the one
// before, so that a reader depends on all of them.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"
#include "passes/select/KernelDraft.h"

#include "codegen/KernelShape.h"
#include "dialect/Locations.h"
#include "dialect/ModuleAttrs.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Report.h"

using namespace mlir;
using namespace vitrt::format;

namespace vitc::vit {
#define GEN_PASS_DEF_SELECTKERNELS
#include "passes/Passes.h.inc"

namespace {
class KernelSelector {
public:
  KernelSelector(func::FuncOp func, const SelectContext &context)
      : func(func), context(context) {}

  LogicalResult run();

private:
  LogicalResult lower(Operation *op);
  void emit(KernelDraft &draft, Operation *op);
  void recordTensor(Operation *op);
  Value root(const Place &place, OpBuilder &builder);
  void finishReturn(func::ReturnOp op);

  func::FuncOp func;
  const SelectContext &context;
  using RootKey = std::pair<int64_t, int64_t>; ///< Output or not, number.
  DenseMap<RootKey, Value> roots;
};
} // namespace

static StringRef opName(TemplateKind kind) {
  switch (kind) {
  case TemplateKind::Gemm:
    return vitk::GemmOp::getOperationName();
  case TemplateKind::Attention:
    return vitk::AttentionOp::getOperationName();
  case TemplateKind::RowNorm:
    return vitk::RowNormOp::getOperationName();
  case TemplateKind::Softmax:
    return vitk::SoftmaxOp::getOperationName();
  case TemplateKind::Reduce:
    return vitk::ReduceOp::getOperationName();
  case TemplateKind::Pointwise:
    return vitk::PointwiseOp::getOperationName();
  }
  llvm_unreachable("a closed enumeration");
}

static Attribute configAttr(MLIRContext *context, const Config &config) {
  return std::visit(
      [&](const auto &value) -> Attribute {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, GemmConfig>)
          return vitk::GemmConfigAttr::get(context, value);
        else if constexpr (std::is_same_v<T, AttentionConfig>)
          return vitk::AttentionConfigAttr::get(context, value);
        else if constexpr (std::is_same_v<T, RowNormConfig>)
          return vitk::RowNormConfigAttr::get(context, value);
        else if constexpr (std::is_same_v<T, SoftmaxConfig>)
          return vitk::SoftmaxConfigAttr::get(context, value);
        else if constexpr (std::is_same_v<T, ReduceConfig>)
          return vitk::ReduceConfigAttr::get(context, value);
        else
          return vitk::PointwiseConfigAttr::get(context, value);
      },
      config);
}

/// The buffer that a place is in, as written so far.
Value KernelSelector::root(const Place &place, OpBuilder &builder) {
  if (place.value)
    return place.value;
  Value &value = roots[{place.layout.output, place.layout.root}];
  if (value)
    return value;
  IntegerAttr output;
  Type type;
  if (place.layout.output) {
    output = builder.getI64IntegerAttr(place.layout.root);
    type = func.getResultTypes()[place.layout.root];
  } else {
    auto types = func->getAttrOfType<ArrayAttr>(kBuffers);
    type = cast<TypeAttr>(types[place.layout.root]).getValue();
  }
  value = vitk::BufferOp::create(builder, func.getLoc(), type, output,
                                 IntegerAttr());
  return value;
}

/// The location of all that a launch computes.
static Location launchLoc(Operation *op) {
  auto fused = dyn_cast<FusedOp>(op);
  if (!fused)
    return op->getLoc();
  SmallVector<Location> locs{op->getLoc()};
  for (Operation &inner : fused.getBody().front().without_terminator())
    locs.push_back(inner.getLoc());
  return mergeLocs(locs);
}

void KernelSelector::emit(KernelDraft &draft, Operation *op) {
  OpBuilder b(op);
  auto kind = TemplateKind(draft.config.index() + 1);
  OperationState state(launchLoc(op), opName(kind));
  SmallVector<Attribute> views;
  for (const KernelOperandDraft &input : draft.inputs) {
    state.operands.push_back(root(input.place, b));
    views.push_back(
        vitk::ViewAttr::get(b.getContext(), input.offset, input.view));
  }
  Value dest = root(draft.dest.place, b);
  state.operands.push_back(dest);
  state.types.push_back(dest.getType());
  views.push_back(
      vitk::ViewAttr::get(b.getContext(), draft.dest.offset, draft.dest.view));

  Kernel shape;
  shape.config = draft.config;
  shape.family = draft.family;
  SmallVector<int64_t> grid;
  for (const GridFormula &formula : draft.grid)
    grid.append({formula.perBatch, formula.fixed, formula.divisor});
  Operation *named = draft.group.anchor ? draft.group.anchor : op;
  auto add = [&](StringRef name, Attribute value) {
    state.addAttribute(name, value);
  };
  add("views", b.getArrayAttr(views));
  add("config", configAttr(b.getContext(), draft.config));
  add("family", b.getStringAttr(draft.family == Family::Mma ? "mma" : "simt"));
  add("threads", b.getI64IntegerAttr(threadsOf(shape)));
  add("shared_bytes", b.getI64IntegerAttr(sharedBytes(shape)));
  add("grid", b.getDenseI64ArrayAttr(grid));
  add("why", b.getStringAttr(draft.why));
  add("vit_op", b.getStringAttr(named->getName().getStringRef()));
  add("flops", b.getF64FloatAttr(draft.flops));
  add("bytes", b.getF64FloatAttr(draft.bytes()));
  add("device", b.getI64IntegerAttr(0));
  for (auto [fn, args, argsName, kindName] :
       {std::tuple(draft.prologue, &draft.prologueArgs, "prologue_args",
                   vitk::kPrologueKind),
        std::tuple(draft.epilogue, &draft.epilogueArgs, "epilogue_args",
                   vitk::kEpilogueKind)}) {
    Region *region = state.addRegion();
    if (!fn || !fn->body)
      continue;
    region->takeBody(*fn->body);
    add(argsName, b.getDenseI32ArrayAttr(*args));
    if (!fn->kind.empty())
      add(kindName, b.getStringAttr(fn->kind));
  }
  const vitk::Layout &place = draft.dest.place.layout;
  roots[{place.output, place.root}] = b.create(state)->getResult(0);
}

/// Notes on the last writer of `op`'s result that the ONNX value is there.
void KernelSelector::recordTensor(Operation *op) {
  Operation *holder = op;
  auto name = op->getAttrOfType<StringAttr>(kTensorName);
  if (auto fused = dyn_cast<FusedOp>(op); fused && !name) {
    holder =
        fused.getBody().front().getTerminator()->getOperand(0).getDefiningOp();
    name = holder ? holder->getAttrOfType<StringAttr>(kTensorName) : name;
  }
  if (!name)
    return;
  std::optional<Place> place = placeOf(op->getResult(0));
  if (!place || place->value)
    return;
  Value written = roots.lookup({place->layout.output, place->layout.root});
  if (!written || isa<vitk::BufferOp>(written.getDefiningOp()))
    return;
  SmallVector<NodeAttr> nodes = onnxNodes(holder->getLoc());
  Builder b(op->getContext());
  Attribute entry = b.getArrayAttr(
      {name, b.getStringAttr(nodes.empty() ? "" : nodes.back().getName()),
       vitk::LayoutAttr::get(op->getContext(), place->layout),
       TypeAttr::get(op->getResult(0).getType())});
  Operation *writer = written.getDefiningOp();
  SmallVector<Attribute> entries;
  if (auto old = writer->getAttrOfType<ArrayAttr>(vitk::kTensors))
    entries.assign(old.begin(), old.end());
  entries.push_back(entry);
  writer->setAttr(vitk::kTensors, b.getArrayAttr(entries));
}

LogicalResult KernelSelector::lower(Operation *op) {
  std::string why;
  FailureOr<FusionGroup> group = analyseGroup(op, why);
  if (failed(group))
    return op->emitOpError() << "is no launch: " << why;
  if (!op->hasAttr(kLayouts))
    return op->emitOpError("has no layouts; run vit-assign-layouts first");
  Drafts drafts;
  LogicalResult result = success();
  if (!group->anchor)
    result = lowerPointwise(*group, context, drafts);
  else if (isa<AttentionOp>(group->anchor))
    result = lowerAttention(*group, context, drafts);
  else if (isa<LayerNormOp, SoftmaxOp, ReduceOp>(group->anchor))
    result = lowerRows(*group, context, drafts);
  else
    result = lowerGemm(*group, context, drafts);
  if (failed(result))
    return failure();
  for (std::unique_ptr<KernelDraft> &draft : drafts)
    emit(*draft, op);
  return success();
}

void KernelSelector::finishReturn(func::ReturnOp op) {
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands()) {
    Place place;
    place.layout.output = true;
    place.layout.root = operand.getOperandNumber();
    operand.set(root(place, builder));
  }
}

LogicalResult KernelSelector::run() {
  SmallVector<Operation *> old;
  for (Operation &op : llvm::make_early_inc_range(func.front())) {
    if (auto ret = dyn_cast<func::ReturnOp>(op)) {
      finishReturn(ret);
      continue;
    }
    if (op.getDialect() != func->getContext()->getLoadedDialect<VitDialect>())
      continue;
    old.push_back(&op);
    if (isLaunch(&op) && failed(lower(&op)))
      return failure();
    recordTensor(&op);
  }
  for (Operation *op : llvm::reverse(old))
    if (op->use_empty())
      op->erase();
  func->removeAttr(kBuffers);
  return success();
}

namespace {
struct SelectKernelsPass : impl::SelectKernelsBase<SelectKernelsPass> {
  using SelectKernelsBase::SelectKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string name = target;
    if (name.empty())
      if (auto attr = module->getAttrOfType<StringAttr>(kTargetAttr))
        name = attr.str();
    if (name.empty())
      name = "sm_80";
    std::optional<Target> found = findTarget(name);
    if (!found) {
      module.emitError() << "unknown target '" << name
                         << "': expected a device or sm_NN";
      return signalPassFailure();
    }
    module->setAttr(kTargetAttr, StringAttr::get(&getContext(), name));
    SelectContext context{*found, 1, {}};
    if (auto profile = module->getAttrOfType<ProfileAttr>(kProfileAttr))
      context.optBatch = profile.getOpt();
    if (auto denied = module->getAttrOfType<ArrayAttr>(kDeniedAttr))
      for (auto key : denied.getAsRange<StringAttr>())
        context.denied.insert(key.str());
    for (auto func : module.getOps<func::FuncOp>())
      if (failed(KernelSelector(func, context).run()))
        return signalPassFailure();
  }
};
} // namespace

} // namespace vitc::vit
