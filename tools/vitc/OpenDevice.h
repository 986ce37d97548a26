//===- OpenDevice.h - The device that a command runs on ---------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_OPENDEVICE_H
#define VITC_TOOLS_VITC_OPENDEVICE_H

#include "runtime/cuda/Nvrtc.h"
#include "runtime/emulator/EmulatorDevice.h"

#include <CLI/CLI.hpp>

namespace vitc {

/// Flags that choose and set up a device.
struct DeviceFlags {
  std::string device = "auto"; ///< auto, cuda, cuda:N, emulator, reference.
  std::string planTarget;
  bool check = false, counters = false, trustSource = false;
  std::string async = "late";
  uint64_t seed = 0;
  unsigned threads = 0;

  void add(CLI::App &app);
  bool isReference() const { return device == "reference"; }
};

struct OpenedDevice {
  std::shared_ptr<vitrt::Device> device;
  /// The same, where it is the emulator.
  std::shared_ptr<vitrt::EmulatorDevice> emulator;
  std::string note; ///< What `auto` chose, and why.
};

/// Opens the device. The emulator runs a kernel only if this vitc prints the
/// same text for it, with its own device library, or with `trustSource`.
vitrt::Result<OpenedDevice> openDevice(const DeviceFlags &flags);

/// Where NVRTC may lie beside the system's places: the `.venv` beside the
/// build, and the active virtual environment.
vitrt::NvrtcSearch nvrtcSearch();

} // namespace vitc

#endif // VITC_TOOLS_VITC_OPENDEVICE_H
