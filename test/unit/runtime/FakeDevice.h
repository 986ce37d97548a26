// A device whose memory is the host's and whose kernels are functions of the
// test: sessions without a GPU or an emulator.
#ifndef VITC_TEST_FAKEDEVICE_H
#define VITC_TEST_FAKEDEVICE_H

#include "runtime/Device.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>

namespace vitrt::test {

class FakeDevice : public Device {
public:
  using Function = std::function<void(const LaunchRequest &)>;

  FakeDevice(int arch = 80) {
    description.name = "fake";
    description.arch = arch;
    description.sharedPerBlock = 100 << 10;
  }
  ~FakeDevice() override {
    if (!live.empty())
      std::abort(); // a leak
  }

  DeviceInfo description;
  std::map<std::string, Function> functions; ///< By symbol.
  std::vector<std::string> log; ///< "launch add_n6_f32", "capture" ...
  std::set<DevicePtr> live;
  uint64_t uploaded = 0;
  bool graphs = true;
  int failAfter = -1; ///< Calls until one fails with E0702; -1: never.

  const DeviceInfo &info() const override { return description; }
  Result<DevicePtr> allocate(uint64_t bytes) override {
    VITRT_TRY(call("allocate"));
    void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    std::memset(memory, 0xff, bytes);
    live.insert(DevicePtr(memory));
    return DevicePtr(memory);
  }
  void free(DevicePtr address) override {
    live.erase(address);
    std::free(reinterpret_cast<void *>(address));
  }
  Result<Stream> createStream() override {
    VITRT_TRY(call("createStream"));
    Result<DevicePtr> handle = allocate(1);
    VITRT_TRY(handle.status());
    return reinterpret_cast<Stream>(*handle);
  }
  void destroyStream(Stream stream) override { free(DevicePtr(stream)); }
  Status synchronize(Stream) override { return call("synchronize"); }
  Status copyToDevice(DevicePtr to, const void *from, uint64_t bytes,
                      Stream) override {
    VITRT_TRY(call("copyToDevice"));
    uploaded += bytes;
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
    return Status();
  }
  Status copyToHost(void *to, DevicePtr from, uint64_t bytes, Stream) override {
    VITRT_TRY(call("copyToHost"));
    std::memcpy(to, reinterpret_cast<void *>(from), bytes);
    return Status();
  }

  struct Kernel : DeviceKernel {
    std::string symbol;
  };
  Result<std::shared_ptr<DeviceKernel>>
  loadKernel(const KernelSource &source) override {
    VITRT_TRY(call("loadKernel"));
    auto kernel = std::make_shared<Kernel>();
    kernel->symbol = source.plan.kernels[source.kernel].symbol;
    return std::shared_ptr<DeviceKernel>(kernel);
  }
  Status launch(const LaunchRequest &request, Stream,
                LaunchReport *report) override {
    const auto &symbol = static_cast<const Kernel *>(request.kernel)->symbol;
    VITRT_TRY(call("launch " + symbol));
    if (report)
      report->seconds = 1;
    std::vector<LaunchBuffer> buffers(request.buffers.begin(),
                                      request.buffers.end());
    auto run = [this, symbol, request, buffers] {
      LaunchRequest own = request;
      own.buffers = buffers;
      functions.at(symbol)(own);
    };
    if (recording)
      recording->steps.push_back(run);
    else
      run();
    return Status();
  }

  struct Graph : DeviceGraph {
    std::vector<std::function<void()>> steps;
  };
  bool hasGraphs() const override { return graphs; }
  Status beginCapture(Stream) override {
    VITRT_TRY(call("beginCapture"));
    recording = std::make_unique<Graph>();
    return Status();
  }
  Result<std::unique_ptr<DeviceGraph>> endCapture(Stream) override {
    VITRT_TRY(call("endCapture"));
    return std::unique_ptr<DeviceGraph>(std::move(recording));
  }
  Status launchGraph(DeviceGraph &graph, Stream) override {
    VITRT_TRY(call("launchGraph"));
    for (auto &step : static_cast<Graph &>(graph).steps)
      step();
    return Status();
  }

  int count(const std::string &what) const {
    int n = 0;
    for (const std::string &entry : log)
      n += entry == what;
    return n;
  }

private:
  Status call(const std::string &what) {
    log.push_back(what);
    if (failAfter >= 0 && failAfter-- == 0)
      return Status(Diag::E0702, what + " failed");
    return Status();
  }
  std::unique_ptr<Graph> recording;
};

} // namespace vitrt::test

#endif // VITC_TEST_FAKEDEVICE_H
