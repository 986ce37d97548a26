//===- DoctorCommand.cpp - vitc doctor ------------------------------------===//
#include "codegen/KernelCompiler.h"
#include "runtime/cuda/CudaDevice.h"
#include "tools/vitc/Commands.h"
#include "tools/vitc/OpenDevice.h"
#include "tools/vitc/Version.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <thread>

using namespace vitrt;

namespace vitc {

namespace {
/// One thing that was looked at.
struct Check {
  const char *name;
  bool ok;
  std::string found, remedy;
};
} // namespace

static Check checkGpu() {
  auto device = openCudaDevice();
  if (!device.ok())
    return {"gpu", false, device.status().message(),
            "models compile and run in the emulator without one; for a GPU "
            "install NVIDIA's driver"};
  const DeviceInfo &info = (*device)->info();
  return {"gpu", true,
          info.name + ", sm_" + std::to_string(info.arch) + ", driver " +
              std::to_string(info.driverVersion / 1000) + "." +
              std::to_string(info.driverVersion % 1000 / 10),
          ""};
}

static Check checkNvrtc() {
  auto nvrtc = Nvrtc::open(nvrtcSearch());
  if (!nvrtc.ok())
    return {"nvrtc", false, nvrtc.status().message(),
            "pip install nvidia-cuda-nvrtc-cu12==12.9.86 into .venv, or set "
            "VITC_NVRTC; without it modules hold "
            "source alone"};
  std::string archs;
  for (int arch : (*nvrtc)->supportedArchs())
    archs += " " + std::to_string(arch);
  return {"nvrtc", true,
          (*nvrtc)->version() + " at " + (*nvrtc)->path() + ", compiles for" +
              archs,
          ""};
}

static Check checkHostCompiler() {
  Status status = emu::HostCompiler().available();
  if (!status.ok())
    return {"host compiler", false, status.message(),
            "apt-get install g++ binutils; only the emulator needs it"};
  return {"host compiler", true, "found: the emulator can run kernels", ""};
}

static Check checkCache() {
  std::string folder = defaultCacheDir();
  if (folder.empty())
    return {"cache", false, "no home folder",
            "set VITC_CACHE_DIR, else every kernel is compiled anew"};
  return {"cache", true, folder, ""};
}

static int doctor(const GlobalOptions &global) {
  std::vector<Check> checks = {
      {"vitc", true, versionText(), ""},
      {"processor", true,
       std::to_string(std::thread::hardware_concurrency()) + " cores", ""},
      checkNvrtc(),
      checkGpu(),
      checkHostCompiler(),
      checkCache()};
  if (global.json) {
    llvm::json::Array list;
    for (const Check &check : checks)
      list.push_back(
          llvm::json::Object{{"name", check.name},
                             {"ok", check.ok},
                             {"found", llvm::json::fixUTF8(check.found)},
                             {"remedy", check.remedy}});
    llvm::outs() << llvm::json::Value(
                        llvm::json::Object{{"checks", std::move(list)}})
                 << "\n";
    return 0;
  }
  for (const Check &check : checks) {
    llvm::outs() << (check.ok ? "ok      " : "missing ") << check.name << ": "
                 << escaped(check.found, 400) << "\n";
    if (!check.remedy.empty())
      llvm::outs() << "        " << check.remedy << "\n";
  }
  return 0;
}

Command addDoctor(CLI::App &parent, const GlobalOptions &global) {
  CLI::App *app = parent.add_subcommand(
      "doctor",
      "What is there of driver, NVRTC and host compiler, and what to do");
  return {app, [&global] { return doctor(global); }};
}

} // namespace vitc
