# cmake -DOUT=<file.cpp> -DROOT=<folder> "-DNAMES=a.cuh|b.cuh" -P EmbedFiles.cmake
#
# Writes the table behind vitc::kernelHeaders(). Compilers limit the length of
# one literal, so a file becomes adjacent literals. Pieces are cut in hex, where
# a byte is always two digits: cutting text could split a character.
string(REPLACE "|" ";" names "${NAMES}")
set(body "")
foreach(name IN LISTS names)
  file(READ "${ROOT}/${name}" hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," numbers "${hex}")
  string(MAKE_C_IDENTIFIER "${name}" id)
  string(APPEND arrays "static constexpr unsigned char ${id}[] = {${numbers}0};\n")
  string(APPEND body "    {\"${name}\", {reinterpret_cast<const char *>(${id}), ${bytes}}},\n")
endforeach()
file(WRITE "${OUT}" "#include \"codegen/KernelLibrary.h\"

${arrays}
std::span<const vitc::EmbeddedHeader> vitc::kernelHeaders() {
  static const EmbeddedHeader headers[] = {
${body}  };
  return headers;
}
")
