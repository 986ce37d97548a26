//===- ImportNorm.cpp - Normalisations and softmax ------------------------===//
#include "frontend/Contractions.h"
#include "frontend/OpTables.h"

#include <cmath>
#include <limits>

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

//===----------------------------------------------------------------------===//
// Layer and RMS normalisation
//===----------------------------------------------------------------------===//

/// A gamma or beta as one value a channel.
static mlir::Value perChannel(Node &n, mlir::Value v, ArrayRef<Extent> axes) {
  if (!v)
    return {};
  v = n.broadcast(v, axes);
  return n.reshape(v, {vit::product(axes)});
}

mlir::Value normalize(Node &n, mlir::Value x, mlir::Value gamma,
                      mlir::Value beta, int64_t axis, double epsilon,
                      bool rms) {
  if (!x)
    return {};
  vit::Extents extents = n.extentsOf(x);
  ArrayRef<Extent> all(extents), axes = all.drop_front(axis);
  vit::Extents rows(all.take_front(axis));
  rows.push_back(vit::product(axes));
  mlir::Value g = perChannel(n, gamma, axes), b = perChannel(n, beta, axes);
  if ((gamma && !g) || (beta && !b))
    return {};
  return n.reshape(n.layerNorm(n.reshape(x, rows), g, b, epsilon, rms),
                   extents);
}

/// The mean and the inverse deviation that a LayerNormalization also gives.
static LogicalResult outStatistics(Node &n, mlir::Value x, int64_t axis) {
  Dims axes;
  for (int64_t d = axis; d < n.rankOf(x); ++d)
    axes.push_back(d);
  mlir::Value mean = n.reduce("mean", x, axes, /*keepDims=*/true);
  mlir::Value centred = n.kind("sub", {x, mean});
  mlir::Value variance =
      n.reduce("mean", n.kind("square", {centred}), axes, true);
  mlir::Value inverse = n.kind(
      "rsqrt", {n.kind("shift", {variance}, {n.attrFloat("epsilon", 1e-5f)})});
  if (n.wants(1) && failed(n.out(1, mean)))
    return failure();
  return n.out(2, inverse);
}

static LogicalResult importLayerNorm(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto axis = n.axis(n.attrInt("axis", -1), n.rank(0));
  if (!axis)
    return failure();
  bool rms = n.entry->kind == StringRef("rms");
  mlir::Value x = n.in(0), gamma = n.in(1),
              beta = rms ? mlir::Value() : n.in(2);
  if ((n.has(1) && !gamma) || (!rms && n.has(2) && !beta))
    return failure();
  if (!x || ((n.wants(1) || n.wants(2)) && failed(outStatistics(n, x, *axis))))
    return failure();
  return n.out(
      normalize(n, x, gamma, beta, *axis, n.attrFloat("epsilon", 1e-5f), rms));
}

//===----------------------------------------------------------------------===//
// Normalisation by channel
//===----------------------------------------------------------------------===//

/// `v` [C] as [C, 1, ...], to multiply [B, C, ...] of rank `rank`.
static mlir::Value alongChannels(Node &n, mlir::Value v, int64_t rank) {
  if (!v)
    return {};
  vit::Extents extents = {vit::product(n.extentsOf(v))};
  while (int64_t(extents.size()) < rank - 1)
    extents.push_back({1, false});
  return n.reshape(v, extents);
}

static mlir::Value affine(Node &n, mlir::Value x, mlir::Value scale,
                          mlir::Value bias) {
  if (!x || !scale || !bias)
    return {};
  int64_t rank = n.rankOf(x);
  return n.kind("add", {n.kind("mul", {x, alongChannels(n, scale, rank)}),
                        alongChannels(n, bias, rank)});
}

/// momentum * running + (1 - momentum) * current.
static mlir::Value running(Node &n, mlir::Value old, mlir::Value current) {
  double momentum = n.attrFloat("momentum", 0.9f);
  return n.kind("add", {n.kind("scale", {old}, {momentum}),
                        n.kind("scale", {current}, {1 - momentum})});
}

