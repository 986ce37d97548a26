//===- OpenDevice.cpp - The device that a command runs on -----------------===//
#include "tools/vitc/OpenDevice.h"

#include "codegen/CommentText.h"
#include "codegen/CudaPrinter.h"
#include "codegen/KernelCompiler.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/emulator/HelperMain.h"

#include <charconv>
#include <filesystem>

using namespace vitrt;

namespace vitc {

void DeviceFlags::add(CLI::App &app) {
  app.add_option("--device", device, "auto, cuda[:N], emulator or reference")
      ->check([](const std::string &name) {
        bool known = name == "auto" || name == "emulator" ||
                     name == "reference" || name == "cuda" ||
                     (name.starts_with("cuda:") &&
                      name.find_first_not_of("0123456789", 5) == name.npos &&
                      name.size() > 5);
        return known ? ""
                     : "expected auto, cuda, cuda:N, emulator or reference";
      });
  app.add_option("--plan-target", planTarget,
                 "Take the plan of this target (sm_80)");
  app.add_flag("--check", check,
               "Emulator: look for races, bounds, unwritten outputs");
  app.add_flag("--counters", counters,
               "Emulator: count FLOP, bytes, sectors, wavefronts");
  app.add_flag("--trust-source", trustSource,
               "Emulate kernels that this vitc did not print");
  app.add_option("--async", async, "Emulator: when copies land")
      ->check(CLI::IsMember({"late", "early"}));
  app.add_option("--seed", seed,
                 "Emulator: order of threads; 0 is the plain one");
  app.add_option("--threads", threads, "Host threads; 0 is one a processor");
}

/// Whether this vitc prints `source`'s text: byte for byte from the first plan
/// that has it, and the same code from the plan that wants to run it.
static Status approve(const KernelSource &source) {
  const format::Module &module = source.module;
  const format::KernelCode &code = module.codes[source.code];
  auto refuse = [&](const std::string &why) {
    return Status(Diag::E0723,
                  "kernel '" + escaped(code.symbol) +
                      "' is not emulated: " + why +
                      "; recompile the model, or pass --trust-source if you "
                      "trust the module's author");
  };
  if (module.headers != moduleHeaders())
    return refuse("the module's device library is not this vitc's");
  for (const format::ModulePlan &plan : module.plans)
    for (uint32_t kernel = 0; kernel < plan.codes.size(); ++kernel) {
      if (plan.codes[kernel] != source.code)
        continue;
      if (printKernel(plan.plan, kernel) != code.source)
        return refuse("its text is not what its plan says");
      if (withoutComments(printKernel(source.plan, source.kernel)) !=
          withoutComments(code.source))
        return refuse("its text is not what the plan of this target says");
      return Status();
    }
  return refuse("no plan has it");
}

static Result<OpenedDevice> openEmulator(const DeviceFlags &flags) {
  EmulatorOptions options;
  options.trustSource = flags.trustSource;
  if (!flags.trustSource) {
    options.approve = approve;
    for (format::Header &header : moduleHeaders())
      options.headers.emplace_back(header.name, header.text);
  }
  options.check = flags.check || flags.counters;
  options.counters = flags.counters;
  options.async = flags.async == "early" ? emu::Async::Early : emu::Async::Late;
  options.seed = flags.seed;
  options.threads = flags.threads;
  options.helper = {"/proc/self/exe", emu::kHelperArgument};
  if (std::string cache = defaultCacheDir(); !cache.empty())
    options.compiler.cacheDirectory = cache + "/emulator";
  auto device = EmulatorDevice::open(options);
  if (!device.ok())
    return device.status();
  return OpenedDevice{*device, *device, ""};
}

Result<OpenedDevice> openDevice(const DeviceFlags &flags) {
  if (flags.device == "emulator")
    return openEmulator(flags);
  CudaOptions options;
  options.nvrtc = nvrtcSearch();
  if (flags.device.starts_with("cuda:"))
    std::from_chars(flags.device.data() + 5,
                    flags.device.data() + flags.device.size(), options.ordinal);
  auto device = openCudaDevice(options);
  if (device.ok())
    return OpenedDevice{*device, nullptr,
                        "GPU " + std::to_string(options.ordinal) + ": " +
                            (*device)->info().name};
  if (flags.device != "auto")
    return device.status();
  auto emulator = openEmulator(flags);
  if (emulator.ok())
    emulator->note =
        "no GPU (" + device.status().message() + "): running in the emulator";
  return emulator;
}

NvrtcSearch nvrtcSearch() {
  namespace fs = std::filesystem;
  NvrtcSearch search;
  auto addVenv = [&](const std::string &venv) {
    for (std::string &folder : nvrtcFoldersOfVenv(venv))
      search.folders.push_back(std::move(folder));
  };
  if (const char *active = std::getenv("VIRTUAL_ENV"))
    addVenv(active);
  // build/bin/vitc -> .venv of the checkout; /usr/bin/vitc -> nothing.
  std::error_code error;
  fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error)
    addVenv((executable.parent_path().parent_path().parent_path() / ".venv")
                .string());
  return search;
}

} // namespace vitc
