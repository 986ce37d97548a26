//===- Validate.cpp - may this module be used? ----------------------------===//

#include "runtime/format/Validate.h"

#include "runtime/format/Archive.h"

#include <cctype>

namespace vitrt::format {

namespace detail {

Status fault(const std::string &place, const std::string &what) {
  return Status(Diag::E0605, place + ": " + what);
}

bool isIdentifier(std::string_view name) {
  if (name.empty() || name.size() > 512 || (name[0] >= '0' && name[0] <= '9'))
    return false;
  for (unsigned char c : name)
    if (c >= 0x80 || (!std::isalnum(c) && c != '_'))
      return false;
  return true;
}

bool isArch(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  if (text.ends_with('a') || text.ends_with('f'))
    text.remove_suffix(1);
  if (text.size() < 2 || text.size() > 3)
    return false;
  for (char c : text)
    if (c < '0' || c > '9')
      return false;
  return true;
}

} // namespace detail

using namespace detail;

namespace {

/// NVRTC also has options that read and write files (--pre-include, --time):
/// a module may use only options of this list.
bool isHarmlessOption(std::string_view option) {
  static const char *const kExact[] = {"-default-device",
                                       "--device-as-default-execution-space",
                                       "-lineinfo",
                                       "--generate-line-info",
                                       "-restrict",
                                       "--restrict",
                                       "-use_fast_math",
                                       "--use_fast_math",
                                       "-w",
                                       "--disable-warnings",
                                       "-dopt=on",
                                       "--dopt=on",
                                       "--ptxas-options=-v",
                                       "-device-int128",
                                       "--device-int128"};
  static const char *const kPrefixes[] = {
      "-std=",           "--std=",          "-D",
      "--define-macro=", "-fmad=",          "--fmad=",
      "-maxrregcount=",  "--maxrregcount=", "-ftz=",
      "--ftz=",          "-prec-div=",      "--prec-div=",
      "-prec-sqrt=",     "--prec-sqrt=",    "-diag-suppress=",
      "--diag-suppress="};
  if (option.size() > 256)
    return false;
  for (const char *exact : kExact)
    if (option == exact)
      return true;
  for (const char *prefix : kPrefixes)
    if (option.starts_with(prefix))
      return true;
  return false;
}

Status validateImage(const KernelImage &image, const std::string &place) {
  if (!valid(image.kind))
    return fault(place, "an image of unknown kind");
  bool cubin = image.kind == ImageKind::Cubin;
  if (!isArch(image.arch, cubin ? "sm_" : "compute_"))
    return fault(place, "'" + escaped(image.arch) +
                            "' is no architecture of a " +
                            (cubin ? "cubin" : "PTX text"));
  if (image.data.size() == 0)
    return fault(place, "an empty image");
  return Status();
}

Status validateCode(const KernelCode &code, const std::string &place) {
  if (!isIdentifier(code.symbol))
    return fault(place, "'" + escaped(code.symbol) + "' is no symbol");
  if (code.source.empty())
    return fault(place, "a kernel without source");
  for (const std::string &option : code.options)
    if (!isHarmlessOption(option))
      return fault(place, "the compile option '" + escaped(option) +
                              "' is not allowed in a module");
  for (size_t i = 0; i != code.images.size(); ++i) {
    const KernelImage &image = code.images[i];
    VITRT_TRY(validateImage(image, place + ", image " + std::to_string(i)));
    for (size_t k = 0; k != i; ++k)
      if (code.images[k].kind == image.kind &&
          code.images[k].arch == image.arch)
        return fault(place, "two images for " + escaped(image.arch));
  }
  return Status();
}

Status validateHeaders(const std::vector<Header> &headers) {
  for (size_t i = 0; i != headers.size(); ++i) {
    const std::string &name = headers[i].name;
    bool plain = !name.empty() && name.size() <= 128 && name[0] != '.';
    for (unsigned char c : name)
      plain &= c < 0x80 && (std::isalnum(c) || c == '_' || c == '.');
    if (!plain)
      return fault("header " + std::to_string(i),
                   "'" + escaped(name) + "' is no file name");
    for (size_t k = 0; k != i; ++k)
      if (headers[k].name == name)
        return fault("header " + std::to_string(i),
                     "'" + name + "' is there twice");
  }
  return Status();
}

} // namespace

Status validate(const Module &module) {
  for (size_t i = 0; i != module.weights.size(); ++i) {
    const Weight &weight = module.weights[i];
    if (!valid(weight.dtype) || weight.byteSize() > uint64_t(kMaxExtent))
      return fault("weight " + std::to_string(i), "its shape or type is wrong");
  }
  VITRT_TRY(validateHeaders(module.headers));
  for (size_t i = 0; i != module.codes.size(); ++i)
    VITRT_TRY(
        validateCode(module.codes[i], "kernel text " + std::to_string(i)));
  for (size_t i = 0; i != module.plans.size(); ++i)
    VITRT_TRY(
        validatePlan(module.plans[i], module, "plan " + std::to_string(i)));
  return Status();
}

} // namespace vitrt::format
