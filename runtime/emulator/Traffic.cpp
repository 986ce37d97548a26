//===- Traffic.cpp - memory requests of warps -----------------------------===//
#include "runtime/emulator/Traffic.h"

#include <algorithm>
#include <array>

namespace vitrt::emu {

constexpr unsigned kLanes = 32, kBanks = 32, kWordBytes = 4, kSectorBytes = 32;

/// Calls `group(words)` with the different words of each group of lanes that
/// the hardware serves together.
template <class Group>
static void forEachGroup(const uint64_t *addresses, uint32_t mask,
                         unsigned bytes, Group &&group) {
  unsigned lanes = bytes <= 4 ? 32 : bytes <= 8 ? 16 : 8;
  for (unsigned first = 0; first < kLanes; first += lanes) {
    std::array<uint64_t, 64> words;
    size_t count = 0;
    for (unsigned l = first; l < first + lanes; ++l)
      if (mask >> l & 1)
        for (uint64_t w = addresses[l] / kWordBytes;
             w <= (addresses[l] + bytes - 1) / kWordBytes &&
             count < words.size();
             ++w)
          words[count++] = w;
    if (!count)
      continue;
    std::sort(words.begin(), words.begin() + count);
    auto end = std::unique(words.begin(), words.begin() + count);
    group(std::span<const uint64_t>(words.begin(), end));
  }
}

unsigned sharedWavefronts(const uint64_t *addresses, uint32_t mask,
                          unsigned bytes) {
  unsigned total = 0;
  forEachGroup(addresses, mask, bytes, [&](std::span<const uint64_t> words) {
    unsigned perBank[kBanks] = {}, most = 0;
    for (uint64_t w : words)
      most = std::max(most, ++perBank[w % kBanks]);
    total += most;
  });
  return total;
}

unsigned idealWavefronts(const uint64_t *addresses, uint32_t mask,
                         unsigned bytes) {
  unsigned total = 0;
  forEachGroup(addresses, mask, bytes, [&](std::span<const uint64_t> words) {
    total += static_cast<unsigned>((words.size() + kBanks - 1) / kBanks);
  });
  return total;
}

unsigned globalSectors(const uint64_t *addresses, uint32_t mask,
                       unsigned bytes) {
  std::array<uint64_t, 2 * kLanes> sectors;
  size_t count = 0;
  for (unsigned l = 0; l < kLanes; ++l)
    if (mask >> l & 1) {
      sectors[count++] = addresses[l] / kSectorBytes;
      sectors[count++] = (addresses[l] + bytes - 1) / kSectorBytes;
    }
  std::sort(sectors.begin(), sectors.begin() + count);
  return static_cast<unsigned>(
      std::unique(sectors.begin(), sectors.begin() + count) - sectors.begin());
}

void Traffic::reset(unsigned numWarps) {
  warps.resize(numWarps);
  for (auto &places : warps)
    places.clear();
}

void Traffic::count(const Access &kind, const Request &request,
                    Counters &counts) {
  if (kind.shared) {
    ++counts.sharedRequests;
    counts.sharedWavefronts +=
        sharedWavefronts(request.addresses, request.mask, kind.bytes);
    counts.sharedIdealWavefronts +=
        idealWavefronts(request.addresses, request.mask, kind.bytes);
    return;
  }
  auto &sectors =
      kind.write ? counts.globalWriteSectors : counts.globalReadSectors;
  sectors += globalSectors(request.addresses, request.mask, kind.bytes);
}

void Traffic::record(unsigned warp, unsigned lane, uint32_t liveMask,
                     const Access &access, Counters &counts) {
  if (access.shared)
    (access.write ? counts.sharedWriteBytes : counts.sharedReadBytes) +=
        access.bytes;
  else
    (access.write ? counts.globalWriteBytes : counts.globalReadBytes) +=
        access.bytes;
  // One place may read both memories, or twice (a load and a store).
  uint64_t key = reinterpret_cast<uint64_t>(access.place) << 8 |
                 (access.bytes & 31u) << 2 | access.shared << 1 | access.write;
  Place &place = warps[warp][key];
  place.kind = access;
  size_t number = std::max(place.next[lane], place.done);
  place.next[lane] = number + 1;
  while (place.done + place.open.size() <= number)
    place.open.emplace_back();
  Request &request = place.open[number - place.done];
  request.mask |= 1u << lane;
  request.addresses[lane] = access.address;
  size_t complete = 0;
  while (complete < place.open.size() &&
         (place.open[complete].mask & liveMask) == liveMask)
    count(access, place.open[complete++], counts);
  if (complete) {
    place.open.erase(place.open.begin(), place.open.begin() + complete);
    place.done += complete;
  }
}

void Traffic::flush(Counters &counts) {
  for (auto &places : warps) {
    for (auto &[key, place] : places)
      for (const Request &request : place.open)
        count(place.kind, request, counts);
    places.clear();
  }
}

} // namespace vitrt::emu
