//===- Subprocess.cpp - running a tool ------------------------------------===//
#include "runtime/emulator/Subprocess.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace vitrt::emu {

static int spawnTool(const std::vector<std::string> &argv,
                     const std::string &directory, int outputEnd, pid_t &pid) {
  std::vector<char *> arguments;
  for (const std::string &a : argv)
    arguments.push_back(const_cast<char *>(a.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, outputEnd, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, outputEnd, STDERR_FILENO);
  if (!directory.empty())
    posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  int error = posix_spawnp(&pid, arguments[0], &actions, nullptr,
                           arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

ProcessResult runProcess(const std::vector<std::string> &argv,
                         const std::string &directory) {
  ProcessResult result;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) {
    result.output = std::strerror(errno);
    return result;
  }
  pid_t pid = 0;
  int error = spawnTool(argv, directory, ends[1], pid);
  close(ends[1]);
  if (error) {
    close(ends[0]);
    result.output = std::strerror(error);
    return result;
  }
  result.started = true;
  char buffer[4096];
  for (;;) {
    ssize_t n = read(ends[0], buffer, sizeof(buffer));
    if (n > 0)
      result.output.append(buffer, n);
    else if (n == 0 || errno != EINTR)
      break;
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  result.exitCode =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

} // namespace vitrt::emu
