//===- Describe.h - the fields of every stored struct -----------*- C++ -*-===//
//
// One description a struct, for both directions. The order is the file's: a
// field that is added goes last in its struct and raises kVersion (Layout.h).
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_DESCRIBE_H
#define VITRT_FORMAT_DESCRIBE_H

#include "runtime/format/Module.h"

namespace vitrt::format {

template <class Ar> void describe(Ar &ar, Hash128 &x) { ar(x.low, x.high); }

// Types.h
template <class Ar> void describe(Ar &ar, Extent &x) {
  ar(x.value, x.perBatch);
}
template <class Ar> void describe(Ar &ar, AxisDim &x) {
  ar(x.extent, x.stride, x.table);
}
template <class Ar> void describe(Ar &ar, GuardTerm &x) {
  ar(x.axis, x.dim, x.factor);
}
template <class Ar> void describe(Ar &ar, Guard &x) {
  ar(x.terms, x.base, x.lo, x.hi);
}
template <class Ar> void describe(Ar &ar, View &x) {
  ar(x.dtype, x.axes, x.guards, x.offset);
}
template <class Ar> void describe(Ar &ar, BufferRef &x) {
  ar(x.space, x.index, x.offset, x.bytes, x.before);
}

// Function.h
template <class Ar> void describe(Ar &ar, Instr &x) {
  ar(x.op, x.type, x.predicate, x.a, x.b, x.c, x.bits, x.node);
}
template <class Ar> void describe(Ar &ar, Argument &x) {
  ar(x.operand, x.type);
}
template <class Ar> void describe(Ar &ar, Function &x) {
  ar(x.args, x.body, x.result, x.kind);
}

// Plan.h
template <class Ar> void describe(Ar &ar, KernelOperand &x) {
  ar(x.role, x.name, x.view, x.vector);
}
template <class Ar> void describe(Ar &ar, GemmConfig &x) {
  ar(x.groups, x.rows, x.n, x.k, x.compute, x.bm, x.bn, x.bk, x.wm, x.wn,
     x.stages);
}
template <class Ar> void describe(Ar &ar, AttentionConfig &x) {
  ar(x.batch, x.heads, x.kvHeads, x.queries, x.keys, x.dk, x.dv, x.compute,
     x.causal, x.bm, x.bn, x.warps);
}
template <class Ar> void describe(Ar &ar, RowNormConfig &x) {
  ar(x.rows, x.cols, x.epsilon, x.rms, x.threadsPerRow, x.rowsPerBlock);
}
template <class Ar> void describe(Ar &ar, SoftmaxConfig &x) {
  ar(x.rows, x.cols, x.log, x.threadsPerRow, x.rowsPerBlock);
}
template <class Ar> void describe(Ar &ar, ReduceConfig &x) {
  ar(x.rows, x.cols, x.kind, x.threadsPerRow, x.rowsPerBlock);
}
template <class Ar> void describe(Ar &ar, PointwiseConfig &x) {
  ar(x.elements, x.threads, x.perThread);
}
template <class Ar> void describe(Ar &ar, GridFormula &x) {
  ar(x.perBatch, x.fixed, x.divisor);
}
template <class Ar> void describe(Ar &ar, Kernel &x) {
  ar(x.symbol, x.kind, x.family, x.config, x.operands, x.prologue, x.epilogue,
     x.grid, x.threads, x.sharedBytes, x.why);
}
template <class Ar> void describe(Ar &ar, Launch &x) {
  ar(x.kernel, x.buffers, x.nodes, x.opTypes, x.vitOp, x.scope, x.device,
     x.flops, x.bytes);
}
template <class Ar> void describe(Ar &ar, TensorInfo &x) {
  ar(x.name, x.dtype, x.shape);
}
template <class Ar> void describe(Ar &ar, TensorMapEntry &x) {
  ar(x.name, x.node, x.dtype, x.shape, x.strides, x.buffer, x.afterLaunch);
}
template <class Ar> void describe(Ar &ar, ReportEntry &x) {
  ar(x.key, x.done, x.total, x.detail);
}
template <class Ar> void describe(Ar &ar, Plan &x) {
  ar(x.target, x.device, x.precision, x.minBatch, x.optBatch, x.maxBatch,
     x.inputs, x.outputs, x.kernels, x.launches, x.tensors, x.report,
     x.arenaBytes, x.arenaLowerBound);
}

// Module.h
template <class Ar> void describe(Ar &ar, ModulePlan &x) {
  ar(x.plan, x.codes);
}
template <class Ar> void describe(Ar &ar, KernelImage &x) {
  ar(x.kind, x.arch, x.data, x.registers, x.spillBytes, x.staticSharedBytes);
}
template <class Ar> void describe(Ar &ar, KernelCode &x) {
  ar(x.symbol, x.source, x.options, x.images);
}
template <class Ar> void describe(Ar &ar, Header &x) { ar(x.name, x.text); }
template <class Ar> void describe(Ar &ar, Loadable &x) {
  ar(x.name, x.target, x.data);
}
template <class Ar> void describe(Ar &ar, KeyValue &x) { ar(x.key, x.value); }
template <class Ar> void describe(Ar &ar, Provenance &x) {
  ar(x.compiler, x.nvrtc, x.codegenHash, x.modelHash, x.modelName, x.options,
     x.extra);
}

/// A row of the weight table: a Weight, and where its bytes lie in the weight
/// data section.
struct WeightEntry {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  Hash128 hash;
  uint64_t offset = 0, size = 0;
};
template <class Ar> void describe(Ar &ar, WeightEntry &x) {
  ar(x.name, x.dtype, x.shape, x.hash, x.offset, x.size);
}

} // namespace vitrt::format

#endif // VITRT_FORMAT_DESCRIBE_H
