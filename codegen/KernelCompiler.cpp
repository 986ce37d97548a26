//===- KernelCompiler.cpp - Kernel texts to cubins and PTX ----------------===//
#include "codegen/KernelCompiler.h"

#include "codegen/KernelCache.h"
#include "codegen/KernelLibrary.h"

#include <atomic>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <thread>

using namespace vitrt;
using namespace vitrt::format;

namespace vitc {

/// Counts up when the printer prints another text for the same plan.
static constexpr char kPrinterVersion[] = "printer 1";

std::vector<std::string> kernelOptions() {
  // C++14 for the NVRTC of CUDA 10.2. No contraction: every fused multiply-add
  // is written out, so that GPU and emulator agree to the bit. NVRTC's assert
  // is live by default.
  return {"-std=c++14", "-DNDEBUG", "--fmad=false"};
}

std::vector<Header> moduleHeaders() {
  std::vector<Header> headers;
  for (const EmbeddedHeader &header : kernelHeaders())
    headers.push_back({header.name, std::string(header.text)});
  return headers;
}

uint64_t codegenHash() {
  std::string all = kPrinterVersion;
  for (const EmbeddedHeader &header : kernelHeaders()) {
    (all += '\0') += header.name;
    (all += '\0') += header.text;
  }
  return hash64(all);
}

/// The number before `unit` in `log`, summed over all its places.
static uint32_t sumBefore(const std::string &log, const std::string &unit) {
  uint32_t sum = 0;
  for (size_t at = log.find(unit); at != std::string::npos;
       at = log.find(unit, at + 1)) {
    size_t begin = at;
    while (begin > 0 &&
           std::isdigit(static_cast<unsigned char>(log[begin - 1])))
      --begin;
    if (begin < at)
      sum += std::strtoul(log.c_str() + begin, nullptr, 10);
  }
  return sum;
}

PtxasUsage parsePtxasLog(const std::string &log) {
  PtxasUsage usage;
  usage.registers = sumBefore(log, " registers");
  usage.spillBytes = sumBefore(log, " bytes spill stores") +
                     sumBefore(log, " bytes spill loads");
  usage.sharedBytes = sumBefore(log, " bytes smem");
  return usage;
}

Status checkPtxasLog(const std::string &symbol, const std::string &log) {
  for (const char *serialised : {"C7508", "C7510"})
    if (log.find(serialised) != std::string::npos)
      return Status(Diag::E0709, "ptxas serialised the wgmma instructions of " +
                                     symbol + " (" + serialised + ")");
  return Status();
}

std::string defaultCacheDir() {
  auto variable = [](const char *name) -> std::string {
    const char *value = std::getenv(name);
    return value ? value : "";
  };
  if (std::string dir = variable("VITC_CACHE_DIR"); !dir.empty())
    return dir;
  if (std::string dir = variable("XDG_CACHE_HOME"); !dir.empty())
    return dir + "/vitc";
  if (std::string dir = variable("HOME"); !dir.empty())
    return dir + "/.cache/vitc";
  return "";
}

namespace {

/// Works through the jobs with several threads; results lie in job order.
class CompileQueue {
public:
  CompileQueue(const Module &module, const std::set<KernelJob> &jobSet,
               const Nvrtc &nvrtc, const KernelCompileOptions &options)
      : module(module), jobs(jobSet.begin(), jobSet.end()), nvrtc(nvrtc),
        options(options), cache(options.cacheDir + "/kernels"),
        images(jobs.size()) {
    for (const EmbeddedHeader &header : kernelHeaders())
      texts.push_back(std::string(header.text));
    size_t i = 0;
    for (const EmbeddedHeader &header : kernelHeaders())
      headers.push_back({header.name, texts[i++].c_str()});
  }

  Status run() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::min<size_t>(options.threads, jobs.size());
         ++i)
      threads.emplace_back([this] { work(); });
    work();
    for (std::thread &thread : threads)
      thread.join();
    return failure;
  }

  const std::vector<KernelJob> &jobList() const { return jobs; }
  std::vector<KernelImage> &results() { return images; }
  size_t cachedCount() const { return cached; }

private:
  void work() {
    for (size_t i = next++; i < jobs.size() && !failed; i = next++) {
      Status status = compile(jobs[i], images[i]);
      std::lock_guard lock(mutex);
      // The first job's error is reported, whichever thread meets one first.
      if (!status.ok() && (failure.ok() || i < failedJob)) {
        failure = status;
        failedJob = i;
        failed = true;
      }
      if (options.progress)
        options.progress(++done, jobs.size());
    }
  }

  Status compile(const KernelJob &job, KernelImage &image) {
    const KernelCode &code = module.codes[job.code];
    std::string key;
    if (!options.cacheDir.empty()) {
      key = KernelCache::key(code.source, codegenHash(), code.options, job.arch,
                             nvrtc.version());
      if (std::optional<KernelImage> hit = cache.find(key)) {
        image = *hit;
        image.arch = job.arch;
        ++cached;
        return {};
      }
    }
    bool cubin = job.arch.starts_with("sm_");
    std::vector<std::string> flags = code.options;
    flags.push_back("--ptxas-options=-v");
    auto compiled = nvrtc.compile(
        code.source, code.symbol + ".cu", headers, flags, job.arch,
        cubin ? Nvrtc::Output::Cubin : Nvrtc::Output::Ptx);
    if (!compiled.ok())
      return compiled.status();
    VITRT_TRY(checkPtxasLog(code.symbol, compiled->log));
    PtxasUsage usage = parsePtxasLog(compiled->log);
    image.kind = cubin ? ImageKind::Cubin : ImageKind::Ptx;
    image.arch = job.arch;
    image.data = Bytes::copyOf(compiled->image);
    image.registers = usage.registers;
    image.spillBytes = usage.spillBytes;
    image.staticSharedBytes = usage.sharedBytes;
    if (!key.empty())
      cache.store(key, image);
    return {};
  }

  const Module &module;
  std::vector<KernelJob> jobs;
  const Nvrtc &nvrtc;
  const KernelCompileOptions &options;
  KernelCache cache;
  std::vector<KernelImage> images;
  std::vector<std::string> texts;
  std::vector<Nvrtc::Header> headers;
  std::atomic<size_t> next = 0, cached = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Status failure;
  size_t failedJob = 0, done = 0;
};

} // namespace

Result<KernelCompileStats> compileKernels(Module &module,
                                          std::set<KernelJob> jobs,
                                          const Nvrtc &nvrtc,
                                          const KernelCompileOptions &options) {
  CompileQueue queue(module, jobs, nvrtc, options);
  VITRT_TRY(queue.run());
  KernelCompileStats stats;
  stats.cached = queue.cachedCount();
  stats.compiled = queue.jobList().size() - stats.cached;
  for (size_t i = 0; i < queue.jobList().size(); ++i) {
    const KernelJob &job = queue.jobList()[i];
    KernelImage &image = queue.results()[i];
    if (image.spillBytes > 0)
      stats.spills[job.arch].insert(job.code);
    module.codes[job.code].images.push_back(std::move(image));
  }
  return stats;
}

} // namespace vitc
