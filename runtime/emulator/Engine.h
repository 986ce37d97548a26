//===- Engine.h - running emitted CUDA kernels on the CPU -------*- C++ -*-===//
//
// The emulator as a library: loads a kernel object that HostCompiler made and
// launches it, one fiber per CUDA thread. All memory that a kernel touches is
// this process' own; a caller that wants isolation runs this in a helper
// process over a shared Arena.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_ENGINE_H
#define VITRT_EMULATOR_ENGINE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vitrt::emu {

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  bool operator==(const Dim3 &) const = default;
};

/// When asynchronous copies take effect: as late as they may (at the wait, the
/// destination holds NaNs until then), or when issued. A correct kernel cannot
/// tell; a missing wait shows in late mode.
enum class Async : uint8_t { Late, Early };

struct LaunchOptions {
  bool check = false; ///< Shadow memory; needs a kernel compiled for it.
  Async async = Async::Late;
  uint64_t seed = 0;      ///< 0: lanes and warps in order; else pseudo-random.
  unsigned threads = 1;   ///< Host threads that blocks are spread over.
  bool counters = false;  ///< Also count memory traffic (checked objects).
  size_t maxReports = 16; ///< Findings kept; all are counted.
  /// Turn an access fault of a kernel into a finding. Installs process-wide
  /// handlers of SIGSEGV and SIGBUS during the launch.
  bool catchFaults = true;
};

/// A global buffer of a launch. Check mode allows accesses to ranges only.
struct Range {
  const void *data = nullptr;
  size_t bytes = 0;
  bool writable = false;
  bool initialised = true;      ///< Holds values before the launch.
  std::string name = {};        ///< For reports: the parameter's name.
  bool expectFullWrite = false; ///< Every byte must be written.
};

enum class FindingKind : uint8_t {
  Race = 1,         ///< Two accesses without a barrier between them.
  InFlight,         ///< Access to the destination of a pending async copy.
  Uninitialised,    ///< Read of memory that nobody wrote.
  OutOfBounds,      ///< The launch stops before the access.
  WriteToReadOnly,  ///< The launch stops before the access.
  Misaligned,       ///< The launch stops before the access.
  BlockConflict,    ///< Two blocks touch a byte and one writes it.
  Unwritten,        ///< An output byte that nobody wrote.
  DivergentBarrier, ///< A barrier that not all threads of the block reach.
  DivergentWarp,    ///< A warp operation that not all lanes reach.
  Deadlock,         ///< No thread can run.
  BadOperand,       ///< An operand that the hardware would refuse.
  UnfinishedCopy, ///< A thread ends with async copies that it did not wait for.
  Fault,          ///< The host refused an access (guard page, stack overflow).
};
const char *kindName(FindingKind kind);

/// `file` and `line` are of the kernel text that did it (empty, 0: unknown),
/// `message` starts without them. `count` is how often this happened there.
struct Finding {
  FindingKind kind = FindingKind::Race;
  std::string message = {};
  std::string kernel = {};
  std::string file = {};
  int line = 0;
  Dim3 block = {0, 0, 0}, thread = {0, 0, 0};
  uint64_t count = 1;
  /// `kernel: kind: message, block (x,y,z) thread (x,y,z), file:line`.
  std::string str() const;
};

/// Sums over a launch. Primitives always count; plain memory accesses only
/// with LaunchOptions::counters and a checked object, VIT_COUNT only in an
/// object compiled with counts.
struct Counters {
  uint64_t tensorFlops = 0; ///< Issued by mma, padding included.
  uint64_t simtFlops = 0;   ///< VIT_COUNT(FLOP).
  uint64_t specialOps = 0;  ///< VIT_COUNT(SPECIAL).
  uint64_t intOps = 0;      ///< VIT_COUNT(INT).
  uint64_t globalReadBytes = 0, globalWriteBytes = 0;
  uint64_t globalReadSectors =
      0; ///< 32-byte sectors, a warp's request at once.
  uint64_t globalWriteSectors = 0;
  uint64_t sharedReadBytes = 0, sharedWriteBytes = 0;
  uint64_t sharedRequests = 0;        ///< Warp-level shared accesses.
  uint64_t sharedWavefronts = 0;      ///< Passes they take.
  uint64_t sharedIdealWavefronts = 0; ///< Passes without bank conflicts.
  uint64_t asyncCopyBytes = 0;
  uint64_t blockBarriers = 0; ///< Completed __syncthreads.
  uint64_t warpOps = 0;       ///< Completed warp operations.
  uint64_t switches = 0;      ///< Fiber switches.
  uint64_t accesses = 0;      ///< Accesses checked.
  Counters &operator+=(const Counters &other);
};

struct LaunchResult {
  std::vector<Finding> findings = {}; ///< By block, then as they happened.
  uint64_t numFindings = 0;           ///< With those beyond maxReports.
  bool aborted = false;               ///< Outputs are incomplete.
  Counters counters = {};
  bool ok() const { return numFindings == 0; }
};

class KernelObject;

/// `symbol__emu` of a loaded object, which must outlive it.
struct Entry {
  void (*function)(void **argv) = nullptr;
  std::string symbol;
  const KernelObject *object = nullptr;
  explicit operator bool() const { return function != nullptr; }
};

/// A shared object that HostCompiler made.
class KernelObject {
public:
  /// Null and `error` when it cannot be loaded or was made for another engine.
  static std::unique_ptr<KernelObject> load(const std::string &path,
                                            std::string &error);
  ~KernelObject();
  KernelObject(const KernelObject &) = delete;
  KernelObject &operator=(const KernelObject &) = delete;

  Entry entry(const std::string &symbol) const;
  const std::string &path() const { return objectPath; }
  uintptr_t loadAddress() const { return base; }
  /// Compiled with HostCompiler's `check`, with its `count`.
  bool checked() const { return isChecked; }
  bool counted() const { return isCounted; }
  /// The object's own constants and code: [begin, end).
  uintptr_t imageBegin() const { return begin; }
  uintptr_t imageEnd() const { return end; }

private:
  KernelObject() = default;
  void *handle = nullptr;
  std::string objectPath;
  uintptr_t base = 0, begin = 0, end = 0;
  bool isChecked = false, isCounted = false;
};

/// Runs every block of the grid. argv[i] points at the i-th kernel argument,
/// as for cuLaunchKernel. At most 1024 threads and 256 KiB of shared memory a
/// block. Results, findings and counters do not depend on `threads`.
LaunchResult launch(const Entry &entry, Dim3 grid, Dim3 block,
                    size_t sharedBytes, void **argv,
                    const LaunchOptions &options = {},
                    std::span<const Range> ranges = {});

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_ENGINE_H
