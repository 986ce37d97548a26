//===- Importer.h - From an ONNX graph to vit ops ---------------*- C++ -*-===//
//
// The public face of the frontend: importModel. Class Importer is what the
// import functions of the operators see through their Node.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_FRONTEND_IMPORTER_H
#define VITC_FRONTEND_IMPORTER_H

#include "dialect/Batch.h"
#include "dialect/Diagnostics.h"
#include "frontend/GraphOrder.h"
#include "frontend/ImportOptions.h"
#include "frontend/Model.h"
#include "frontend/Scope.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace vitc::frontend {

/// A model as vit ops: `func.func @main` whose arguments and results have a
/// `vit.name`, and the model's weights as `vit.initializer`. The module has
/// `vit.profile` (the batch's range) and `vit.source` (the file's name).
struct ImportedModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::shared_ptr<WeightFiles> files; ///< Where #vit.file sources lie.
};

/// Imports `model` for one profile. A null module with errors in `diagnostics`
/// where it cannot; all errors of a run are collected.
ImportedModel importModel(Model &model, const ImportOptions &options,
                          Diagnostics &diagnostics, mlir::MLIRContext *context);

/// readModel and importModel.
ImportedModel importFile(const std::string &path, const ImportOptions &options,
                         Diagnostics &diagnostics, mlir::MLIRContext *context);

class Node;

/// One attempt to import a model. Import functions return failure() after an
/// error, or after asking for a fixed batch.
class Importer {
public:
  /// `fixedBatch` > 0 makes every multiple of the batch a number.
  Importer(Model &model, const ImportOptions &options, int64_t fixedBatch,
           Diagnostics &diagnostics, mlir::MLIRContext *context);

  mlir::OwningOpRef<mlir::ModuleOp> run();

  /// Why this attempt needs a fixed batch: empty where it does not.
  std::string fixReason;
  OnnxNode fixNode;
  int64_t suggestedBatch = 0; ///< The batch that a recorded shape is for, or 0.
  DimRange batch;             ///< The batch's range once inputs are known.
  bool hasBatch = false;      ///< Whether an input has a symbolic batch.
  /// Whether sizes may be multiples of the batch in this attempt.
  bool isBatchOpen() const {
    return hasBatch && !batch.isFixed() && fixedBatch == 0;
  }

  // For Node and the files of this class.
  Model &model;
  Diagnostics &diagnostics;
  mlir::MLIRContext *context;
  mlir::OpBuilder builder;

  /// The nodes of a graph, subgraph or function body into the function.
  /// `outputs` are the names that are needed.
  mlir::LogicalResult importNodes(const Nodes &nodes, Scope &scope,
                                  llvm::ArrayRef<std::string> outputs);
  /// Binds the initializers of a graph.
  mlir::LogicalResult bindInitializers(const onnx::GraphProto &graph,
                                       Scope &scope);
  /// The value of a tensor of the model. Null after an error.
  ValuePtr storedValue(const onnx::TensorProto &tensor, llvm::StringRef name,
                       OnnxNode node = {});
  ValuePtr hostValue(HostTensor tensor, llvm::StringRef name);
  ValuePtr tensorValue(mlir::Value tensor, llvm::StringRef name);

  /// The tensor of a value: weights become ops here, once. Null where a host
  /// value depends on the batch.
  mlir::Value materialize(Value &value, mlir::Location loc);
  /// The elements of a constant of at most `limit` elements, or null.
  const HostTensor *elements(Value &value, int64_t limit);
  /// The static or batch-multiple sizes of a value.
  vit::Extents extents(const Value &value);
  int32_t dataType(const Value &value);

  mlir::Type elementType(int32_t dataType);
  static int32_t dataTypeOf(mlir::Type type);

  /// Notes an unsupported operator; all are reported together.
  void addUnsupported(const onnx::NodeProto &proto, OnnxNode node);

  const onnx::FunctionProto *findFunction(llvm::StringRef domain,
                                          llvm::StringRef name);

private:
  struct InputInfo {
    std::string name;
    vit::Extents extents;
    mlir::Type element;
  };

  std::optional<InputInfo> readInput(const onnx::ValueInfoProto &info,
                                     const InputShape *shape);
  std::optional<std::vector<InputInfo>> readInputs();
  bool applyDim(const onnx::TensorShapeProto::Dimension &dim, int index,
                const onnx::ValueInfoProto &info, const InputShape *shape,
                InputInfo &input);
  bool isBatchDim(const onnx::TensorShapeProto::Dimension &dim, int index);
  bool setBatch(const DimRange &range, llvm::StringRef input);
  mlir::LogicalResult finishFunction(mlir::func::FuncOp function, Scope &scope);
  mlir::LogicalResult importNode(const onnx::NodeProto &proto, int index,
                                 Scope &scope);
  mlir::LogicalResult callFunction(Node &node,
                                   const onnx::FunctionProto &function);
  void reportUnsupported();
  void countFailedFiles();
  mlir::Attribute weightSource(const Weight &weight,
                               mlir::RankedTensorType type);
  mlir::Value addInitializer(llvm::StringRef name, mlir::RankedTensorType type,
                             mlir::Attribute source, mlir::Location loc);

  const ImportOptions &options;
  int64_t fixedBatch;
  std::string batchName; ///< The dim_param of the batch, where it has one.
  mlir::ModuleOp module;
  mlir::OpBuilder weights; ///< Inserts initializers.
  llvm::StringMap<unsigned> symbols;
  std::vector<const onnx::FunctionProto *> calls; ///< Being inlined.

  struct Unsupported {
    std::string domain, opType;
    std::vector<OnnxNode> nodes;
  };
  std::vector<Unsupported> unsupported;

  /// A file of weights that cannot be opened is reported once.
  struct FailedFile {
    vitc::Diagnostic *message = nullptr;
    int64_t others = 0;
  };
  llvm::StringMap<FailedFile> failedFiles;
};

} // namespace vitc::frontend

#endif // VITC_FRONTEND_IMPORTER_H
