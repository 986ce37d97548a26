//===- Contractions.h - Products that several operators need ----*- C++ -*-===//
#ifndef VITC_FRONTEND_CONTRACTIONS_H
#define VITC_FRONTEND_CONTRACTIONS_H

#include "frontend/Node.h"

namespace vitc::frontend {

/// numpy.matmul, ranks 1 included; a weight matrix on the right becomes
/// vit.linear. Null after an error.
mlir::Value product(Node &n, mlir::Value lhs, mlir::Value rhs);

/// `v` [R, C] as [C, R].
mlir::Value transposed2D(Node &n, mlir::Value v);

/// Whether `v` is of rank 2 and depends on weights alone.
bool isWeightMatrix(Node &n, mlir::Value v);

/// Strides, pads and dilations of a 2-D window; 1-D operators have a height
/// of 1.
struct WindowForm {
  Dims kernel, strides, pads, dilations;
  bool is1D = false;
};

/// Attributes of Conv and of pooling for an input of rank 3 or 4. `kernel` is
/// that of the weight, or empty: then `kernel_shape` says it.
std::optional<WindowForm> windowForm(Node &n, const Dims &kernel);

/// [B, C, L] as [B, C, 1, L], and back.
mlir::Value toImage(Node &n, mlir::Value v);
mlir::Value fromImage(Node &n, mlir::Value v);

/// vit.conv2d. Null after an error.
mlir::Value conv(Node &n, mlir::Value x, mlir::Value weight, mlir::Value bias,
                 const WindowForm &form, int64_t groups);

/// LayerNormalization over the axes from `axis` on; gamma and beta may be
/// null, and broadcast to those axes.
mlir::Value normalize(Node &n, mlir::Value x, mlir::Value gamma,
                      mlir::Value beta, int64_t axis, double epsilon, bool rms);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_CONTRACTIONS_H
