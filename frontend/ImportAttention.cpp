//===- ImportAttention.cpp - Attention and RotaryEmbedding of opset 23 ----===//
//
// vit.attention is [B, N, heads * d], so 4-D inputs [B, heads, N, d] get the
// transposes that vit-flatten-to-3d takes away again.
//
//===----------------------------------------------------------------------===//
#include "frontend/Attention.h"
#include "frontend/OpTables.h"

#include <cmath>
#include <limits>

using namespace mlir;
using vitc::onnx::TensorProto;

namespace vitc::frontend {

mlir::Value mergeHeads(Node &n, mlir::Value v) {
  v = n.transpose(v, {0, 2, 1, 3});
  if (!v)
    return {};
  vit::Extents e = n.extentsOf(v);
  return n.reshape(v, {e[0], e[1], vit::product({e[2], e[3]})});
}

mlir::Value splitHeads(Node &n, mlir::Value v, int64_t heads) {
  if (!v)
    return {};
  vit::Extents e = n.extentsOf(v);
  Extent width{e[2].value / heads, false};
  v = n.reshape(v, {e[0], e[1], Extent{heads, false}, width});
  return n.transpose(v, {0, 2, 1, 3});
}

mlir::Value maskBias(Node &n, mlir::Value mask, Type element) {
  if (!mask || isa<FloatType>(n.typeOf(mask).getElementType()))
    return mask;
  if (!n.typeOf(mask).getElementType().isInteger(1)) {
    (void)n.mismatch("expected a mask of bool or float");
    return {};
  }
  mlir::Value hidden =
      n.constant(-std::numeric_limits<double>::infinity(), element);
  return n.kind("where", {mask, n.constant(0, element), hidden}, {}, element);
}

/// A bias of rank 4 whose last size is `keys`: shorter ones hide the rest.
static mlir::Value fullBias(Node &n, mlir::Value bias, Extent keys) {
  if (!bias)
    return {};
  vit::Extents extents = n.extentsOf(bias);
  if (extents.size() > 4 || extents.empty()) {
    (void)n.mismatch("expected a mask of rank 1 to 4");
    return {};
  }
  while (extents.size() < 4)
    extents.insert(extents.begin(), Extent{1, false});
  bias = n.reshape(bias, extents);
  int64_t missing = keys.value - extents.back().value;
  if (extents.back().value == 1 || missing <= 0)
    return bias;
  return n.pad(bias, {0, 0, 0, 0}, {0, 0, 0, missing},
               -std::numeric_limits<float>::infinity());
}

/// `j <= i` as a bias, where query and key counts differ: vit.attention's own
/// causal form aligns the ends, ONNX the beginnings.
static mlir::Value causalBias(Node &n, Extent queries, Extent keys,
                              Type element) {
  HostTensor bias{DataType(Importer::dataTypeOf(element)),
                  {1, 1, queries.value, keys.value},
                  {}};
  for (int64_t i = 0; i < queries.value; ++i)
    for (int64_t j = 0; j < keys.value; ++j)
      bias.data.push_back(Scalar::ofFloat(
          j <= i ? 0 : -std::numeric_limits<double>::infinity()));
  return n.constant(std::move(bias));
}

/// Reports what of Attention is not here.
static LogicalResult checkAttention(Node &n) {
  if (!n.has(0) || !n.has(1) || !n.has(2))
    return n.mismatch("expected queries, keys and values");
  // Later opsets add inputs and attributes that change what is computed.
  for (const onnx::AttributeProto &attribute : n.proto.attribute())
    if (!llvm::is_contained({"is_causal", "kv_num_heads", "q_num_heads",
                             "qk_matmul_output_mode", "scale", "softcap",
                             "softmax_precision"},
                            StringRef(attribute.name())))
      return n.unsupported("Attention has the attribute '" + attribute.name() +
                           "'");
  if (n.has(4) || n.has(5) || n.has(6) || n.wants(1) || n.wants(2))
    return n.unsupported("Attention has a key/value cache");
  if (n.wants(3))
    return n.unsupported("the scores of an Attention are read");
  if (n.attrFloat("softcap", 0) != 0)
    return n.unsupported("Attention has a softcap");
  int64_t rank = n.rank(0);
  if ((rank != 3 && rank != 4) || n.rank(1) != rank || n.rank(2) != rank)
    return n.mismatch("expected queries, keys and values of rank 3 or 4");
  return success();
}

static LogicalResult importAttention(Node &n) {
  if (failed(checkAttention(n)))
    return failure();
  bool apart = n.rank(0) == 4;
  int64_t heads = apart ? n.extents(0)[1].value : n.attrInt("q_num_heads", 0);
  int64_t kvHeads =
      apart ? n.extents(1)[1].value : n.attrInt("kv_num_heads", 0);
  if (heads < 1 || kvHeads < 1)
    return n.mismatch("expected q_num_heads and kv_num_heads");
  mlir::Value q = n.in(0), k = n.in(1), v = n.in(2);
  if (apart)
    q = mergeHeads(n, q), k = mergeHeads(n, k), v = mergeHeads(n, v);
  if (!q || !k || !v)
    return failure();
  Type element = n.typeOf(q).getElementType();
  Extent queries = n.extentsOf(q)[1], keys = n.extentsOf(k)[1];
  mlir::Value bias;
  if (n.has(3)) {
    bias = fullBias(n, maskBias(n, n.in(3), element), keys);
    if (!bias)
      return failure();
  }
  bool causal = n.attrInt("is_causal", 0) != 0;
  if (causal && queries != keys) {
    mlir::Value triangle = causalBias(n, queries, keys, element);
    bias = bias ? n.kind("add", {bias, triangle}) : triangle;
    causal = false;
  }
  double width = double(n.extentsOf(q)[2].value) / double(heads);
  double scale = n.attrFloat("scale", 1 / std::sqrt(width));
  mlir::Value y = n.attention(q, k, v, bias, heads, kvHeads, scale, causal);
  return n.out(apart ? splitHeads(n, y, heads) : y);
}

//===----------------------------------------------------------------------===//
// Rotary positions
//===----------------------------------------------------------------------===//

/// The cosines or sines of every token as [B or 1, N, 1, width].
static mlir::Value rotation(Node &n, unsigned cache, int64_t width) {
  mlir::Value table = n.in(cache);
  if (n.has(3))
    table = n.gather(table, n.in(3), 0);
  if (!table)
    return {};
  vit::Extents e = n.extentsOf(table);
  if (e.size() != 3 || e[2].value < width) {
    (void)n.mismatch("expected a cache of [B, N, " + std::to_string(width) +
                     "], or position ids");
    return {};
  }
  if (e[2].value > width)
    table = n.slice(table, 2, 0, width);
  return n.reshape(table, {e[0], e[1], Extent{1, false}, Extent{width, false}});
}

/// Rotates pairs of `x` [B, N, H, 2 * width]: neighbours where interleaved,
/// else the two halves.
static mlir::Value rotate(Node &n, mlir::Value x, mlir::Value cosine,
                          mlir::Value sine, int64_t width, bool interleaved) {
  if (!x || !cosine || !sine)
    return {};
  vit::Extents part = n.extentsOf(x);
  part[3] = {width, false};
  int64_t step = interleaved ? 2 : 1;
  mlir::Value first = n.slice(x, {0, 0, 0, 0}, part, {1, 1, 1, step});
  mlir::Value second =
      n.slice(x, {0, 0, 0, interleaved ? 1 : width}, part, {1, 1, 1, step});
  mlir::Value real = n.kind(
      "sub", {n.kind("mul", {first, cosine}), n.kind("mul", {second, sine})});
  mlir::Value imaginary = n.kind(
      "add", {n.kind("mul", {first, sine}), n.kind("mul", {second, cosine})});
  if (!interleaved)
    return n.concat({real, imaginary}, 3);
  vit::Extents pair = part;
  pair.push_back({1, false});
  mlir::Value pairs =
      n.concat({n.reshape(real, pair), n.reshape(imaginary, pair)}, 4);
  return n.reshape(pairs, n.extentsOf(x));
}

static LogicalResult importRotary(Node &n) {
  if (!n.has(0) || !n.has(1) || !n.has(2) || (n.rank(0) != 3 && n.rank(0) != 4))
    return n.mismatch("expected an input of rank 3 or 4, cosines and sines");
  mlir::Value x = n.in(0);
  if (!x)
    return failure();
  vit::Extents shape = n.extentsOf(x);
  bool apart = shape.size() == 4;
  if (apart) {
    x = n.transpose(x, {0, 2, 1, 3});
  } else {
    int64_t heads = n.attrInt("num_heads", 0);
    if (heads < 1 || shape[2].value % heads != 0)
      return n.mismatch("expected num_heads to divide " +
                        vit::toString(shape[2]));
    x = n.reshape(x, {shape[0], shape[1], Extent{heads, false},
                      Extent{shape[2].value / heads, false}});
  }
  if (!x)
    return failure();
  int64_t head = n.extentsOf(x)[3].value;
  int64_t rotated = n.attrInt("rotary_embedding_dim", 0);
  rotated = rotated == 0 ? head : rotated;
  if (rotated < 2 || rotated > head || rotated % 2 != 0)
    return n.mismatch("expected an even rotary_embedding_dim within the head");
  mlir::Value cosine = rotation(n, 1, rotated / 2);
  mlir::Value sine = rotation(n, 2, rotated / 2);
  mlir::Value turned = n.slice(x, 3, 0, rotated);
  mlir::Value y = rotate(n, turned, cosine, sine, rotated / 2,
                         n.attrInt("interleaved", 0) != 0);
  if (rotated < head)
    y = n.concat({y, n.slice(x, 3, rotated, head - rotated)}, 3);
  return n.out(apart ? n.transpose(y, {0, 2, 1, 3}) : n.reshape(y, shape));
}

OpTable attentionOps() {
  static const OpEntry table[] = {
      {"Attention", importAttention, nullptr, "",
       "3-D and 4-D, grouped queries, mask, causal; no cache, no softcap"},
      {"RotaryEmbedding", importRotary, nullptr, "",
       "3-D and 4-D, halves and interleaved, partial"},
  };
  return table;
}

} // namespace vitc::frontend
