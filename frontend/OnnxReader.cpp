//===- OnnxReader.cpp - From a file to a parsed model ---------------------===//
#include "frontend/Model.h"
#include "frontend/WireScan.h"

using vitrt::Diag;

namespace vitc::frontend {

/// The newest IR version whose additions are known to be compatible.
constexpr int64_t kMinIR = 3, kMaxIR = 14;

static bool parse(std::string_view bytes, Model &model,
                  Diagnostics &diagnostics) {
  auto stripped = stripWeights(bytes);
  if (!stripped) {
    diagnostics.add(stripped.status());
    return false;
  }
  if (!model.proto.ParseFromString(*stripped)) {
    diagnostics.error(Diag::E0101,
                      "not an ONNX model: its fields do not have ONNX's types");
    return false;
  }
  const onnx::ModelProto &proto = model.proto;
  if (proto.has_graph() && proto.opset_import_size() > 0)
    return true;
  diagnostics
      .error(Diag::E0101,
             std::string("not an ONNX model, or cut short: ") +
                 (proto.has_graph() ? "no opset import" : "no graph"))
      .help("export the model again, or compare the file's size with its "
            "source");
  return false;
}

static bool checkVersions(const onnx::ModelProto &proto,
                          Diagnostics &diagnostics) {
  if (proto.ir_version() < kMinIR) {
    diagnostics.error(Diag::E0103, "expected IR version 3 or newer, but got " +
                                       std::to_string(proto.ir_version()));
    return false;
  }
  if (proto.ir_version() > kMaxIR)
    diagnostics.warning(Diag::W0104,
                        "IR version " + std::to_string(proto.ir_version()) +
                            " is newer than " + std::to_string(kMaxIR));
  for (const onnx::OperatorSetIdProto &import : proto.opset_import()) {
    if (!normalDomain(import.domain()).empty())
      continue;
    int64_t version = import.version();
    if (version < kMinOpset) {
      diagnostics
          .error(Diag::E0103,
                 "expected opset 9 to 23, but got " + std::to_string(version))
          .help("convert it: onnx.version_converter.convert_version(model, "
                "17)");
      return false;
    }
    if (version > kMaxOpset)
      diagnostics.warning(Diag::W0104, "opset " + std::to_string(version) +
                                           " is newer than 23; operators are "
                                           "read as opset 23 defines them");
  }
  return true;
}

std::unique_ptr<Model> readModel(const std::string &path,
                                 Diagnostics &diagnostics) {
  auto model = std::make_unique<Model>();
  model->name = fileNameOf(path);
  diagnostics.setFile(model->name);
  model->files = std::make_shared<WeightFiles>(folderOf(path));
  auto bytes = model->files->openModel(path);
  if (!bytes) {
    diagnostics.add(bytes.status());
    return nullptr;
  }
  if (!parse(*bytes, *model, diagnostics) ||
      !checkVersions(model->proto, diagnostics))
    return nullptr;
  return model;
}

} // namespace vitc::frontend
