//===- Diagnostics.h - What a command tells about a model -------*- C++ -*-===//
//
// Errors, warnings and remarks of one run, collected, each with a stable ID of
// runtime/format/Diagnostics.def and, where there is one, the ONNX node:
//
//   model.onnx: node #142 Softmax '/blocks.3/attn/Softmax': error: ... [E0302]
//     note: ...
//     help: ...
//
// Text that comes from a model is escaped when it is printed, so messages may
// hold any bytes.
//
//===----------------------------------------------------------------------===//
#ifndef VITC_DIALECT_DIAGNOSTICS_H
#define VITC_DIALECT_DIAGNOSTICS_H

#include "runtime/format/Status.h"

#include <deque>
#include <string>
#include <vector>

namespace vitc {

/// The ONNX node that a message is about; an index of -1 means none.
struct OnnxNode {
  int64_t index = -1;
  std::string opType, name;
};

enum class Severity : uint8_t { Error, Warning, Remark };

struct Diagnostic {
  Severity severity = Severity::Error;
  vitrt::Diag id = vitrt::Diag::None;
  std::string message;
  std::string file;
  OnnxNode node;
  std::vector<std::string> notes, helps;

  Diagnostic &note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
  }
  Diagnostic &help(std::string text) {
    helps.push_back(std::move(text));
    return *this;
  }
};

/// The messages of one run, in the order they were found.
class Diagnostics {
public:
  /// `file` stands before every message that is added from now on.
  void setFile(std::string name) { file = std::move(name); }

  Diagnostic &error(vitrt::Diag id, std::string message, OnnxNode node = {});
  Diagnostic &warning(vitrt::Diag id, std::string message, OnnxNode node = {});
  Diagnostic &remark(vitrt::Diag id, std::string message, OnnxNode node = {});
  /// A failed Status becomes an error; a success adds nothing.
  void add(const vitrt::Status &status);

  const std::deque<Diagnostic> &all() const { return entries; }
  bool hasErrors() const { return errors != 0; }
  size_t numErrors() const { return errors; }
  /// DESIGN's exit code of the first error, or 0.
  int exitCode() const;

  /// For a person, with colours on a terminal; one message a paragraph.
  std::string text(bool colour = false, bool remarks = true) const;
  /// For a program: an array of {severity, id, title, file, node, message,
  /// notes, helps}.
  std::string json() const;

private:
  Diagnostic &addEntry(Severity severity, vitrt::Diag id, std::string message,
                       OnnxNode node);

  std::deque<Diagnostic> entries; ///< A deque: references to entries stay.
  std::string file;
  size_t errors = 0;
};

/// Any bytes, safe for a terminal and for a line of a log: what is not
/// printable ASCII as \xNN. Unlike vitrt::escaped it keeps quotes.
std::string printable(std::string_view text, size_t limit = 4096);

} // namespace vitc

#endif // VITC_DIALECT_DIAGNOSTICS_H
