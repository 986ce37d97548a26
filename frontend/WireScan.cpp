//===- WireScan.cpp - The model's bytes without the weights ---------------===//
//
// A walk over protobuf's wire format: each field is a varint key
// (number * 8 + wire type) and a varint, 4, 8 or length-prefixed bytes.
//
//===----------------------------------------------------------------------===//
#include "frontend/WireScan.h"

#include <optional>

using vitrt::Diag;
using vitrt::Result;
using vitrt::Status;

namespace vitc::frontend {
namespace {

/// The messages whose fields matter here; Other is copied as it is.
enum class Message { Model, Graph, Node, Attribute, Tensor, Function, Other };

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// Messages within messages: ONNX needs 4 for a graph and 3 for each subgraph.
constexpr int kMaxDepth = 64;

constexpr uint64_t kRawOffset = 1000, kRawSize = 1001;

/// The message that field `number` of `message` holds.
Message fieldMessage(Message message, uint64_t number) {
  switch (message) {
  case Message::Model:
    return number == 7    ? Message::Graph
           : number == 25 ? Message::Function
                          : Message::Other;
  case Message::Graph:
    return number == 1   ? Message::Node
           : number == 5 ? Message::Tensor
                         : Message::Other;
  case Message::Node:
    return number == 5 ? Message::Attribute : Message::Other;
  case Message::Attribute:
    return number == 5 || number == 10   ? Message::Tensor
           : number == 6 || number == 11 ? Message::Graph
                                         : Message::Other;
  case Message::Function:
    return number == 7    ? Message::Node
           : number == 11 ? Message::Attribute
                          : Message::Other;
  case Message::Tensor:
  case Message::Other:
    return Message::Other;
  }
  return Message::Other;
}

/// Whether nobody reads field `number`: doc strings, training info, strings of
/// a tensor, and the private fields, which no file may set.
bool dropped(Message message, uint64_t number) {
  switch (message) {
  case Message::Model:
    return number == 6 || number == 20;
  case Message::Graph:
    return number == 10;
  case Message::Node:
    return number == 6;
  case Message::Attribute:
    return number == 13;
  case Message::Function:
    return number == 8;
  case Message::Tensor:
    return number == 6 || number == 12 || number == kRawOffset ||
           number == kRawSize;
  case Message::Other:
    return false;
  }
  return false;
}

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += char(value | 0x80);
  out += char(value);
}

class Scanner {
public:
  explicit Scanner(std::string_view file) : file(file) {}

  /// The rewritten bytes [at, end) of a message.
  Result<std::string> rewrite(Message message, size_t at, size_t end,
                              int depth) {
    if (depth > kMaxDepth)
      return fail("messages nest deeper than " + std::to_string(kMaxDepth), at);
    std::string out;
    while (at < end) {
      size_t start = at;
      std::optional<uint64_t> key = varint(at, end);
      if (!key || *key >> 3 == 0)
        return fail("expected a field", start);
      uint64_t number = *key >> 3, size = 0;
      switch (*key & 7) {
      case Varint:
        if (!varint(at, end))
          return fail("a number is cut short", start);
        break;
      case Fixed64:
      case Fixed32:
        size = (*key & 7) == Fixed64 ? 8 : 4;
        break;
      case Bytes: {
        std::optional<uint64_t> length = varint(at, end);
        if (!length)
          return fail("a length is cut short", start);
        size = *length;
        break;
      }
      default:
        return fail("a field has no known wire type", start);
      }
      if (size > end - at)
        return fail("a field reaches beyond its message", start);
      if ((*key & 7) == Bytes) {
        VITRT_TRY(field(out, message, number, *key, at, size, depth));
      } else if (!dropped(message, number)) {
        out.append(file.substr(start, at + size - start));
      }
      at += size;
    }
    return out;
  }

private:
  /// Appends the length-prefixed field at [at, at + size).
  Status field(std::string &out, Message message, uint64_t number, uint64_t key,
               size_t at, uint64_t size, int depth) {
    if (dropped(message, number))
      return {};
    if (message == Message::Tensor && number == 9) {
      writeVarint(out, kRawOffset << 3);
      writeVarint(out, at);
      writeVarint(out, kRawSize << 3);
      writeVarint(out, size);
      return {};
    }
    writeVarint(out, key);
    Message inner = fieldMessage(message, number);
    if (inner == Message::Other) {
      writeVarint(out, size);
      out.append(file.substr(at, size));
      return {};
    }
    Result<std::string> rewritten = rewrite(inner, at, at + size, depth + 1);
    if (!rewritten)
      return rewritten.status();
    writeVarint(out, rewritten->size());
    out += *rewritten;
    return {};
  }

  std::optional<uint64_t> varint(size_t &at, size_t end) const {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && at < end; shift += 7) {
      uint8_t byte = uint8_t(file[at++]);
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
    return std::nullopt;
  }

  static Status fail(const std::string &what, size_t at) {
    return Status(Diag::E0101, "not an ONNX model, or cut short: " + what +
                                   " at byte " + std::to_string(at));
  }

  std::string_view file;
};

} // namespace

Result<std::string> stripWeights(std::string_view file) {
  return Scanner(file).rewrite(Message::Model, 0, file.size(), 0);
}

} // namespace vitc::frontend
