//===- EmulatorDevice.cpp - kernels on the CPU, in a helper ---------------===//

#include "runtime/emulator/EmulatorDevice.h"

#include "runtime/emulator/HelperProcess.h"
#include "runtime/emulator/LaunchRanges.h"
#include "runtime/emulator/SharedArena.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>

namespace vitrt {

using namespace emu;

namespace {

constexpr double kAnswerSeconds = 60; // for all but launches

struct EmulatedKernel : DeviceKernel {
  std::string symbol;
  uint32_t number = 0; ///< In the helper.
};

class EmulatorDeviceImpl : public EmulatorDevice {
public:
  explicit EmulatorDeviceImpl(EmulatorOptions given)
      : options(std::move(given)), compiler(options.compiler) {
    description.kind = DeviceKind::Emulator;
    description.name = "emulator";
    description.sharedPerBlock = 227 << 10;
    if (options.threads == 0)
      options.threads = std::max(1u, std::thread::hardware_concurrency());
    if (options.helper.empty())
      options.helper = {findHelper()};
  }

  Status start() {
    VITRT_TRY(compiler.available());
    VITRT_TRY(arena.open(options.memoryBytes));
    description.memoryBytes = arena.size();
    return helper.start(options.helper, arena.descriptor());
  }

  const DeviceInfo &info() const override { return description; }
  bool implements(format::Family family) const override {
    return family != format::Family::Wgmma;
  }

  Result<DevicePtr> allocate(uint64_t bytes) override {
    std::lock_guard lock(mutex);
    Result<SharedArena::Block> block = arena.allocate(bytes);
    VITRT_TRY(block.status());
    Status mapped = setMapped(RequestKind::Map, *block);
    if (!mapped) {
      arena.release(block->offset);
      return mapped;
    }
    arena.fillWithNaN(*block);
    return helper.arenaBase() + block->offset;
  }
  void free(DevicePtr address) override {
    std::lock_guard lock(mutex);
    uint64_t offset = address - helper.arenaBase();
    if (arena.owns(offset))
      (void)setMapped(RequestKind::Unmap, arena.release(offset));
  }

  Result<Stream> createStream() override { return Stream(nullptr); }
  void destroyStream(Stream) override {}
  Status synchronize(Stream) override {
    std::lock_guard lock(mutex);
    if (findings.empty())
      return Status();
    std::string more =
        numFindings > 1
            ? " (and " + std::to_string(numFindings - 1) + " more findings)"
            : "";
    return Status(Diag::E0901, findings.front().str() + more);
  }

  Status copyToDevice(DevicePtr to, const void *from, uint64_t bytes,
                      Stream) override {
    std::lock_guard lock(mutex);
    VITRT_TRY(checkRange(to, bytes));
    std::memcpy(arena.at(to - helper.arenaBase()), from, bytes);
    return Status();
  }
  Status copyToHost(void *to, DevicePtr from, uint64_t bytes, Stream) override {
    std::lock_guard lock(mutex);
    VITRT_TRY(checkRange(from, bytes));
    std::memcpy(to, arena.at(from - helper.arenaBase()), bytes);
    return Status();
  }

  Status prefetchKernels(std::span<const KernelSource> sources) override;
  Result<std::shared_ptr<DeviceKernel>>
  loadKernel(const KernelSource &source) override;
  Status launch(const LaunchRequest &request, Stream,
                LaunchReport *report) override;

  std::vector<Finding> takeFindings() override {
    std::lock_guard lock(mutex);
    numFindings = 0;
    return std::exchange(findings, {});
  }
  Counters counters() const override {
    std::lock_guard lock(mutex);
    return sums;
  }

private:
  using HeaderList = std::vector<std::pair<std::string, std::string>>;

  Status setMapped(RequestKind kind, const SharedArena::Block &block) {
    Result<bool> done = helper.ask<bool>(
        kind, MapRequest{block.pages, block.pageBytes}, kAnswerSeconds,
        kind == RequestKind::Map ? "allocation" : "release");
    VITRT_TRY(done.status());
    return *done ? Status()
                 : Status(Diag::E0707, "the emulator cannot map memory");
  }
  Status checkRange(DevicePtr address, uint64_t bytes) const {
    if (bytes == 0 || arena.contains(address - helper.arenaBase(), bytes))
      return Status();
    return Status(Diag::E0702, "a copy of " + std::to_string(bytes) +
                                   " bytes lies outside the emulated "
                                   "device's allocations");
  }
  Status approve(const KernelSource &source) const;
  HeaderList headersOf(const KernelSource &source) const;
  KernelText textOf(const KernelSource &source,
                    const HeaderList &headers) const;

