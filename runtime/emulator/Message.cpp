//===- Message.cpp - what device and helper say to each other -------------===//

#include "runtime/emulator/Message.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>

namespace vitrt::emu {

namespace {

constexpr uint32_t kMaxMessage = 64u << 20;

bool sendAll(int socket, const char *bytes, size_t size) {
  while (size != 0) {
    // No SIGPIPE: the other end may be gone.
    ssize_t n = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes += n;
    size -= size_t(n);
  }
  return true;
}

bool receiveAll(int socket, char *bytes, size_t size, int64_t deadline,
                bool *timedOut) {
  while (size != 0) {
    if (deadline != 0) {
      int64_t left = std::max<int64_t>(0, deadline - monotonicMilliseconds());
      pollfd poller = {socket, POLLIN, 0};
      int ready = ::poll(&poller, 1, int(std::min<int64_t>(left, INT_MAX)));
      if (ready < 0 && errno == EINTR)
        continue;
      if (ready == 0) {
        if (timedOut)
          *timedOut = true;
        return false;
      }
    }
    ssize_t n = ::recv(socket, bytes, size, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes += n;
    size -= size_t(n);
  }
  return true;
}

} // namespace

int64_t monotonicMilliseconds() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

bool sendMessage(int socket, std::string_view message) {
  uint32_t size = uint32_t(message.size());
  if (message.size() > kMaxMessage)
    return false;
  std::string framed(reinterpret_cast<char *>(&size), sizeof(size));
  framed += message;
  return sendAll(socket, framed.data(), framed.size());
}

bool receiveMessage(int socket, std::string &message, int64_t deadline,
                    bool *timedOut) {
  uint32_t size = 0;
  if (!receiveAll(socket, reinterpret_cast<char *>(&size), sizeof(size),
                  deadline, timedOut) ||
      size > kMaxMessage)
    return false;
  message.resize(size);
  return receiveAll(socket, message.data(), size, deadline, timedOut);
}

} // namespace vitrt::emu
