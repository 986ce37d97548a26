//===- Message.h - what device and helper say to each other -----*- C++ -*-===//
//
// Requests of EmulatorDevice and answers of its helper process, over a socket:
// a u32 length, then the fields. Both ends are the same build.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_MESSAGE_H
#define VITRT_EMULATOR_MESSAGE_H

#include "runtime/emulator/Engine.h"

#include <cstring>
#include <type_traits>

namespace vitrt::emu {

enum class RequestKind : uint32_t { Map = 1, Unmap = 2, Load = 3, Launch = 4 };

/// The helper's first words.
struct Hello {
  uint32_t version = 1;
  uint64_t arenaBase = 0; ///< Where the shared memory lies in the helper.
};

/// Makes pages of the shared memory accessible, or not.
struct MapRequest {
  uint64_t offset = 0, bytes = 0;
};

struct LoadRequest {
  std::string object, symbol;
};
/// Launches name the kernel by number.
struct LoadAnswer {
  uint32_t kernel = 0;
  std::string error; ///< Empty: loaded.
};

struct RangeMessage {
  uint64_t address = 0, bytes = 0;
  bool writable = false, initialised = true, expectFullWrite = false;
  std::string name;
};
struct LaunchMessage {
  uint32_t kernel = 0;
  uint32_t grid[3] = {1, 1, 1};
  uint32_t threads = 1, sharedBytes = 0;
  std::vector<uint64_t> addresses;
  int32_t batch = 1;
  bool check = false, early = false, counters = false;
  uint64_t seed = 0;
  uint32_t hostThreads = 1, maxReports = 16;
  std::vector<RangeMessage> ranges;
};
struct LaunchAnswer {
  LaunchResult result;
  double seconds = 0;
};

template <class Ar> void describe(Ar &ar, Hello &x) {
  ar(x.version, x.arenaBase);
}
template <class Ar> void describe(Ar &ar, MapRequest &x) {
  ar(x.offset, x.bytes);
}
template <class Ar> void describe(Ar &ar, LoadRequest &x) {
  ar(x.object, x.symbol);
}
template <class Ar> void describe(Ar &ar, LoadAnswer &x) {
  ar(x.kernel, x.error);
}
template <class Ar> void describe(Ar &ar, RangeMessage &x) {
  ar(x.address, x.bytes, x.writable, x.initialised, x.expectFullWrite, x.name);
}
template <class Ar> void describe(Ar &ar, LaunchMessage &x) {
  ar(x.kernel, x.grid[0], x.grid[1], x.grid[2], x.threads, x.sharedBytes,
     x.addresses, x.batch, x.check, x.early, x.counters, x.seed, x.hostThreads,
     x.maxReports, x.ranges);
}
template <class Ar> void describe(Ar &ar, Dim3 &x) { ar(x.x, x.y, x.z); }
template <class Ar> void describe(Ar &ar, Finding &x) {
  ar(x.kind, x.message, x.kernel, x.file, x.line, x.block, x.thread, x.count);
}
template <class Ar> void describe(Ar &ar, LaunchAnswer &x) {
  // Counters are plain numbers.
  ar(x.result.findings, x.result.numFindings, x.result.aborted,
     x.result.counters, x.seconds);
}

class MessageWriter {
public:
  template <class... T> void operator()(const T &...fields) {
    (put(fields), ...);
  }
  std::string take() { return std::move(out); }

private:
  template <class T> void put(const T &x) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                  std::is_same_v<T, Counters>)
      out.append(reinterpret_cast<const char *>(&x), sizeof(x));
    else
      describe(*this, const_cast<T &>(x)); // reads only
  }
  void put(const std::string &x) {
    put(uint32_t(x.size()));
    out += x;
  }
  template <class T> void put(const std::vector<T> &x) {
    put(uint32_t(x.size()));
    for (const T &element : x)
      put(element);
  }
  std::string out;
};

/// A helper that a kernel corrupted may say anything: reads stay in bounds and
/// `ok` tells.
class MessageReader {
public:
  explicit MessageReader(std::string_view text) : text(text) {}
  template <class... T> void operator()(T &...fields) { (get(fields), ...); }
  bool ok() const { return good; }

private:
  template <class T> void get(T &x) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                  std::is_same_v<T, Counters>) {
      good &= text.size() >= sizeof(x);
      if (!good)
        return;
      if constexpr (std::is_same_v<T, bool>)
        x = text[0] != 0;
      else
        std::memcpy(&x, text.data(), sizeof(x));
      text.remove_prefix(sizeof(x));
    } else {
      describe(*this, x);
    }
  }
  void get(std::string &x) {
    uint32_t size = 0;
    get(size);
    good &= size <= text.size();
    if (!good)
      return;
    x = text.substr(0, size);
    text.remove_prefix(size);
  }
  template <class T> void get(std::vector<T> &x) {
    uint32_t count = 0;
    get(count);
    good &= count <= text.size();
    for (uint32_t i = 0; i != count && good; ++i)
      get(x.emplace_back());
  }
  std::string_view text;
  bool good = true;
};

static_assert(std::is_trivially_copyable_v<Counters>);

/// A message from fields; fields from a message.
template <class... T> std::string encode(const T &...fields) {
  MessageWriter writer;
  writer(fields...);
  return writer.take();
}
template <class... T> bool decode(std::string_view text, T &...fields) {
  MessageReader reader(text);
  reader(fields...);
  return reader.ok();
}

/// Sends or receives one message; false at the end or an error. A deadline in
/// milliseconds of CLOCK_MONOTONIC (0: none) makes receiving fail with
/// `timedOut`.
bool sendMessage(int socket, std::string_view message);
bool receiveMessage(int socket, std::string &message, int64_t deadline = 0,
                    bool *timedOut = nullptr);
int64_t monotonicMilliseconds();

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_MESSAGE_H
