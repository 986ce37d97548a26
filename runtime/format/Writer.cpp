//===- Writer.cpp - writes a module ---------------------------------------===//

#include "runtime/format/Writer.h"

#include "runtime/format/Archive.h"
#include "runtime/format/Layout.h"
#include "runtime/format/Validate.h"

#include <map>

namespace vitrt::format {

namespace {

const char kZeros[kAlignment] = {};

/// Appends sections to a sink: padding, hashes, table.
class SectionWriter {
public:
  explicit SectionWriter(Sink &sink) : sink(sink) {}

  /// Room for header and table; they are patched in at the end.
  Status reserve() {
    return pad(alignUp(kTableOffset + kSectionCount * sizeof(SectionEntry)));
  }
  Status begin(SectionKind kind) {
    VITRT_TRY(pad(alignUp(position)));
    table.push_back({uint32_t(kind), kSectionRequired, position, 0, 0});
    hasher = std::make_unique<Hasher64>();
    return Status();
  }
  Status append(const void *data, size_t size) {
    hasher->update(data, size);
    position += size;
    return sink.append(data, size);
  }
  /// Zeros up to the next aligned offset within the section.
  Status align() {
    uint64_t used = position - table.back().offset;
    return append(kZeros, alignUp(used) - used);
  }
  void end() {
    table.back().size = position - table.back().offset;
    table.back().hash = hasher->digest();
  }
  Status section(SectionKind kind, const std::string &bytes) {
    VITRT_TRY(begin(kind));
    VITRT_TRY(append(bytes.data(), bytes.size()));
    end();
    return Status();
  }
  Status finish() {
    FileHeader header = {};
    std::memcpy(header.magic, kMagic, sizeof(kMagic));
    header.version = kVersion;
    header.minReader = kOldestVersion;
    header.fileSize = position;
    header.sectionCount = uint32_t(table.size());
    size_t tableSize = table.size() * sizeof(SectionEntry);
    header.tableHash = hash64(table.data(), tableSize);
    header.headerHash = hash64(&header, offsetof(FileHeader, headerHash));
    VITRT_TRY(sink.patch(0, &header, sizeof(header)));
    return sink.patch(kTableOffset, table.data(), tableSize);
  }
  uint64_t size() const { return position; }

private:
  Status pad(uint64_t end) {
    while (position < end) {
      size_t n = size_t(std::min<uint64_t>(end - position, kAlignment));
      VITRT_TRY(sink.append(kZeros, n));
      position += n;
    }
    return Status();
  }

  Sink &sink;
  uint64_t position = 0;
  std::vector<SectionEntry> table;
  std::unique_ptr<Hasher64> hasher;
};

class ModuleWriter {
public:
  ModuleWriter(Module &module, Sink &sink) : module(module), out(sink) {}

  Result<WriteStats> write() {
    VITRT_TRY(out.reserve());
    VITRT_TRY(weightData());
    encodeMetadata();
    if (strings.size() > UINT32_MAX)
      return Status(Diag::E0606, "the module's texts exceed 4 GiB");
    VITRT_TRY(images());
    VITRT_TRY(out.section(SectionKind::Strings, strings));
    VITRT_TRY(out.section(SectionKind::Plans, plans));
    VITRT_TRY(out.section(SectionKind::Kernels, kernels));
    VITRT_TRY(out.section(SectionKind::Weights, weights));
    VITRT_TRY(out.section(SectionKind::Provenance, provenance));
    VITRT_TRY(out.section(SectionKind::Loadables, loadables));
    VITRT_TRY(out.finish());
    stats.fileBytes = out.size();
    return stats;
  }

private:
  Status weightData() {
    VITRT_TRY(out.begin(SectionKind::WeightData));
    std::map<std::pair<Hash128, uint64_t>, uint64_t> known;
    std::vector<uint8_t> buffer;
    uint64_t end = 0;
    for (Weight &weight : module.weights) {
      std::span<const uint8_t> bytes = weight.data.view;
      if (weight.fill) {
        buffer.assign(weight.byteSize(), 0);
        VITRT_TRY(weight.fill(buffer));
        bytes = buffer;
      }
      if (bytes.size() != weight.byteSize())
        return Status(Diag::E0606, "weight '" + escaped(weight.name) +
                                       "' has " + std::to_string(bytes.size()) +
                                       " bytes, its shape says " +
                                       std::to_string(weight.byteSize()));
      weight.hash = hash128(bytes.data(), bytes.size());
      auto [it, added] =
          known.try_emplace({weight.hash, bytes.size()}, alignUp(end));
      if (added && !bytes.empty()) {
        VITRT_TRY(out.align());
        VITRT_TRY(out.append(bytes.data(), bytes.size()));
        end = it->second + bytes.size();
        stats.weightBytes += bytes.size();
      }
      entries.push_back({weight.name, weight.dtype, weight.shape, weight.hash,
                         bytes.empty() ? 0 : it->second, bytes.size()});
    }
    out.end();
    return Status();
  }

  void encodeMetadata() {
    plans = encode(module.plans);
    kernels = encode(module.headers, module.codes);
    weights = encode(entries);
    provenance = encode(module.provenance);
    loadables = encode(module.loadables);
    strings = stringTable.encode();
  }
  template <class... T> std::string encode(const T &...fields) {
    Encoder encoder(stringTable, blobs);
    encoder(fields...);
    return encoder.take();
  }

  Status images() {
    VITRT_TRY(out.begin(SectionKind::Images));
    for (const auto &[offset, bytes] : blobs.blobs()) {
      VITRT_TRY(out.align());
      VITRT_TRY(out.append(bytes.view.data(), bytes.size()));
      stats.imageBytes += bytes.size();
    }
    out.end();
    return Status();
  }

  Module &module;
  SectionWriter out;
  StringTable stringTable;
  BlobTable blobs;
  std::vector<WeightEntry> entries;
  std::string strings, plans, kernels, weights, provenance, loadables;
  WriteStats stats;
};

class MemorySink : public Sink {
public:
  Status append(const void *data, size_t size) override {
    bytes.append(static_cast<const char *>(data), size);
    return Status();
  }
  Status patch(uint64_t offset, const void *data, size_t size) override {
    std::memcpy(bytes.data() + offset, data, size);
    return Status();
  }
  std::string bytes;
};

} // namespace

Result<WriteStats> writeModule(Module &module, Sink &sink) {
  if (Status status = validate(module); !status)
    return Status(Diag::E0606, status.message());
  return ModuleWriter(module, sink).write();
}

Result<WriteStats> writeModuleFile(Module &module, const std::string &path) {
  Result<std::unique_ptr<AtomicFile>> file = AtomicFile::create(path);
  VITRT_TRY(file.status());
  Result<WriteStats> stats = writeModule(module, **file);
  VITRT_TRY(stats.status());
  VITRT_TRY((*file)->commit());
  return stats;
}

Result<Bytes> writeModuleMemory(Module &module) {
  auto sink = std::make_shared<MemorySink>();
  VITRT_TRY(writeModule(module, *sink).status());
  Bytes bytes;
  bytes.view = {reinterpret_cast<const uint8_t *>(sink->bytes.data()),
                sink->bytes.size()};
  bytes.owner = sink;
  return bytes;
}

} // namespace vitrt::format
