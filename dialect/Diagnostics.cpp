//===- Diagnostics.cpp - What a command tells about a model ---------------===//
#include "dialect/Diagnostics.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace vitc {

static const char *severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  }
  return "error";
}

static const char *severityColour(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "\033[1;31m";
  case Severity::Warning:
    return "\033[1;35m";
  case Severity::Remark:
    return "\033[1;34m";
  }
  return "";
}

Diagnostic &Diagnostics::addEntry(Severity severity, vitrt::Diag id,
                                  std::string message, OnnxNode node) {
  if (severity == Severity::Error)
    ++errors;
  entries.push_back(
      {severity, id, std::move(message), file, std::move(node), {}, {}});
  return entries.back();
}

Diagnostic &Diagnostics::error(vitrt::Diag id, std::string message,
                               OnnxNode node) {
  return addEntry(Severity::Error, id, std::move(message), std::move(node));
}

Diagnostic &Diagnostics::warning(vitrt::Diag id, std::string message,
                                 OnnxNode node) {
  return addEntry(Severity::Warning, id, std::move(message), std::move(node));
}

Diagnostic &Diagnostics::remark(vitrt::Diag id, std::string message,
                                OnnxNode node) {
  return addEntry(Severity::Remark, id, std::move(message), std::move(node));
}

void Diagnostics::add(const vitrt::Status &status) {
  if (!status.ok())
    error(status.diag(), status.message());
}

int Diagnostics::exitCode() const {
  for (const Diagnostic &entry : entries)
    if (entry.severity == Severity::Error)
      return vitrt::diagExitCode(entry.id);
  return 0;
}

std::string printable(std::string_view text, size_t limit) {
  static const char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : text.substr(0, limit)) {
    if (c >= 0x20 && c < 0x7f) {
      out += char(c);
      continue;
    }
    out += "\\x";
    out += kHex[c >> 4];
    out += kHex[c & 15];
  }
  if (text.size() > limit)
    out += "...";
  return out;
}

std::string Diagnostics::text(bool colour, bool remarks) const {
  std::string out;
  const char *bold = colour ? "\033[1m" : "", *reset = colour ? "\033[0m" : "";
  for (const Diagnostic &entry : entries) {
    if (entry.severity == Severity::Remark && !remarks)
      continue;
    if (!entry.file.empty())
      out += bold + printable(entry.file) + ": " + reset;
    if (entry.node.index >= 0)
      out += "node #" + std::to_string(entry.node.index) + " " +
             vitrt::escaped(entry.node.opType, 64) + " '" +
             vitrt::escaped(entry.node.name) + "': ";
    if (colour)
      out += severityColour(entry.severity);
    out += severityName(entry.severity);
    out += std::string(": ") + reset + printable(entry.message);
    if (entry.id != vitrt::Diag::None)
      out += std::string(" [") + vitrt::diagName(entry.id) + "]";
    out += "\n";
    for (const std::string &note : entry.notes)
      out += "  note: " + printable(note) + "\n";
    for (const std::string &help : entry.helps)
      out += "  help: " + printable(help) + "\n";
  }
  return out;
}

static llvm::json::Array texts(const std::vector<std::string> &lines) {
  llvm::json::Array array;
  for (const std::string &line : lines)
    array.push_back(printable(line));
  return array;
}

std::string Diagnostics::json() const {
  llvm::json::Array array;
  for (const Diagnostic &entry : entries) {
    llvm::json::Object object{
        {"severity", severityName(entry.severity)},
        {"id", vitrt::diagName(entry.id)},
        {"title", vitrt::diagTitle(entry.id)},
        {"file", llvm::json::fixUTF8(entry.file)},
        {"message", printable(entry.message)},
        {"notes", texts(entry.notes)},
        {"helps", texts(entry.helps)},
    };
    if (entry.node.index >= 0)
      object["node"] =
          llvm::json::Object{{"index", entry.node.index},
                             {"type", llvm::json::fixUTF8(entry.node.opType)},
                             {"name", llvm::json::fixUTF8(entry.node.name)}};
    array.push_back(std::move(object));
  }
  std::string out;
  llvm::raw_string_ostream(out) << llvm::json::Value(std::move(array));
  return out;
}

} // namespace vitc
