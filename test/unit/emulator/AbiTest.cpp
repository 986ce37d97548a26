// The engine's and the device header's view of their table are the same.
#include "runtime/emulator/Abi.h"
#include "codegen/kernels/vit_emu_abi.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace emuabi = vitrt::emu::abi;

#define SAME_FIELD(Ours, field, Theirs, other)                                 \
  static_assert(offsetof(emuabi::Ours, field) == offsetof(Theirs, other) &&    \
                sizeof(emuabi::Ours::field) == sizeof(Theirs::other))

SAME_FIELD(Thread, threadIndex, vit_emu_thread, thread_index);
SAME_FIELD(Thread, blockIndex, vit_emu_thread, block_index);
SAME_FIELD(Thread, blockDim, vit_emu_thread, block_dim);
SAME_FIELD(Thread, gridDim, vit_emu_thread, grid_dim);
SAME_FIELD(Thread, shared, vit_emu_thread, shared);
SAME_FIELD(Thread, counts, vit_emu_thread, counts);
SAME_FIELD(Mma, d, vit_emu_mma, d);
SAME_FIELD(Mma, a, vit_emu_mma, a);
SAME_FIELD(Mma, b, vit_emu_mma, b);
SAME_FIELD(Mma, type, vit_emu_mma, type);
SAME_FIELD(Mma, k, vit_emu_mma, k);
SAME_FIELD(Mma, mi, vit_emu_mma, mi);
SAME_FIELD(Mma, ni, vit_emu_mma, ni);
SAME_FIELD(Mma, aForm, vit_emu_mma, a_form);
SAME_FIELD(Mma, bForm, vit_emu_mma, b_form);
SAME_FIELD(Api, version, vit_emu_api, version);
SAME_FIELD(Api, size, vit_emu_api, size);
SAME_FIELD(Api, thread, vit_emu_api, thread);
SAME_FIELD(Api, syncBlock, vit_emu_api, sync_block);
SAME_FIELD(Api, syncWarp, vit_emu_api, sync_warp);
SAME_FIELD(Api, shuffle, vit_emu_api, shuffle);
SAME_FIELD(Api, ballot, vit_emu_api, ballot);
SAME_FIELD(Api, ldmatrix, vit_emu_api, ldmatrix);
SAME_FIELD(Api, mma, vit_emu_api, mma);
SAME_FIELD(Api, copyAsync, vit_emu_api, copy_async);
SAME_FIELD(Api, copyCommit, vit_emu_api, copy_commit);
SAME_FIELD(Api, copyWait, vit_emu_api, copy_wait);
SAME_FIELD(Api, access, vit_emu_api, access);
SAME_FIELD(ObjectInfo, version, vit_emu_object_info, version);
SAME_FIELD(ObjectInfo, apiSize, vit_emu_object_info, api_size);
SAME_FIELD(ObjectInfo, checked, vit_emu_object_info, checked);
SAME_FIELD(ObjectInfo, counted, vit_emu_object_info, counted);
static_assert(sizeof(emuabi::Api) == sizeof(vit_emu_api));
static_assert(sizeof(emuabi::Mma) == sizeof(vit_emu_mma));
static_assert(sizeof(emuabi::Thread) == sizeof(vit_emu_thread));
static_assert(sizeof(emuabi::ObjectInfo) == sizeof(vit_emu_object_info));
static_assert(emuabi::kVersion == VIT_EMU_ABI_VERSION);

TEST(Abi, Numbers) {
  EXPECT_EQ(int(emuabi::kCountFlop), int(VIT_EMU_COUNT_FLOP));
  EXPECT_EQ(int(emuabi::kCountSpecial), int(VIT_EMU_COUNT_SPECIAL));
  EXPECT_EQ(int(emuabi::kCountInt), int(VIT_EMU_COUNT_INT));
  EXPECT_EQ(int(emuabi::kShuffleIndex), int(VIT_EMU_SHUFFLE_INDEX));
  EXPECT_EQ(int(emuabi::kShuffleXor), int(VIT_EMU_SHUFFLE_XOR));
  EXPECT_EQ(int(emuabi::kShuffleDown), int(VIT_EMU_SHUFFLE_DOWN));
  EXPECT_EQ(int(emuabi::kShuffleUp), int(VIT_EMU_SHUFFLE_UP));
  EXPECT_EQ(int(emuabi::kF16), int(VIT_EMU_F16));
  EXPECT_EQ(int(emuabi::kBF16), int(VIT_EMU_BF16));
  EXPECT_EQ(int(emuabi::kTF32), int(VIT_EMU_TF32));
  EXPECT_EQ(int(emuabi::kFragments), int(VIT_EMU_FRAGMENTS));
  EXPECT_EQ(int(emuabi::kRows), int(VIT_EMU_ROWS));
  EXPECT_EQ(int(emuabi::kRowsTrans), int(VIT_EMU_ROWS_TRANS));
  EXPECT_EQ(int(emuabi::kAccessWrite), int(VIT_EMU_ACCESS_WRITE));
  EXPECT_EQ(int(emuabi::kAccessUnaligned), int(VIT_EMU_ACCESS_UNALIGNED));
}
