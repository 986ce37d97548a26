//===- ImportContrib.cpp - Operators of domain com.microsoft --------------===//
//
// What ONNX Runtime's optimiser and quantiser write.
//
//===----------------------------------------------------------------------===//
#include "frontend/Contractions.h"
#include "frontend/OpTables.h"
#include "frontend/Quantization.h"

#include <cmath>

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

//===----------------------------------------------------------------------===//
// Activations and norms
//===----------------------------------------------------------------------===//

/// Gelu, and BiasGelu and FastGelu, whose input 1 is added first.
static LogicalResult importGelu(Node &n) {
  mlir::Value x = n.in(0);
  if (n.has(1))
    x = n.kind("add", {x, n.in(1)});
  return n.out(n.kind(n.entry->kind, {x}));
}

static LogicalResult importQuickGelu(Node &n) {
  double alpha = n.attrFloat("alpha", 1.702f);
  mlir::Value x = n.in(0);
  if (std::fabs(alpha - 1.702) < 1e-5)
    return n.out(n.kind("quick_gelu", {x}));
  return n.out(
      n.kind("mul", {x, n.kind("sigmoid", {n.kind("scale", {x}, {alpha})})}));
}

/// input, skip, gamma, [beta,] bias: the norm of their sum, and the sum.
static LogicalResult importSkipNorm(Node &n) {
  if (n.wants(1) || n.wants(2))
    return n.unsupported("mean or deviation of a SkipLayerNormalization is "
                         "read");
  bool rms = n.entry->kind == StringRef("rms");
  mlir::Value sum = n.kind("add", {n.in(0), n.in(1)});
  unsigned biasAt = rms ? 3 : 4;
  if (n.has(biasAt))
    sum = n.kind("add", {sum, n.in(biasAt)});
  if (!sum || (n.wants(3) && failed(n.out(3, sum))))
    return failure();
  mlir::Value beta = rms ? mlir::Value() : n.in(3);
  return n.out(normalize(n, sum, n.in(2), beta, n.rankOf(sum) - 1,
                         n.attrFloat("epsilon", 1e-12f), rms));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `v` with its last two dimensions exchanged.
static mlir::Value swapLast(Node &n, mlir::Value v) {
  if (!v || n.rankOf(v) == 2)
    return transposed2D(n, v);
  Dims perm;
  for (int64_t d = 0; d < n.rankOf(v); ++d)
    perm.push_back(d);
  if (perm.size() > 1)
    std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return n.transpose(v, perm);
}

static LogicalResult importFusedMatMul(Node &n) {
  if (n.attrInt("transBatchA", 0) != 0 || n.attrInt("transBatchB", 0) != 0)
    return n.unsupported("FusedMatMul transposes its batch");
  mlir::Value a = n.in(0), b = n.in(1);
  if (n.attrInt("transA", 0) != 0)
    a = swapLast(n, a);
  if (n.attrInt("transB", 0) != 0)
    b = swapLast(n, b);
  mlir::Value y = product(n, a, b);
  double alpha = n.attrFloat("alpha", 1);
  return n.out(alpha == 1 ? y : n.kind("scale", {y}, {alpha}));
}

/// Weights of `bits` bits in blocks along K: [N, blocks, bytes], a scale and
/// perhaps a zero point a block.
static LogicalResult importMatMulNBits(Node &n) {
  int64_t bits = n.attrInt("bits", 4), block = n.attrInt("block_size", 0);
  int64_t inner = n.attrInt("K", 0), width = n.attrInt("N", 0);
  if ((bits != 4 && bits != 8) || block < 1 || inner < 1 || width < 1 ||
      block > INT32_MAX || inner > INT32_MAX || width > INT32_MAX)
    return n.unsupported("expected weights of 4 or 8 bits, K, N and "
                         "block_size");
  if (n.has(3) || n.has(4))
    return n.unsupported("MatMulNBits has zero points or a group index");
  int64_t blocks = (inner + block - 1) / block;
  if (!n.has(1) || n.value(1).kind != Value::Kind::Stored ||
      n.value(1).weight->count * 8 != width * blocks * block * bits)
    return n.mismatch("expected a constant weight of N * K values in blocks");
  Weight weight;
  weight.name = n.value(1).name;
  weight.type = TensorProto::INT8;
  weight.dims = {width, blocks, block};
  weight.count = width * blocks * block;
  StringRef packed = weightBytes(*n.value(1).weight, n.importer.model);
  for (int64_t i = 0; i < weight.count; ++i)
    weight.data.push_back(
        bits == 8 ? char(uint8_t(packed[i]) - 128)
                  : char((uint8_t(packed[i / 2]) >> (i % 2 * 4) & 15) - 8));
  ValuePtr value = std::make_shared<Value>();
  value->kind = Value::Kind::Stored;
  value->name = weight.name;
  value->weight = std::make_shared<Weight>(std::move(weight));
  mlir::Value w = n.importer.materialize(*value, n.loc);
  w = n.dequantize(w, n.constant(1, n.b().getF32Type()), {}, 0);
  mlir::Value scale = n.reshape(
      n.in(2), {Extent{width, false}, Extent{blocks, false}, Extent{1, false}});
  w = n.kind("mul", {n.cast(w, n.b().getF32Type()), scale});
  w = n.reshape(w, {Extent{width, false}, Extent{blocks * block, false}});
  if (w && blocks * block != inner)
    w = n.slice(w, 1, 0, inner);
  mlir::Value x = n.in(0);
  return n.out(n.linear(x, w, n.in(5)));
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// input, weights [C, 3 * H], bias [3 * H], mask, past, attention bias.
static LogicalResult importAttention(Node &n) {
  int64_t heads = n.attrInt("num_heads", 0);
  if (!n.has(0) || !n.has(1) || n.rank(0) != 3 || n.rank(1) != 2 || heads < 1)
    return n.mismatch("expected an input of rank 3, weights of rank 2 and "
                      "num_heads");
  if (n.has(3) || n.has(4) || n.numInputs() > 6 || n.wants(1) ||
      n.attrInt("do_rotary", 0) != 0)
    return n.unsupported("Attention has a mask index, a cache or rotary "
                         "positions");
  int64_t total = n.extents(1)[1].value;
  Dims widths =
      n.attrInts("qkv_hidden_sizes")
          .value_or(Dims{total / 3, total / 3, total - total / 3 * 2});
  if (widths.size() != 3 || widths[0] + widths[1] + widths[2] != total)
    return n.mismatch("expected qkv_hidden_sizes that add up to the weights");
  mlir::Value bias = n.in(2);
  mlir::Value qkv = n.linear(n.in(0), transposed2D(n, n.in(1)), bias);
  if (!qkv || (n.has(2) && !bias))
    return failure();
  mlir::Value q = n.slice(qkv, 2, 0, widths[0]);
  mlir::Value k = n.slice(qkv, 2, widths[0], widths[1]);
  mlir::Value v = n.slice(qkv, 2, widths[0] + widths[1], widths[2]);
  double scale = n.attrFloat("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(widths[0]) / double(heads));
  return n.out(n.attention(q, k, v, n.in(5), heads, heads, scale,
                           n.attrInt("unidirectional", 0) != 0));
}

/// query, key, value [B, N, H], bias [3 * H].
static LogicalResult importMultiHead(Node &n) {
  int64_t heads = n.attrInt("num_heads", 0);
  if (!n.has(0) || !n.has(1) || !n.has(2) || n.rank(0) != 3 || n.rank(1) != 3 ||
      n.rank(2) != 3 || heads < 1)
    return n.mismatch("expected queries, keys and values of rank 3 and "
                      "num_heads");
  if (n.has(4) || n.numInputs() > 6 || n.wants(1))
    return n.unsupported("MultiHeadAttention has a padding mask or a cache");
  mlir::Value parts[3] = {n.in(0), n.in(1), n.in(2)};
  int64_t offset = 0;
  for (mlir::Value &part : parts) {
    if (!part)
      return failure();
    int64_t width = n.extentsOf(part)[2].value;
    if (n.has(3))
      part = n.kind("add", {part, n.slice(n.in(3), 0, offset, width)});
    offset += width;
  }
  double scale = n.attrFloat("scale", 0);
  if (scale == 0)
    scale = 1 / std::sqrt(double(n.extents(0)[2].value) / double(heads));
  return n.out(n.attention(parts[0], parts[1], parts[2], n.in(5), heads, heads,
                           scale, n.attrInt("unidirectional", 0) != 0));
}

//===----------------------------------------------------------------------===//
// Integer operators
//===----------------------------------------------------------------------===//

/// a, a_scale, a_zero, b, b_scale, b_zero, c (i32), y_scale, y_zero. Without
/// y_scale the result is float.
static LogicalResult importQGemm(Node &n) {
  if (!n.has(0) || !n.has(3) || n.rank(0) != 2 || n.rank(3) != 2)
    return n.mismatch("expected A and B to be matrices");
  bool transB = n.attrInt("transB", 0) != 0;
  mlir::Value a = dequantized(n, 0, 1, 2);
  mlir::Value b = dequantized(n, 3, 4, 5, transB ? 0 : 1);
  if (n.attrInt("transA", 0) != 0)
    a = transposed2D(n, a);
  mlir::Value weight = transB ? b : transposed2D(n, b);
  mlir::Value y = n.linear(a, weight);
  if (n.has(6)) {
    mlir::Value scale = n.kind("mul", {n.in(1), n.in(4)});
    if (scale && vit::product(n.extentsOf(scale)) == Extent{1, false})
      scale = n.reshape(scale, {});
    mlir::Value c = n.dequantize(n.in(6), scale, {}, n.rank(6) - 1);
    y = n.kind("add", {y, c});
  }
  double alpha = n.attrFloat("alpha", 1);
  if (alpha != 1)
    y = n.kind("scale", {y}, {alpha});
  return n.out(n.has(7) ? quantized(n, y, 7, 8) : y);
}

/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
static LogicalResult importQLinearBinary(Node &n) {
  mlir::Value y =
      n.kind(n.entry->kind, {dequantized(n, 0, 1, 2), dequantized(n, 3, 4, 5)});
  return n.out(quantized(n, y, 6, 7));
}

/// x, x_scale, x_zero, y_scale, y_zero.
static LogicalResult importQLinearUnary(Node &n) {
  mlir::Value x = dequantized(n, 0, 1, 2);
  if (!x)
    return failure();
  if (n.entry->kind != StringRef("softmax"))
    return n.out(quantized(n, n.kind(n.entry->kind, {x}), 3, 4));
  auto axis = n.axis(n.attrInt("axis", -1), n.rankOf(x));
  return axis ? n.out(quantized(n, n.softmax(x, *axis), 3, 4)) : failure();
}

/// y_scale, y_zero, then (x, x_scale, x_zero) for each part.
static LogicalResult importQLinearConcat(Node &n) {
  SmallVector<mlir::Value> parts;
  for (unsigned i = 2; i < n.numInputs(); i += 3)
    parts.push_back(dequantized(n, i, i + 1, i + 2));
  if (parts.empty() || !parts.front())
    return failure();
  auto axis = n.axis(n.attrInt("axis", 0), n.rankOf(parts.front()));
  return axis ? n.out(quantized(n, n.concat(parts, *axis), 0, 1)) : failure();
}

static LogicalResult importStandard(Node &n) {
  return findOp("", n.proto.op_type())->import(n);
}

OpTable contribOps() {
  static const OpEntry table[] = {
      {"Gelu", importGelu, nullptr, "gelu_erf"},
      {"BiasGelu", importGelu, nullptr, "gelu_erf"},
      {"FastGelu", importGelu, nullptr, "gelu_tanh"},
      {"QuickGelu", importQuickGelu, nullptr, "quick_gelu"},
      {"SkipLayerNormalization", importSkipNorm},
      {"SkipSimplifiedLayerNormalization", importSkipNorm, nullptr, "rms"},
      {"FusedMatMul", importFusedMatMul},
      {"MatMulNBits", importMatMulNBits, nullptr, "",
       "4 and 8 bits, without zero points"},
      {"Attention", importAttention, nullptr, "",
       "packed weights, without mask index and cache"},
      {"MultiHeadAttention", importMultiHead, nullptr, "",
       "without padding mask and cache"},
      {"QGemm", importQGemm},
      {"QLinearAdd", importQLinearBinary, nullptr, "add"},
      {"QLinearMul", importQLinearBinary, nullptr, "mul"},
      {"QLinearSoftmax", importQLinearUnary, nullptr, "softmax"},
      {"QLinearSigmoid", importQLinearUnary, nullptr, "sigmoid"},
      {"QLinearConcat", importQLinearConcat},
      {"QuantizeLinear", importStandard, nullptr, "", "as ONNX's"},
      {"DequantizeLinear", importStandard, nullptr, "", "as ONNX's"},
  };
  return table;
}

} // namespace vitc::frontend
