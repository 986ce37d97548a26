//===- ImportResize.cpp - Resize and Upsample -----------------------------===//
//
// Interpolation is linear in the image: an axis of linear or cubic mode becomes
// vit.linear by a constant matrix of [size out, size in], an axis of nearest
// mode a vit.gather. Resized weights (positions) fold like any other weight.
//
//===----------------------------------------------------------------------===//
#include "frontend/OpTables.h"
#include "frontend/ShapeForms.h"

#include <cmath>

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {
namespace {

/// How coordinates and neighbours are chosen, as ONNX names it.
struct ResizeForm {
  std::string mode, coordinates, rounding;
  double cubic = -0.75;
  bool excludeOutside = false, antialias = false;
};

/// One axis: `out` places over `in` elements; `scale` is out / in as given.
struct AxisForm {
  int64_t in, out;
  double scale;
};

/// The place in the input that `x` of the output shows.
double origin(const ResizeForm &form, const AxisForm &axis, double x) {
  if (form.coordinates == "asymmetric")
    return x / axis.scale;
  if (form.coordinates == "align_corners")
    return axis.out == 1 ? 0 : x * double(axis.in - 1) / double(axis.out - 1);
  if (form.coordinates == "pytorch_half_pixel" && axis.out == 1)
    return 0;
  if (form.coordinates == "tf_half_pixel_for_nn")
    return (x + 0.5) / axis.scale;
  double place = (x + 0.5) / axis.scale - 0.5;
  if (form.coordinates == "half_pixel_symmetric") {
    double adjustment = double(axis.out) / (axis.scale * double(axis.in));
    place += double(axis.in) / 2 * (1 - adjustment);
  }
  return place;
}

int64_t nearest(const ResizeForm &form, double place) {
  if (form.rounding == "floor")
    return int64_t(std::floor(place));
  if (form.rounding == "ceil")
    return int64_t(std::ceil(place));
  if (form.rounding == "round_prefer_ceil")
    return int64_t(std::floor(place + 0.5));
  return int64_t(std::ceil(place - 0.5));
}

/// The weight of a neighbour at a distance, in elements.
double kernel(const ResizeForm &form, double distance) {
  double x = std::fabs(distance), a = form.cubic;
  if (form.mode == "linear")
    return std::max(0.0, 1 - x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/// The [out, in] matrix of an axis, row-major.
std::vector<double> matrix(const ResizeForm &form, const AxisForm &axis) {
  std::vector<double> result(size_t(axis.out * axis.in), 0);
  // Without antialiasing the kernel is not stretched.
  double stretch = form.antialias ? std::min(axis.scale, 1.0) : 1;
  double reach = (form.mode == "linear" ? 1 : 2) / stretch;
  for (int64_t row = 0; row < axis.out; ++row) {
    double place = origin(form, axis, double(row)), sum = 0;
    auto first = int64_t(std::floor(place - reach));
    auto last = int64_t(std::ceil(place + reach));
    std::vector<double> weights;
    for (int64_t at = first; at <= last; ++at) {
      bool outside = at < 0 || at >= axis.in;
      weights.push_back(form.excludeOutside && outside
                            ? 0
                            : kernel(form, (double(at) - place) * stretch));
      sum += weights.back();
    }
    for (int64_t at = first; at <= last; ++at) {
      int64_t column = std::min(std::max<int64_t>(at, 0), axis.in - 1);
      result[size_t(row * axis.in + column)] +=
          weights[size_t(at - first)] / (sum == 0 ? 1 : sum);
    }
  }
  return result;
}

} // namespace

/// Axis `d` of `v` resized.
static mlir::Value resizeAxis(Node &n, mlir::Value v, int64_t d,
                              const ResizeForm &form, const AxisForm &axis) {
  if (form.mode == "nearest") {
    HostTensor places{TensorProto::INT64, {axis.out}, {}};
    for (int64_t x = 0; x < axis.out; ++x) {
      int64_t at = nearest(form, origin(form, axis, double(x)));
      places.data.push_back(
          Scalar::ofInt(std::min(std::max<int64_t>(at, 0), axis.in - 1)));
    }
    return n.gather(v, n.constant(std::move(places)), d);
  }
  HostTensor weights{
      DataType(Importer::dataTypeOf(n.typeOf(v).getElementType())),
      {axis.out, axis.in},
      {}};
  for (double weight : matrix(form, axis))
    weights.data.push_back(roundTo(weights.type, Scalar::ofFloat(weight)));
  Dims toLast;
  for (int64_t i = 0; i < n.rankOf(v); ++i)
    toLast.push_back(i);
  std::swap(toLast[size_t(d)], toLast.back());
  mlir::Value y =
      n.linear(n.transpose(v, toLast), n.constant(std::move(weights)));
  return n.transpose(y, toLast);
}

/// Attributes; none after an error.
static std::optional<ResizeForm> resizeForm(Node &n) {
  ResizeForm form;
  form.mode = n.attrString("mode", "nearest");
  form.coordinates = n.attrString("coordinate_transformation_mode",
                                  n.opset < 11 ? "asymmetric" : "half_pixel");
  form.rounding = n.attrString("nearest_mode",
                               n.opset < 11 ? "floor" : "round_prefer_floor");
  form.cubic = n.attrFloat("cubic_coeff_a", -0.75);
  form.antialias = n.attrInt("antialias", 0) != 0;
  form.excludeOutside = n.attrInt("exclude_outside", 0) != 0;
  if (form.mode != "nearest" && form.mode != "linear" && form.mode != "cubic") {
    (void)n.unsupported("mode '" + form.mode + "'");
    return std::nullopt;
  }
  if (form.coordinates == "tf_crop_and_resize" ||
      n.attrString("keep_aspect_ratio_policy", "stretch") != "stretch") {
    (void)n.unsupported("Resize crops, or keeps the aspect ratio");
    return std::nullopt;
  }
  return form;
}

static LogicalResult importResize(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  unsigned scalesAt = n.proto.op_type() == "Upsample" || n.opset < 11 ? 1 : 2;
  auto form = resizeForm(n);
  std::optional<Dims> axes = Dims();
  if (auto given = n.attrInts("axes"))
    axes = n.axes(*given, n.rank(0));
  else
    for (int64_t d = 0; d < n.rank(0); ++d)
      axes->push_back(d);
  if (!form || !axes)
    return failure();
  const HostTensor *scales = n.host(scalesAt);
  std::optional<vit::Extents> target;
  if (scalesAt == 2 && n.has(3)) {
    target = sizes(n, 3, "the sizes");
    if (!target)
      return failure();
  } else if (!scales) {
    return n.unsupported("expected constant sizes or scales");
  }
  size_t count = target ? target->size() : scales->data.size();
  if (count != axes->size())
    return n.mismatch("expected a size or scale for each axis");
  mlir::Value v = n.in(0);
  for (size_t i = 0; v && i < count; ++i) {
    Extent in = n.extentsOf(v)[(*axes)[i]];
    if (target && (*target)[i] == in)
      continue;
    double scale = target ? double((*target)[i].value) / double(in.value)
                          : scales->data[i].f;
    if (scale == 1)
      continue;
    AxisForm axis{in.value,
                  target ? (*target)[i].value
                         : int64_t(std::floor(double(in.value) * scale)),
                  scale};
    if (in.perBatch || (target && (*target)[i].perBatch))
      return n.needsFixedBatch("the batch is resized");
    if (!(scale > 0) || axis.in < 1 || axis.out < 1 || axis.out > 65536)
      return n.mismatch("expected sizes from 1 to 65536");
    if (form->mode != "nearest" && axis.in * axis.out > kMaxElements)
      return n.unsupported("expected smaller sizes");
    v = resizeAxis(n, v, (*axes)[i], *form, axis);
  }
  return n.out(v);
}

OpTable resizeOps() {
  static const OpEntry table[] = {
      {"Resize", importResize, nullptr, "",
       "constant sizes; nearest, linear and cubic; no crop"},
      {"Upsample", importResize, nullptr, "", "constant scales"},
  };
  return table;
}

} // namespace vitc::frontend
