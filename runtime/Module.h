//===- Module.h - a loaded module -------------------------------*- C++ -*-===//
//
// Immutable and shareable: any number of sessions, on any threads and devices,
// use one Module. Weights and kernels are put on a device once.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_MODULE_H
#define VITRT_MODULE_H

#include "runtime/format/Module.h"

#include <map>
#include <memory>
#include <mutex>

namespace vitrt {

class Device;
class DeviceModule;

class Module : public std::enable_shared_from_this<Module> {
public:
  /// Errors: E0601 to E0607.
  static Result<std::shared_ptr<Module>> load(const std::string &path);
  /// `file` is kept alive. Errors: E0601 to E0605.
  static Result<std::shared_ptr<Module>> fromBytes(const format::Bytes &file);

  const format::Module &contents() const { return module; }

  /// What this module has on `device`; made on first use, dropped when the
  /// last session of that device goes.
  std::shared_ptr<DeviceModule> on(const std::shared_ptr<Device> &device);

private:
  explicit Module(format::Module contents) : module(std::move(contents)) {}
  const format::Module module;
  std::mutex mutex;
  std::map<Device *, std::weak_ptr<DeviceModule>> devices;
};

} // namespace vitrt

#endif // VITRT_MODULE_H
