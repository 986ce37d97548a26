//===- PlanBuilder.cpp - Prepared vitk -> plan ----------------------------===//
#include "codegen/PlanBuilder.h"

#include "codegen/FunctionBuilder.h"
#include "codegen/IndexPrinter.h"
#include "dialect/Batch.h"
#include "dialect/ElementTypes.h"
#include "dialect/Locations.h"
#include "dialect/ModuleAttrs.h"
#include "dialect/Targets.h"
#include "dialect/Vitk.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

#include <numeric>

using namespace mlir;
using namespace vitrt;
using namespace vitrt::format;

namespace vitc {

namespace {
class PlanBuilder {
public:
  explicit PlanBuilder(ModuleOp module) : module(module) {}
  Status run();
  BuiltPlan result;

private:
  void header();
  Status signature(func::FuncOp func);
  Status launch(vitk::KernelOpInterface op);
  Status kernel(vitk::KernelOpInterface op, Kernel &kernel,
                const llvm::StringMap<uint32_t> &nodes);
  BufferRef bufferRef(Value value, int64_t elements);
  void tensors(vitk::KernelOpInterface op);
  void vectors();

  ModuleOp module;
  llvm::StringMap<uint32_t> weightNumbers;
};
} // namespace

static Status notPrepared(const std::string &what) {
  return Status(Diag::E0503,
                "the module is not prepared for emission: " + what);
}

static RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static std::vector<Extent> shapeOf(RankedTensorType type) {
  vit::Extents extents = vit::getExtents(type);
  return {extents.begin(), extents.end()};
}

void PlanBuilder::header() {
  Plan &plan = result.plan;
  auto text = [&](StringRef name) {
    auto attr = module->getAttrOfType<StringAttr>(name);
    return attr ? attr.str() : std::string();
  };
  std::string name = text(vit::kTargetAttr);
  if (std::optional<Target> target = findTarget(name)) {
    plan.target = target->arch();
    plan.device = target->device;
  }
  plan.precision = text(vit::kPolicyAttr);
  if (auto profile =
          module->getAttrOfType<vit::ProfileAttr>(vit::kProfileAttr)) {
    plan.minBatch = profile.getMin();
    plan.optBatch = profile.getOpt();
    plan.maxBatch = profile.getMax();
  }
  auto number = [&](StringRef attr) -> uint64_t {
    auto value = module->getAttrOfType<IntegerAttr>(attr);
    return value ? value.getInt() : 0;
  };
  plan.arenaBytes = number(vitk::kArenaBytes);
  plan.arenaLowerBound = number(vitk::kArenaLowerBound);
  if (auto report = module->getAttrOfType<ArrayAttr>("vit.report"))
    for (auto entry : report.getAsRange<DictionaryAttr>())
      plan.report.push_back({entry.getAs<StringAttr>("key").str(),
                             entry.getAs<IntegerAttr>("done").getInt(),
                             entry.getAs<IntegerAttr>("total").getInt(),
                             entry.getAs<StringAttr>("detail").str()});
}

Status PlanBuilder::signature(func::FuncOp func) {
  auto add = [](std::vector<TensorInfo> &infos, Type type, StringAttr name,
                const char *fallback) {
    auto tensor = cast<RankedTensorType>(type);
    TensorInfo info;
    info.name = name ? name.str() : fallback + std::to_string(infos.size());
    info.dtype = *dtypeOf(tensor.getElementType());
    info.shape = shapeOf(tensor);
    infos.push_back(info);
  };
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    add(result.plan.inputs, func.getArgumentTypes()[i],
        func.getArgAttrOfType<StringAttr>(i, vit::kNameAttr), "input");
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    add(result.plan.outputs, func.getResultTypes()[i],
        func.getResultAttrOfType<StringAttr>(i, vit::kNameAttr), "output");
  return Status();
}

BufferRef PlanBuilder::bufferRef(Value value, int64_t elements) {
  BufferRef ref;
  RankedTensorType type = tensorType(value);
  int64_t size = dtypeBytes(*dtypeOf(type.getElementType()));
  ref.bytes = vit::numElements(type);
  ref.bytes.value *= size;
  ref.before = elements * size;
  ref.offset = ref.before;
  Operation *op = value.getDefiningOp();
  while (auto kernel = dyn_cast_or_null<vitk::KernelOpInterface>(op))
    op = kernel.getDest().getDefiningOp();
  if (!op) {
    ref.space = Space::Input;
    ref.index = cast<BlockArgument>(value).getArgNumber();
  } else if (auto weight = dyn_cast<vit::WeightOp>(op)) {
    StringRef symbol = weight.getInitializer();
    auto [it, isNew] = weightNumbers.try_emplace(symbol, result.weights.size());
    if (isNew)
      result.weights.push_back(symbol.str());
    ref.space = Space::Weights;
    ref.index = it->second;
  } else {
    auto buffer = cast<vitk::BufferOp>(op);
    ref.space = buffer.getOutput() ? Space::Output : Space::Arena;
    ref.index = buffer.getOutput().value_or(0);
    ref.offset += buffer.getOffset().value_or(0);
  }
  return ref;
}

static Role roleOf(vitk::KernelOpInterface op, unsigned index,
                   const View &view) {
  if (index == op.getInputs().size())
    return Role::Out;
  if (view.axes.empty())
    return Role::Table;
  static constexpr Role kGemm[] = {Role::A, Role::W};
  static constexpr Role kAttention[] = {Role::Q, Role::K, Role::V};
  if (op.getTemplate() == TemplateKind::Pointwise)
    return Role::In;
  unsigned own = vitk::numMainInputs(op.getTemplate());
  if (index >= own)
    return Role::Extra;
  return own == 2 ? kGemm[index] : own == 3 ? kAttention[index] : Role::In;
}

Status PlanBuilder::kernel(vitk::KernelOpInterface op, Kernel &kernel,
                           const llvm::StringMap<uint32_t> &nodes) {
  auto symbol = op->getAttrOfType<StringAttr>(vitk::kSymbol);
  auto names = op->getAttrOfType<ArrayAttr>(vitk::kOperandNames);
  if (!symbol || !names || names.size() != op.getInputs().size() + 1)
    return notPrepared("a launch has no names");
  kernel.symbol = symbol.str();
  kernel.kind = op.getTemplate();
  kernel.family = op.getFamily() == "mma" ? Family::Mma : Family::Simt;
  kernel.config = op.getPlanConfig();
  kernel.threads = op.getThreads();
  kernel.sharedBytes = op.getSharedBytes();
  kernel.why = op.getWhy().str();
  for (int axis = 0; axis < 3; ++axis)
    kernel.grid[axis] = {op.getGrid()[3 * axis], op.getGrid()[3 * axis + 1],
                         op.getGrid()[3 * axis + 2]};
  for (unsigned i = 0; i <= op.getInputs().size(); ++i) {
    bool isDest = i == op.getInputs().size();
    Value value = isDest ? Value(op.getDest()) : op.getInputs()[i];
    KernelOperand operand;
    operand.view = cast<vitk::ViewAttr>(op.getViews()[i]).value();
    operand.view.dtype = *dtypeOf(tensorType(value).getElementType());
    operand.role = roleOf(op, i, operand.view);
    operand.name = cast<StringAttr>(names[i]).str();
    kernel.operands.push_back(operand);
  }
  // What a store or a staged operand rounds to anyway.
  DType stored = kernel.operands.back().view.dtype, staged = DType::F32;
  if (kernel.kind == TemplateKind::Pointwise)
    staged = stored;
  else if (auto *gemm = std::get_if<GemmConfig>(&kernel.config))
    staged = gemm->compute;
  std::string why;
  auto build = [&](Region &region, std::optional<ArrayRef<int32_t>> args,
                   DType type, StringRef kind, Function &function) {
    std::optional<Function> built = buildFunction(
        region, args.value_or(ArrayRef<int32_t>()), nodes, type, why);
    if (!built)
      return false;
    function = *built;
    if (auto name = op->getAttrOfType<StringAttr>(kind))
      function.kind = name.str();
    return true;
  };
  if (!build(op.getPrologue(), op.getPrologueArgs(), staged,
             vitk::kPrologueKind, kernel.prologue) ||
      !build(op.getEpilogue(), op.getEpilogueArgs(), stored,
             vitk::kEpilogueKind, kernel.epilogue))
    return notPrepared(why);
  return Status();
}

/// Where ONNX tensors are after this launch.
void PlanBuilder::tensors(vitk::KernelOpInterface op) {
  auto entries = op->getAttrOfType<ArrayAttr>(vitk::kTensors);
  if (!entries)
    return;
  for (auto entry : entries.getAsRange<ArrayAttr>()) {
    StridedView view = cast<vitk::LayoutAttr>(entry[2]).value().view;
    auto type = cast<RankedTensorType>(cast<TypeAttr>(entry[3]).getValue());
    TensorMapEntry tensor;
    tensor.name = cast<StringAttr>(entry[0]).str();
    tensor.node = cast<StringAttr>(entry[1]).str();
    tensor.dtype = *dtypeOf(type.getElementType());
    bool ascending = true;
    for (const Factors &dim : view.dims) {
      Factors simple = merged(dim);
      if (simple.empty())
        simple.push_back({});
      for (const Factor &factor : simple) {
        tensor.shape.push_back(factor.extent);
        tensor.strides.push_back(factor.stride);
        ascending &= factor.stride >= 0;
      }
    }
    tensor.buffer = bufferRef(op.getDest(), view.offset);
    tensor.afterLaunch = result.plan.launches.size() - 1;
    if (ascending)
      result.plan.tensors.push_back(tensor);
  }
}

Status PlanBuilder::launch(vitk::KernelOpInterface op) {
  auto index = op->getAttrOfType<IntegerAttr>(vitk::kKernel);
  if (!index)
    return notPrepared("a launch has no kernel");
  Launch launch;
  launch.kernel = index.getInt();
  llvm::StringMap<uint32_t> numbers;
  for (vit::NodeAttr node : vit::onnxNodes(op.getLoc())) {
    numbers.try_emplace(node.getName(), launch.nodes.size());
    launch.nodes.push_back(node.getName().str());
    launch.opTypes.push_back(node.getOpType().str());
    if (launch.scope.empty())
      launch.scope = node.getScope().str();
  }
  launch.vitOp = op.getVitOp().str();
  launch.device = op.getDevice();
  launch.flops = op.getFlops().convertToDouble();
  launch.bytes = op.getBytes().convertToDouble();
  for (unsigned i = 0; i <= op.getInputs().size(); ++i) {
    Value value = i < op.getInputs().size() ? op.getInputs()[i] : op.getDest();
    launch.buffers.push_back(
        bufferRef(value, cast<vitk::ViewAttr>(op.getViews()[i]).getOffset()));
  }
  if (launch.kernel > result.plan.kernels.size())
    return notPrepared("kernels are out of order");
  if (launch.kernel == result.plan.kernels.size())
    VITRT_TRY(kernel(op, result.plan.kernels.emplace_back(), numbers));
  result.plan.launches.push_back(launch);
  tensors(op);
  return Status();
}

/// The extent of an operand's last axis. An extra operand has the axes of the
/// function that reads it.
static int64_t lastExtent(const Kernel &kernel, size_t number) {
  struct Visitor {
    Role role;
    bool inPrologue;
    int64_t operator()(const GemmConfig &c) const {
      return role == Role::Out || (role == Role::Extra && !inPrologue) ? c.n
                                                                       : c.k;
    }
    int64_t operator()(const AttentionConfig &c) const {
      if (role == Role::Extra && inPrologue)
        return c.keys;
      return role == Role::Q || role == Role::K ? c.dk : c.dv;
    }
    int64_t operator()(const RowNormConfig &c) const { return c.cols; }
    int64_t operator()(const SoftmaxConfig &c) const { return c.cols; }
    int64_t operator()(const ReduceConfig &c) const {
      return role == Role::Out || (role == Role::Extra && !inPrologue) ? 1
                                                                       : c.cols;
    }
    int64_t operator()(const PointwiseConfig &) const { return 1; }
  };
  bool inPrologue =
      llvm::any_of(kernel.prologue.args, [&](const Argument &argument) {
        return argument.operand == static_cast<int32_t>(number);
      });
  return std::visit(Visitor{kernel.operands[number].role, inPrologue},
                    kernel.config);
}

/// Widths of vector accesses: what holds in every launch of a kernel.
void PlanBuilder::vectors() {
  Plan &plan = result.plan;
  for (auto [index, kernel] : llvm::enumerate(plan.kernels))
    for (auto [number, operand] : llvm::enumerate(kernel.operands)) {
      if (operand.role == Role::Table)
        continue;
      uint64_t alignment = 256;
      for (const Launch &launch : plan.launches)
        if (launch.kernel == index)
          alignment = std::gcd(alignment, launch.buffers[number].offset);
      operand.vector =
          vectorWidth(operand.view, lastExtent(kernel, number), alignment);
    }
}

Status PlanBuilder::run() {
  header();
  if (result.plan.target.empty())
    return notPrepared("it has no target");
  auto functions = module.getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(functions))
    return notPrepared("it has not one function");
  func::FuncOp func = *functions.begin();
  VITRT_TRY(signature(func));
  for (auto op : func.front().getOps<vitk::KernelOpInterface>())
    VITRT_TRY(launch(op));
  vectors();
  return Status();
}

Result<BuiltPlan> buildPlan(ModuleOp module) {
  PlanBuilder builder(module);
  Status status = builder.run();
  if (!status.ok())
    return status;
  return std::move(builder.result);
}

} // namespace vitc
