//===- Launch.cpp - spreading blocks over workers, merging results --------===//
#include "runtime/emulator/Faults.h"
#include "runtime/emulator/Symbolizer.h"
#include "runtime/emulator/Worker.h"

#include <memory>
#include <mutex>
#include <thread>

namespace vitrt::emu {

//===----------------------------------------------------------------------===//
// Workers, kept between launches: their stacks are touched and guarded
//===----------------------------------------------------------------------===//

namespace {
class WorkerPool {
public:
  std::unique_ptr<Worker> take() {
    std::lock_guard lock(mutex);
    if (idle.empty())
      return std::make_unique<Worker>();
    auto worker = std::move(idle.back());
    idle.pop_back();
    return worker;
  }
  void give(std::unique_ptr<Worker> worker) {
    std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
  }

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker>> idle;
};
} // namespace

static WorkerPool &workerPool() {
  static WorkerPool pool;
  return pool;
}

static void runWorker(LaunchState &state, Worker &worker) {
  FaultStack stack(state.options.catchFaults);
  worker.run(state);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static Dim3 position(uint64_t linear, const Dim3 &extent) {
  return {static_cast<uint32_t>(linear % extent.x),
          static_cast<uint32_t>(linear / extent.x % extent.y),
          static_cast<uint32_t>(linear / extent.x / extent.y)};
}

/// By block, then as they happened; the same place of several blocks once.
static std::vector<RawFinding> mergeFindings(std::vector<RawFinding> all,
                                             uint64_t lastBlock) {
  std::stable_sort(all.begin(), all.end(),
                   [](const RawFinding &a, const RawFinding &b) {
                     return a.block < b.block;
                   });
  std::vector<RawFinding> merged;
  for (RawFinding &f : all) {
    if (f.block > lastBlock)
      continue;
    auto same =
        std::find_if(merged.begin(), merged.end(), [&](const RawFinding &m) {
          return m.kind == f.kind && m.site == f.site;
        });
    if (same == merged.end())
      merged.push_back(std::move(f));
    else
      same->count += f.count;
  }
  return merged;
}

static void addFindings(const LaunchState &state,
                        const std::vector<RawFinding> &raw,
                        LaunchResult &result) {
  std::vector<const void *> instructions;
  for (const RawFinding &f : raw)
    result.numFindings += f.count;
  size_t kept = std::min(raw.size(), state.options.maxReports);
  for (size_t i = 0; i < kept; ++i)
    if (raw[i].site.line < 0)
      instructions.push_back(raw[i].site.where);
  std::vector<SourceLine> lines = symbolize(*state.entry.object, instructions);
  size_t nextLine = 0;
  for (size_t i = 0; i < kept; ++i) {
    const RawFinding &f = raw[i];
    Finding finding{.kind = f.kind,
                    .message = f.message,
                    .kernel = state.entry.symbol,
                    .block = position(f.block, state.grid),
                    .thread = position(f.thread, state.block),
                    .count = f.count};
    if (f.site.line < 0) {
      finding.file = lines[nextLine].file;
      finding.line = lines[nextLine++].line;
    } else if (f.site.where) {
      finding.file = baseName(static_cast<const char *>(f.site.where));
      finding.line = f.site.line;
    }
    result.findings.push_back(std::move(finding));
  }
}

static void addHoles(const LaunchState &state, LaunchResult &result) {
  for (const GlobalShadow::Hole &hole : state.global.holes()) {
    ++result.numFindings;
    if (result.findings.size() >= state.options.maxReports)
      continue;
    result.findings.push_back(
        {.kind = FindingKind::Unwritten,
         .message = std::to_string(hole.missing) + " of " +
                    std::to_string(hole.total) + " bytes of '" + hole.name +
                    "' were not written, the first is byte " +
                    std::to_string(hole.first),
         .kernel = state.entry.symbol});
  }
}

//===----------------------------------------------------------------------===//
// Launch
//===----------------------------------------------------------------------===//

static LaunchResult launchOnce(LaunchState &state,
                               std::span<const Range> ranges) {
  const LaunchOptions &options = state.options;
  state.global.init(ranges, options.check);
  FaultHandlers handlers(options.catchFaults);
  uint64_t useful = std::min<uint64_t>(options.threads, state.numBlocks());
  size_t numWorkers = std::max<uint64_t>(1, useful);
  std::vector<std::unique_ptr<Worker>> workers(numWorkers);
  for (auto &worker : workers)
    worker = workerPool().take();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < numWorkers; ++i)
    threads.emplace_back([&, i] { runWorker(state, *workers[i]); });
  runWorker(state, *workers[0]);
  for (std::thread &thread : threads)
    thread.join();

  LaunchResult result;
  std::vector<RawFinding> raw;
  for (auto &worker : workers) {
    for (RawFinding &f : worker->takeFindings())
      raw.push_back(std::move(f));
    result.counters += worker->takeCounters();
    workerPool().give(std::move(worker));
  }
  uint64_t last = state.abortedBlock.load();
  result.aborted = last != ~uint64_t(0);
  addFindings(state, mergeFindings(std::move(raw), last), result);
  if (options.check && !result.aborted)
    addHoles(state, result);
  return result;
}

/// What the caller got wrong, or empty.
static std::string refusal(const LaunchState &state) {
  uint64_t threads = uint64_t(state.block.x) * state.block.y * state.block.z;
  if (!state.entry || !state.entry.object)
    return "the kernel is not in its object";
  if (threads < 1 || threads > FiberStacks::kMaxFibers)
    return "a block of " + std::to_string(threads) + " threads";
  if (!state.numBlocks())
    return "an empty grid";
  if (state.sharedBytes > kMaxSharedBytes)
    return std::to_string(state.sharedBytes) + " bytes of shared memory";
  if (state.options.check && !state.entry.object->checked())
    return "check mode needs a kernel that was compiled for it";
  return "";
}

LaunchResult launch(const Entry &entry, Dim3 grid, Dim3 block,
                    size_t sharedBytes, void **argv,
                    const LaunchOptions &options,
                    std::span<const Range> ranges) {
  auto state = [&](unsigned threads) {
    auto s = std::make_unique<LaunchState>(entry, grid, block, sharedBytes,
                                           argv, options);
    s->options.threads = threads;
    return s;
  };
  auto first = state(options.threads);
  if (std::string reason = refusal(*first); !reason.empty()) {
    LaunchResult result{.numFindings = 1, .aborted = true};
    result.findings.push_back({.kind = FindingKind::BadOperand,
                               .message = "cannot launch: " + reason,
                               .kernel = entry.symbol});
    return result;
  }
  LaunchResult result = launchOnce(*first, ranges);
  if (result.ok() || options.threads <= 1)
    return result;
  // Which of two conflicting blocks is seen second depends on timing. The
  // outputs are wrong anyway, so find it again with one worker, in order.
  LaunchResult serial = launchOnce(*state(1), ranges);
  return serial.ok() ? result : serial;
}

} // namespace vitrt::emu
