//===- classify.cpp - the five most likely classes of a picture -----------===//
//
//   classify MODEL.vitm PICTURE.ppm [LABELS.txt] [--emulator]
//
// Uses the installed runtime alone: find_package(vitrt). The picture is a
// binary PGM or PPM file; the model is one that was compiled with --mean and
// --std, so that it takes plain pixels from 0 to 1. Runs on the first GPU, or,
// with --emulator, on the CPU (slowly: that is for machines without a GPU, and
// compiles the module's kernel text, so trust the module).
//
//===----------------------------------------------------------------------===//

#include <vitrt.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <numeric>

namespace {

struct Picture {
  int width = 0, height = 0, channels = 0;
  std::vector<unsigned char> bytes; ///< Row by row, channels innermost.

  float at(int y, int x, int c) const {
    y = std::clamp(y, 0, height - 1);
    x = std::clamp(x, 0, width - 1);
    c = std::min(c, channels - 1); // grey serves all channels
    return bytes[(size_t(y) * width + x) * channels + c] / 255.0f;
  }
};

/// The next number of a PNM header; '#' starts a comment.
int headerNumber(std::istream &in) {
  while (in >> std::ws && in.peek() == '#')
    in.ignore(1 << 20, '\n');
  int value = 0;
  in >> value;
  return value;
}

Picture readPicture(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  char magic[2] = {};
  in.read(magic, 2);
  Picture picture;
  picture.channels = magic[1] == '5' ? 1 : 3;
  picture.width = headerNumber(in);
  picture.height = headerNumber(in);
  int maximum = headerNumber(in);
  in.get();
  bool known = magic[0] == 'P' && (magic[1] == '5' || magic[1] == '6');
  if (!in || !known || maximum != 255 || picture.width < 1 ||
      picture.height < 1 || picture.width > 32768 || picture.height > 32768)
    throw std::runtime_error(path + " is no binary PGM or PPM picture");
  picture.bytes.resize(size_t(picture.width) * picture.height *
                       picture.channels);
  in.read(reinterpret_cast<char *>(picture.bytes.data()),
          std::streamsize(picture.bytes.size()));
  if (!in)
    throw std::runtime_error(path + " ends too early");
  return picture;
}

/// The centre square of the picture at the model's size, channels outermost.
/// Each pixel is the mean of the area that it covers.
std::vector<float> prepare(const Picture &picture,
                           const std::vector<int64_t> &shape) {
  int channels = int(shape[1]), height = int(shape[2]), width = int(shape[3]);
  double side =
      std::min(double(picture.width) / width, double(picture.height) / height);
  double left = (picture.width - side * width) / 2;
  double top = (picture.height - side * height) / 2;
  int samples = std::max(1, int(std::ceil(side)));
  std::vector<float> pixels;
  for (int c = 0; c != channels; ++c)
    for (int y = 0; y != height; ++y)
      for (int x = 0; x != width; ++x) {
        float sum = 0;
        for (int i = 0; i != samples; ++i)
          for (int j = 0; j != samples; ++j)
            sum += picture.at(int(top + side * (y + (i + 0.5) / samples)),
                              int(left + side * (x + (j + 0.5) / samples)), c);
        pixels.push_back(sum / float(samples * samples));
      }
  return pixels;
}

void printBest(const std::vector<float> &logits,
               const std::vector<std::string> &labels) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(double(logit) - logits[order[0]]);
  for (size_t i = 0; i != std::min<size_t>(5, order.size()); ++i) {
    double p = std::exp(double(logits[order[i]]) - logits[order[0]]) / sum;
    std::string label = order[i] < labels.size()
                            ? labels[order[i]]
                            : "class " + std::to_string(order[i]);
    std::printf("%6.2f%%  %s\n", 100 * p, label.c_str());
  }
}

int classify(const std::vector<std::string> &files, bool emulator) {
  vitrt::Module module(files[0]);
  vitrt::Device device =
      emulator ? vitrt::Device::trustingEmulator() : vitrt::Device::cuda();
  vitrt::Session session(module, device);

  uint32_t plan = session.choose({}).first;
  vitrt::TensorInfo input = module.input(plan, 0);
  std::vector<int64_t> shape = input.shapeAt(1);
  if (shape.size() != 4 || input.dtype != VITRT_F32)
    throw std::runtime_error("the model's input is no f32 image");

  std::vector<float> pixels = prepare(readPicture(files[1]), shape);
  std::vector<float> logits =
      session.run<float>(vitrt::Tensor(input.name, shape, pixels));

  std::vector<std::string> labels;
  if (files.size() > 2) {
    std::ifstream in(files[2]);
    for (std::string line; std::getline(in, line);)
      labels.push_back(line);
  }
  std::printf("%s, on %s\n", files[1].c_str(), device.info().name);
  printBest(logits, labels);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  std::vector<std::string> files(argv + 1, argv + argc);
  auto flag = std::find(files.begin(), files.end(), "--emulator");
  bool emulator = flag != files.end();
  if (emulator)
    files.erase(flag);
  if (files.size() < 2 || files.size() > 3) {
    std::cerr << "usage: classify MODEL.vitm PICTURE.ppm [LABELS.txt] "
                 "[--emulator]\n";
    return 2;
  }
  try {
    return classify(files, emulator);
  } catch (const std::exception &error) {
    std::cerr << "classify: " << error.what() << "\n";
    return 1;
  }
}
