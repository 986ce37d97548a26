//===- Weight.cpp - Tensors that a model carries --------------------------===//
#include "frontend/Weight.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using vitc::onnx::TensorProto;
using vitrt::Diag;
using vitrt::escaped;
using vitrt::Result;
using vitrt::Status;

namespace vitc::frontend {

static std::string describe(const Weight &weight) {
  std::string text =
      "tensor '" + escaped(weight.name) + "' (" + typeName(weight.type) + " [";
  for (size_t i = 0; i < weight.dims.size(); ++i)
    text += (i ? ", " : "") + std::to_string(weight.dims[i]);
  return text + "])";
}

/// A decimal number of an external_data entry.
static Status parseNumber(const std::string &text, const Weight &weight,
                          const char *key, uint64_t &value) {
  llvm::StringRef digits(text);
  if (!digits.getAsInteger(10, value))
    return {};
  return Status(Diag::E0106, describe(weight) + ": expected " + key +
                                 " to be a number, but got '" + escaped(text) +
                                 "'");
}

std::string externalLocation(const TensorProto &tensor) {
  for (const onnx::StringStringEntryProto &entry : tensor.external_data())
    if (entry.key() == "location")
      return entry.value();
  return {};
}

/// Finds the bytes of external data; `size` is what the shape needs.
static Status readExternal(const TensorProto &tensor, const Model &model,
                           uint64_t size, Weight &weight) {
  std::optional<uint64_t> length;
  weight.path = externalLocation(tensor);
  for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
    uint64_t value = 0;
    if (entry.key() == "offset") {
      VITRT_TRY(parseNumber(entry.value(), weight, "offset", weight.offset));
    } else if (entry.key() == "length") {
      VITRT_TRY(parseNumber(entry.value(), weight, "length", value));
      length = value;
    }
  }
  if (length && *length != size)
    return Status(Diag::E0203,
                  describe(weight) + ": expected " + std::to_string(size) +
                      " bytes of external data, but its length is " +
                      std::to_string(*length));
  auto bytes = model.files->bytes(weight.path, weight.offset, size);
  if (!bytes)
    return Status(bytes.status().diag(),
                  describe(weight) + ": " + bytes.status().message());
  weight.size = size;
  return {};
}

/// Unpacks int32_data to elements of up to 32 bits (float16 as its bits).
static void appendBits(std::vector<char> &out, uint64_t bits, int64_t width) {
  for (int64_t byte = 0; byte < width / 8; ++byte)
    out.push_back(char(bits >> (8 * byte)));
}

template <class Field>
static Status unpack(const Field &field, Weight &weight) {
  int64_t width = bitWidth(weight.type);
  int64_t perEntry = width == 4 ? 2 : 1;
  int64_t expected = (weight.count + perEntry - 1) / perEntry;
  if (field.size() != expected)
    return Status(Diag::E0106,
                  describe(weight) + ": expected " + std::to_string(expected) +
                      " numbers, but got " + std::to_string(field.size()));
  weight.data.reserve(size_t(expected) *
                      size_t(std::max<int64_t>(width, 8) / 8));
  for (auto entry : field) {
    if constexpr (std::is_same_v<decltype(entry), float>)
      appendBits(weight.data, llvm::bit_cast<uint32_t>(entry), 32);
    else if constexpr (std::is_same_v<decltype(entry), double>)
      appendBits(weight.data, llvm::bit_cast<uint64_t>(entry), 64);
    else
      appendBits(weight.data, uint64_t(entry), std::max<int64_t>(width, 8));
  }
  return {};
}

/// Numbers that stand in a typed field of the message.
static Status readTyped(const TensorProto &tensor, Weight &weight) {
  switch (weight.type) {
  case TensorProto::FLOAT:
    return unpack(tensor.float_data(), weight);
  case TensorProto::DOUBLE:
    return unpack(tensor.double_data(), weight);
  case TensorProto::INT64:
    return unpack(tensor.int64_data(), weight);
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    return unpack(tensor.uint64_data(), weight);
  default:
    return unpack(tensor.int32_data(), weight);
  }
}

Result<Weight> readWeight(const TensorProto &tensor, const Model &model) {
  Weight weight;
  weight.name = tensor.name();
  weight.type = DataType(tensor.data_type());
  weight.dims.assign(tensor.dims().begin(), tensor.dims().end());
  if (!storedType(tensor.data_type()))
    return Status(Diag::E0403, describe(weight) +
                                   ": no operator computes with " +
                                   typeName(tensor.data_type()));
  std::optional<int64_t> count = elementCount(weight.dims);
  if (!count)
    return Status(Diag::E0106, describe(weight) +
                                   ": expected sizes whose product is at "
                                   "most 2^40");
  weight.count = *count;
  uint64_t size = (uint64_t(*count) * uint64_t(bitWidth(weight.type)) + 7) / 8;
  Status status;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    status = readExternal(tensor, model, size, weight);
  } else if (tensor.has_raw_size()) {
    weight.path = model.name;
    weight.offset = tensor.raw_offset();
    weight.size = tensor.raw_size();
    if (weight.size != size)
      status = Status(Diag::E0106, describe(weight) + ": expected " +
                                       std::to_string(size) +
                                       " bytes of raw data, but got " +
                                       std::to_string(weight.size));
  } else {
    status = readTyped(tensor, weight);
  }
  if (!status.ok())
    return status;
  return weight;
}

llvm::StringRef weightBytes(const Weight &weight, const Model &model) {
  if (weight.path.empty())
    return {weight.data.data(), weight.data.size()};
  // readWeight opened the file and checked these bounds.
  auto bytes = model.files->bytes(weight.path, weight.offset, weight.size);
  return bytes ? llvm::StringRef(*bytes) : llvm::StringRef();
}

} // namespace vitc::frontend
