//===- HostCompiler.cpp - kernel text to kernel objects -------------------===//
#include "runtime/emulator/HostCompiler.h"

#include "runtime/emulator/Subprocess.h"
#include "runtime/format/Hash.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace fs = std::filesystem;

namespace vitrt::emu {

//===----------------------------------------------------------------------===//
// Compiler and cache directory
//===----------------------------------------------------------------------===//

static std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// The program that a shell would run for `name`, or "".
static std::string findProgram(const std::string &name) {
  if (name.find('/') != std::string::npos)
    return access(name.c_str(), X_OK) ? "" : name;
  std::string path = environment("PATH");
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (!access(candidate.c_str(), X_OK))
      return candidate;
    begin = end + 1;
  }
  return "";
}

static std::string defaultCacheDirectory() {
  std::string base = environment("XDG_CACHE_HOME");
  if (base.empty())
    base =
        environment("HOME").empty() ? "/tmp" : environment("HOME") + "/.cache";
  return base + "/vitc/emulator";
}

HostCompiler::HostCompiler(HostCompilerOptions options)
    : requested(std::move(options.compiler)),
      directory(std::move(options.cacheDirectory)),
      cacheBytes(options.cacheBytes) {
  if (requested.empty())
    requested = environment("CXX");
  if (requested.empty())
    requested = "g++";
  if (directory.empty())
    directory = defaultCacheDirectory();
  compiler = findProgram(requested);
  // Path, size and time instead of --version: no process to start.
  struct stat info;
  std::error_code error;
  fs::path real = fs::canonical(compiler, error);
  if (!compiler.empty() && !error && !stat(real.c_str(), &info))
    identity = real.string() + " " + std::to_string(info.st_size) + " " +
               std::to_string(info.st_mtim.tv_sec) + " " +
               std::to_string(info.st_mtim.tv_nsec);
}

Status HostCompiler::available() const {
  if (!compiler.empty())
    return {};
  return {Diag::E0710,
          "the emulator compiles kernels with '" + escaped(requested) +
              "', which is not installed (Debian: apt install g++)"};
}

//===----------------------------------------------------------------------===//
// Flags
//===----------------------------------------------------------------------===//

/// The widest instruction set that this machine runs and the flags may name.
static const char *machineFlag() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c"))
    return "-march=x86-64-v3";
  if (__builtin_cpu_supports("sse4.2"))
    return "-march=x86-64-v2";
#endif
  return "";
}

std::vector<std::string> HostCompiler::flags(const KernelText &text) const {
  // Contraction off: the GPU's rounding. Wrapping integers and no aliasing
  // rules: the GPU's meaning of the text.
  std::vector<std::string> result = {"-x",
                                     "c++",
                                     "-std=c++14",
                                     "-shared",
                                     "-fPIC",
                                     "-w",
                                     "-fno-exceptions",
                                     "-fno-rtti",
                                     "-fno-asynchronous-unwind-tables",
                                     "-fno-stack-protector",
                                     "-ffp-contract=off",
                                     "-fno-math-errno",
                                     "-fno-trapping-math",
                                     "-fno-strict-aliasing",
                                     "-fwrapv",
                                     "-nodefaultlibs"};
  if (std::string machine = machineFlag(); !machine.empty())
    result.push_back(machine);
  if (text.check) {
    // No optimisation that joins accesses: each is looked at as written.
    for (const char *flag :
         {"-O1", "-g1", "-fsanitize=thread", "-DVIT_EMU_CHECK",
          "-fno-tree-vectorize", "-fno-store-merging"})
      result.push_back(flag);
  } else {
    result.push_back("-O2");
  }
  if (text.count)
    result.push_back("-DVIT_EMU_COUNT");
  return result;
}

