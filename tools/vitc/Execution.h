//===- Execution.h - One run of a model, wherever it runs -------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_EXECUTION_H
#define VITC_TOOLS_VITC_EXECUTION_H

#include "dialect/Diagnostics.h"
#include "runtime/Session.h"
#include "tools/vitc/Inputs.h"
#include "tools/vitc/OpenDevice.h"
#include "tools/vitc/Progress.h"

namespace vitc {

/// A model that can run: a module on a device, or an ONNX graph in the
/// reference executor.
class Execution {
public:
  virtual ~Execution() = default;
  virtual const std::vector<vitrt::format::TensorInfo> &inputs() const = 0;
  virtual const std::vector<vitrt::format::TensorInfo> &outputs() const = 0;
  /// The module normalises pictures itself.
  virtual bool foldsNormalisation() const { return false; }
  virtual std::string where() const = 0;
  virtual vitrt::Result<std::vector<HostTensor>>
  run(std::vector<HostTensor> &inputs) = 0;
  /// The reference executor: also keeps the ONNX values that ops compute, by
  /// name, in the order of the graph.
  virtual void keepValues(std::vector<HostTensor> *) {}
};

/// A module on a device; what `verify --per-op` and `--counters` need besides.
class ModuleExecution : public Execution {
public:
  static vitrt::Result<std::unique_ptr<ModuleExecution>>
  open(std::shared_ptr<vitrt::Module> module, const DeviceFlags &flags,
       std::string &note);

  const std::vector<vitrt::format::TensorInfo> &inputs() const override;
  const std::vector<vitrt::format::TensorInfo> &outputs() const override;
  bool foldsNormalisation() const override;
  std::string where() const override;
  vitrt::Result<std::vector<HostTensor>>
  run(std::vector<HostTensor> &inputs) override;

  vitrt::Session &session() { return *running; }
  const OpenedDevice &device() const { return opened; }
  /// The plan of the last run, before that the first one that could be chosen.
  const vitrt::format::Plan &plan() const;

private:
  OpenedDevice opened;
  std::shared_ptr<vitrt::Module> module;
  std::unique_ptr<vitrt::Session> running;
};

/// An ONNX (or .mlir) model as it was imported, in the reference executor.
vitrt::Result<std::unique_ptr<Execution>>
openReference(const std::string &model, const std::vector<std::string> &shapes,
              Diagnostics &diagnostics);

/// A .vitm file, or an ONNX model compiled in memory for `target`.
vitrt::Result<std::shared_ptr<vitrt::Module>>
loadOrCompile(const std::string &path, const std::string &target,
              const std::string &precision,
              const std::vector<std::string> &shapes, Diagnostics &diagnostics,
              Progress &progress);

} // namespace vitc

#endif // VITC_TOOLS_VITC_EXECUTION_H
