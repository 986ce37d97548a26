//===- Status.h - errors with stable IDs ------------------------*- C++ -*-===//
//
// Every failure that a user may meet carries an ID of Diagnostics.def and one
// sentence. The runtime returns these; it throws nothing across its borders.
//
//===----------------------------------------------------------------------===//
#ifndef VITRT_FORMAT_STATUS_H
#define VITRT_FORMAT_STATUS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace vitrt {

namespace detail {
/// 601 of "E0601".
constexpr uint16_t diagNumber(const char *id) {
  uint16_t number = 0;
  for (const char *c = id + 1; *c; ++c)
    number = uint16_t(number * 10 + (*c - '0'));
  return number;
}
} // namespace detail

/// One enumerator an ID; its value is the ID's number.
enum class Diag : uint16_t {
  None = 0,
#define VITC_DIAG(id, exitCode, title) id = detail::diagNumber(#id),
#include "runtime/format/Diagnostics.def"
};

const char *diagName(Diag);  ///< "E0601"; "" for None.
const char *diagTitle(Diag); ///< The title of the registry.
int diagExitCode(Diag);      ///< DESIGN's exit code; 0 for None.

/// Success, or an ID and a message. The message is one sentence that names
/// what was expected and what was found; text from files in it is escaped.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Diag id, std::string message) : id(id), text(std::move(message)) {}
  bool ok() const { return id == Diag::None; }
  explicit operator bool() const { return ok(); }
  Diag diag() const { return id; }
  const std::string &message() const { return text; }
  /// "error E0603: ...".
  std::string str() const;

private:
  Diag id = Diag::None;
  std::string text;
};

/// A value or the Status that says why there is none.
template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Status status) : state(std::move(status)) {}
  Result(Diag id, std::string message)
      : state(Status(id, std::move(message))) {}
  bool ok() const { return state.index() == 0; }
  explicit operator bool() const { return ok(); }
  T &operator*() { return std::get<0>(state); }
  const T &operator*() const { return std::get<0>(state); }
  T *operator->() { return &std::get<0>(state); }
  const T *operator->() const { return &std::get<0>(state); }
  /// The error; a success Status if there is a value.
  Status status() const { return ok() ? Status() : std::get<1>(state); }

private:
  std::variant<T, Status> state;
};

/// Text from a file, safe for a terminal: control bytes, quotes, backslashes
/// and non-ASCII bytes as \xNN, cut after `limit` bytes.
std::string escaped(std::string_view text, size_t limit = 120);

} // namespace vitrt

/// Returns from the enclosing function if `expr` is a failed Status.
#define VITRT_TRY(expr)                                                        \
  do {                                                                         \
    if (::vitrt::Status status_ = (expr); !status_.ok())                       \
      return status_;                                                          \
  } while (false)

#endif // VITRT_FORMAT_STATUS_H