/// BatchNormalization of training, which weight standardisation is exported
/// as: statistics over all axes but the channels'.
static LogicalResult importTrainingNorm(Node &n) {
  mlir::Value x = n.in(0);
  if (!x)
    return failure();
  Dims axes = {0};
  for (int64_t d = 2; d < n.rankOf(x); ++d)
    axes.push_back(d);
  mlir::Value mean = n.reduce("mean", x, axes, /*keepDims=*/true);
  mlir::Value centred = n.kind("sub", {x, mean});
  mlir::Value variance =
      n.reduce("mean", n.kind("square", {centred}), axes, true);
  mlir::Value shifted =
      n.kind("shift", {variance}, {n.attrFloat("epsilon", 1e-5f)});
  mlir::Value normal = n.kind("mul", {centred, n.kind("rsqrt", {shifted})});
  if (!normal || failed(n.out(affine(n, normal, n.in(1), n.in(2)))))
    return failure();
  vit::Extents channels = {n.extentsOf(x)[1]};
  for (unsigned i : {1u, 2u})
    if (n.wants(i) &&
        failed(
            n.out(i, running(n, n.in(i + 2),
                             n.reshape(i == 1 ? mean : variance, channels)))))
      return failure();
  return success();
}

/// BatchNormalization of inference: x * s + t, where s and t are computed here
/// if the statistics are constants, as they are.
static LogicalResult importBatchNorm(Node &n) {
  if (n.numInputs() != 5 || n.rank(0) < 2)
    return n.mismatch("expected an input of rank 2 or more, scale, bias, mean "
                      "and variance");
  if (n.attrInt("training_mode", 0) != 0)
    return importTrainingNorm(n);
  double epsilon = n.attrFloat("epsilon", 1e-5f);
  const HostTensor *parts[4];
  bool known = true;
  for (unsigned i = 0; i < 4; ++i) {
    parts[i] = n.host(i + 1);
    known &= parts[i] && parts[i]->size() == parts[0]->size();
  }
  if (!known) {
    mlir::Value deviation =
        n.kind("rsqrt", {n.kind("shift", {n.in(4)}, {epsilon})});
    mlir::Value s = n.kind("mul", {n.in(1), deviation});
    mlir::Value t = n.kind("sub", {n.in(2), n.kind("mul", {n.in(3), s})});
    return n.out(affine(n, n.in(0), s, t));
  }
  HostTensor s{DataType(n.dataType(0)), parts[0]->dims, {}}, t = s;
  for (int64_t i = 0; i < parts[0]->size(); ++i) {
    double factor =
        parts[0]->data[i].f / std::sqrt(parts[3]->data[i].f + epsilon);
    double shift = parts[1]->data[i].f - parts[2]->data[i].f * factor;
    s.data.push_back(roundTo(s.type, Scalar::ofFloat(factor)));
    t.data.push_back(roundTo(t.type, Scalar::ofFloat(shift)));
  }
  return n.out(
      affine(n, n.in(0), n.constant(std::move(s)), n.constant(std::move(t))));
}

/// Each of `groups` groups of channels to mean 0 and variance 1, in `x`'s
/// shape.
static mlir::Value normalizeGroups(Node &n, mlir::Value x, int64_t groups,
                                   double epsilon) {
  if (!x)
    return {};
  vit::Extents extents = n.extentsOf(x);
  if (extents.size() < 3 || groups < 1 || extents[1].value % groups != 0) {
    (void)n.mismatch("expected an input of rank 3 or more whose channels the " +
                     std::to_string(groups) + " groups divide");
    return {};
  }
  Extent rest = vit::product(ArrayRef(extents).drop_front(1));
  rest.value /= groups;
  mlir::Value rows = n.reshape(x, {extents[0], Extent{groups, false}, rest});
  return n.reshape(n.layerNorm(rows, {}, {}, epsilon, false), extents);
}