  EmulatorOptions options;
  DeviceInfo description;
  HostCompiler compiler;
  mutable std::mutex mutex; ///< Of all below.
  SharedArena arena;
  HelperProcess helper;
  std::vector<Finding> findings;
  uint64_t numFindings = 0;
  Counters sums;
};

Status EmulatorDeviceImpl::approve(const KernelSource &source) const {
  if (options.trustSource)
    return Status();
  if (options.approve && !options.headers.empty())
    return options.approve(source);
  return Status(Diag::E0723,
                "the emulator compiles and runs kernel text on this machine, "
                "and nobody said that this module's is trusted");
}

EmulatorDeviceImpl::HeaderList
EmulatorDeviceImpl::headersOf(const KernelSource &source) const {
  if (!options.headers.empty())
    return options.headers;
  HeaderList list;
  for (const format::Header &header : source.module.headers)
    list.emplace_back(header.name, header.text);
  return list;
}

KernelText EmulatorDeviceImpl::textOf(const KernelSource &source,
                                      const HeaderList &headers) const {
  const format::KernelCode &code = source.module.codes[source.code];
  KernelText text;
  text.name = code.symbol.substr(0, 200) + ".cu";
  text.text = code.source;
  text.headers = headers;
  // Memory is counted through the instrumentation of check mode.
  text.check = options.check || options.counters;
  text.count = options.counters;
  return text;
}

Status
EmulatorDeviceImpl::prefetchKernels(std::span<const KernelSource> sources) {
  if (sources.empty())
    return Status();
  HeaderList headers = headersOf(sources[0]);
  std::vector<KernelText> texts;
  for (const KernelSource &source : sources) {
    VITRT_TRY(approve(source));
    texts.push_back(textOf(source, headers));
  }
  for (const Result<std::string> &object :
       compiler.compileAll(texts, options.threads))
    VITRT_TRY(object.status());
  return Status();
}

Result<std::shared_ptr<DeviceKernel>>
EmulatorDeviceImpl::loadKernel(const KernelSource &source) {
  VITRT_TRY(approve(source));
  HeaderList headers = headersOf(source);
  Result<std::string> object = compiler.compile(textOf(source, headers));
  VITRT_TRY(object.status());
  auto kernel = std::make_shared<EmulatedKernel>();
  kernel->symbol = source.module.codes[source.code].symbol;
  std::lock_guard lock(mutex);
  Result<LoadAnswer> answer = helper.ask<LoadAnswer>(
      RequestKind::Load, LoadRequest{*object, kernel->symbol}, kAnswerSeconds,
      "loading " + kernel->symbol);
  VITRT_TRY(answer.status());
  if (!answer->error.empty())
    return Status(Diag::E0720, escaped(answer->error, 1024));
  kernel->number = answer->kernel;
  return std::shared_ptr<DeviceKernel>(std::move(kernel));
}

Status EmulatorDeviceImpl::launch(const LaunchRequest &request, Stream,
                                  LaunchReport *report) {
  const auto &kernel = static_cast<const EmulatedKernel &>(*request.kernel);
  LaunchMessage message;
  message.kernel = kernel.number;
  std::copy(request.grid, request.grid + 3, message.grid);
  message.threads = request.threads;
  message.sharedBytes = request.sharedBytes;
  for (const LaunchBuffer &buffer : request.buffers)
    message.addresses.push_back(buffer.address);
  message.batch = request.batch;
  message.check = options.check;
  message.early = options.async == Async::Early;
  message.counters = options.counters;
  message.seed = options.seed;
  message.hostThreads = options.threads;
  message.maxReports = uint32_t(options.maxReports);
  message.ranges = launchRanges(request);

  std::lock_guard lock(mutex);
  Result<LaunchAnswer> answer = helper.ask<LaunchAnswer>(
      RequestKind::Launch, message, options.timeout, kernel.symbol);
  VITRT_TRY(answer.status());
  LaunchResult &result = answer->result;
  sums += result.counters;
  numFindings += result.numFindings;
  for (Finding &finding : result.findings) {
    finding.kernel = kernel.symbol;
    findings.push_back(std::move(finding));
  }
  if (report) {
    report->seconds = answer->seconds;
    if (options.counters)
      report->counters = namedCounters(result.counters);
  }
  if (result.aborted)
    return Status(Diag::E0901, findings.empty() ? kernel.symbol + " stopped"
                                                : findings.back().str());
  return Status();
}

} // namespace

Result<std::shared_ptr<EmulatorDevice>>
EmulatorDevice::open(EmulatorOptions options) {
  auto device = std::make_shared<EmulatorDeviceImpl>(std::move(options));
  VITRT_TRY(device->start());
  return std::shared_ptr<EmulatorDevice>(std::move(device));
}

std::vector<Counter> namedCounters(const Counters &c) {
  return {{"tensor_flops", c.tensorFlops},
          {"simt_flops", c.simtFlops},
          {"special_ops", c.specialOps},
          {"int_ops", c.intOps},
          {"global_read_bytes", c.globalReadBytes},
          {"global_write_bytes", c.globalWriteBytes},
          {"global_read_sectors", c.globalReadSectors},
          {"global_write_sectors", c.globalWriteSectors},
          {"shared_read_bytes", c.sharedReadBytes},
          {"shared_write_bytes", c.sharedWriteBytes},
          {"shared_requests", c.sharedRequests},
          {"shared_wavefronts", c.sharedWavefronts},
          {"shared_ideal_wavefronts", c.sharedIdealWavefronts},
          {"async_copy_bytes", c.asyncCopyBytes},
          {"block_barriers", c.blockBarriers},
          {"warp_ops", c.warpOps},
          {"switches", c.switches},
          {"accesses", c.accesses}};
}

} // namespace vitrt
