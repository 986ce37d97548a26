//===- Picture.h - Pictures as model inputs ---------------------*- C++ -*-===//
#ifndef VITC_TOOLS_FILES_PICTURE_H
#define VITC_TOOLS_FILES_PICTURE_H

#include "runtime/format/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc {

/// Rows of pixels, channels interleaved, 0 to 255.
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<float> pixels;
};

/// A .jpg, .png or .ppm (.pgm) file of at most 64 MiB and 16384 pixels a side,
/// as `channels` (1: grey, 3: RGB). Errors: E0210, E0212.
vitrt::Result<Picture> readPicture(const std::string &path, int channels);

/// The short side becomes as long as the window's, by bicubic interpolation as
/// Pillow does (antialiased, a = -0.5, rounded to whole values after each of
/// the two passes), and the centre is cropped.
Picture fitPicture(const Picture &picture, int64_t height, int64_t width);

/// Planes [channels, height, width] of pixels / 255, then (x - mean) /
/// deviation per channel where these are given.
std::vector<float> toPlanes(const Picture &picture,
                            const std::vector<double> &mean,
                            const std::vector<double> &deviation);

} // namespace vitc

#endif // VITC_TOOLS_FILES_PICTURE_H