static LogicalResult importInstanceNorm(Node &n) {
  if (n.numInputs() != 3 || n.rank(0) < 3)
    return n.mismatch("expected an input of rank 3 or more, scale and bias");
  mlir::Value y = normalizeGroups(n, n.in(0), n.extents(0)[1].value,
                                  n.attrFloat("epsilon", 1e-5f));
  return n.out(affine(n, y, n.in(1), n.in(2)));
}

static LogicalResult importGroupNorm(Node &n) {
  if (n.numInputs() != 3 || n.rank(0) < 3)
    return n.mismatch("expected an input of rank 3 or more, scale and bias");
  int64_t groups = n.attrInt("num_groups", 1);
  mlir::Value y =
      normalizeGroups(n, n.in(0), groups, n.attrFloat("epsilon", 1e-5f));
  mlir::Value scale = n.in(1), bias = n.in(2);
  if (!y || !scale || !bias)
    return failure();
  int64_t channels = n.extentsOf(y)[1].value;
  // Before opset 21 scale and bias have one value a group.
  auto perChannel = [&](mlir::Value v) {
    if (n.opset >= 21 || vit::product(n.extentsOf(v)).value == channels)
      return v;
    v = n.reshape(v, {Extent{groups, false}, Extent{1, false}});
    v = n.broadcast(v,
                    {Extent{groups, false}, Extent{channels / groups, false}});
    return n.reshape(v, {Extent{channels, false}});
  };
  return n.out(affine(n, y, perChannel(scale), perChannel(bias)));
}

static LogicalResult importLpNorm(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  auto axis = n.axis(n.attrInt("axis", -1), n.rank(0));
  if (!axis)
    return failure();
  mlir::Value x = n.in(0);
  StringRef kind = n.attrInt("p", 2) == 1 ? "l1" : "l2";
  // A norm of 0 leaves zeros, not NaN.
  mlir::Value norm = n.kind("clip", {n.reduce(kind, x, {*axis}, true)},
                            {std::numeric_limits<float>::min(),
                             std::numeric_limits<double>::infinity()});
  return n.out(n.kind("div", {x, norm}));
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// Before opset 13 the axes from `axis` on are one.
static LogicalResult importSoftmax(Node &n) {
  if (!n.has(0))
    return n.mismatch("expected an input");
  bool log = n.entry->kind == StringRef("log"), flattens = n.opset < 13;
  auto axis = n.axis(n.attrInt("axis", flattens ? 1 : -1), n.rank(0));
  mlir::Value x = n.in(0);
  if (!axis || !x)
    return failure();
  if (!flattens || *axis == n.rank(0) - 1)
    return n.out(n.softmax(x, *axis, log));
  vit::Extents extents = n.extentsOf(x);
  ArrayRef<Extent> all(extents);
  vit::Extents rows(all.take_front(*axis));
  rows.push_back(vit::product(all.drop_front(*axis)));
  mlir::Value y = n.softmax(n.reshape(x, rows), *axis, log);
  return n.out(n.reshape(y, extents));
}

OpTable normOps() {
  static const OpEntry table[] = {
      {"LayerNormalization", importLayerNorm, nullptr, "", "any axis"},
      {"RMSNormalization", importLayerNorm, nullptr, "rms", "any axis"},
      {"SimplifiedLayerNormalization", importLayerNorm, nullptr, "rms",
       "ONNX Runtime's name of RMSNormalization"},
      {"BatchNormalization", importBatchNorm, nullptr, "", "inference"},
      {"InstanceNormalization", importInstanceNorm},
      {"GroupNormalization", importGroupNorm},
      {"LpNormalization", importLpNorm, nullptr, "", "p 1 and 2"},
      {"Softmax", importSoftmax},
      {"LogSoftmax", importSoftmax, nullptr, "log"},
  };
  return table;
}

} // namespace vitc::frontend
