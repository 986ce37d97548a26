//===- Inputs.h - A command's input tensors ---------------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_INPUTS_H
#define VITC_TOOLS_VITC_INPUTS_H

#include "runtime/format/Module.h"
#include "tools/files/HostTensor.h"

#include <CLI/CLI.hpp>

namespace vitc {

/// Flags that say where input tensors come from.
struct InputFlags {
  std::vector<std::string> tensors; ///< NAME=FILE.npy.
  std::string archive;              ///< FILE.npz.
  std::string image;                ///< A picture.
  std::vector<double> mean, deviation;

  void add(CLI::App &app);
  bool any() const {
    return !tensors.empty() || !archive.empty() || !image.empty();
  }
};

/// The tensors for a model's inputs, and what the archive says of its outputs.
struct InputSet {
  std::vector<HostTensor> inputs;
  std::vector<HostTensor> expected; ///< Keys `out:NAME`, named NAME.
};

/// Reads what the flags name. `folded`: the module normalises the picture
/// itself. Errors: E0210 to E0213, E0250.
vitrt::Result<InputSet>
readInputs(const InputFlags &flags,
           const std::vector<vitrt::format::TensorInfo> &inputs, bool folded);

/// Seeded values for inputs that nobody gave: normal for floats, 0 for others.
InputSet randomInputs(const std::vector<vitrt::format::TensorInfo> &inputs,
                      int64_t batch, uint64_t seed);

} // namespace vitc

#endif // VITC_TOOLS_VITC_INPUTS_H
