//===- ValidateKernel.cpp - may this kernel be printed and launched? ------===//

#include "runtime/format/Enums.h"
#include "runtime/format/Validate.h"

namespace vitrt::format::detail {

namespace {

bool inRange(int64_t value, int64_t lo, int64_t hi) {
  return value >= lo && value <= hi;
}
bool isSize(int64_t value) { return inRange(value, 1, kMaxExtent); }
bool isSize(const Extent &e) { return inRange(e.value, 0, kMaxExtent); }
bool isTile(int32_t value) { return inRange(value, 1, 4096); }

bool isRowShape(int32_t threadsPerRow, int32_t rowsPerBlock) {
  return inRange(threadsPerRow, 1, 1024) && inRange(rowsPerBlock, 1, 1024) &&
         threadsPerRow * rowsPerBlock <= 1024;
}

/// Each overload: are the numbers of one config usable at all?
bool sound(const GemmConfig &c) {
  return isSize(c.groups) && isSize(c.rows) && isSize(c.n) && isSize(c.k) &&
         valid(c.compute) && isTile(c.bm) && isTile(c.bn) && isTile(c.bk) &&
         isTile(c.wm) && isTile(c.wn) && inRange(c.stages, 1, 16);
}
bool sound(const AttentionConfig &c) {
  return isSize(c.batch) && isSize(c.heads) && isSize(c.kvHeads) &&
         c.heads % c.kvHeads == 0 && isSize(c.queries) && isSize(c.keys) &&
         isSize(c.dk) && isSize(c.dv) && valid(c.compute) && isTile(c.bm) &&
         isTile(c.bn) && inRange(c.warps, 1, 32);
}
bool sound(const RowNormConfig &c) {
  return isSize(c.rows) && isSize(c.cols) &&
         isRowShape(c.threadsPerRow, c.rowsPerBlock);
}
bool sound(const SoftmaxConfig &c) {
  return isSize(c.rows) && isSize(c.cols) &&
         isRowShape(c.threadsPerRow, c.rowsPerBlock);
}
bool sound(const ReduceConfig &c) {
  return isSize(c.rows) && isSize(c.cols) && valid(c.kind) &&
         isRowShape(c.threadsPerRow, c.rowsPerBlock);
}
bool sound(const PointwiseConfig &c) {
  return isSize(c.elements) && inRange(c.threads, 1, 1024) &&
         inRange(c.perThread, 1, 1024);
}

/// Axes of an operand's index space (Plan.h, TemplateKind): the least and the
/// most.
std::pair<size_t, size_t> axisCount(TemplateKind kind, Role role) {
  if (role == Role::Table)
    return {0, 4};
  switch (kind) {
  case TemplateKind::Gemm:
    return {3, 3};
  case TemplateKind::Attention:
    return {4, 4};
  case TemplateKind::RowNorm:
  case TemplateKind::Softmax:
    return {2, 2};
  case TemplateKind::Reduce:
    return {role == Role::In ? 2 : 1, role == Role::Out ? 1 : 2};
  case TemplateKind::Pointwise:
    return {1, 1};
  }
  return {0, 0};
}

Status validateView(const View &view, const Kernel &kernel,
                    const std::string &place) {
  if (!valid(view.dtype) || !inRange(view.offset, -kMaxExtent, kMaxExtent))
    return fault(place, "no such element type or offset");
  for (const std::vector<AxisDim> &axis : view.axes) {
    if (axis.size() > 16)
      return fault(place, "an axis of more than 16 dims");
    for (const AxisDim &dim : axis) {
      if (!inRange(dim.extent, 0, kMaxExtent) ||
          !inRange(dim.stride, -kMaxExtent, kMaxExtent))
        return fault(place, "an extent or stride is out of range");
      if (!inRange(dim.table, -1, int64_t(kernel.operands.size()) - 1) ||
          (dim.table >= 0 &&
           (kernel.operands[dim.table].role != Role::Table ||
            kernel.operands[dim.table].view.dtype != DType::I32)))
        return fault(place, "operand " + std::to_string(dim.table) +
                                " is no index table");
    }
  }
  for (const Guard &guard : view.guards) {
    for (const GuardTerm &term : guard.terms)
      if (term.axis >= view.axes.size() ||
          term.dim >= view.axes[term.axis].size() ||
          !inRange(term.factor, -kMaxExtent, kMaxExtent))
        return fault(place, "a guard names no dim of the view");
    for (int64_t bound : {guard.base, guard.lo, guard.hi})
      if (!inRange(bound, -kMaxExtent, kMaxExtent))
        return fault(place, "a guard's bound is out of range");
  }
  return Status();
}

Status validateOperands(const Kernel &kernel, const std::string &place) {
  uint32_t roles = 0; // a bit a Role that is there
  if (kernel.operands.size() > 64)
    return fault(place, "more than 64 operands");
  for (size_t i = 0; i != kernel.operands.size(); ++i) {
    const KernelOperand &operand = kernel.operands[i];
    std::string here = place + ", operand " + std::to_string(i);
    if (!valid(operand.role))
      return fault(here, "no such role");
    if (operand.vector == 0 || operand.vector > 16 ||
        (operand.vector & (operand.vector - 1)) != 0)
      return fault(here, "vector width is not 1, 2, 4, 8 or 16");
    roles |= 1u << uint32_t(operand.role);
    // Names become text that a compiler reads.
    if (!isIdentifier(operand.name))
      return fault(here, "'" + escaped(operand.name) + "' is no name");
    if (operand.vector < 1 || operand.vector > 16 ||
        (operand.vector & (operand.vector - 1)) != 0)
      return fault(here, "vectors of " + std::to_string(operand.vector));
    auto [least, most] = axisCount(kernel.kind, operand.role);
    size_t axes = operand.view.axes.size();
    if (axes < least || axes > most)
      return fault(here, "a view of " + std::to_string(axes) + " axes");
    VITRT_TRY(validateView(operand.view, kernel, here));
  }
  auto has = [&](Role role) { return (roles >> uint32_t(role) & 1) != 0; };
  bool complete = has(Role::Out);
  if (kernel.kind == TemplateKind::Gemm)
    complete &= has(Role::A) && has(Role::W);
  else if (kernel.kind == TemplateKind::Attention)
    complete &= has(Role::Q) && has(Role::K) && has(Role::V);
  else if (kernel.kind != TemplateKind::Pointwise)
    complete &= has(Role::In);
  return complete ? Status() : fault(place, "an operand is missing");
}

Status validateInstr(const Instr &instr, size_t values,
                     const std::string &place) {
  if (!valid(instr.op) || !valid(instr.type))
    return fault(place, "no such operation or type");
  const uint32_t operands[] = {instr.a, instr.b, instr.c};
  for (int i = 0; i != 3; ++i)
    if (i < arity(instr.op) ? operands[i] >= values : operands[i] != kNoValue)
      return fault(place, "value " + std::to_string(operands[i]) +
                              " as operand " + std::to_string(i));
  int predicates = instr.op == Opcode::CmpF   ? 16
                   : instr.op == Opcode::CmpI ? 10
                                              : 1;
  if (instr.predicate >= predicates)
    return fault(place, "no such predicate");
  return Status();
}

Status validateFunction(const Function &function, const Kernel &kernel,
                        const std::string &place) {
  if (!function.kind.empty() && !isIdentifier(function.kind))
    return fault(place, "'" + escaped(function.kind) + "' is no name");
  for (const Argument &arg : function.args)
    if (!inRange(arg.operand, -1, int64_t(kernel.operands.size()) - 1) ||
        !valid(arg.type))
      return fault(place, "an argument names no operand or type");
  size_t values = function.args.size();
  for (size_t i = 0; i != function.body.size(); ++i)
    VITRT_TRY(validateInstr(function.body[i], values++,
                            place + ", instruction " + std::to_string(i)));
  if (function.result >= values && (values != 0 || function.result != 0))
    return fault(place, "the result is no value");
  return Status();
}

Status validateGrid(const Kernel &kernel, int64_t maxBatch,
                    const std::string &place) {
  const int64_t kLimits[3] = {INT32_MAX, 65535, 65535};
  for (int i = 0; i != 3; ++i) {
    const GridFormula &grid = kernel.grid[i];
    if (!inRange(grid.perBatch, 0, kMaxExtent) ||
        !inRange(grid.fixed, 0, kMaxExtent) ||
        !inRange(grid.divisor, 1, kMaxExtent) || grid.at(maxBatch) > kLimits[i])
      return fault(place,
                   "grid axis " + std::to_string(i) + " is out of range");
  }
  if (!inRange(kernel.threads, 1, 1024))
    return fault(place, std::to_string(kernel.threads) + " threads a block");
  if (kernel.sharedBytes > 256 * 1024)
    return fault(place, std::to_string(kernel.sharedBytes) +
                            " bytes of shared memory");
  return Status();
}

} // namespace

Status validateKernel(const Kernel &kernel, int64_t maxBatch,
                      const std::string &place) {
  if (!isIdentifier(kernel.symbol))
    return fault(place, "'" + escaped(kernel.symbol) + "' is no symbol");
  if (!valid(kernel.kind) || !valid(kernel.family))
    return fault(place, "no such template or family");
  if (kernel.config.index() + 1 != size_t(kernel.kind))
    return fault(place, "the config is of another template");
  if (!std::visit([](const auto &config) { return sound(config); },
                  kernel.config))
    return fault(place, "the config is out of range");
  VITRT_TRY(validateOperands(kernel, place));
  VITRT_TRY(validateFunction(kernel.prologue, kernel, place + ", prologue"));
  VITRT_TRY(validateFunction(kernel.epilogue, kernel, place + ", epilogue"));
  return validateGrid(kernel, maxBatch, place);
}

} // namespace vitrt::format::detail
