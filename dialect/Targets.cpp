//===- Targets.cpp - GPUs that vitc compiles for --------------------------===//
#include "dialect/Targets.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace vitc {

// clang-format off
// device, sm, SMs, clock; f16, bf16, f8, s8, tf32, f32; DRAM GB/s, L2 MB,
// shared KB an SM and a block, registers an SM, launch us, DLA cores.
static constexpr Target kNamed[] = {
    {"h200", 90, 132, 1.98, 790, 790, 1580, 1580, 395, 60, 4300, 50, 228, 227, 65536, 1.3, 0},
    {"a100", 80, 108, 1.41, 312, 312, 0, 624, 156, 19.5, 1700, 40, 164, 163, 65536, 1.6, 0},
    {"l4", 89, 58, 2.04, 121, 121, 242, 242, 60, 30, 270, 48, 100, 99, 65536, 1.6, 0},
    {"rtx4090", 89, 128, 2.52, 165, 165, 330, 660, 82, 82, 930, 72, 100, 99, 65536, 1.6, 0},
    {"t4", 75, 40, 1.59, 65, 0, 0, 130, 0, 8.1, 270, 4, 64, 64, 65536, 2.0, 0},
    {"agx-orin", 87, 16, 1.3, 42.6, 42.6, 0, 85, 21, 5.3, 170, 4, 164, 163, 65536, 3, 2},
    {"orin-nx-16", 87, 8, 0.918, 15, 15, 0, 30, 0, 1.9, 85, 4, 164, 163, 65536, 4, 2},
    {"orin-nx-8", 87, 8, 0.765, 12.5, 12.5, 0, 25, 0, 1.6, 85, 4, 164, 163, 65536, 4, 1},
    {"orin-nano", 87, 8, 0.625, 10, 10, 0, 20, 0, 1.3, 57, 4, 164, 163, 65536, 4, 0},
    {"agx-xavier", 72, 8, 1.37, 11, 0, 0, 22, 0, 1.4, 110, 0.5, 96, 96, 65536, 5, 2},
    {"xavier-nx", 72, 6, 1.1, 6.7, 0, 0, 13.5, 0, 0.85, 48, 0.5, 96, 96, 65536, 6, 2},
    {"jetson-nano", 53, 1, 0.92, 0, 0, 0, 0, 0, 0.235, 20, 0.25, 64, 48, 65536, 8, 0},
    {"thor", 110, 20, 1.57, 250, 250, 500, 500, 0, 8, 230, 32, 228, 227, 65536, 3, 0},
};

// What a usual device of a compute capability has, where no named device above
// is one: from vendor documents, for the cost model only.
static constexpr Target kUsual[] = {
    {"", 60, 56, 1.48, 0, 0, 0, 0, 0, 10.6, 650, 4, 64, 48, 65536, 3, 0},
    {"", 61, 20, 1.73, 0, 0, 0, 0, 0, 8.9, 300, 2, 96, 48, 65536, 3, 0},
    {"", 62, 2, 1.3, 0, 0, 0, 0, 0, 0.67, 50, 0.5, 64, 48, 65536, 6, 0},
    {"", 70, 80, 1.53, 125, 0, 0, 0, 0, 15.7, 800, 6, 96, 96, 65536, 2, 0},
    {"", 86, 82, 1.7, 71, 71, 0, 284, 35, 35, 850, 6, 100, 99, 65536, 1.6, 0},
    {"", 88, 20, 1.5, 40, 40, 0, 80, 20, 5.3, 200, 4, 100, 99, 65536, 3, 0},
    {"", 100, 148, 1.85, 2250, 2250, 4500, 4500, 1100, 75, 7000, 126, 228, 227, 65536, 1.3, 0},
    {"", 101, 20, 1.57, 250, 250, 500, 500, 0, 8, 230, 32, 228, 227, 65536, 3, 0},
    {"", 103, 148, 1.85, 2400, 2400, 4800, 4800, 1200, 75, 7000, 126, 228, 227, 65536, 1.3, 0},
    {"", 120, 170, 2.4, 210, 210, 419, 838, 104, 105, 1600, 96, 100, 99, 65536, 1.6, 0},
    {"", 121, 48, 2.4, 62, 62, 124, 248, 31, 31, 250, 24, 100, 99, 65536, 3, 0},
};
// clang-format on

/// Whose facts stand for a compute capability alone.
static constexpr std::pair<int, const char *> kStandIns[] = {
    {53, "jetson-nano"}, {72, "agx-xavier"}, {75, "t4"},   {80, "a100"},
    {87, "agx-orin"},    {89, "rtx4090"},    {90, "h200"}, {110, "thor"}};

static constexpr int kCapabilities[] = {53,  60,  61,  62,  70, 72, 75,
                                        80,  86,  87,  88,  89, 90, 100,
                                        101, 103, 110, 120, 121};

llvm::ArrayRef<Target> namedTargets() { return kNamed; }
llvm::ArrayRef<int> computeCapabilities() { return kCapabilities; }

std::optional<Target> findTarget(llvm::StringRef name) {
  auto byName = [](llvm::StringRef device) -> std::optional<Target> {
    const Target *row = llvm::find_if(
        kNamed, [&](const Target &t) { return device == t.device; });
    return row == std::end(kNamed) ? std::nullopt : std::optional(*row);
  };
  if (!name.consume_front("sm_"))
    return name.empty() ? std::nullopt : byName(name);
  if (!name.consume_back("a"))
    name.consume_back("f");
  int sm = 0;
  if (!llvm::all_of(name, llvm::isDigit) || name.getAsInteger(10, sm))
    return std::nullopt;
  for (const Target &target : kUsual)
    if (target.sm == sm)
      return target;
  for (auto [capability, device] : kStandIns) {
    if (capability != sm)
      continue;
    std::optional<Target> target = byName(device);
    target->device = "";
    return target;
  }
  return std::nullopt;
}

int Target::maxThreadsSm() const {
  if (sm == 75)
    return 1024;
  bool small = (sm >= 86 && sm <= 89) || sm == 101 || sm >= 110;
  return small ? 1536 : 2048;
}

int Target::maxBlocksSm() const {
  if (sm == 75 || (sm >= 86 && sm <= 88))
    return 16;
  return sm == 89 || sm == 101 || sm >= 110 ? 24 : 32;
}

} // namespace vitc
