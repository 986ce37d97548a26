//===- Attention.h - What attention operators share -------------*- C++ -*-===//
#ifndef VITC_FRONTEND_ATTENTION_H
#define VITC_FRONTEND_ATTENTION_H

#include "frontend/Node.h"

namespace vitc::frontend {

/// [B, heads, N, d] as [B, N, heads * d].
mlir::Value mergeHeads(Node &n, mlir::Value v);

/// [B, N, heads * d] as [B, heads, N, d].
mlir::Value splitHeads(Node &n, mlir::Value v, int64_t heads);

/// A mask as a bias of `element`: float masks as they are, false as -inf.
mlir::Value maskBias(Node &n, mlir::Value mask, mlir::Type element);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_ATTENTION_H
