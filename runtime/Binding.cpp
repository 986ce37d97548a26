//===- Binding.cpp - do these tensors fit this plan? ----------------------===//

#include "runtime/Binding.h"

#include "runtime/PlanChoice.h"

namespace vitrt {

namespace {

std::string listOf(const std::vector<format::TensorInfo> &infos) {
  std::string text;
  for (const format::TensorInfo &info : infos)
    text +=
        (text.empty() ? "" : ", ") + escaped(info.name) + ": " + describe(info);
  return text.empty() ? "nothing" : text;
}

/// Index of the tensor that `view` names, or -1. A lone tensor needs no name.
int indexOf(const std::vector<format::TensorInfo> &infos,
            const TensorView &view) {
  if (view.name.empty() && infos.size() == 1)
    return 0;
  for (size_t i = 0; i != infos.size(); ++i)
    if (infos[i].name == view.name)
      return int(i);
  return -1;
}

Status checkType(const format::TensorInfo &info, const TensorView &view,
                 const char *what) {
  if (info.dtype != view.dtype)
    return Status(Diag::E0252, std::string(what) + " '" + escaped(info.name) +
                                   "' is " + describe(info) + ", but got " +
                                   describe(view.dtype, view.shape));
  return Status();
}

Status badShape(const format::TensorInfo &info, const TensorView &view,
                const char *what) {
  return Status(Diag::E0253, std::string(what) + " '" + escaped(info.name) +
                                 "' is " + describe(info) + ", but got " +
                                 describe(view.dtype, view.shape));
}

/// The views in the order of `infos`; null where there is none.
Status arrange(const std::vector<format::TensorInfo> &infos,
               std::span<const TensorView> views, const char *what,
               std::vector<const TensorView *> &order) {
  order.assign(infos.size(), nullptr);
  for (const TensorView &view : views) {
    int index = indexOf(infos, view);
    if (index < 0)
      return Status(Diag::E0250, std::string("there is no ") + what + " '" +
                                     escaped(view.name) + "'; the model has " +
                                     listOf(infos));
    if (order[index])
      return Status(Diag::E0250, std::string(what) + " '" + escaped(view.name) +
                                     "' is given twice");
    VITRT_TRY(checkType(infos[index], view, what));
    order[index] = &view;
  }
  return Status();
}

} // namespace

Result<Binding> bindInputs(const format::Plan &plan,
                           std::span<const TensorView> inputs) {
  Binding binding;
  VITRT_TRY(arrange(plan.inputs, inputs, "input", binding.inputs));
  binding.batch = 0;
  for (size_t i = 0; i != plan.inputs.size(); ++i) {
    const format::TensorInfo &info = plan.inputs[i];
    const TensorView *view = binding.inputs[i];
    if (!view)
      return Status(Diag::E0251, "input '" + escaped(info.name) + "' (" +
                                     describe(info) + ") is missing");
    ShapeMatch match = matchShape(info.shape, view->shape);
    bool sameBatch =
        match.batch == 0 || binding.batch == 0 || match.batch == binding.batch;
    if (!match.matches || !sameBatch)
      return badShape(info, *view, "input");
    if (match.batch != 0)
      binding.batch = match.batch;
  }
  if (binding.batch == 0) // no input tells
    binding.batch = plan.minBatch;
  if (binding.batch < plan.minBatch || binding.batch > plan.maxBatch)
    return Status(Diag::E0254, "batch " + std::to_string(binding.batch) +
                                   " is outside the plan's range " +
                                   std::to_string(plan.minBatch) + " to " +
                                   std::to_string(plan.maxBatch));
  return binding;
}

Status bindOutputs(const format::Plan &plan,
                   std::span<const TensorView> outputs, Binding &binding) {
  VITRT_TRY(arrange(plan.outputs, outputs, "output", binding.outputs));
  for (size_t i = 0; i != plan.outputs.size(); ++i)
    if (const TensorView *view = binding.outputs[i])
      if (view->shape != shapeAt(plan.outputs[i].shape, binding.batch))
        return badShape(plan.outputs[i], *view, "output");
  return Status();
}

} // namespace vitrt
