//===- Reader.cpp - reads a module ----------------------------------------===//

#include "runtime/format/Reader.h"

#include "runtime/format/Archive.h"
#include "runtime/format/Validate.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vitrt::format {

const char *sectionName(uint32_t kind) {
  switch (SectionKind(kind)) {
  case SectionKind::WeightData:
    return "weight data";
  case SectionKind::Images:
    return "images";
  case SectionKind::Strings:
    return "strings";
  case SectionKind::Plans:
    return "plans";
  case SectionKind::Kernels:
    return "kernels";
  case SectionKind::Weights:
    return "weights";
  case SectionKind::Provenance:
    return "provenance";
  case SectionKind::Loadables:
    return "loadables";
  }
  return "unknown";
}

Result<Bytes> mapFile(const std::string &path) {
  auto failure = [&](const std::string &why) {
    return Status(Diag::E0607,
                  "cannot read '" + escaped(path, 4096) + "': " + why);
  };
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return failure(std::strerror(errno));
  struct stat info;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return failure("it is no regular file");
  }
  Bytes bytes;
  size_t size = size_t(info.st_size);
  if (size == 0) {
    ::close(fd);
    return bytes;
  }
  // Every byte is hashed at once, so populate the pages in one go.
  void *address =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  int code = errno;
  ::close(fd);
  if (address == MAP_FAILED)
    return failure(std::strerror(code));
  bytes.view = {static_cast<const uint8_t *>(address), size};
  bytes.owner = std::shared_ptr<const void>(address, [size](const void *p) {
    ::munmap(const_cast<void *>(p), size);
  });
  return bytes;
}

namespace {

bool isZero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](uint8_t b) { return b == 0; });
}

Status readHeader(const Bytes &file, FileHeader &header) {
  size_t common = std::min(file.size(), sizeof(kMagic));
  if (file.size() == 0 || std::memcmp(file.view.data(), kMagic, common) != 0)
    return Status(Diag::E0601, "the file does not begin with the bytes of a "
                               "vitc module");
  if (file.size() < kTableOffset)
    return Status(Diag::E0602, "the file ends within its header, after " +
                                   std::to_string(file.size()) + " bytes");
  std::memcpy(&header, file.view.data(), sizeof(header));
  if (header.headerHash !=
      hash64(file.view.data(), offsetof(FileHeader, headerHash)))
    return Status(Diag::E0603, "the header's checksum does not match");
  if (header.minReader > kVersion || header.version < kOldestVersion)
    return Status(
        Diag::E0604,
        "the module has format version " + std::to_string(header.version) +
            " and needs a reader "
            "of version " +
            std::to_string(header.minReader) + "; this one reads versions " +
            std::to_string(kOldestVersion) + " to " + std::to_string(kVersion));
  if (header.fileSize != file.size())
    return Status(Diag::E0602, "the file has " + std::to_string(file.size()) +
                                   " bytes, its header says " +
                                   std::to_string(header.fileSize));
  if (header.reserved != 0 ||
      !isZero(file.view.subspan(sizeof(header), kTableOffset - sizeof(header))))
    return Status(Diag::E0605, "header: reserved bytes are not zero");
  return Status();
}

/// Sections follow each other: aligned, padded with zeros, to the file's end.
Status checkSections(const Bytes &file,
                     const std::vector<SectionEntry> &table) {
  uint64_t end = kTableOffset + table.size() * sizeof(SectionEntry);
  uint32_t kinds = 0;
  for (const SectionEntry &entry : table) {
    std::string what = std::string("section '") + sectionName(entry.kind) + "'";
    if (entry.offset != alignUp(end) || entry.offset > file.size() ||
        entry.size > file.size() - entry.offset)
      return Status(Diag::E0605, what + " is not where the one before ends");
    if (!isZero(file.view.subspan(end, entry.offset - end)))
      return Status(Diag::E0605,
                    what + " comes after padding that is not zero");
    end = entry.offset + entry.size;
    if (entry.kind >= 1 && entry.kind <= kSectionCount) {
      if (kinds >> entry.kind & 1)
        return Status(Diag::E0605, what + " is there twice");
      kinds |= 1u << entry.kind;
    } else if (entry.flags & kSectionRequired) {
      return Status(Diag::E0604, "the module has a section of kind " +
                                     std::to_string(entry.kind) +
                                     " that this reader does not know");
    }
    if (entry.flags & ~kSectionRequired)
      return Status(Diag::E0605, what + " has unknown flags");
    if (hash64(file.view.data() + entry.offset, entry.size) != entry.hash)
      return Status(Diag::E0603, what + ": the checksum does not match");
  }
  if (end != file.size())
    return Status(Diag::E0605, "bytes follow the last section");
  for (uint32_t kind = 1; kind <= kSectionCount; ++kind)
    if (!(kinds >> kind & 1))
      return Status(Diag::E0605, std::string("there is no section '") +
                                     sectionName(kind) + "'");
  return Status();
}

class ModuleReader {
public:
  ModuleReader(const Bytes &file, const std::vector<SectionEntry> &table)
      : file(file), table(table) {}

  Result<Module> read() {
    tables.images = section(SectionKind::Images);
    VITRT_TRY(readStrings());
    VITRT_TRY(decode(SectionKind::Plans, module.plans));
    VITRT_TRY(decode(SectionKind::Kernels, module.headers, module.codes));
    VITRT_TRY(readWeights());
    VITRT_TRY(decode(SectionKind::Provenance, module.provenance));
    VITRT_TRY(decode(SectionKind::Loadables, module.loadables));
    VITRT_TRY(checkImages());
    VITRT_TRY(validate(module));
    return std::move(module);
  }

private:
  Bytes section(SectionKind kind) const {
    for (const SectionEntry &entry : table)
      if (entry.kind == uint32_t(kind))
        return {file.view.subspan(entry.offset, entry.size), file.owner};
    return {};
  }

