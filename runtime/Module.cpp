//===- Module.cpp - a loaded module ---------------------------------------===//

#include "runtime/Module.h"

#include "runtime/DeviceModule.h"
#include "runtime/format/Reader.h"

namespace vitrt {

Result<std::shared_ptr<Module>> Module::load(const std::string &path) {
  Result<format::Module> contents = format::readModuleFile(path);
  VITRT_TRY(contents.status());
  return std::shared_ptr<Module>(new Module(std::move(*contents)));
}

Result<std::shared_ptr<Module>> Module::fromBytes(const format::Bytes &file) {
  Result<format::Module> contents = format::readModule(file);
  VITRT_TRY(contents.status());
  return std::shared_ptr<Module>(new Module(std::move(*contents)));
}

std::shared_ptr<DeviceModule>
Module::on(const std::shared_ptr<Device> &device) {
  std::lock_guard lock(mutex);
  std::weak_ptr<DeviceModule> &slot = devices[device.get()];
  std::shared_ptr<DeviceModule> there = slot.lock();
  if (!there)
    slot = there = std::make_shared<DeviceModule>(shared_from_this(), device);
  return there;
}

} // namespace vitrt
