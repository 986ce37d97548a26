//===- Weight.h - Tensors that a model carries ------------------*- C++ -*-===//
#ifndef VITC_FRONTEND_WEIGHT_H
#define VITC_FRONTEND_WEIGHT_H

#include "frontend/HostTensor.h"
#include "frontend/Model.h"

namespace vitc::frontend {

/// A tensor of a model: an initializer or the value of a Constant node. Its
/// bytes stay in their file (`path`) where the file has them as they are
/// needed; numbers of a protobuf field are unpacked to `data`.
struct Weight {
  std::string name;
  DataType type = onnx::TensorProto::FLOAT;
  Dims dims;
  int64_t count = 0; ///< Number of elements.
  std::string path;  ///< The file with the bytes, or empty.
  uint64_t offset = 0, size = 0;
  std::vector<char> data; ///< The bytes where `path` is empty.
};

/// Checks `tensor` and finds its bytes. E0106 for a tensor whose numbers do not
/// fit its shape and type, E0403 for a type that nothing here computes with,
/// E0201 to E0203 for external data.
vitrt::Result<Weight> readWeight(const onnx::TensorProto &tensor,
                                 const Model &model);

/// The file that external data names, or "".
std::string externalLocation(const onnx::TensorProto &tensor);

/// The bytes of a weight that readWeight made.
llvm::StringRef weightBytes(const Weight &weight, const Model &model);

} // namespace vitc::frontend

#endif // VITC_FRONTEND_WEIGHT_H
