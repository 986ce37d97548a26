//===- Module.cpp - what a .vitm file holds -------------------------------===//

#include "runtime/format/Module.h"

#include "runtime/format/Enums.h"

namespace vitrt::format {

Bytes Bytes::copyOf(std::string_view text) {
  auto owner = std::make_shared<const std::string>(text);
  Bytes bytes;
  bytes.view = {reinterpret_cast<const uint8_t *>(owner->data()),
                owner->size()};
  bytes.owner = std::move(owner);
  return bytes;
}

uint64_t Weight::byteSize() const {
  uint64_t size = format::byteSize(dtype);
  for (int64_t dim : shape)
    if (dim < 0 || __builtin_mul_overflow(size, uint64_t(dim), &size))
      return UINT64_MAX;
  return size;
}

bool Weight::operator==(const Weight &other) const {
  return name == other.name && dtype == other.dtype && shape == other.shape &&
         hash == other.hash && data == other.data;
}

uint32_t Module::addCode(KernelCode code) {
  for (uint32_t i = 0; i != codes.size(); ++i) {
    KernelCode &there = codes[i];
    if (there.symbol != code.symbol || there.source != code.source ||
        there.options != code.options)
      continue;
    for (KernelImage &image : code.images) {
      bool known = false;
      for (const KernelImage &old : there.images)
        known |= old.kind == image.kind && old.arch == image.arch;
      if (!known)
        there.images.push_back(std::move(image));
    }
    return i;
  }
  codes.push_back(std::move(code));
  return uint32_t(codes.size() - 1);
}

} // namespace vitrt::format
