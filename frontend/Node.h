//===- Node.h - One ONNX node while it is imported --------------*- C++ -*-===//
//
// What an import function sees: inputs, attributes, helpers that build vit ops,
// and ways to fail. Helpers take null values and give null: a function checks
// once, through `out`, which fails on null (the error was reported where it
// happened).
//
//===----------------------------------------------------------------------===//
#ifndef VITC_FRONTEND_NODE_H
#define VITC_FRONTEND_NODE_H

#include "frontend/Importer.h"

namespace vitc::frontend {

/// Most elements that a float computation on constants may have to be done at
/// import (more becomes vit ops on weights), and that any other may have.
constexpr int64_t kMaxFloatElements = 1024, kMaxElements = int64_t(1) << 22;

struct OpEntry;

class Node {
public:
  Node(Importer &importer, const onnx::NodeProto &proto, int index,
       Scope &scope, const OpEntry *entry = nullptr);

  Importer &importer;
  const onnx::NodeProto &proto;
  Scope &scope;
  OnnxNode name;        ///< For messages.
  mlir::Location loc;   ///< For ops.
  int64_t opset;        ///< Of the node's domain.
  const OpEntry *entry; ///< Null for calls of functions.

  // Inputs. An input that is omitted, or "", is absent.
  unsigned numInputs() const { return unsigned(inputs.size()); }
  bool has(unsigned i) const { return i < inputs.size() && inputs[i]; }
  Value &value(unsigned i) const { return *inputs[i]; }
  ValuePtr valuePtr(unsigned i) const { return inputs[i]; }
  vit::Extents extents(unsigned i) const;
  int64_t rank(unsigned i) const { return int64_t(extents(i).size()); }
  int32_t dataType(unsigned i) const { return importer.dataType(*inputs[i]); }
  /// The input as a tensor. Null (after asking for a fixed batch) where it
  /// depends on the batch, null without an error where it is absent.
  mlir::Value in(unsigned i) const;
  /// The elements of a constant input, or null where it is none or too large.
  const HostTensor *host(unsigned i, int64_t limit = kMaxElements) const;
  /// The one element of a float constant, or none.
  std::optional<double> scalar(unsigned i) const;
  /// The elements of an integer input that must be known at import; none after
  /// an error. `what` names it for messages.
  std::optional<llvm::SmallVector<Scalar>> scalars(unsigned i,
                                                   const char *what) const;
  /// The same where they may not depend on the batch.
  std::optional<Dims> ints(unsigned i, const char *what) const;
  /// Ints of input `i`, where it is present, else of attribute `attribute`,
  /// else `fallback`: axes moved from attributes to inputs over the opsets.
  std::optional<Dims> intsOrAttr(unsigned i, const char *attribute,
                                 Dims fallback = {}) const;

  // Attributes, resolved through the calls of functions.
  const onnx::AttributeProto *attr(llvm::StringRef key) const;
  int64_t attrInt(llvm::StringRef key, int64_t fallback) const;
  double attrFloat(llvm::StringRef key, double fallback) const;
  std::string attrString(llvm::StringRef key, llvm::StringRef fallback) const;
  std::optional<Dims> attrInts(llvm::StringRef key) const;

  // Results. An output without a name is dropped.
  unsigned numOutputs() const { return unsigned(proto.output_size()); }
  bool wants(unsigned i) const;
  mlir::LogicalResult out(unsigned i, mlir::Value tensor);
  mlir::LogicalResult out(unsigned i, HostTensor tensor);
  mlir::LogicalResult out(unsigned i, ValuePtr value);
  mlir::LogicalResult out(mlir::Value tensor) { return out(0, tensor); }

  // Failures; all report and give failure().
  mlir::LogicalResult mismatch(std::string message) const;    ///< E0401
  mlir::LogicalResult unsupported(std::string message) const; ///< E0302
  mlir::LogicalResult fail(vitrt::Diag id, std::string message) const;
  /// The batch must be a number for this node.
  mlir::LogicalResult needsFixedBatch(std::string why) const;

  /// `axis` in [0, rank), or none after an error.
  std::optional<int64_t> axis(int64_t axis, int64_t rank) const;
  std::optional<Dims> axes(llvm::ArrayRef<int64_t> axes, int64_t rank) const;

