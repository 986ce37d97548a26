//===- Symbolizer.cpp - instructions to lines -----------------------------===//
#include "runtime/emulator/Symbolizer.h"

#include "runtime/emulator/Subprocess.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace vitrt::emu {

std::string baseName(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// Files of the device header: a finding in them is their caller's.
static bool isDeviceHeader(const std::string &file) {
  return file == "vit_device.h" || file == "vit_types.h" ||
         file.starts_with("vit_emu_");
}

static std::string hex(uintptr_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx",
                static_cast<unsigned long long>(value));
  return text;
}

std::vector<SourceLine> symbolize(const KernelObject &object,
                                  std::span<const void *const> addresses) {
  std::vector<SourceLine> lines(addresses.size());
  if (addresses.empty())
    return lines;
  // -a prints each address before its frames, innermost first.
  std::vector<std::string> command = {"addr2line", "-a", "-i", "-e",
                                      object.path()};
  for (const void *address : addresses)
    command.push_back(
        hex(reinterpret_cast<uintptr_t>(address) - 1 - object.loadAddress()));
  ProcessResult run = runProcess(command);
  if (!run.started || run.exitCode)
    return lines;
  std::istringstream output(run.output);
  std::string text;
  size_t next = 0;
  while (std::getline(output, text)) {
    if (text.rfind("0x", 0) == 0) {
      ++next;
      continue;
    }
    size_t colon = text.rfind(':');
    if (next == 0 || next > lines.size() || colon == std::string::npos)
      continue;
    SourceLine &line = lines[next - 1];
    if (!line.file.empty() && !isDeviceHeader(line.file))
      continue; // A frame further out.
    int number = std::atoi(text.c_str() + colon + 1);
    if (number > 0)
      line = {baseName(text.substr(0, colon)), number};
  }
  return lines;
}

} // namespace vitrt::emu