std::string HostCompiler::objectPath(const KernelText &text) const {
  std::string all;
  auto add = [&](const std::string &part) {
    all += std::to_string(part.size()) + ":" + part;
  };
  add(identity);
  for (const std::string &flag : flags(text))
    add(flag);
  add(text.name);
  add(text.text);
  for (const auto &[name, content] : text.headers) {
    add(name);
    add(content);
  }
  return directory + "/" + format::hash128(all).hex() + ".so";
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

namespace {
/// A directory beside the objects, removed at the end.
class BuildDirectory {
public:
  explicit BuildDirectory(const std::string &cache) {
    std::string pattern = cache + "/build-XXXXXX";
    if (mkdtemp(pattern.data()))
      path = pattern;
  }
  ~BuildDirectory() {
    std::error_code ignored;
    if (!path.empty())
      fs::remove_all(path, ignored);
  }
  std::string path; ///< Empty if it could not be made.
};
} // namespace

static bool writeFile(const std::string &path, const std::string &text) {
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  return file.good();
}

static bool plainName(const std::string &name) {
  return !name.empty() && name[0] != '.' && name[0] != '-' &&
         name.find('/') == std::string::npos;
}

Result<std::string> HostCompiler::build(const KernelText &text,
                                        const std::string &object) const {
  std::error_code error;
  fs::create_directories(directory, error);
  BuildDirectory build(directory);
  if (build.path.empty())
    return {Diag::E0801, "cannot write the emulator's cache in '" +
                             escaped(directory) + "'"};
  bool written = plainName(text.name) &&
                 writeFile(build.path + "/" + text.name, text.text);
  for (const auto &[name, content] : text.headers)
    written = written && plainName(name) &&
              writeFile(build.path + "/" + name, content);
  if (!written)
    return {Diag::E0802, "cannot write kernel text for the emulator in '" +
                             escaped(directory) + "'"};
  std::vector<std::string> command = {compiler};
  for (std::string &flag : flags(text))
    command.push_back(std::move(flag));
  for (const char *argument : {"-o", "kernel.so"})
    command.push_back(argument);
  command.push_back(text.name);
  for (const char *library : {"-lm", "-lc", "-lgcc"})
    command.push_back(library);
  ProcessResult run = runProcess(command, build.path);
  if (!run.started || run.exitCode)
    return {Diag::E0711, "the host compiler refused '" + escaped(text.name) +
                             "': " + escaped(run.output, 2000)};
  fs::rename(build.path + "/kernel.so", object, error);
  if (error)
    return {Diag::E0801, "cannot write the emulator's cache in '" +
                             escaped(directory) + "': " + error.message()};
  return object;
}

Result<std::string> HostCompiler::compile(const KernelText &text) const {
  if (Status status = available(); !status)
    return status;
  std::string object = objectPath(text);
  if (!access(object.c_str(), R_OK)) {
    utimensat(AT_FDCWD, object.c_str(), nullptr, 0); // Used now: kept longer.
    return object;
  }
  return build(text, object);
}

std::vector<Result<std::string>>
HostCompiler::compileAll(std::span<const KernelText> texts,
                         unsigned jobs) const {
  std::vector<Result<std::string>> results(texts.size(), std::string());
  std::map<std::string, std::vector<size_t>> byObject;
  for (size_t i = 0; i < texts.size(); ++i)
    byObject[objectPath(texts[i])].push_back(i);
  std::vector<const std::vector<size_t> *> work;
  for (const auto &[object, users] : byObject)
    work.push_back(&users);
  std::atomic<size_t> next{0};
  auto run = [&] {
    for (size_t w; (w = next.fetch_add(1)) < work.size();) {
      Result<std::string> result = compile(texts[work[w]->front()]);
      for (size_t user : *work[w])
        results[user] = result;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned j = 1; j < std::min<size_t>(jobs, work.size()); ++j)
    threads.emplace_back(run);
  run();
  for (std::thread &thread : threads)
    thread.join();
  trimCache();
  return results;
}

void HostCompiler::trimCache() const {
  struct Object {
    fs::file_time_type time;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<Object> objects;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone; // Another process may trim too.
    if (it->path().extension() != ".so")
      continue;
    Object object{it->last_write_time(gone), it->file_size(gone), it->path()};
    if (gone)
      continue;
    total += object.bytes;
    objects.push_back(std::move(object));
  }
  if (total <= cacheBytes)
    return;
  std::sort(objects.begin(), objects.end(),
            [](const Object &a, const Object &b) { return a.time < b.time; });
  for (const Object &object : objects) {
    if (total <= cacheBytes / 2)
      break;
    total -= object.bytes;
    fs::remove(object.path, error);
  }
}

} // namespace vitrt::emu
