//===- Eval.h - Computes constants and shapes at import ---------*- C++ -*-===//
//
// Evaluators of operators on host tensors: exact integer arithmetic on
// `c + k * B`, floats rounded to their type. They give Eval::Skip where an
// input is not known or the result is too large to be computed here.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_FRONTEND_EVAL_H
#define VITC_FRONTEND_EVAL_H

#include "frontend/Node.h"

namespace vitc::frontend {

/// All present inputs as host tensors (null where absent); none where one is
/// not known. The limit is kMaxFloatElements where the first is of floats,
/// unless `large`.
std::optional<llvm::SmallVector<const HostTensor *, 4>>
hostInputs(Node &node, bool large = false);

/// Row-major strides of `dims`.
Dims stridesOf(llvm::ArrayRef<int64_t> dims);

/// Calls `fn(index)` for every index of `dims`, in row-major order.
template <class Fn> void forEachIndex(llvm::ArrayRef<int64_t> dims, Fn fn) {
  std::optional<int64_t> count = elementCount(dims);
  if (!count || *count == 0)
    return;
  Dims index(dims.size(), 0);
  for (int64_t done = 0; done < *count; ++done) {
    fn(llvm::ArrayRef<int64_t>(index));
    for (size_t d = dims.size(); d-- > 0 && ++index[d] == dims[d];)
      index[d] = 0;
  }
}

/// Numpy broadcasting of static sizes; none where they do not fit.
std::optional<Dims> broadcastDims(llvm::ArrayRef<int64_t> lhs,
                                  llvm::ArrayRef<int64_t> rhs);

/// Stores `tensor` as output 0.
Eval finish(Node &node, HostTensor tensor);
/// Reports a mismatch of a node that is evaluated.
Eval evalError(Node &node, std::string message);

// Elementwise (EvalElementwise.cpp).
Eval evalUnary(Node &node);
Eval evalBinary(Node &node);
Eval evalVariadic(Node &node); ///< Min, Max, Sum.
Eval evalWhere(Node &node);
Eval evalClip(Node &node);
Eval evalCast(Node &node);
Eval evalIdentity(Node &node);

// Movement (EvalMovement.cpp).
Eval evalReshape(Node &node); ///< Reshape, Flatten, Squeeze, Unsqueeze.
Eval evalTranspose(Node &node);
Eval evalExpand(Node &node);
Eval evalConcat(Node &node);
Eval evalSlice(Node &node);
Eval evalGather(Node &node);
Eval evalSplit(Node &node);
Eval evalTile(Node &node);

// Generators, reductions and what has no op of vit (EvalIndexing.cpp).
Eval evalRange(Node &node);
Eval evalConstantOfShape(Node &node);
Eval evalReduce(Node &node);
Eval evalNonZero(Node &node);
Eval evalGatherND(Node &node);
Eval evalScatterND(Node &node);
Eval evalTrilu(Node &node);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_EVAL_H
