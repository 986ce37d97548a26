//===- Archive.cpp - fixed-width little-endian encoding -------------------===//

#include "runtime/format/Archive.h"

namespace vitrt::format {

uint32_t StringTable::intern(const std::string &text) {
  auto [it, added] = indices.try_emplace(text, uint32_t(strings.size()));
  if (added)
    strings.push_back(text);
  return it->second;
}

std::string StringTable::encode() const {
  std::string out;
  auto put = [&](uint32_t value) {
    out.append(reinterpret_cast<const char *>(&value), sizeof(value));
  };
  put(uint32_t(strings.size()));
  uint32_t end = 0;
  put(end);
  for (const std::string &text : strings)
    put(end += uint32_t(text.size()));
  for (const std::string &text : strings)
    out += text;
  return out;
}

BlobTable::Place BlobTable::add(const Bytes &bytes) {
  // Empty bytes take no place.
  if (bytes.size() == 0)
    return {0, 0};
  uint64_t hash = hash64(bytes.text());
  auto [first, last] = byHash.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (list[it->second].second == bytes)
      return {list[it->second].first, bytes.size()};
  uint64_t offset = alignUp(end);
  byHash.emplace(hash, list.size());
  list.emplace_back(offset, bytes);
  end = offset + bytes.size();
  return {offset, bytes.size()};
}

void Decoder::fault(const std::string &what) {
  if (!failed())
    error = Status(Diag::E0605, std::string(sectionName) + " section, byte " +
                                    std::to_string(position) + ": " + what);
}

Status Decoder::finish() {
  if (!failed() && position != section.size())
    fault(std::to_string(section.size() - position) + " bytes are left over");
  return error;
}

void Decoder::get(std::string &x) {
  uint32_t index = raw<uint32_t>();
  if (failed())
    return;
  if (index >= tables.strings.size())
    return fault("string " + std::to_string(index) + " of " +
                 std::to_string(tables.strings.size()));
  x = tables.strings[index];
}

void Decoder::get(Bytes &x) {
  uint64_t offset = raw<uint64_t>();
  uint64_t size = raw<uint64_t>();
  if (failed())
    return;
  uint64_t total = tables.images.size();
  if (offset > total || size > total - offset || offset % kAlignment != 0)
    return fault("bytes " + std::to_string(offset) + " + " +
                 std::to_string(size) + " of " + std::to_string(total));
  x.view = tables.images.view.subspan(offset, size);
  x.owner = tables.images.owner;
}

void Decoder::get(Config &x) {
  switch (TemplateKind(raw<uint8_t>())) {
  case TemplateKind::Gemm:
    return get(x.emplace<GemmConfig>());
  case TemplateKind::Attention:
    return get(x.emplace<AttentionConfig>());
  case TemplateKind::RowNorm:
    return get(x.emplace<RowNormConfig>());
  case TemplateKind::Softmax:
    return get(x.emplace<SoftmaxConfig>());
  case TemplateKind::Reduce:
    return get(x.emplace<ReduceConfig>());
  case TemplateKind::Pointwise:
    return get(x.emplace<PointwiseConfig>());
  }
  fault("no template has this config");
}

} // namespace vitrt::format
