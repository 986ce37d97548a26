//===- Commands.h - The subcommands of vitc ---------------------*- C++ -*-===//
#ifndef VITC_TOOLS_VITC_COMMANDS_H
#define VITC_TOOLS_VITC_COMMANDS_H

#include "dialect/Diagnostics.h"

#include <CLI/CLI.hpp>

#include <functional>

namespace vitc {

/// Options that every command has.
struct GlobalOptions {
  bool json = false;  ///< Data as JSON on stdout.
  bool quiet = false; ///< No progress, no remarks.
};

/// A command parses into state that its run function owns; `run` gives the exit
/// code (DESIGN, "Errors").
struct Command {
  CLI::App *app = nullptr;
  std::function<int()> run;
};

Command addCompile(CLI::App &parent, const GlobalOptions &global);
Command addRun(CLI::App &parent, const GlobalOptions &global);
Command addVerify(CLI::App &parent, const GlobalOptions &global);
Command addInspect(CLI::App &parent, const GlobalOptions &global);
Command addDoctor(CLI::App &parent, const GlobalOptions &global);

/// Writes messages to stderr (with --json: as `diagnostics` of the result) and
/// gives the exit code; remarks are left out when quiet.
int finish(const Diagnostics &diagnostics, const GlobalOptions &global);

} // namespace vitc

#endif // VITC_TOOLS_VITC_COMMANDS_H
