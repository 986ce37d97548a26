//===- main.cpp - vitc: the user's command --------------------------------===//
#include "runtime/emulator/HelperMain.h"
#include "tools/vitc/Commands.h"
#include "tools/vitc/Version.h"

#include <cstdio>
#include <new>
#include <unistd.h>

using namespace vitc;

namespace {
constexpr int kUsage = 2, kOutOfMemory = 7, kInternal = 70;
}

static int runCommands(int argc, char **argv) {
  CLI::App app("vitc compiles Vision Transformers from ONNX to CUDA source and "
               "a module that runs on "
               "a GPU or, without one, in an emulator.",
               "vitc");
  app.set_version_flag("--version", versionText());
  app.require_subcommand(1);
  app.footer("Exit codes: 0 ok, 1 bad input, 2 usage, 3 verification, 4 "
             "unsupported, 5 module "
             "rejected, 6 device or NVRTC, 7 disk or memory, 70 internal.");
  GlobalOptions global;
  app.add_flag("--json", global.json, "Write the result as JSON to stdout");
  app.add_flag("-q,--quiet", global.quiet, "No progress and no remarks");
  app.fallthrough();

  std::vector<Command> commands = {
      addCompile(app, global), addRun(app, global), addVerify(app, global),
      addInspect(app, global), addDoctor(app, global)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) // --help, --version
      return app.exit(error);
    std::fprintf(stderr,
                 "vitc: error: %s\nRun with --help for what there is.\n",
                 error.what());
    return kUsage;
  }
  for (const Command &command : commands)
    if (command.app->parsed())
      return command.run();
  return kUsage;
}

int main(int argc, char **argv) {
  // The emulator runs kernels in a process of its own: this one, once more.
  if (argc == 2 && argv[1] == std::string_view(vitrt::emu::kHelperArgument))
    return vitrt::emu::helperMain();
  try {
    return runCommands(argc, argv);
  } catch (const std::bad_alloc &) {
    std::fputs("vitc: error: out of memory [E0803]\n", stderr);
    return kOutOfMemory;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "vitc: internal error: %s\n", error.what());
    return kInternal;
  }
}