  template <class... T> Status decode(SectionKind kind, T &...fields) {
    Decoder decoder(sectionName(uint32_t(kind)), section(kind), tables);
    decoder(fields...);
    return decoder.finish();
  }

  Status readStrings() {
    Bytes bytes = section(SectionKind::Strings);
    auto number = [&](uint64_t index) {
      uint32_t value;
      std::memcpy(&value, bytes.view.data() + 4 * index, 4);
      return value;
    };
    uint64_t count = bytes.size() >= 8 ? number(0) : 0;
    uint64_t text = 4 * (count + 2);
    if (bytes.size() < 8 || text > bytes.size())
      return Status(Diag::E0605, "strings section: it ends too early");
    uint64_t end = 0;
    for (uint64_t i = 0; i <= count; ++i) {
      uint64_t next = number(i + 1);
      if (next < end || next > bytes.size() - text || (i == 0 && next != 0))
        return Status(Diag::E0605, "strings section: string " +
                                       std::to_string(i) + " lies outside it");
      if (i != 0)
        tables.strings.push_back(bytes.text().substr(text + end, next - end));
      end = next;
    }
    if (end != bytes.size() - text)
      return Status(Diag::E0605, "strings section: bytes are left over");
    return Status();
  }

  /// Bytes that are placed in `data` tile it: aligned, in order of first use,
  /// zeros between.
  class Tiling {
  public:
    Tiling(const char *what, const Bytes &data) : what(what), data(data) {}
    Status add(uint64_t offset, uint64_t size) {
      if (size == 0)
        return offset == 0 ? Status() : fault("an empty piece has an offset");
      if (offset > data.size() || size > data.size() - offset)
        return fault("a piece lies outside the section");
      if (auto it = pieces.find(offset); it != pieces.end())
        return it->second == size ? Status() : fault("pieces overlap");
      if (offset != alignUp(end))
        return fault("a hole or an overlap");
      if (!isZero(data.view.subspan(end, offset - end)))
        return fault("padding is not zero");
      pieces.emplace(offset, size);
      end = offset + size;
      return Status();
    }
    Status finish() {
      return end == data.size() ? Status() : fault("bytes are left over");
    }

  private:
    Status fault(const char *why) {
      return Status(Diag::E0605, std::string(what) + " section: " + why);
    }
    const char *what;
    const Bytes &data;
    std::map<uint64_t, uint64_t> pieces;
    uint64_t end = 0;
  };

  Status readWeights() {
    Bytes data = section(SectionKind::WeightData);
    std::vector<WeightEntry> entries;
    VITRT_TRY(decode(SectionKind::Weights, entries));
    Tiling tiling("weight data", data);
    for (WeightEntry &entry : entries) {
      VITRT_TRY(tiling.add(entry.offset, entry.size));
      Weight weight;
      weight.name = std::move(entry.name);
      weight.dtype = entry.dtype;
      weight.shape = std::move(entry.shape);
      weight.hash = entry.hash;
      weight.data = {data.view.subspan(entry.offset, entry.size), file.owner};
      if (weight.byteSize() != entry.size)
        return Status(Diag::E0605, "weights section: '" + escaped(weight.name) +
                                       "' is not as large as its shape");
      module.weights.push_back(std::move(weight));
    }
    return tiling.finish();
  }

  Status checkImages() {
    const Bytes &data = tables.images;
    Tiling tiling("images", data);
    auto add = [&](const Bytes &bytes) {
      return tiling.add(
          bytes.size() ? uint64_t(bytes.view.data() - data.view.data()) : 0,
          bytes.size());
    };
    for (const KernelCode &code : module.codes)
      for (const KernelImage &image : code.images)
        VITRT_TRY(add(image.data));
    for (const Loadable &loadable : module.loadables)
      VITRT_TRY(add(loadable.data));
    return tiling.finish();
  }

  const Bytes &file;
  const std::vector<SectionEntry> &table;
  DecoderTables tables;
  Module module;
};

} // namespace

Result<std::vector<SectionEntry>> readSectionTable(const Bytes &file) {
  FileHeader header;
  VITRT_TRY(readHeader(file, header));
  uint64_t size = header.sectionCount * uint64_t(sizeof(SectionEntry));
  if (header.sectionCount > 1024 || size > file.size() - kTableOffset)
    return Status(Diag::E0605,
                  "header: " + std::to_string(header.sectionCount) +
                      " sections do not fit the file");
  if (hash64(file.view.data() + kTableOffset, size) != header.tableHash)
    return Status(Diag::E0603, "the section table's checksum does not match");
  std::vector<SectionEntry> table(header.sectionCount);
  std::memcpy(table.data(), file.view.data() + kTableOffset, size);
  return table;
}

Result<Module> readModule(const Bytes &file) {
  Result<std::vector<SectionEntry>> table = readSectionTable(file);
  VITRT_TRY(table.status());
  VITRT_TRY(checkSections(file, *table));
  return ModuleReader(file, *table).read();
}

Result<Module> readModuleFile(const std::string &path) {
  Result<Bytes> file = mapFile(path);
  VITRT_TRY(file.status());
  Result<Module> module = readModule(*file);
  if (Status status = module.status(); !status)
    return Status(status.diag(),
                  "'" + escaped(path, 4096) + "': " + status.message());
  return module;
}

} // namespace vitrt::format
