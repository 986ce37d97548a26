//===- Picture.cpp - Pictures as model inputs -----------------------------===//
#include "tools/files/Picture.h"

#include "tools/files/Npy.h"

#include <algorithm>
#include <cmath>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_PNM
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 16384
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

using namespace vitrt;

namespace vitc {

Result<Picture> readPicture(const std::string &path, int channels) {
  auto bytes = readFile(path, size_t(64) << 20);
  if (!bytes.ok())
    return bytes.status();
  int width = 0, height = 0, found = 0;
  auto *data = reinterpret_cast<const unsigned char *>(bytes->data());
  unsigned char *pixels = stbi_load_from_memory(
      data, static_cast<int>(bytes->size()), &width, &height, &found, channels);
  if (!pixels)
    return Status(Diag::E0212, "'" + escaped(path) +
                                   "' is no JPEG, PNG or PPM picture: " +
                                   stbi_failure_reason());
  Picture picture{height, width, channels, {}};
  picture.pixels.assign(pixels, pixels + size_t(width) * height * channels);
  stbi_image_free(pixels);
  return picture;
}

/// Pillow's bicubic kernel.
static double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

namespace {
/// The source pixels [first, first + weights.size()) of one result pixel.
struct Taps {
  int64_t first = 0;
  std::vector<double> weights;
};
} // namespace

static std::vector<Taps> resizeTaps(int64_t from, int64_t to) {
  double scale = double(from) / double(to), filter = std::max(scale, 1.0),
         support = 2.0 * filter;
  std::vector<Taps> taps(to);
  for (int64_t i = 0; i < to; ++i) {
    double centre = (i + 0.5) * scale;
    int64_t first = std::max<int64_t>(0, int64_t(centre - support + 0.5));
    int64_t last = std::min<int64_t>(from, int64_t(centre + support + 0.5));
    double sum = 0;
    taps[i].first = first;
    for (int64_t x = first; x < last; ++x) {
      taps[i].weights.push_back(bicubic((x - centre + 0.5) / filter));
      sum += taps[i].weights.back();
    }
    for (double &weight : taps[i].weights)
      weight /= sum;
  }
  return taps;
}

static float rounded(double value) {
  return float(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

/// One pass along rows (stride: channels) or columns.
static Picture resizeAxis(const Picture &in, bool alongWidth, int64_t size) {
  Picture out{alongWidth ? in.height : size,
              alongWidth ? size : in.width,
              in.channels,
              {}};
  out.pixels.resize(out.height * out.width * out.channels);
  std::vector<Taps> taps = resizeTaps(alongWidth ? in.width : in.height, size);
  for (int64_t y = 0; y < out.height; ++y)
    for (int64_t x = 0; x < out.width; ++x) {
      const Taps &t = taps[alongWidth ? x : y];
      for (int64_t c = 0; c < in.channels; ++c) {
        double sum = 0;
        for (size_t k = 0; k < t.weights.size(); ++k) {
          int64_t row = alongWidth ? y : t.first + int64_t(k),
                  column = alongWidth ? t.first + int64_t(k) : x;
          sum += t.weights[k] *
                 in.pixels[(row * in.width + column) * in.channels + c];
        }
        out.pixels[(y * out.width + x) * out.channels + c] = rounded(sum);
      }
    }
  return out;
}

Picture fitPicture(const Picture &picture, int64_t height, int64_t width) {
  // The scale at which the picture just covers the window.
  double scale =
      std::max(double(height) / picture.height, double(width) / picture.width);
  int64_t newHeight =
      std::max<int64_t>(height, int64_t(picture.height * scale + 1e-9));
  int64_t newWidth =
      std::max<int64_t>(width, int64_t(picture.width * scale + 1e-9));
  Picture resized = picture;
  if (newWidth != picture.width)
    resized = resizeAxis(resized, true, newWidth);
  if (newHeight != picture.height)
    resized = resizeAxis(resized, false, newHeight);

  Picture out{height, width, picture.channels, {}};
  int64_t top = std::lround((newHeight - height) / 2.0),
          left = std::lround((newWidth - width) / 2.0);
  for (int64_t y = 0; y < height; ++y) {
    const float *row =
        &resized.pixels[((top + y) * newWidth + left) * picture.channels];
    out.pixels.insert(out.pixels.end(), row, row + width * picture.channels);
  }
  return out;
}

std::vector<float> toPlanes(const Picture &picture,
                            const std::vector<double> &mean,
                            const std::vector<double> &deviation) {
  int64_t area = picture.height * picture.width;
  std::vector<float> planes(area * picture.channels);
  for (int64_t c = 0; c < picture.channels; ++c) {
    float shift = c < int64_t(mean.size()) ? float(mean[c]) : 0.0f;
    float scale =
        c < int64_t(deviation.size()) ? float(1.0 / deviation[c]) : 1.0f;
    for (int64_t i = 0; i < area; ++i)
      planes[c * area + i] =
          (picture.pixels[i * picture.channels + c] / 255.0f - shift) * scale;
  }
  return planes;
}

} // namespace vitc
