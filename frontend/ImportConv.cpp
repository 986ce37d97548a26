//===- ImportConv.cpp - Convolution and pooling ---------------------------===//
#include "frontend/Contractions.h"
#include "frontend/OpTables.h"

#include "dialect/ShapeInference.h"

using namespace mlir;

namespace vitc::frontend {

mlir::Value toImage(Node &n, mlir::Value v) {
  if (!v || n.rankOf(v) != 3)
    return v;
  vit::Extents extents = n.extentsOf(v);
  extents.insert(extents.begin() + 2, Extent{1, false});
  return n.reshape(v, extents);
}

mlir::Value fromImage(Node &n, mlir::Value v) {
  if (!v)
    return {};
  vit::Extents extents = n.extentsOf(v);
  extents.erase(extents.begin() + 2);
  return n.reshape(v, extents);
}

/// Adds the leading entries of a height of 1 to 1-D attributes.
static void widen(WindowForm &form) {
  form.kernel.insert(form.kernel.begin(), 1);
  form.strides.insert(form.strides.begin(), 1);
  form.dilations.insert(form.dilations.begin(), 1);
  form.pads = {0, form.pads[0], 0, form.pads[1]};
}

/// Pads of auto_pad SAME_UPPER or SAME_LOWER: the output has ceil(in / stride).
static bool samePads(Node &n, bool upper, WindowForm &form) {
  vit::Extents input = n.extents(0);
  size_t axes = form.kernel.size();
  form.pads.assign(2 * axes, 0);
  for (size_t d = 0; d < axes; ++d) {
    Extent extent = input[2 + d];
    if (extent.perBatch)
      return false;
    int64_t size = extent.value, stride = form.strides[d];
    int64_t out = (size + stride - 1) / stride;
    int64_t reach = form.dilations[d] * (form.kernel[d] - 1) + 1;
    int64_t total = std::max<int64_t>(0, (out - 1) * stride + reach - size);
    form.pads[d] = upper ? total / 2 : total - total / 2;
    form.pads[axes + d] = total - form.pads[d];
  }
  return true;
}

/// Whether all sizes are ones that no arithmetic overflows with.
static bool isSane(const WindowForm &form) {
  auto within = [](const Dims &list, int64_t low) {
    return llvm::all_of(list,
                        [&](int64_t v) { return v >= low && v <= INT32_MAX; });
  };
  return within(form.kernel, 1) && within(form.strides, 1) &&
         within(form.dilations, 1) && within(form.pads, 0);
}

std::optional<WindowForm> windowForm(Node &n, const Dims &kernel) {
  int64_t rank = n.rank(0);
  if (rank != 3 && rank != 4) {
    (void)n.unsupported("expected a 1-D or 2-D window, so an input of rank 3 "
                        "or 4, but got rank " +
                        std::to_string(rank));
    return std::nullopt;
  }
  size_t axes = size_t(rank - 2);
  WindowForm form;
  form.is1D = axes == 1;
  form.kernel = n.attrInts("kernel_shape").value_or(kernel);
  form.strides = n.attrInts("strides").value_or(Dims(axes, 1));
  form.dilations = n.attrInts("dilations").value_or(Dims(axes, 1));
  form.pads = n.attrInts("pads").value_or(Dims(2 * axes, 0));
  if (form.kernel.size() != axes || form.strides.size() != axes ||
      form.dilations.size() != axes || form.pads.size() != 2 * axes ||
      !isSane(form) || (!kernel.empty() && form.kernel != kernel)) {
    (void)n.mismatch("expected kernel_shape, strides, dilations and pads for " +
                     std::to_string(axes) + " axes, pads not negative");
    return std::nullopt;
  }
  std::string mode = n.attrString("auto_pad", "NOTSET");
  if (mode == "VALID")
    form.pads.assign(2 * axes, 0);
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER")
    if (!samePads(n, mode == "SAME_UPPER", form)) {
      (void)n.needsFixedBatch("a window slides over the batch");
      return std::nullopt;
    }
  if (form.is1D)
    widen(form);
  return form;
}

mlir::Value conv(Node &n, mlir::Value x, mlir::Value weight, mlir::Value bias,
                 const WindowForm &form, int64_t groups) {
  x = toImage(n, x), weight = toImage(n, weight);
  if (!x || !weight)
    return {};
  auto type = vit::inferConv2D(n.errors(), n.typeOf(x), n.typeOf(weight),
                               bias ? n.typeOf(bias) : RankedTensorType(),
                               form.strides, form.pads, form.dilations, groups);
  if (failed(type))
    return {};
  OpBuilder &b = n.b();
  mlir::Value y = vit::Conv2DOp::create(
      b, n.loc, *type, x, weight, bias, b.getDenseI64ArrayAttr(form.strides),
      b.getDenseI64ArrayAttr(form.pads), b.getDenseI64ArrayAttr(form.dilations),
      b.getI64IntegerAttr(groups));
  return form.is1D ? fromImage(n, y) : y;
}

static LogicalResult importConv(Node &n) {
  if (!n.has(0) || !n.has(1) || n.rank(0) != n.rank(1))
    return n.mismatch("expected an input and a weight of the same rank");
  Dims kernel;
  for (Extent extent : ArrayRef(n.extents(1)).drop_front(2))
    kernel.push_back(extent.value);
  auto form = windowForm(n, kernel);
  if (!form)
    return failure();
  return n.out(
      conv(n, n.in(0), n.in(1), n.in(2), *form, n.attrInt("group", 1)));
}

static LogicalResult importPool(Node &n) {
  if (n.wants(1))
    return n.unsupported("the indices of a MaxPool are read");
  auto form = windowForm(n, {});
  if (!form)
    return failure();
  mlir::Value x = toImage(n, n.in(0));
  if (!x)
    return failure();
  bool ceil = n.attrInt("ceil_mode", 0) != 0;
  auto type =
      vit::inferPool2D(n.errors(), n.typeOf(x), n.entry->kind, form->kernel,
                       form->strides, form->pads, form->dilations, ceil);
  if (failed(type))
    return failure();
  OpBuilder &b = n.b();
  mlir::Value y = vit::Pool2DOp::create(
      b, n.loc, *type, x, b.getStringAttr(n.entry->kind),
      b.getDenseI64ArrayAttr(form->kernel),
      b.getDenseI64ArrayAttr(form->strides), b.getDenseI64ArrayAttr(form->pads),
      b.getDenseI64ArrayAttr(form->dilations),
      n.attrInt("count_include_pad", 0) ? b.getUnitAttr() : UnitAttr(),
      ceil ? b.getUnitAttr() : UnitAttr());
  return n.out(form->is1D ? fromImage(n, y) : y);
}

static LogicalResult importGlobalPool(Node &n) {
  Dims axes;
  for (int64_t d = 2; d < (n.has(0) ? n.rank(0) : 0); ++d)
    axes.push_back(d);
  if (axes.empty())
    return n.mismatch("expected an input of rank 3 or more");
  return n.out(n.reduce(n.entry->kind, n.in(0), axes, /*keepDims=*/true));
}

OpTable convOps() {
  static const OpEntry table[] = {
      {"Conv", importConv, nullptr, "", "1-D and 2-D, any group"},
      {"AveragePool", importPool, nullptr, "average", "1-D and 2-D"},
      {"MaxPool", importPool, nullptr, "max", "1-D and 2-D, without indices"},
      {"GlobalAveragePool", importGlobalPool, nullptr, "mean"},
      {"GlobalMaxPool", importGlobalPool, nullptr, "max"},
  };
  return table;
}

} // namespace vitc::frontend
