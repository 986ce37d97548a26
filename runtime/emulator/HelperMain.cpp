//===- HelperMain.cpp - the process that runs kernels ---------------------===//

#include "runtime/emulator/HelperMain.h"

#include "runtime/emulator/Message.h"

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace vitrt::emu {

namespace {

/// Kernel text is trusted, but a fault in it shall do little: no core, no file
/// longer than nothing, no new privileges.
void limitResources() {
  rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_FSIZE, &none);
  rlimit files = {256, 256};
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/// Ends the process when the device is gone, also during a launch.
void watchParent() {
  std::thread([] {
    pollfd poller = {kHelperSocket, POLLRDHUP, 0};
    for (;;)
      if (::poll(&poller, 1, -1) > 0)
        ::_exit(0);
  }).detach();
}

class Helper {
public:
  int run() {
    struct stat info;
    if (::fstat(kHelperMemory, &info) != 0 || info.st_size <= 0)
      return 2;
    size = uint64_t(info.st_size);
    // Nothing is accessible until Map: the pages between are guards.
    void *memory = ::mmap(nullptr, size, PROT_NONE, MAP_SHARED | MAP_NORESERVE,
                          kHelperMemory, 0);
    if (memory == MAP_FAILED)
      return 2;
    base = static_cast<uint8_t *>(memory);
    Hello hello;
    hello.arenaBase = uint64_t(reinterpret_cast<uintptr_t>(base));
    if (!sendMessage(kHelperSocket, encode(hello)))
      return 0;
    std::string request;
    while (receiveMessage(kHelperSocket, request))
      if (!sendMessage(kHelperSocket, answer(request)))
        break;
    return 0;
  }

private:
  std::string answer(std::string_view request) {
    RequestKind kind{};
    if (!decode(request, kind))
      return {};
    std::string_view body = request.substr(sizeof(kind));
    switch (kind) {
    case RequestKind::Map:
      return map(body, PROT_READ | PROT_WRITE);
    case RequestKind::Unmap:
      return map(body, PROT_NONE);
    case RequestKind::Load:
      return load(body);
    case RequestKind::Launch:
      return launchKernel(body);
    }
    return {};
  }

  std::string map(std::string_view body, int protection) {
    MapRequest request;
    bool done =
        decode(body, request) && request.offset <= size &&
        request.bytes <= size - request.offset &&
        ::mprotect(base + request.offset, request.bytes, protection) == 0;
    return encode(done);
  }

  std::string load(std::string_view body) {
    LoadRequest request;
    LoadAnswer result;
    if (!decode(body, request))
      return {};
    std::unique_ptr<KernelObject> object =
        KernelObject::load(request.object, result.error);
    if (object) {
      if (Entry entry = object->entry(request.symbol)) {
        result.kernel = uint32_t(entries.size());
        entries.push_back(entry);
        objects.push_back(std::move(object));
      } else {
        result.error = request.object + " has no kernel " + request.symbol;
      }
    }
    return encode(result);
  }

  std::string launchKernel(std::string_view body) {
    LaunchMessage message;
    if (!decode(body, message) || message.kernel >= entries.size())
      return {};
    std::vector<void *> argv;
    for (uint64_t &address : message.addresses)
      argv.push_back(&address);
    argv.push_back(&message.batch);
    LaunchOptions options;
    options.check = message.check;
    options.async = message.early ? Async::Early : Async::Late;
    options.seed = message.seed;
    options.threads = message.hostThreads;
    options.counters = message.counters;
    options.maxReports = message.maxReports;
    std::vector<Range> ranges;
    for (RangeMessage &range : message.ranges)
      ranges.push_back({reinterpret_cast<const void *>(range.address),
                        size_t(range.bytes), range.writable, range.initialised,
                        std::move(range.name), range.expectFullWrite});
    auto start = std::chrono::steady_clock::now();
    LaunchAnswer result;
    result.result = launch(entries[message.kernel],
                           {message.grid[0], message.grid[1], message.grid[2]},
                           {message.threads, 1, 1}, message.sharedBytes,
                           argv.data(), options, ranges);
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    return encode(result);
  }

  uint8_t *base = nullptr;
  uint64_t size = 0;
  std::vector<std::unique_ptr<KernelObject>> objects;
  std::vector<Entry> entries;
};

} // namespace

int helperMain() {
  if (::fcntl(kHelperSocket, F_GETFD) < 0 ||
      ::fcntl(kHelperMemory, F_GETFD) < 0) {
    std::fputs("vitrt-emulator is started by vitc and libvitrt, not by hand\n",
               stderr);
    return 2;
  }
  limitResources();
  watchParent();
  return Helper().run();
}

} // namespace vitrt::emu
