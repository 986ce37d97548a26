//===- KernelObject.cpp - loading compiled kernels ------------------------===//
#include "runtime/emulator/Api.h"
#include "runtime/emulator/Engine.h"

#include <algorithm>
#include <dlfcn.h>
#include <link.h>

namespace vitrt::emu {

namespace {
struct Image {
  uintptr_t base, begin, end;
};
} // namespace

/// The extent of the object loaded at `image->base`.
static int findImage(dl_phdr_info *info, size_t, void *data) {
  auto &image = *static_cast<Image *>(data);
  if (info->dlpi_addr != image.base)
    return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD)
      continue;
    uintptr_t begin = image.base + segment.p_vaddr;
    uintptr_t end = begin + segment.p_memsz;
    image.begin = image.begin ? std::min(image.begin, begin) : begin;
    image.end = std::max(image.end, end);
  }
  return 1;
}

std::unique_ptr<KernelObject> KernelObject::load(const std::string &path,
                                                 std::string &error) {
  std::unique_ptr<KernelObject> object(new KernelObject);
  object->objectPath = path;
  object->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!object->handle) {
    const char *reason = dlerror();
    error = "cannot load " + path + ": " + (reason ? reason : "unknown reason");
    return nullptr;
  }
  auto *info = static_cast<const abi::ObjectInfo *>(
      dlsym(object->handle, "vit_emu_object"));
  auto *engine =
      static_cast<const abi::Api **>(dlsym(object->handle, "vit_emu_engine"));
  if (!info || !engine || info->version != abi::kVersion ||
      info->apiSize != sizeof(abi::Api)) {
    error = path + " was not compiled for this emulator";
    return nullptr;
  }
  *engine = &api();
  object->isChecked = info->checked;
  object->isCounted = info->counted;
  link_map *map = nullptr;
  if (!dlinfo(object->handle, RTLD_DI_LINKMAP, &map) && map) {
    Image image{map->l_addr, 0, 0};
    dl_iterate_phdr(findImage, &image);
    object->base = image.base;
    object->begin = image.begin;
    object->end = image.end;
  }
  return object;
}

KernelObject::~KernelObject() {
  if (handle)
    dlclose(handle);
}

Entry KernelObject::entry(const std::string &symbol) const {
  void *function = dlsym(handle, (symbol + "__emu").c_str());
  return {reinterpret_cast<void (*)(void **)>(function), symbol, this};
}

} // namespace vitrt::emu
