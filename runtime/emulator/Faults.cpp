//===- Faults.cpp - access faults of kernels ------------------------------===//
#include "runtime/emulator/Faults.h"

#include "runtime/emulator/Worker.h"

#include <csignal>
#include <mutex>
#include <ucontext.h>

namespace vitrt::emu {

static constexpr size_t kSignalStackBytes = 64 << 10;
/// Where Worker::fault runs: it must report, which allocates.
static constexpr size_t kRecoveryStackBytes = 64 << 10;

static std::mutex installMutex;
static int installed = 0;
static struct sigaction previousSegv, previousBus;
static thread_local std::byte *recoveryStack = nullptr;
static thread_local uintptr_t faultAddress = 0;
static thread_local const void *faultPc = nullptr;

static void recover() { Worker::current->fault(faultAddress, faultPc); }

static void onFault(int signal, siginfo_t *info, void *data) {
  auto *context = static_cast<ucontext_t *>(data);
  if (!Worker::current || !recoveryStack) {
    // Not ours: the instruction runs again and faults under the old handler.
    sigaction(signal, signal == SIGSEGV ? &previousSegv : &previousBus,
              nullptr);
    return;
  }
  faultAddress = reinterpret_cast<uintptr_t>(info->si_addr);
  auto top =
      reinterpret_cast<uintptr_t>(recoveryStack + kRecoveryStackBytes) & ~15ull;
#if defined(__x86_64__)
  auto &registers = context->uc_mcontext.gregs;
  faultPc = reinterpret_cast<const void *>(registers[REG_RIP]);
  registers[REG_RIP] = reinterpret_cast<greg_t>(&recover);
  registers[REG_RSP] = static_cast<greg_t>(top - 8); // As after a call.
#elif defined(__aarch64__)
  faultPc = reinterpret_cast<const void *>(context->uc_mcontext.pc);
  context->uc_mcontext.pc = reinterpret_cast<uintptr_t>(&recover);
  context->uc_mcontext.sp = top;
#endif
}

FaultHandlers::FaultHandlers(bool enable) : enabled(enable) {
  if (!enabled)
    return;
  std::lock_guard lock(installMutex);
  if (installed++)
    return;
  struct sigaction action = {};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &previousSegv);
  sigaction(SIGBUS, &action, &previousBus);
}

FaultHandlers::~FaultHandlers() {
  if (!enabled)
    return;
  std::lock_guard lock(installMutex);
  if (--installed)
    return;
  sigaction(SIGSEGV, &previousSegv, nullptr);
  sigaction(SIGBUS, &previousBus, nullptr);
}

FaultStack::FaultStack(bool enable) {
  if (!enable)
    return;
  memory =
      std::make_unique<std::byte[]>(kSignalStackBytes + kRecoveryStackBytes);
  stack_t stack = {}, previous = {};
  stack.ss_sp = memory.get();
  stack.ss_size = kSignalStackBytes;
  sigaltstack(&stack, &previous);
  previousStack = previous.ss_sp;
  previousBytes = previous.ss_size;
  previousFlags = previous.ss_flags;
  recoveryStack = memory.get() + kSignalStackBytes;
}

FaultStack::~FaultStack() {
  if (!memory)
    return;
  stack_t previous = {};
  previous.ss_sp = previousStack;
  previous.ss_size = previousBytes;
  previous.ss_flags = previousFlags;
  sigaltstack(&previous, nullptr);
  recoveryStack = nullptr;
}

void Worker::fault(uintptr_t address, const void *pc) {
  auto at = reinterpret_cast<uintptr_t>(pc);
  const KernelObject &object = *launch->entry.object;
  bool inKernel = at >= object.imageBegin() && at < object.imageEnd();
  // A return address, as the other sites have: one past the instruction.
  Site site = inKernel ? Site::instruction(static_cast<const uint8_t *>(pc) + 1)
                       : running->site;
  std::string what;
  if (stacks.isGuard(address)) {
    what = "stack overflow: an emulated thread has " +
           std::to_string(FiberStacks::kStackBytes >> 10) + " KiB";
  } else if (const GlobalBuffer *near = launch->global.nearest(address)) {
    auto offset = static_cast<int64_t>(address - near->begin) +
                  static_cast<int64_t>(near->nameOffset);
    what = "the host refused an access; nearest is byte " +
           std::to_string(offset) + " of '" + near->name + "'";
  } else {
    what = "the host refused an access";
  }
  report(FindingKind::Fault, *running, site, what + "; check mode says more");
  abortBlock();
}

} // namespace vitrt::emu
