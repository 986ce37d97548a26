//===- KernelCache.cpp - Compiled kernels by content ----------------------===//
#include "codegen/KernelCache.h"

#include "codegen/CommentText.h"
#include "runtime/format/AtomicFile.h"

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace vitrt::format;

namespace vitc {

namespace {
/// What stands before the image's bytes.
struct EntryHeader {
  char magic[8] = {'v', 'i', 't', 'c', 'k', 'r', 'n', '1'};
  uint64_t checksum = 0, size = 0;
  uint32_t registers = 0, spillBytes = 0, sharedBytes = 0, kind = 0;
};
} // namespace

std::string KernelCache::key(std::string_view text, uint64_t headersHash,
                             const std::vector<std::string> &options,
                             std::string_view arch,
                             std::string_view nvrtcVersion) {
  std::string all = withoutComments(text);
  all += '\0';
  all += std::to_string(headersHash);
  for (const std::string &option : options)
    (all += '\0') += option;
  (all += '\0') += arch;
  (all += '\0') += nvrtcVersion;
  return hash128(all).hex();
}

std::optional<KernelImage> KernelCache::find(const std::string &key) const {
  std::ifstream file(folder + "/" + key, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)),
                    std::istreambuf_iterator<char>());
  EntryHeader header, expected;
  if (bytes.size() < sizeof header)
    return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::string_view data = std::string_view(bytes).substr(sizeof header);
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 ||
      header.size != data.size() || header.checksum != hash64(data) ||
      header.kind < 1 || header.kind > 2)
    return std::nullopt;
  KernelImage image;
  image.kind = static_cast<ImageKind>(header.kind);
  image.data = Bytes::copyOf(data);
  image.registers = header.registers;
  image.spillBytes = header.spillBytes;
  image.staticSharedBytes = header.sharedBytes;
  return image;
}

void KernelCache::store(const std::string &key,
                        const KernelImage &image) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  EntryHeader header;
  header.checksum = hash64(image.data.text());
  header.size = image.data.size();
  header.registers = image.registers;
  header.spillBytes = image.spillBytes;
  header.sharedBytes = image.staticSharedBytes;
  header.kind = static_cast<uint32_t>(image.kind);
  std::string bytes(reinterpret_cast<const char *>(&header), sizeof header);
  bytes += image.data.text();
  (void)writeFileAtomically(folder + "/" + key, bytes);
}

} // namespace vitc
