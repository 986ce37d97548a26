//===- Model.h - A parsed ONNX model ----------------------------*- C++ -*-===//
#ifndef VITC_FRONTEND_MODEL_H
#define VITC_FRONTEND_MODEL_H

#include "dialect/Diagnostics.h"
#include "dialect/WeightFiles.h"
#include "frontend/onnx.pb.h"

#include <memory>

namespace vitc::frontend {

/// The opsets that are imported as their specification says.
constexpr int64_t kMinOpset = 9, kMaxOpset = 23;

/// A model as it stands in its file; weights are still there, not here.
struct Model {
  onnx::ModelProto proto;
  std::string name;                   ///< The file's name, without folders.
  std::shared_ptr<WeightFiles> files; ///< The model's bytes and its folder.
};

/// Reads and parses `path`: versions, limits, opsets. Null with errors in
/// `diagnostics` (E0101 to E0103); W0104 for a version newer than known.
std::unique_ptr<Model> readModel(const std::string &path,
                                 Diagnostics &diagnostics);

/// The standard domain is "" or "ai.onnx"; both become "".
inline std::string_view normalDomain(std::string_view domain) {
  return domain == "ai.onnx" ? std::string_view() : domain;
}

} // namespace vitc::frontend

#endif // VITC_FRONTEND_MODEL_H
