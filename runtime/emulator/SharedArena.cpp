//===- SharedArena.cpp - an emulated device's memory ----------------------===//

#include "runtime/emulator/SharedArena.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vitrt::emu {

SharedArena::~SharedArena() {
  if (base)
    ::munmap(base, total);
  if (fd >= 0)
    ::close(fd);
}

Status SharedArena::open(uint64_t bytes) {
  auto failure = [] {
    return Status(Diag::E0724, std::string("no shared memory for the "
                                           "emulator: ") +
                                   std::strerror(errno));
  };
  fd = ::memfd_create("vitrt-emulator", MFD_CLOEXEC);
  if (fd < 0)
    return failure();
  // A machine that does not overcommit addresses gets a smaller device.
  for (total = bytes / kPage * kPage; !base; total = total / 2) {
    void *memory = MAP_FAILED;
    if (::ftruncate(fd, off_t(total)) == 0)
      memory = ::mmap(nullptr, total, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory != MAP_FAILED) {
      base = static_cast<uint8_t *>(memory);
      break;
    }
    if (total < (uint64_t(64) << 20))
      return failure();
  }
  freeRanges[kPage] = total - kPage; // no allocation has the offset 0
  return Status();
}

Result<SharedArena::Block> SharedArena::allocate(uint64_t bytes) {
  uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  uint64_t pageBytes = (rounded + kPage - 1) / kPage * kPage;
  for (auto it = freeRanges.begin(); it != freeRanges.end(); ++it) {
    auto [begin, room] = *it;
    if (rounded < bytes || pageBytes > room || room - pageBytes < kPage)
      continue;
    uint64_t used = pageBytes + kPage; // a guard follows
    freeRanges.erase(it);
    if (room != used)
      freeRanges[begin + used] = room - used;
    Block block{begin + pageBytes - rounded, begin, pageBytes};
    blocks[block.offset] = block;
    return block;
  }
  return Status(Diag::E0707, "the emulated device has no " +
                                 std::to_string(bytes) + " bytes left of " +
                                 std::to_string(total));
}

void SharedArena::fillWithNaN(const Block &block) {
  std::memset(base + block.pages, 0xff, block.pageBytes);
}

SharedArena::Block SharedArena::release(uint64_t offset) {
  auto found = blocks.find(offset);
  Block block = found->second;
  blocks.erase(found);
  ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              off_t(block.pages), off_t(block.pageBytes));
  uint64_t begin = block.pages, bytes = block.pageBytes + kPage;
  auto next = freeRanges.lower_bound(begin);
  if (next != freeRanges.end() && begin + bytes == next->first) {
    bytes += next->second;
    next = freeRanges.erase(next);
  }
  if (next != freeRanges.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == begin) {
      before->second += bytes;
      return block;
    }
  }
  freeRanges[begin] = bytes;
  return block;
}

bool SharedArena::contains(uint64_t offset, uint64_t bytes) const {
  auto after = blocks.upper_bound(offset);
  if (after == blocks.begin())
    return false;
  const Block &block = std::prev(after)->second;
  uint64_t end = block.pages + block.pageBytes;
  return offset <= end && bytes <= end - offset;
}

} // namespace vitrt::emu