  // Builders of ops: types are inferred, a violated constraint is E0401.
  static mlir::RankedTensorType typeOf(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
  static vit::Extents extentsOf(mlir::Value v) {
    return vit::getExtents(typeOf(v));
  }
  static int64_t rankOf(mlir::Value v) { return typeOf(v).getRank(); }
  mlir::OpBuilder &b() const { return importer.builder; }

  mlir::Value reshape(mlir::Value v, llvm::ArrayRef<Extent> extents) const;
  mlir::Value transpose(mlir::Value v, llvm::ArrayRef<int64_t> perm) const;
  mlir::Value broadcast(mlir::Value v, llvm::ArrayRef<Extent> extents) const;
  mlir::Value slice(mlir::Value v, llvm::ArrayRef<int64_t> offsets,
                    llvm::ArrayRef<Extent> sizes,
                    llvm::ArrayRef<int64_t> strides) const;
  /// Indices [offset, offset + size) of one axis.
  mlir::Value slice(mlir::Value v, int64_t axis, int64_t offset,
                    int64_t size) const;
  mlir::Value concat(llvm::ArrayRef<mlir::Value> values, int64_t axis) const;
  mlir::Value gather(mlir::Value v, mlir::Value indices, int64_t axis) const;
  mlir::Value pad(mlir::Value v, llvm::ArrayRef<int64_t> low,
                  llvm::ArrayRef<int64_t> high, float value) const;
  mlir::Value linear(mlir::Value x, mlir::Value weight,
                     mlir::Value bias = {}) const;
  mlir::Value matmul(mlir::Value lhs, mlir::Value rhs,
                     bool transposeRhs = false) const;
  mlir::Value attention(mlir::Value q, mlir::Value k, mlir::Value v,
                        mlir::Value bias, int64_t heads, int64_t kvHeads,
                        double scale, bool causal) const;
  mlir::Value layerNorm(mlir::Value x, mlir::Value gamma, mlir::Value beta,
                        double epsilon, bool rms) const;
  mlir::Value softmax(mlir::Value v, int64_t axis, bool log = false) const;
  mlir::Value reduce(llvm::StringRef kind, mlir::Value v,
                     llvm::ArrayRef<int64_t> axes, bool keepDims) const;
  /// A named function of dialect/Payload.h; inputs broadcast.
  mlir::Value kind(llvm::StringRef kind, llvm::ArrayRef<mlir::Value> inputs,
                   llvm::ArrayRef<double> params = {},
                   mlir::Type element = {}) const;
  mlir::Value cast(mlir::Value v, mlir::Type element) const;
  mlir::Value quantize(mlir::Value x, mlir::Value scale, mlir::Value zeroPoint,
                       int64_t axis, mlir::Type element) const;
  mlir::Value dequantize(mlir::Value x, mlir::Value scale,
                         mlir::Value zeroPoint, int64_t axis) const;
  /// A weight with these elements.
  mlir::Value constant(HostTensor tensor) const;
  /// A weight of one float at every place.
  mlir::Value constant(double value, mlir::Type element,
                       llvm::ArrayRef<int64_t> dims = {}) const;

  /// Reports at this node; what the dialect's shape inference asks for.
  auto errors() const {
    return [this] { return mlir::emitError(loc); };
  }

private:
  std::vector<ValuePtr> inputs;
};

/// Imports one node: vit ops, host values, or both.
using ImportFn = mlir::LogicalResult (*)(Node &);

enum class Eval {
  Done,   ///< All outputs are host values now.
  Skip,   ///< Not all inputs are known, or the result is large: import it.
  Failed, ///< Reported.
};
/// Computes a node whose inputs are all known, at import.
using EvalFn = Eval (*)(Node &);

/// How one operator is imported: `eval` first, where there is one and all
/// inputs are constants; else `import`. At least one is not null.
struct OpEntry {
  const char *name;
  ImportFn import = nullptr;
  EvalFn eval = nullptr;
  /// The named function of dialect/Payload.h, or the kind of vit.reduce or
  /// vit.pool2d, that it is.
  const char *kind = "";
  const char *form = ""; ///< What is supported of it, for the operator page.
};
using OpTable = llvm::ArrayRef<OpEntry>;

/// The entry of an operator, or null. `domain` is normalised.
const OpEntry *findOp(llvm::StringRef domain, llvm::StringRef name);
/// What to do about an operator that has no entry, for messages.
std::string nearestForm(llvm::StringRef domain, llvm::StringRef name);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_NODE_H
