//===- AtomicFileTest.cpp - an output file is old or complete -------------===//

#include "runtime/format/AtomicFile.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace vitrt;
using namespace vitrt::format;
namespace fs = std::filesystem;

namespace {

class AtomicFileTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "atomic.XXXXXX";
    ASSERT_TRUE(::mkdtemp(pattern.data()));
    folder = pattern;
    path = (folder / "out.vitm").string();
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string contents(const fs::path &file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  size_t filesInFolder() {
    return size_t(std::distance(fs::directory_iterator(folder),
                                fs::directory_iterator()));
  }
  fs::path folder;
  std::string path;
};

TEST_F(AtomicFileTest, AppearsAtCommit) {
  auto file = AtomicFile::create(path);
  ASSERT_TRUE(file.ok()) << file.status().str();
  ASSERT_TRUE((*file)->append("0123456789", 10).ok());
  ASSERT_TRUE((*file)->patch(2, "ab", 2).ok());
  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE((*file)->append("!", 1).ok());
  ASSERT_TRUE((*file)->commit().ok());
  EXPECT_EQ(contents(path), "01ab456789!");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(AtomicFileTest, LeavesTheOldFileWithoutCommit) {
  ASSERT_TRUE(writeFileAtomically(path, "old").ok());
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE((*file)->append("new", 3).ok());
  }
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(AtomicFileTest, KeepsModeAndFollowsLinks) {
  ASSERT_TRUE(writeFileAtomically(path, "old").ok());
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  fs::path link = folder / "link";
  fs::create_symlink("out.vitm", link);
  ASSERT_TRUE(writeFileAtomically(link.string(), "new").ok());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
}

TEST_F(AtomicFileTest, NamesWhatIsWrong) {
  Status missing = writeFileAtomically((folder / "no" / "x").string(), "");
  EXPECT_EQ(missing.diag(), Diag::E0801);
  EXPECT_NE(missing.message().find("/no/x"), std::string::npos);
  EXPECT_EQ(writeFileAtomically(folder.string(), "").diag(), Diag::E0801);
  EXPECT_EQ(filesInFolder(), 0u);
}

TEST_F(AtomicFileTest, WritesDevicesDirectly) {
  EXPECT_TRUE(writeFileAtomically("/dev/null", "gone").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(writeFileAtomically("/dev/full", "too much").diag(), Diag::E0802);
}

TEST_F(AtomicFileTest, WritesPipesDirectly) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = contents(path); });
  EXPECT_TRUE(writeFileAtomically(path, "through the pipe").ok());
  reader.join();
  EXPECT_EQ(got, "through the pipe");
}

TEST_F(AtomicFileTest, ConcurrentWritersLeaveOneWholeFile) {
  std::vector<std::thread> threads;
  for (char c = 'a'; c != 'i'; ++c)
    threads.emplace_back([&, c] {
      for (int i = 0; i != 10; ++i)
        EXPECT_TRUE(writeFileAtomically(path, std::string(10000, c)).ok());
    });
  for (std::thread &thread : threads)
    thread.join();
  std::string text = contents(path);
  EXPECT_EQ(text, std::string(10000, text[0]));
  EXPECT_EQ(filesInFolder(), 1u);
}

} // namespace
