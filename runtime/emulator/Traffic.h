//===- Traffic.h - memory requests of warps ---------------------*- C++ -*-===//
//
// Groups the single accesses of a warp's lanes into the requests that the
// hardware would see: the n-th access of every lane at one place of the text
// belong together. Counts 32-byte sectors of global requests and wavefronts of
// shared ones.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_EMULATOR_TRAFFIC_H
#define VITRT_EMULATOR_TRAFFIC_H

#include "runtime/emulator/Engine.h"

#include <deque>
#include <unordered_map>

namespace vitrt::emu {

/// Passes that a shared-memory request takes: 4-byte lanes (or smaller) in one
/// group of 32, 8-byte in two groups of 16, 16-byte in four of 8; in a group,
/// the largest number of different words in one of the 32 banks. `addresses`
/// are offsets in shared memory, of the lanes in `mask`.
unsigned sharedWavefronts(const uint64_t *addresses, uint32_t mask,
                          unsigned bytes);
/// The same if no two words of a group met in a bank.
unsigned idealWavefronts(const uint64_t *addresses, uint32_t mask,
                         unsigned bytes);
/// Different 32-byte sectors of a global request.
unsigned globalSectors(const uint64_t *addresses, uint32_t mask,
                       unsigned bytes);

class Traffic {
public:
  struct Access {
    const void *place; ///< Identifies the access in the text.
    uint64_t address;  ///< Shared: offset; global: address.
    uint32_t bytes;
    bool shared, write;
  };
  void reset(unsigned numWarps);
  void record(unsigned warp, unsigned lane, uint32_t liveMask,
              const Access &access, Counters &counts);
  /// Counts what is incomplete (divergent code) and forgets all.
  void flush(Counters &counts);

private:
  struct Request {
    uint32_t mask = 0;
    uint64_t addresses[32];
  };
  struct Place {
    Access kind{};
    size_t done = 0;          ///< Requests counted and dropped from `open`.
    std::deque<Request> open; ///< Some lanes are missing.
    size_t next[32] = {};     ///< Number of each lane's next request.
  };
  static void count(const Access &kind, const Request &request,
                    Counters &counts);
  std::vector<std::unordered_map<uint64_t, Place>> warps;
};

} // namespace vitrt::emu

#endif // VITRT_EMULATOR_TRAFFIC_H
