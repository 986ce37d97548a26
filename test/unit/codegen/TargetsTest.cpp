//===- TargetsTest.cpp - The table of GPUs is data/gpus.json --------------===//
#include "dialect/Targets.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace vitc;

TEST(Targets, AreThoseOfTheData) {
  auto file = llvm::MemoryBuffer::getFile(VITC_SOURCE_DIR "/data/gpus.json");
  ASSERT_TRUE(bool(file));
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*file)->getBuffer());
  ASSERT_TRUE(bool(json));
  const llvm::json::Object *devices = json->getAsObject()->getObject("devices");
  ASSERT_TRUE(devices);
  EXPECT_EQ(devices->size(), namedTargets().size());
  for (const Target &target : namedTargets()) {
    SCOPED_TRACE(target.device);
    const llvm::json::Object *row = devices->getObject(target.device);
    ASSERT_TRUE(row);
    const llvm::json::Object *rates = row->getObject("tflops");
    auto number = [&](const llvm::json::Object *from, llvm::StringRef key) {
      return from->getNumber(key).value_or(0);
    };
    EXPECT_EQ(number(row, "sm"), target.sm);
    EXPECT_EQ(number(row, "sms"), target.sms);
    EXPECT_EQ(number(row, "clock_ghz"), target.clockGhz);
    EXPECT_EQ(number(rates, "f16"), target.f16);
    EXPECT_EQ(number(rates, "bf16"), target.bf16);
    EXPECT_EQ(number(rates, "f8"), target.f8);
    EXPECT_EQ(number(rates, "s8"), target.s8);
    EXPECT_EQ(number(rates, "tf32"), target.tf32);
    EXPECT_EQ(number(rates, "f32_simt"), target.f32);
    EXPECT_EQ(number(row, "dram_gbs"), target.dramGBs);
    EXPECT_EQ(number(row, "l2_mb"), target.l2MB);
    EXPECT_EQ(number(row, "smem_sm_kb"), target.smemSmKB);
    EXPECT_EQ(number(row, "smem_block_kb"), target.smemBlockKB);
    EXPECT_EQ(number(row, "regs_sm"), target.regsSm);
    EXPECT_EQ(number(row, "launch_us"), target.launchUs);
    EXPECT_EQ(number(row, "dla"), target.dla);
  }
}

TEST(Targets, TakesDevicesAndComputeCapabilities) {
  EXPECT_EQ(findTarget("h200")->sm, 90);
  EXPECT_STREQ(findTarget("h200")->device, "h200");
  for (int sm : computeCapabilities()) {
    std::optional<Target> target = findTarget("sm_" + std::to_string(sm));
    ASSERT_TRUE(target) << sm;
    EXPECT_EQ(target->sm, sm);
    EXPECT_STREQ(target->device, "");
  }
  EXPECT_EQ(findTarget("sm_90a")->sm, 90);
  EXPECT_FALSE(findTarget("sm_91"));
  EXPECT_FALSE(findTarget("sm_"));
  EXPECT_FALSE(findTarget(""));
  EXPECT_FALSE(findTarget("voodoo2"));
}
