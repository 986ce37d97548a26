//===- HelperProcess.cpp - starting and asking the helper -----------------===//

#include "runtime/emulator/HelperProcess.h"

#include "runtime/emulator/HelperMain.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace vitrt::emu {

namespace {

constexpr double kStartSeconds = 60;

/// Descriptors that the helper's fixed numbers cannot clobber.
int moveUp(int fd) {
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  ::close(fd);
  return moved;
}

/// Starts `command` with the two descriptors at the helper's numbers; 0 or an
/// errno.
int spawn(const std::vector<std::string> &command, int socket, int memory,
          int &pid) {
  std::vector<char *> argv;
  for (const std::string &word : command)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, kHelperSocket);
  ::posix_spawn_file_actions_adddup2(&actions, memory, kHelperMemory);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kHelperMemory + 1);
  int code =
      ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return code;
}

} // namespace

std::string findHelper() {
  if (const char *path = std::getenv("VITRT_EMULATOR"); path && *path)
    return path;
  Dl_info info;
  if (::dladdr(reinterpret_cast<void *>(&findHelper), &info) &&
      info.dli_fname) {
    std::string self = info.dli_fname;
    size_t slash = self.rfind('/');
    std::string folder =
        slash == std::string::npos ? "." : self.substr(0, slash);
    for (const char *place : {"/vitrt-emulator", "/../bin/vitrt-emulator",
                              "/../../bin/vitrt-emulator"})
      if (::access((folder + place).c_str(), X_OK) == 0)
        return folder + place;
  }
  return "vitrt-emulator";
}

Status HelperProcess::start(const std::vector<std::string> &command,
                            int memory) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Status(Diag::E0720,
                  std::string("no socket: ") + std::strerror(errno));
  socket = ends[0];
  int theirs = moveUp(ends[1]);
  int shared = ::fcntl(memory, F_DUPFD_CLOEXEC, 10);
  int code = spawn(command, theirs, shared, pid);
  ::close(theirs);
  ::close(shared);
  if (code != 0) {
    pid = -1;
    return broken =
               Status(Diag::E0720, "cannot start '" + escaped(command[0], 512) +
                                       "': " + std::strerror(code));
  }
  std::string reply;
  if (!receiveMessage(socket, reply,
                      monotonicMilliseconds() + int64_t(kStartSeconds * 1e3)) ||
      !decode(reply, hello) || hello.version != Hello().version) {
    reap(true);
    return broken = Status(Diag::E0720, "'" + escaped(command[0], 512) +
                                            "' does not work as the "
                                            "emulator's helper");
  }
  return Status();
}

HelperProcess::~HelperProcess() {
  reap(true);
  if (socket >= 0)
    ::close(socket);
}

int HelperProcess::reap(bool kill) {
  if (pid < 0)
    return 0;
  if (kill)
    ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
  return status;
}

Status HelperProcess::exchange(const std::string &request, std::string &reply,
                               double seconds, const std::string &what) {
  if (!broken.ok())
    return broken;
  if (pid < 0)
    return Status(Diag::E0720, "the emulator's helper is not running");
  bool timedOut = false;
  if (sendMessage(socket, request) &&
      receiveMessage(socket, reply,
                     monotonicMilliseconds() + int64_t(seconds * 1e3),
                     &timedOut))
    return Status();
  if (timedOut) {
    reap(true);
    broken = Status(Diag::E0722, what + ": the emulator took longer than " +
                                     std::to_string(int64_t(seconds)) +
                                     " s and was ended");
  } else {
    ::shutdown(socket, SHUT_RDWR); // ends it if it still runs
    int status = reap(false);
    broken = Status(
        Diag::E0721,
        what + ": the emulator ended with " +
            (WIFSIGNALED(status)
                 ? std::string("signal ") + std::to_string(WTERMSIG(status))
                 : "status " + std::to_string(WEXITSTATUS(status))));
  }
  return broken;
}

} // namespace vitrt::emu
