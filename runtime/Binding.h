//===- Binding.h - do these tensors fit this plan? --------------*- C++ -*-===//
#ifndef VITRT_BINDING_H
#define VITRT_BINDING_H

#include "runtime/Tensor.h"
#include "runtime/format/Plan.h"
#include "runtime/format/Status.h"

#include <span>

namespace vitrt {

/// The caller's tensors in the order of the plan's inputs and outputs.
struct Binding {
  int64_t batch = 1;
  std::vector<const TensorView *> inputs;
  std::vector<const TensorView *> outputs; ///< Null: not asked for.
};

/// Batch and order of the inputs. Errors: E0250 to E0254.
Result<Binding> bindInputs(const format::Plan &plan,
                           std::span<const TensorView> inputs);

/// Adds the outputs, which must fit the batch.
Status bindOutputs(const format::Plan &plan,
                   std::span<const TensorView> outputs, Binding &binding);

} // namespace vitrt

#endif // VITRT_BINDING_H
